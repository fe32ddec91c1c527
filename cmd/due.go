package cmd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

func (a *app) dueCommand() *cobra.Command {
	var at string
	var asJSON, everything bool
	c := &cobra.Command{
		Use: "due", GroupID: groupDo, Short: "show what is due, for all clients, the greatest risk first", Args: cobra.NoArgs,
		Long: `Show what is to be done for all clients, the greatest risk first: what is late,
what is due or under way with the time that is left, and what comes next. --client
narrows it to one. What the plans of the workspace ask for that are not signed yet
counts from now on.

Times are on the clock of the schedule, and on yours where that differs. It shows,
and signs nothing.

Exit codes: 0 shown, 2 not all of it could be read.`,
		Example: "  msp due\n  msp due --client acme --at 2026-03-28T07:00:00Z",
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			now, err := a.instantAhead(at)
			if err != nil {
				return err
			}
			upcoming := terminal.MostNext
			if everything || asJSON {
				upcoming = math.MaxInt
			}
			d, err := a.due(c.Context(), p, now, at == "", upcoming)
			if err != nil {
				return err
			}
			d.All = everything
			return a.showDue(d, asJSON)
		},
	}
	c.Flags().StringVar(&at, "at", "", "as it stands at this `INSTANT` instead of now")
	c.Flags().BoolVar(&everything, "all", false, "show every line, however many there are")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// dueNow is what is due for all clients.
type dueNow struct {
	terminal.Due
	planned  bool // there is a plan, be it unsigned
	problems []error
}

// due reads what is due at an instant, and some of what is upcoming. Now says that
// it is the time of day.
func (a *app) due(ctx context.Context, p *place, at time.Time, now bool, upcoming int) (dueNow, error) {
	d := dueNow{Due: terminal.Due{At: at, Ahead: ahead}}
	all, err := a.outlooks(ctx, p, view{at, now, upcoming, 0})
	if err != nil {
		return d, err
	}
	if all, d.Notes, err = a.unsigned(ctx, p, all, at); err != nil {
		return d, err
	}
	if only := a.flags.client; only != "" && len(all) == 0 {
		return d, hint(fmt.Errorf("there is no evidence of %s in %s", only, p.State), "msp plan sign FILE says what is to be done for a client")
	}
	d.planned = len(d.Notes) > 0
	for _, o := range all {
		d.Clients++
		d.planned = d.planned || o.Planned || o.early()
		if o.early() {
			d.Notes = append(d.Notes, o.tooEarly(at))
		}
		d.Rows = append(d.Rows, o.Rows...)
		d.Later, d.Overdue, d.Items = d.Later+o.Later, d.Overdue+o.Counts.Total(), d.Items+len(o.Items.Open)
		d.problems = append(d.problems, o.problems()...)
	}
	slices.SortFunc(d.Rows, func(x, y terminal.DueRow) int { return record.ComparePending(x.Pending, y.Pending) })
	return d, nil
}

// problems are why something may be missing of a client.
func (o *outlook) problems() []error {
	var all []error
	for _, err := range o.Problems {
		all = append(all, fmt.Errorf("%s: %w", o.Client, err))
	}
	return all
}

func (a *app) showDue(d dueNow, asJSON bool) error {
	if asJSON {
		if err := a.dueJSON(d); err != nil {
			return err
		}
	} else {
		d.Notes = append(d.Notes, d.next()...)
		terminal.PrintDue(terminal.Detect(a.Stdout, os.Getenv), d.Due)
	}
	return incomplete(d.problems)
}

// incomplete is the error for what couldn't be read.
func incomplete(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	return hint(fmt.Errorf("not all could be read, so something may be missing here: %w", errors.Join(problems...)), "msp verify says what is wrong")
}

// next is the command that goes on.
func (d dueNow) next() []string {
	if !d.planned && len(d.problems) == 0 {
		return []string{"say what is to be done in a document of kind Plan, and sign it: msp plan sign FILE"}
	}
	if i := slices.IndexFunc(d.Rows, startable); i >= 0 {
		return []string{fmt.Sprintf("run one: msp run %s --client %s", d.Rows[i].Runbook, d.Rows[i].Client)}
	}
	if i := slices.IndexFunc(d.Rows, func(r terminal.DueRow) bool { return r.State == schedule.Waiting }); i >= 0 {
		return []string{fmt.Sprintf("go on with one: msp resume %s --client %s", record.ShortID(d.Rows[i].Run.Run), d.Rows[i].Client)}
	}
	return nil
}

// startable are the rows that msp run can do: no run holds them.
func startable(r terminal.DueRow) bool { return r.State == schedule.Due }

// pendingJSON is one line of msp due --json.
type pendingJSON struct {
	Client     string     `json:"client"`
	Runbook    string     `json:"runbook"`
	Occurrence string     `json:"occurrence,omitempty"` // none: no plan asks for the run
	State      string     `json:"state"`
	Late       bool       `json:"late"`
	Due        *time.Time `json:"due,omitempty"`
	Opens      *time.Time `json:"opens,omitempty"`
	Closes     *time.Time `json:"closes,omitempty"`
	StartBy    *time.Time `json:"start_by,omitempty"`
	CompleteBy *time.Time `json:"complete_by,omitempty"`
	Run        string     `json:"run,omitempty"`
	WaitsFor   string     `json:"waits_for,omitempty"`
	Held       string     `json:"held,omitempty"`
	Told       string     `json:"told,omitempty"`
	Overdue    int        `json:"overdue_before,omitempty"`
	Unsigned   bool       `json:"unsigned,omitempty"`
}

func pendingLine(r terminal.DueRow) pendingJSON {
	line := pendingJSON{
		Client: r.Client, Runbook: r.Runbook, Occurrence: r.Name, State: string(r.State), Late: r.Risk == record.RiskLate,
		StartBy: r.StartBy, CompleteBy: r.CompleteBy, WaitsFor: r.For, Held: r.Held, Told: r.Told, Overdue: r.Before, Unsigned: r.Unsigned,
	}
	if r.Name != "" {
		line.Due, line.Opens, line.Closes = &r.Due, &r.Opens, &r.Closes
	}
	if r.Run != nil {
		line.Run = r.Run.Run
	}
	return line
}

func (a *app) dueJSON(d dueNow) error {
	lines := []pendingJSON{}
	for _, r := range d.Rows {
		lines = append(lines, pendingLine(r))
	}
	return a.printJSON(struct {
		V         int           `json:"v"`
		At        time.Time     `json:"at"`
		Clients   int           `json:"clients"`
		Pending   []pendingJSON `json:"pending"`
		Later     int           `json:"later"`
		Until     time.Time     `json:"until"` // of later
		Overdue   int           `json:"overdue"`
		OpenItems int           `json:"open_items"`
		Notes     []string      `json:"notes,omitempty"`
		Problems  []string      `json:"problems,omitempty"`
	}{1, d.At, d.Clients, lines, d.Later, d.At.Add(ahead), d.Overdue, d.Items, d.Notes, texts(d.problems)})
}

func texts(errs []error) []string {
	var all []string
	for _, err := range errs {
		all = append(all, err.Error())
	}
	return all
}
