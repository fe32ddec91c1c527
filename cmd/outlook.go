package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/parallel"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// ahead is how far the commands that say what is due look forward.
const ahead = 24 * time.Hour

// outlook is how one client stands.
type outlook struct {
	Client   string
	Planned  bool              // a signed plan is in force
	First    time.Time         // when the first plan was signed; zero: none is
	Digest   string            // of the document of the plan in force
	Problems []error           // for which something may be missing here
	Rows     []terminal.DueRow // what is to be done, and those who wait
	record.Outlook
}

// A view is what is asked of each client. What it shows no line of is counted.
type view struct {
	at       time.Time
	now      bool // at is the time of day, and what is read may be gone on from
	upcoming int  // rows of what is upcoming
	overdue  int  // lines of what is overdue
}

// watched are the clients of a state, or the one of them that --client names. A
// --state that isn't there is a mistake, and not a state without clients.
func (a *app) watched(p *place) ([]string, error) {
	if _, err := os.Stat(p.State); a.flags.state != "" && errors.Is(err, fs.ErrNotExist) {
		return nil, usageError(fmt.Errorf("there is no folder %s", p.State), "--state names the folder with the evidence")
	}
	clients, err := p.clients()
	if only := a.flags.client; only != "" {
		clients = slices.DeleteFunc(clients, func(client string) bool { return client != only })
	}
	return clients, err
}

// outlooks are how the clients stand at an instant, in the order of their names.
// They are read one by one on each core, so that memory is that of a few clients.
func (a *app) outlooks(ctx context.Context, p *place, v view) ([]outlook, error) {
	clients, err := a.watched(p)
	if err != nil {
		return nil, err
	}
	all := parallel.Map(len(clients), func(i int) outlook {
		if ctx.Err() != nil {
			return outlook{}
		}
		o := a.outlook(ctx, p, clients[i], v)
		o.sumUp(v)
		return o
	})
	return all, ctx.Err()
}

// outlook reads how a client stands. What is longer ago than is kept in detail is
// read out of the whole history.
func (a *app) outlook(ctx context.Context, p *place, client string, v view) outlook {
	o := outlook{Client: client}
	store := a.store(p, client)
	file := p.standingFile(client)
	standing, err := record.ReadStanding(store, client, file, p.StatementLimit)
	if err == nil && v.now {
		err = standing.SettleDaily(v.at, file)
	}
	if err == nil {
		o.Outlook, err = standing.Outlook(ctx, v.at, v.at.Add(ahead), v.overdue)
	}
	if errors.Is(err, record.ErrSettled) {
		var h *record.History
		if h, err = record.ReadHistory(store, client, p.StatementLimit); err == nil {
			standing = h.Standing()
			o.Outlook, err = standing.Outlook(ctx, v.at, v.at.Add(ahead), v.overdue)
		}
	}
	if err != nil {
		o.Problems = []error{err}
		return o
	}
	o.Problems = standing.Problems
	if logsGone(store) {
		o.Problems = append(o.Problems, errLogsGone)
	}
	if len(standing.Plans) > 0 {
		o.First = standing.Plans[0].Body.Signed
	}
	if plan := standing.PlanAt(v.at); plan != nil {
		o.Planned, o.Digest = true, plan.Body.Digest
	}
	witness := beholder{standing, store, p.StatementLimit, v.at}
	o.rows(witness.row)
	return o
}

// early reports whether the client's first plan was signed later than the instant
// that is asked about.
func (o *outlook) early() bool { return !o.Planned && !o.First.IsZero() }

// tooEarly says so.
func (o *outlook) tooEarly(at time.Time) string {
	return fmt.Sprintf("no plan of %s was signed yet at %s: the first was at %s", o.Client, at.Local().Format(clockLayout), o.First.Local().Format(clockLayout))
}

var errLogsGone = errors.New("there are records and no log, so nobody can say what was planned")

// logsGone reports whether there is no log of what was recorded.
func logsGone(store *evidence.Store) bool {
	writers, err := store.Writers()
	records, _ := os.ReadDir(store.Path("records")) // none is none
	return err == nil && len(writers) == 0 && len(records) > 0
}

// rows makes the rows of what is to be done.
func (o *outlook) rows(row func(record.Pending) terminal.DueRow) {
	for _, p := range o.Pending {
		p.Client = o.Client
		r := row(p)
		if r.Before = o.Counts.Of(p.Runbook); p.Risk == record.RiskLate && r.Before > 0 {
			r.Before-- // itself
		}
		o.Rows = append(o.Rows, r)
	}
	o.Pending = nil
}

// sumUp counts what is upcoming behind the first rows, which are by their due times.
func (o *outlook) sumUp(v view) {
	first := slices.IndexFunc(o.Rows, func(r terminal.DueRow) bool { return r.Risk == record.RiskNext })
	if first < 0 || len(o.Rows)-first <= v.upcoming {
		return
	}
	for _, r := range o.Rows[first+v.upcoming:] {
		if r.Due.Before(v.at.Add(ahead)) {
			o.Later++
		}
	}
	o.Rows = slices.Clone(o.Rows[:first+v.upcoming])
}

// standingFile is where what was read of a client is gone on from: in the user's
// cache, by the folder of the evidence. Without such a place nothing is kept.
func (p *place) standingFile(client string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	state := sha256.Sum256([]byte(p.State))
	return filepath.Join(cache, "msp", "standing", hex.EncodeToString(state[:8]), client)
}

// beholder reads what a row needs besides of the statements and blobs of a client.
type beholder struct {
	*record.Standing
	store *evidence.Store
	limit int
	at    time.Time
}

func (b beholder) row(p record.Pending) terminal.DueRow {
	r := terminal.DueRow{Pending: p, Zone: zoneOf(p.Name), Told: b.told(p)}
	if p.State == schedule.Waiting {
		r.For = b.waitsFor(p.Run)
	}
	return r
}

// waitsFor is whom a parked run waits for, at which step.
func (b beholder) waitsFor(run *record.Attempt) string {
	if run.Waiting == "" {
		return ""
	}
	whom := "a person"
	start, err := record.Read[record.RunStart](b.store, record.KindRunStart, run.Start, b.limit)
	if err == nil {
		for _, step := range start.Body.Steps {
			if step.ID == run.Waiting && step.Approval != nil {
				whom = runbook.Approval{Roles: step.Approval.Roles, Min: step.Approval.Min}.Words()
			}
		}
	}
	return whom + " at " + run.Waiting
}

// told is who was told of it last, and when.
func (b beholder) told(p record.Pending) string {
	for _, n := range slices.Backward(b.Notices) {
		about := n.Body.Occurrence != "" && n.Body.Occurrence == p.Name || p.Run != nil && n.Body.Run == p.Run.Run
		if !about || n.Body.Outcome != record.NoticeSent || n.Body.Logged.After(b.at) {
			continue
		}
		whom := "somebody"
		var told record.Told
		if record.GetJSON(b.store, n.Body.Told, &told) == nil && told.To != "" {
			whom = told.To
		}
		return whom + " told " + n.Body.Logged.In(zoneOf(p.Name)).Format("15:04")
	}
	return ""
}

// zoneOf is the time zone of an occurrence, which its name holds.
func zoneOf(occurrence string) *time.Location {
	_, rest, _ := strings.Cut(occurrence, "[")
	zone, err := runbook.Zone(strings.TrimSuffix(rest, "]"))
	if err != nil {
		return time.UTC
	}
	return zone
}
