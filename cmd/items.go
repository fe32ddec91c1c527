package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

func (a *app) openCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "open", GroupID: groupDo, Short: "list the open items of all clients, or open and close one", Args: cobra.NoArgs,
		Long: `List what somebody has to see to: what was missed, failed or wasn't done as agreed,
and what an operator added, each with its owner, when it is due and the four answers:
what, since when, impact, what was tried. The third like failure in 30 days asks for
a problem record: its cause is to be found.

An item is closed by a signed statement only. A workaround closes it until a day, on
which it is open again.`,
		Example: "  msp open\n  msp open --client acme --json",
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.listItems(c.Context(), p, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(a.openAddCommand(), a.openCloseCommand())
	return c
}

// openItem is one line of msp open.
type openItem struct {
	Client     string         `json:"client"`
	Item       string         `json:"item"`
	Kind       string         `json:"kind"`
	Run        string         `json:"run,omitempty"`
	Occurrence string         `json:"occurrence,omitempty"`
	Runbook    string         `json:"runbook,omitempty"`
	Step       string         `json:"step,omitempty"`
	Owner      string         `json:"owner"`
	Opened     time.Time      `json:"opened"`
	Due        time.Time      `json:"due"`
	Reopened   *time.Time     `json:"reopened,omitempty"` // the end of its workaround
	Answers    record.Answers `json:"answers"`            // empty where they were erased
}

// openItems are the open items of clients, and how they foot.
type openItems struct {
	V      int        `json:"v"`
	Opened int        `json:"opened"`
	Closed int        `json:"closed"`
	Open   int        `json:"open"` // opened - closed
	Items  []openItem `json:"items"`
}

func (a *app) listItems(ctx context.Context, p *place, asJSON bool) error {
	all, err := a.outlooks(ctx, p, a.Now(), false, 0)
	if err != nil {
		return err
	}
	list := openItems{V: 1, Items: []openItem{}}
	var problems []error
	for _, o := range all {
		problems = append(problems, o.problems()...)
		list.add(o.Client, o.Items, a.store(p, o.Client))
	}
	slices.SortStableFunc(list.Items, func(x, y openItem) int { return x.Due.Compare(y.Due) })
	if asJSON {
		err = a.printJSON(list)
	} else {
		err = a.printItems(list)
	}
	if err != nil {
		return err
	}
	return incomplete(problems)
}

func (l *openItems) add(client string, items record.Items, store *evidence.Store) {
	l.Opened, l.Closed, l.Open = l.Opened+items.Opened, l.Closed+items.Closed, l.Open+len(items.Open)
	for _, i := range items.Open {
		line := openItem{
			client, i.Body.Item, i.Body.Kind, i.Body.Run, i.Body.Occurrence, i.Body.Runbook, i.Body.Step, i.Body.Owner, i.Body.Opened, i.Body.Due, i.Reopened, record.Answers{},
		}
		record.GetJSON(store, i.Body.Answers, &line.Answers) //nolint:errcheck // it may be erased
		l.Items = append(l.Items, line)
	}
}

func (a *app) printItems(l openItems) error {
	var p page
	for _, i := range l.Items {
		p.item(i, a.Now())
	}
	p.add("%d opened - %d closed = %d open", l.Opened, l.Closed, l.Open)
	return p.print(a.Stdout)
}

// item writes an open item so that a person can read it.
func (p *page) item(i openItem, now time.Time) {
	due := "due " + i.Due.Local().Format(clockLayout)
	if now.After(i.Due) {
		due += ", late by " + runbook.FormatSpan(now.Sub(i.Due))
	}
	if i.Reopened != nil {
		due += " · its workaround ended " + i.Reopened.Local().Format(clockLayout)
	}
	p.add("%s  %s · %s · %s", i.Client, i.Item, i.Owner, due)
	for _, answer := range [][2]string{{"what", i.Answers.What}, {"since", i.Answers.Since}, {"impact", i.Answers.Impact}, {"tried", i.Answers.Tried}} {
		p.add("  %-7s %s", answer[0], orErased(answer[1]))
	}
}

// errNoItem says that no item is called so.
var errNoItem = errors.New("no open item is called so")

// oneItem finds an open item by a part of its id.
func oneItem(open []record.OpenItem, part string) (record.OpenItem, error) {
	var found []record.OpenItem
	for _, i := range open {
		if part != "" && strings.Contains(i.Body.Item, part) {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return record.OpenItem{}, hint(fmt.Errorf("%w: %q", errNoItem, part), "msp open lists them; --client names another client")
	default:
		return record.OpenItem{}, usageError(fmt.Errorf("%d open items have an id with %q in it", len(found), part), "give more of its digits")
	}
}

// addFlags are what is known of an item.
type addFlags struct {
	record.Answers
	owner, due string
}

func (a *app) openAddCommand() *cobra.Command {
	var f addFlags
	c := &cobra.Command{
		Use: "add", Short: "open an item of your own", Args: cobra.NoArgs,
		Long:    "Open an item of your own: somebody has to see to it.",
		Example: "  msp open add --what 'the tape drive is loud' --owner backup-technician --due 2d",
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.addItem(c.Context(), p, f)
		},
	}
	c.Flags().StringVar(&f.What, "what", "", "a `TEXT`: what is wrong")
	c.Flags().StringVar(&f.Since, "since", "", "since when, as `TEXT` (default: now)")
	c.Flags().StringVar(&f.Impact, "impact", "not known yet", "a `TEXT`: what it means for the client")
	c.Flags().StringVar(&f.Tried, "tried", "nothing yet", "a `TEXT`: what was tried")
	c.Flags().StringVar(&f.owner, "owner", "", "the `ROLE` that sees to it")
	c.Flags().StringVar(&f.due, "due", "1d", "in which `TIME` from now it is due, such as 4h")
	return c
}

func (a *app) addItem(ctx context.Context, p *place, f addFlags) error {
	due, err := runbook.ParseDuration(f.due)
	switch {
	case strings.TrimSpace(f.What) == "":
		return usageError(errors.New("it isn't said what is wrong"), "--what TEXT")
	case !evidence.ValidID(f.owner):
		return usageError(fmt.Errorf("--owner %q is no role", f.owner), "say who sees to it: --owner ROLE")
	case err != nil || due.Span <= 0:
		return usageError(fmt.Errorf("--due %q is no length of time", f.due), "such as 4h or 2d")
	}
	if err := checkTexts(f.What, f.Since, f.Impact, f.Tried); err != nil {
		return err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return err
	}
	now := a.Now().Round(0)
	if f.Since == "" {
		f.Since = now.UTC().Format(time.RFC3339)
	}
	item := record.Item{
		Client: p.Client, Opened: now, Item: record.ItemID(record.ItemOther, id.String()), Kind: record.ItemOther, Owner: f.owner, Due: now.Add(due.Span),
	}
	err = a.sayBlob(ctx, p, record.KindItem, f.Answers, func(l *record.Ledger, answers string) record.Statement {
		item.Writer, item.By, item.Answers = l.Writer, l.Signer(), answers
		return item
	})
	if err == nil {
		fmt.Fprintf(a.Stderr, "msp: opened %s\n", item.Item)
	}
	return err
}

// closeFlags say how an item is closed.
type closeFlags struct{ how, until, why string }

func (a *app) openCloseCommand() *cobra.Command {
	var f closeFlags
	c := &cobra.Command{
		Use: "close ITEM", Short: "close an open item, with a signed statement", Args: cobra.ExactArgs(1),
		Long: `Close an item: it is fixed, waived by a lead, or there is a workaround until a day,
on which it is open again. ITEM is any unique part of its id.`,
		Example: "  msp open close other-3fa20c11 --how workaround --until 2999-01-01 --why 'the old drive is back'",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.closeItem(c.Context(), p, f, args[0])
		},
	}
	c.Flags().StringVar(&f.how, "how", "", "`HOW`: "+strings.Join(record.Closings(), ", "))
	c.Flags().StringVar(&f.until, "until", "", "the `DAY`, or the instant, on which a workaround ends")
	c.Flags().StringVar(&f.why, "why", "", "a `TEXT` for whoever reads the record later")
	c.RegisterFlagCompletionFunc("how", cobra.FixedCompletions(record.Closings(), cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	return c
}

func (a *app) closeItem(ctx context.Context, p *place, f closeFlags, part string) error {
	closing := record.Closing{Client: p.Client, How: f.how, Signed: a.Now().Round(0)}
	switch workaround := f.how == record.CloseWorkaround; {
	case !slices.Contains(record.Closings(), f.how):
		return usageError(fmt.Errorf("--how %q is no way to close an item", f.how), "one of "+strings.Join(record.Closings(), ", "))
	case workaround:
		until, err := a.untilAhead(f.until, time.Local)
		if err != nil {
			return err
		}
		closing.Until = &until
	case f.until != "":
		return usageError(errors.New("only a workaround ends"), "leave out --until")
	}
	s, err := a.standing(p)
	if err != nil {
		return err
	}
	item, err := oneItem(s.ItemsAt(a.Now()).Open, part)
	if err != nil {
		return err
	}
	if f.how == record.CloseWaived {
		if err := a.mayNow(ctx, p, "waive an item", trust.Lead); err != nil {
			return err
		}
	}
	closing.Item, closing.Opening = item.Body.Item, item.Digest
	err = a.say(ctx, p, record.KindClosing, f.why, func(l *record.Ledger, words string) record.Statement {
		closing.Writer, closing.Operator, closing.Why = l.Writer, l.Signer(), words
		return closing
	})
	if err == nil {
		fmt.Fprintf(a.Stderr, "msp: closed %s\n", item.Body.Item)
	}
	return err
}
