package cmd

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// loggedRun is one line of msp log.
type loggedRun struct {
	Run        string             `json:"run"`
	Runbook    string             `json:"runbook"`
	Version    string             `json:"version"`
	Client     string             `json:"client"`
	Writer     string             `json:"writer"`
	Started    time.Time          `json:"started"`
	Ended      *time.Time         `json:"ended,omitempty"`
	State      string             `json:"state"`
	Open       string             `json:"open,omitempty"` // how: "running", "cut off" or "waiting"
	Late       bool               `json:"late,omitempty"`
	Deviations []record.Deviation `json:"deviations,omitempty"`
	Record     string             `json:"record,omitempty"`
	Later      []laterWords       `json:"later,omitempty"`
	Besides    []timeWords        `json:"besides,omitempty"`
}

func (a *app) logCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "log", GroupID: groupProve, Short: "list the runs that the client's logs hold",
		Long: `List the runs, and below them what was said and done besides: late entries, words
about occurrences, hand-overs, open items and their closings, releases, what nobody
did, and whom it was told to.`,
		Example: "  msp log", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			history, err := a.history(p)
			if err != nil {
				return err
			}
			return a.log(a.store(p, p.Client), history, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(a.receiptCommand(), a.logCorrectCommand(), a.logLateCommand(), a.logRespondCommand())
	return c
}

// history reads the client's logs, and says what of them can't be read.
func (a *app) history(p *place) (*record.History, error) {
	h, err := record.ReadHistory(a.store(p, p.Client), p.Client, p.StatementLimit)
	if err != nil {
		return nil, hint(err, "msp verify says what is wrong with the evidence")
	}
	if n := len(h.Problems); n > 0 {
		fmt.Fprintf(a.Stderr, "msp: %s of the evidence can't be read and is left out: %v\n     hint: msp verify says what is wrong\n", count(n, "part"), terminal.Sanitize(h.Problems[0].Error(), false))
	}
	return h, nil
}

func (a *app) log(store *evidence.Store, h *record.History, asJSON bool) error {
	runs, later, words := []loggedRun{}, laterByRun(h, store), timeWordsOf(h, store)
	for _, account := range h.Accounts {
		start := account.Start.Body
		run := loggedRun{
			Run: account.Run, Runbook: start.Runbook.ID, Version: start.Runbook.Version, Client: start.Client,
			Writer: account.Writer, Started: start.Started, State: account.State(a.Now()),
		}
		if account.End == nil {
			run.Open = a.openHow(store, account)
		} else {
			end := account.End.Body
			run.Ended, run.Late, run.Deviations, run.Record = &end.Ended, end.Verdict.Late, end.Verdict.Deviations, account.End.Digest
		}
		run.Later, run.Besides = later[account.Run], besides(words, start)
		runs = append(runs, run)
	}
	if asJSON {
		return a.printJSON(struct {
			V    int          `json:"v"`
			Runs []loggedRun  `json:"runs"`
			Late []laterWords `json:"late_entries,omitempty"`
			Time []timeWords  `json:"occurrences,omitempty"` // said about them

			Events []loggedEvent `json:"events,omitempty"`
		}{1, runs, later[""], ofOccurrences(words), eventsOf(h, store)})
	}
	if len(runs) == 0 {
		fmt.Fprintln(a.Stderr, "no run is in the log yet; --client names another client")
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, r := range runs {
		state := stateWords(r.State, r.Open)
		if r.Late {
			state += ", late"
		}
		if len(r.Deviations) > 0 {
			state += ", deviates: " + joinDeviations(r.Deviations)
		}
		state += saidBesides(r.Besides) + saidLater(r.Later)
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\n", record.ShortID(r.Run), r.Started.Local().Format(clockLayout), r.Runbook, r.Version, state)
	}
	for _, l := range later[""] {
		fmt.Fprintf(w, "late\t%s\t%s\tperformed at %s: %s\n", l.RecordedAt.Local().Format(clockLayout), l.about(), l.performed(), terminal.Sanitize(orErased(l.What), false))
	}
	for _, s := range ofOccurrences(words) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s: %s\n", s.Kind, s.At.Local().Format(clockLayout), s.Occurrence, s.words(), terminal.Sanitize(orErased(s.Why), false))
	}
	writeEvents(w, eventsOf(h, store))
	return w.Flush()
}
