package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/shelf"
	"github.com/msp-runbook/msp/runbook/trust"
)

func (a *app) planCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "plan", GroupID: groupWrite, Short: "say which runbooks a client gets, and when",
		Long: `A plan is a document of kind Plan: which runbooks a client gets, with which inputs,
from when. Signed into the log it is what should happen: runs bind themselves to
its occurrences, and an occurrence without a run is visibly missing. A plan takes
the place of the one before it; what was due before stays as it was.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.planShowCommand(), a.planSignCommand())
	return c
}

func (a *app) planSignCommand() *cobra.Command {
	return &cobra.Command{
		Use: "sign FILE", Short: "sign a plan into the client's log", Args: cobra.ExactArgs(1),
		Long: `Sign a plan into its client's log. The schedules and SLAs of its runbooks are
written into the statement as they are now: a runbook that is edited later changes
nothing until the plan is signed again. A ticker that nobody knows is signed too,
with a warning.`,
		Example: "  msp plan sign runbooks/acme.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			plan, books, err := a.loadPlan(p, args[0])
			if err != nil {
				return err
			}
			return a.signPlan(c.Context(), p, plan, books)
		},
	}
}

// loadPlan reads a plan and the runbooks that it asks for, and holds them to
// each other.
func (a *app) loadPlan(p *place, path string) (*schedule.Plan, []*runbook.Runbook, error) {
	file, err := readRunbookFile(path)
	if err != nil {
		return nil, nil, err
	}
	plan, problems := schedule.LoadPlan(file.Name, file.Source)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	if a.flags.client != "" && a.flags.client != plan.Client {
		return nil, nil, usageError(fmt.Errorf("the plan is for %s, and --client says %s", plan.Client, a.flags.client), "leave --client out")
	}
	d := document.NewDecoder()
	known, err := p.promises(plan.Client, a.Now())
	if err != nil {
		return nil, nil, err
	}
	around, err := workspaceFiles(p)
	if err != nil {
		return nil, nil, err
	}
	books := a.known(p, around).HoldPlan(plan, known, d)
	return plan, books, d.Problems().Err()
}

func (a *app) signPlan(ctx context.Context, p *place, plan *schedule.Plan, books []*runbook.Runbook) error {
	ledger, err := a.ledger(ctx, p, plan.Client)
	if err != nil {
		return err
	}
	if _, err := a.may(p, plan.Client, ledger.Operator.Public(), "sign a plan", trust.Right{Roles: []trust.Role{trust.Lead}, Root: true}); err != nil {
		return err
	}
	now := a.Now()
	known, err := p.promises(plan.Client, now)
	if err != nil {
		return err
	}
	statement, subjects, err := planStatement(ledger, plan, books, known, now)
	if err != nil {
		return err
	}
	digest, _, err := ledger.Write(ctx, record.KindPlan, "", subjects, statement)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout, digest)
	fmt.Fprintf(a.Stderr, "msp: the plan of %s with %s is in force\n", plan.Client, count(len(plan.Items), "runbook"))
	a.complain(a.checkTicker(p, ledger.Store, plan.Client, plan.Ticker))
	return a.takeOutside(ctx, p, ledger)
}

// planStatement is what is signed: everything that the population is computed
// from, by value.
func planStatement(ledger *record.Ledger, plan *schedule.Plan, books []*runbook.Runbook, known shelf.Promises, now time.Time) (record.Plan, []evidence.Subject, error) {
	source, err := ledger.Store.PutBlob(plan.Source)
	if err != nil {
		return record.Plan{}, nil, err
	}
	s := record.Plan{
		Client: plan.Client, Writer: ledger.Writer, Operator: ledger.Signer(), Signed: now.Round(0),
		Digest: plan.Digest, Source: source.Digest, Ticker: plan.Ticker, Level: plan.Level, TZData: runbook.ZoneVersion,
	}
	subjects := []evidence.Subject{record.BlobSubject("plan", s.Digest), record.BlobSubject("plan source", s.Source)}
	for i, item := range plan.Items {
		book := books[i]
		source, err := ledger.Store.PutBlob(book.Source)
		if err != nil {
			return s, nil, err
		}
		planned, err := pinItem(item, book, known)
		if err != nil {
			return s, nil, err
		}
		planned.Runbook.Digest, planned.Runbook.Source = book.Digest, source.Digest
		s.Runbooks = append(s.Runbooks, planned)
		subjects = append(subjects, record.BlobSubject("runbook "+book.ID, book.Digest), record.BlobSubject("runbook "+book.ID+" source", source.Digest))
	}
	pinned, err := pinCalendars(books, known)
	if err != nil {
		return s, nil, err
	}
	for _, c := range pinned {
		source, err := ledger.Store.PutBlob(c.Source)
		if err != nil {
			return s, nil, err
		}
		s.Calendars = append(s.Calendars, record.PinnedCalendar{Digest: c.Digest, Source: source.Digest, Calendar: c.Calendar})
		subjects = append(subjects, record.BlobSubject("calendar "+c.Calendar.ID, c.Digest), record.BlobSubject("calendar "+c.Calendar.ID+" source", source.Digest))
	}
	if with := known.Agreement; with != nil {
		source, err := ledger.Store.PutBlob(with.Source)
		if err != nil {
			return s, nil, err
		}
		s.Agreement = &record.PinnedAgreement{ID: with.ID, Version: with.Version, Digest: with.Digest, Source: source.Digest}
		subjects = append(subjects, record.BlobSubject("agreement "+with.ID, with.Digest), record.BlobSubject("agreement "+with.ID+" source", source.Digest))
	}
	return s, subjects, nil
}

// pinItem takes an item of a plan by value, without its runbook's bytes.
func pinItem(item schedule.Item, book *runbook.Runbook, known shelf.Promises) (record.PlannedRunbook, error) {
	planned := record.PlannedRunbook{Runbook: record.Runbook{ID: book.ID, Version: book.Version}}
	var err error
	if planned.Schedule, planned.SLA, err = record.PinRunbook(book, known.Lookup()); err != nil {
		return planned, err
	}
	if !item.From.IsZero() {
		planned.From = item.From.Format(time.DateOnly)
	}
	if !item.Until.IsZero() {
		planned.Until = item.Until.Format(time.DateOnly)
	}
	return planned, nil
}

// pinCalendars are the calendars that runbooks name, each once, by id.
func pinCalendars(books []*runbook.Runbook, known shelf.Promises) ([]*schedule.CalendarDocument, error) {
	var ids []string
	for _, book := range books {
		ids = append(ids, known.Named(book)...)
	}
	slices.Sort(ids)
	var all []*schedule.CalendarDocument
	for _, id := range slices.Compact(ids) {
		found, err := known.Document(id)
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	return all, nil
}

func (a *app) planShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show [FILE]", Short: "show the plan in force, or one that is not signed yet", Args: cobra.MaximumNArgs(1),
		Example: "  msp plan show",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				plan, books, err := a.loadPlan(p, args[0])
				if err != nil {
					return err
				}
				return a.showUnsigned(p, plan, books)
			}
			history, err := a.history(p)
			if err != nil {
				return err
			}
			return a.showPlan(history, p.Client, a.Now())
		},
	}
}

func (a *app) showUnsigned(p *place, plan *schedule.Plan, books []*runbook.Runbook) error {
	known, err := p.promises(plan.Client, a.Now())
	if err != nil {
		return err
	}
	statement, err := unsignedStatement(plan, books, known, a.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s · not signed: it would count from the moment that it is signed\n", plan.Client)
	return a.printPlanned(statement, a.Now())
}

// unsignedStatement is what would be signed, as far as occurrences follow from it.
func unsignedStatement(plan *schedule.Plan, books []*runbook.Runbook, known shelf.Promises, now time.Time) (record.Plan, error) {
	statement := record.Plan{Client: plan.Client, Signed: now}
	for i, item := range plan.Items {
		planned, err := pinItem(item, books[i], known)
		if err != nil {
			return statement, err
		}
		statement.Runbooks = append(statement.Runbooks, planned)
	}
	pinned, err := pinCalendars(books, known)
	for _, c := range pinned {
		statement.Calendars = append(statement.Calendars, record.PinnedCalendar{Calendar: c.Calendar})
	}
	return statement, err
}

func (a *app) showPlan(h *record.History, client string, now time.Time) error {
	plan := h.PlanAt(now)
	if plan == nil {
		return hint(fmt.Errorf("no plan of %s is signed", client), "msp plan sign FILE")
	}
	fmt.Fprintf(a.Stdout, "%s · signed %s by %s · %s\n", client, plan.Body.Signed.Local().Format(clockLayout), plan.Body.Operator.ID, plan.Digest)
	if err := a.printPlanned(plan.Body, now); err != nil {
		return err
	}
	expected, err := h.Expected(h.Plans[0].Body.Signed, now, now)
	if err != nil {
		return err
	}
	states := map[schedule.State]int{}
	for _, e := range expected {
		states[e.State]++
	}
	fmt.Fprintf(a.Stdout, "so far %s expected", count(len(expected), "occurrence"))
	for _, state := range []schedule.State{schedule.OnTime, schedule.Late, schedule.Failed, schedule.Missed, schedule.Waived, schedule.NotApplicable, schedule.Running, schedule.Waiting, schedule.Due, schedule.Unknown} {
		if n := states[state]; n > 0 {
			fmt.Fprintf(a.Stdout, ", %d %s", n, spaced(string(state)))
		}
	}
	fmt.Fprintln(a.Stdout)
	return nil
}

func (a *app) printPlanned(plan record.Plan, now time.Time) error {
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, item := range plan.Runbooks {
		population, err := plan.Population(item, time.Time{})
		if err != nil {
			return err
		}
		next := "never again"
		for o := range population.Between(now, now.AddDate(5, 0, 0)) {
			next = "next " + o.Nominal
			break
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", item.Runbook.ID, item.Runbook.Version, item.Schedule.When(), next)
	}
	return w.Flush()
}

// plannedInputs are what the plan in force asks for a runbook; none when no plan
// asks for it now. A catch-up gets them also where nothing is due.
func (a *app) plannedInputs(p *place, logs *record.Logs, runbookID string, catchUp bool) (map[string]given, error) {
	if catchUp {
		asked, err := logs.Asked(runbookID, a.Now())
		return p.givenByPlan(asked), err
	}
	bound, err := logs.Bind(runbookID, a.Now())
	if errors.Is(err, record.ErrClaimed) {
		return nil, hint(err, "msp resume goes on with it")
	}
	if err != nil || bound == nil {
		return nil, err
	}
	return p.givenByPlan(bound.Inputs), nil
}

func (p *place) givenByPlan(asked map[string]string) map[string]given {
	inputs := map[string]given{}
	for name, text := range asked {
		inputs[name] = given{text, filepath.Clean(p.Folder), "the plan"}
	}
	return inputs
}
