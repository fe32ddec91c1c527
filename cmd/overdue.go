package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

func (a *app) overdueCommand() *cobra.Command {
	var at, format string
	var asJSON bool
	c := &cobra.Command{
		Use: "overdue", GroupID: groupDo, Short: "name what was missed, failed or is late: for cron and monitoring", Args: cobra.NoArgs,
		Long: `Name each planned occurrence of all clients that somebody has to answer for: nobody
did it, it failed, or it is late and not done yet; and it is neither waived nor
closed. --client narrows it to one. An occurrence that was done late is no more
overdue: it stands in the figures.

Exit codes: 0 nothing is overdue, 1 something is, 2 msp couldn't look at all of it.
A log that can't be read, or a state in which nothing is planned, is never fine.

With --format nagios it prints one line, and the exit codes are those of a plugin:
0 OK; 1 WARNING, all that is overdue was done again since; 2 CRITICAL; 3 UNKNOWN,
nothing is known to be overdue and msp couldn't look at all of it.`,
		Example: "  msp overdue\n  msp overdue --format nagios",
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case format != "" && format != "nagios":
				return usageError(fmt.Errorf("there is no format %q", format), "--format nagios, or --json")
			case format != "" && asJSON:
				return usageError(errors.New("--format nagios and --json don't go together"), "one of the two")
			}
			o, err := a.overdue(c.Context(), at)
			switch {
			case format == "nagios":
				return a.nagios(o, err)
			case err != nil:
				return err
			case asJSON:
				return a.overdueJSON(o)
			default:
				return a.showOverdue(o)
			}
		},
	}
	c.Flags().StringVar(&at, "at", "", "as it stands at this `INSTANT` instead of now")
	c.Flags().StringVar(&format, "format", "", "print for another program: `nagios`")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// mostNamed is how many lines are named of what is overdue. The others are counted.
const mostNamed = 10_000

// overdueNow is what is overdue for all clients.
type overdueNow struct {
	at       time.Time
	clients  int                      // that have a plan
	lines    []overdueLine            // the oldest first
	counts   map[string]record.Counts // of all that is overdue, by client
	tally    int                      // occurrences that were due
	problems []error
}

type overdueLine struct {
	record.Exception
	client string
}

var errNothingPlanned = errors.New("nothing is planned: no plan is signed here, so nobody can say what is overdue")

// overdue reads what is overdue. That nothing is planned is an error.
func (a *app) overdue(ctx context.Context, at string) (overdueNow, error) {
	p, err := a.place()
	if err != nil {
		return overdueNow{}, err
	}
	o := overdueNow{counts: map[string]record.Counts{}}
	if o.at, err = a.instantAhead(at); err != nil {
		return o, err
	}
	all, err := a.outlooks(ctx, p, view{at: o.at, now: at == "", overdue: mostNamed})
	if err != nil {
		return o, err
	}
	for _, one := range all {
		if one.Planned {
			o.clients++
		}
		o.tally += one.Tally.Expected
		o.counts[one.Client] = one.Counts
		for _, e := range one.Overdue {
			o.lines = append(o.lines, overdueLine{e, one.Client})
		}
		o.problems = append(o.problems, one.problems()...)
	}
	early := slices.IndexFunc(all, func(one outlook) bool { return one.early() })
	switch {
	case o.clients > 0 || len(o.problems) > 0:
	case early >= 0:
		return o, hint(errors.New(all[early].tooEarly(o.at)), "--at names a later instant")
	default:
		return o, hint(errNothingPlanned, "msp plan sign FILE; --state and --client say where msp looks")
	}
	slices.SortStableFunc(o.lines, func(x, y overdueLine) int { return x.Due.Compare(y.Due) })
	o.lines = o.lines[:min(len(o.lines), mostNamed)]
	return o, nil
}

// overdueWord is how an occurrence stands that is overdue.
func overdueWord(state schedule.State) string {
	switch state {
	case schedule.Missed, schedule.Failed, schedule.Unknown:
		return string(state)
	default:
		return "late"
	}
}

// total is how many are overdue.
func (o overdueNow) total() int {
	total := 0
	for _, counts := range o.counts {
		total += counts.Total()
	}
	return total
}

// summary says how many stand in which way: "15 missed, 1 late".
func (o overdueNow) summary() string {
	n := map[string]int{}
	for _, counts := range o.counts {
		for kind, more := range counts {
			n[overdueWord(kind.State)] += more
		}
	}
	var parts []string
	for _, word := range []string{"missed", "failed", "unknown", "late"} {
		if n[word] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[word], word))
		}
	}
	return strings.Join(parts, ", ")
}

// fine says what was looked at when nothing is overdue.
func (o overdueNow) fine() string {
	return fmt.Sprintf("nothing is overdue · %s, %s so far", count(o.clients, "client"), count(o.tally, "occurrence"))
}

func (a *app) showOverdue(o overdueNow) error {
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, l := range o.lines {
		fmt.Fprintln(w, strings.TrimRight(overdueWord(l.State)+"\t"+l.Name+"\t"+l.more(), "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := incomplete(o.problems); err != nil {
		return err
	}
	if len(o.lines) == 0 {
		fmt.Fprintln(a.Stdout, o.fine())
		return nil
	}
	named := ""
	if o.total() > len(o.lines) {
		named = fmt.Sprintf("; the oldest %d are named", len(o.lines))
	}
	fmt.Fprintf(a.Stderr, "msp: %d overdue: %s%s\n     hint: msp due shows what can be done now; msp waive excuses one, msp open close closes its item\n", o.total(), o.summary(), named)
	return ended(exitNo)
}

// more is which run failed, and whether it was done since.
func (l overdueLine) more() string {
	var parts []string
	if l.DecidedBy != "" {
		parts = append(parts, "run "+record.ShortID(l.DecidedBy))
	}
	if l.Step != "" {
		parts = append(parts, "at "+l.Step)
	}
	if l.RecoveredAt != nil {
		parts = append(parts, "done again "+l.RecoveredAt.In(zoneOf(l.Name)).Format(clockLayout))
	}
	return strings.Join(parts, " · ")
}

func (a *app) overdueJSON(o overdueNow) error {
	type line struct {
		Client      string     `json:"client"`
		Runbook     string     `json:"runbook"`
		Occurrence  string     `json:"occurrence"`
		State       string     `json:"state"`
		Due         time.Time  `json:"due"`
		Run         string     `json:"run,omitempty"`
		Step        string     `json:"step,omitempty"`
		RecoveredAt *time.Time `json:"recovered_at,omitempty"`
	}
	lines := []line{}
	for _, l := range o.lines {
		lines = append(lines, line{l.client, l.Runbook(), l.Name, overdueWord(l.State), l.Due, l.DecidedBy, l.Step, l.RecoveredAt})
	}
	err := a.printJSON(struct {
		V        int       `json:"v"`
		At       time.Time `json:"at"`
		Clients  int       `json:"clients"`
		Expected int       `json:"expected"`
		Total    int       `json:"total"`
		Overdue  []line    `json:"overdue"`
		Problems []string  `json:"problems,omitempty"`
	}{1, o.at, o.clients, o.tally, o.total(), lines, texts(o.problems)})
	if err == nil {
		err = incomplete(o.problems)
	}
	if err == nil && len(lines) > 0 {
		err = ended(exitNo)
	}
	return err
}

// The exit codes of a plugin of nagios, which are not msp's.
const (
	nagiosOK = iota
	nagiosWarning
	nagiosCritical
	nagiosUnknown
)

// nagios prints one line for a monitoring system. What is known to be overdue
// comes before what isn't known.
func (a *app) nagios(o overdueNow, err error) error {
	open := o.open()
	word, text, code := "OK", o.fine(), nagiosOK
	number := strconv.Itoa(o.total())
	switch {
	case err != nil:
		word, text, code = "UNKNOWN", err.Error(), nagiosUnknown
	case open:
		word, text, code = "CRITICAL", fmt.Sprintf("%s: %s", o.summary(), o.names()), nagiosCritical
	case len(o.problems) > 0:
		word, text, code = "UNKNOWN", errors.Join(o.problems...).Error(), nagiosUnknown
	case len(o.lines) > 0:
		word, text, code = "WARNING", fmt.Sprintf("%s, all done again since: %s", o.summary(), o.names()), nagiosWarning
	}
	if open && len(o.problems) > 0 {
		text += "; and not all could be read"
	}
	if code == nagiosUnknown {
		number = "U" // which is how a plugin says that it doesn't know
	}
	text = strings.NewReplacer("|", "/", "\n", "; ").Replace(terminal.Sanitize(text, true))
	fmt.Fprintf(a.Stdout, "MSP %s - %s|overdue=%s;;0\n", word, text, number)
	return ended(code)
}

// open reports whether something is overdue that wasn't done again since.
func (o overdueNow) open() bool {
	for _, counts := range o.counts {
		for kind := range counts {
			if !kind.DoneAgain {
				return true
			}
		}
	}
	return false
}

// names are the runbooks with something overdue, a few of them.
func (o overdueNow) names() string {
	const most = 5
	var names []string
	add := func(client, runbookID string) {
		if name := client + "/" + runbookID; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, l := range o.lines {
		add(l.client, l.Runbook())
	}
	for _, client := range sortedNames(o.counts) { // of which no line is named
		for kind := range o.counts[client] {
			add(client, kind.Runbook)
		}
	}
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
