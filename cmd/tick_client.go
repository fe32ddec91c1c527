package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// respondWithin is when an item of the ticker's is due.
const respondWithin = 24 * time.Hour

// clientTick is a tick over one client.
type clientTick struct {
	*ticking
	client   string
	store    *evidence.Store
	standing *record.Standing
	ledger   *record.Ledger // nil: this machine isn't the ticker, and nothing is written
	contacts *agreement.Contacts
	books    map[string]*runbook.Runbook // by the blob that holds them
}

// client looks at one client; ticker says that this machine is its ticker.
func (t *ticking) client(ctx context.Context, client string) (ticker bool, err error) {
	c := &clientTick{ticking: t, client: client, store: t.store(t.p, client), books: map[string]*runbook.Runbook{}}
	if err := c.read(); err != nil {
		return false, err
	}
	named := c.standing.Ticker(t.at)
	if named == "" {
		return false, c.anchorPending(ctx, "")
	}
	ledger, err := c.ledgerOf(ctx, named)
	if err != nil {
		return false, err
	}
	if c.ledger = ledger; ledger == nil || t.dry {
		c.ledger = nil
		if ledger == nil {
			t.line("%s · its ticker is %s, which doesn't write here: this is what it has to do", client, named)
		}
	}
	before, err := c.size()
	if err != nil {
		return ledger != nil, err
	}
	err = c.look(ctx, named)
	after, sizeErr := c.size()
	return ledger != nil, errors.Join(err, sizeErr, c.anchorWritten(ctx, before != after))
}

// read reads how the client stands. What can't be read may be what was done: then
// nothing is said of the client.
func (c *clientTick) read() error {
	standing, err := c.standingAt(c.p, c.client, c.at, !c.dry)
	if err != nil {
		return err
	}
	if len(standing.Problems) > 0 {
		return hint(fmt.Errorf("not all that is recorded can be read, so nothing is said of what was missed: %w", standing.Problems[0]), "msp verify --client %s says what is wrong", c.client)
	}
	c.standing = standing
	return nil
}

// standingAt reads how a client stands for an instant that is now. Where the clock
// was set back behind what is kept, it reads the whole history.
func (a *app) standingAt(p *place, client string, at time.Time, settle bool) (*record.Standing, error) {
	store, file := a.store(p, client), p.standingFile(client)
	s, err := record.ReadStanding(store, client, file, p.StatementLimit)
	if err == nil && settle {
		err = s.SettleDaily(at, file)
	}
	if err == nil {
		_, _, err = s.Exceptions(at)
	}
	if !errors.Is(err, record.ErrSettled) {
		return s, err
	}
	history, err := record.ReadHistory(store, client, p.StatementLimit)
	if err != nil {
		return nil, err
	}
	return history.Standing(), nil
}

// look signs what is due, starts what is to be caught up with, and tells people.
func (c *clientTick) look(ctx context.Context, named string) error {
	if err := c.sign(ctx, named); err != nil {
		return err
	}
	var faults []error
	var err error
	if c.contacts, err = c.p.contacts(c.client); err != nil {
		faults = append(faults, err) // the owners are told all the same
	}
	faults = append(faults, c.tell(ctx), c.catchUp(ctx))
	return errors.Join(faults...)
}

// sign signs that what nobody did wasn't done, and opens the items.
func (c *clientTick) sign(ctx context.Context, named string) error {
	writer := record.Signer{ID: named}
	if c.ledger != nil {
		writer = c.ledger.Writer
	}
	due, err := c.standing.DueStatements(writer, c.at, respondWithin, c.ownerOf)
	if err != nil {
		return err
	}
	for _, u := range due.Unmet {
		c.line("%s · %s · %s", c.client, spaced(u.State), u.Occurrence.Name)
	}
	for _, d := range due.Items {
		c.line("%s · item %s · %s", c.client, d.Item.Item, d.Answers.What)
	}
	c.tally.signed, c.tally.opened = c.tally.signed+len(due.Unmet), c.tally.opened+len(due.Items)
	if due.Empty() || c.ledger == nil {
		return nil
	}
	if err := c.ledger.SignDue(ctx, due, c.ledger.Log.Key()); err != nil {
		return err
	}
	return c.read()
}

// ownerOf is the role that answers for a runbook of the plan in force.
func (c *clientTick) ownerOf(runbookID string) string {
	plan := c.standing.PlanAt(c.at)
	if plan != nil {
		for _, item := range plan.Body.Runbooks {
			if item.Runbook.ID == runbookID {
				return cmp.Or(c.book(item).Owner.Role, agreement.OwnerName)
			}
		}
	}
	return agreement.OwnerName
}

// book is a runbook as its plan pins it. Of one that can't be read only the id is
// known, and that nobody owns it.
func (c *clientTick) book(item record.PlannedRunbook) *runbook.Runbook {
	if book := c.books[item.Runbook.Source]; book != nil {
		return book
	}
	book := &runbook.Runbook{ID: item.Runbook.ID, Title: item.Runbook.ID}
	source, err := record.GetBlob(c.store, item.Runbook.Source)
	if err == nil {
		read, problems := runbook.Load(item.Runbook.ID, source, kinds())
		if err = problems.Err(); read != nil {
			book = read
		}
	}
	if err != nil {
		c.fault(c.client, fmt.Errorf("the runbook %s, as the plan pins it: %w", item.Runbook.ID, err))
	}
	c.books[item.Runbook.Source] = book
	return book
}

// size is how much the ticker's log holds.
func (c *clientTick) size() (int64, error) {
	if c.ledger == nil {
		return 0, nil
	}
	head, err := c.ledger.Log.Head()
	return head.Size, err
}

// anchorWritten takes what was written to those outside, and else what they still
// owe.
func (c *clientTick) anchorWritten(ctx context.Context, wrote bool) error {
	if c.ledger == nil || !wrote {
		return c.anchorPending(ctx, "")
	}
	return errors.Join(c.takeOutside(ctx, c.p, c.ledger), c.anchorPending(ctx, c.ledger.Writer.ID))
}

// anchorPending asks again for what those outside owe the logs of this
// installation, but for one.
func (c *clientTick) anchorPending(ctx context.Context, but string) error {
	if c.dry || len(c.p.TSAs)+len(c.p.Witnesses) == 0 {
		return nil
	}
	writers, err := c.keyring(c.p).writers()
	if err != nil {
		return err
	}
	for _, id := range writers {
		if pending, err := c.store.Pending(id); id == but || err != nil || len(pending) == 0 {
			continue
		}
		ledger, err := c.ledgerOf(ctx, id)
		if err != nil {
			return err
		}
		if ledger != nil {
			if err := c.takeOutside(ctx, c.p, ledger); err != nil {
				return err
			}
		}
	}
	return nil
}

// ledgerOf is where a writer of this installation writes; nil when it isn't one. It
// needs no operator: what a ticker states, its log's key signs.
func (c *clientTick) ledgerOf(ctx context.Context, id string) (*record.Ledger, error) {
	keys := c.keyring(c.p)
	mine, err := keys.writers()
	if err != nil || !slices.Contains(mine, id) || keys.writtenElsewhere(c.store, id, c.client) {
		return nil, err
	}
	trusted, err := c.trusted(c.p, c.client)
	if err != nil || trusted.Chain.Newest().Revoked(id) {
		return nil, err
	}
	writer, log, err := keys.tryWriter(ctx, c.store, c.client, id)
	if errors.Is(err, evidence.ErrForeign) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &record.Ledger{Disk: c.Disk, Store: c.store, Log: log, Client: c.client, Writer: writer, Limit: c.p.StatementLimit}, nil
}
