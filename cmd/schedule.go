package cmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

func (a *app) scheduleCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "schedule", GroupID: groupWrite, Short: "show when runbooks are due", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.scheduleNextCommand(), a.scheduleExportCommand())
	return c
}

// nextOccurrence is one line of msp schedule next --json.
type nextOccurrence struct {
	Name       string     `json:"name"`
	Nominal    string     `json:"nominal"`
	Due        time.Time  `json:"due"`
	Opens      time.Time  `json:"opens"`
	Closes     time.Time  `json:"closes"`
	StartBy    *time.Time `json:"start_by,omitempty"`
	CompleteBy *time.Time `json:"complete_by,omitempty"`
}

func (a *app) scheduleNextCommand() *cobra.Command {
	var n int
	var at string
	var asJSON bool
	c := &cobra.Command{
		Use: "next RUNBOOK", Short: "show the next times at which a runbook is due", Args: cobra.ExactArgs(1),
		Long: `Show the next times at which a runbook is due: by the plan in force, or, where no
plan asks for it, by the runbook's own schedule. A report that the agreement with
the client asks for is named by its id. Each stands in the schedule's zone and in
yours, and changes of the clock are named.`,
		Example:           "  msp schedule next backup-verify -n 5\n  msp schedule next backup-verify --at 2026-03-28T00:00:00Z",
		ValidArgsFunction: a.completeRunbooks,
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			from, err := a.instant(at)
			if err != nil {
				return err
			}
			if n < 1 || n > 1000 {
				return usageError(fmt.Errorf("-n %d: how many is from 1 to 1000", n), "-n 5")
			}
			return a.scheduleNext(p, args[0], from, n, asJSON)
		},
	}
	c.Flags().IntVarP(&n, "number", "n", 5, "how many")
	c.Flags().StringVar(&at, "at", "", "from this `INSTANT` instead of now")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) scheduleNext(p *place, word string, from time.Time, n int, asJSON bool) error {
	dates, err := a.population(p, word, from)
	if err != nil {
		return err
	}
	population, zone := dates.Planned, dates.zone
	var next []schedule.Occurrence
	for o := range population.Between(from, from.AddDate(30, 0, 0)) {
		if next = append(next, o); len(next) == n {
			break
		}
	}
	if asJSON {
		all := []nextOccurrence{}
		for _, o := range next {
			all = append(all, nextOccurrence{o.Name, o.Nominal, o.Due, o.Opens, o.Closes, o.StartBy, o.CompleteBy})
		}
		return a.printJSON(struct {
			V           int              `json:"v"`
			Planned     bool             `json:"planned"`
			Report      string           `json:"report_of,omitempty"` // the agreement that asks for it
			Occurrences []nextOccurrence `json:"occurrences"`
		}{1, dates.planned, dates.reportOf, all})
	}
	fmt.Fprintln(a.Stdout, dates.head(p.Client))
	var before *schedule.Occurrence
	for i := range next {
		fmt.Fprintln(a.Stdout, "  "+occurrenceLine(next[i], before, zone))
		before = &next[i]
	}
	if len(next) == 0 {
		fmt.Fprintln(a.Stdout, "  never again")
		return nil
	}
	id, until := population.Recurrence.Rule.KnownUntil()
	if id != "" && next[len(next)-1].Due.In(zone).Format(time.DateOnly) > until {
		fmt.Fprintf(a.Stderr, "msp: the calendar %s knows days off until %s: what is due later may fall on one\n     hint: add those that follow, and set valid_until later\n", id, until)
	}
	return nil
}

// dueTimes is when something is due, and by what.
type dueTimes struct {
	schedule.Planned
	zone     *time.Location
	planned  bool   // by the plan in force
	reportOf string // the agreement that asks for it as a report, and no plan does
}

func (d dueTimes) head(client string) string {
	head := fmt.Sprintf("%s · %s", d.Runbook, d.zone)
	switch {
	case d.planned:
		return head
	case d.reportOf != "":
		return head + " · a report by the agreement " + d.reportOf + "; no plan of " + client + " asks for a runbook of that name, so nothing tells when it is missed"
	default:
		return head + " · no plan of " + client + " asks for it: these are the runbook's own times"
	}
}

// population finds what is asked for: by the plan, by the agreement as a report,
// else by the runbook itself.
func (a *app) population(p *place, word string, at time.Time) (dueTimes, error) {
	history, err := record.ReadHistory(a.store(p, p.Client), p.Client, p.StatementLimit)
	if err != nil {
		return dueTimes{}, err
	}
	if plan := history.PlanAt(at); plan != nil {
		for _, item := range plan.Body.Runbooks {
			if item.Runbook.ID == word {
				zone, err := runbook.Zone(item.Schedule.Timezone)
				if err != nil {
					return dueTimes{}, err
				}
				population, err := plan.Body.Population(item, time.Time{})
				return dueTimes{population, zone, true, ""}, err
			}
		}
	}
	if report, found, err := a.reportPopulation(p, history, word, at); found || err != nil {
		return report, err
	}
	r, err := findRunbook(p, word)
	if err != nil {
		return dueTimes{}, err
	}
	known, err := p.promises(p.Client, at)
	if err != nil {
		return dueTimes{}, err
	}
	return ownPopulation(r, p.Client, known.Lookup())
}

func ownPopulation(r *runbook.Runbook, client string, known agreement.Lookup) (dueTimes, error) {
	if r.Schedule == nil {
		return dueTimes{}, hint(fmt.Errorf("the runbook %s has no schedule", r.ID), "schedule: {cron: \"0 7 * * *\", timezone: Europe/London}")
	}
	sla, err := known.SLA(r.SLA)
	if err != nil {
		return dueTimes{}, err
	}
	recurrence, err := schedule.Of(r.Schedule, sla, known.Calendar)
	if err != nil {
		return dueTimes{}, err
	}
	zone, err := runbook.Zone(r.Schedule.Timezone)
	return dueTimes{Planned: recurrence.Planned(client, schedule.Item{Runbook: r.ID}, time.Time{}), zone: zone}, err
}

// occurrenceLine shows an occurrence in both zones, and what the clock does.
func occurrenceLine(o schedule.Occurrence, before *schedule.Occurrence, zone *time.Location) string {
	due, here := o.Due.In(zone), o.Due.Local()
	line := due.Format("Mon 2006-01-02 15:04 MST")
	_, offset := due.Zone()
	if _, mine := here.Zone(); mine != offset {
		line += here.Format("   15:04 here")
		if here.Format(time.DateOnly) != due.Format(time.DateOnly) {
			line += here.Format(" on Mon 2006-01-02")
		}
	}
	if o.StartBy != nil {
		line += "   start by " + clockOn(o.StartBy.In(zone), due)
	}
	if o.CompleteBy != nil {
		line += "   complete by " + clockOn(o.CompleteBy.In(zone), due)
	}
	if note := clockNote(o, before, zone); note != "" {
		line += "   " + note
	}
	return line
}

// clockOn is a time of day, with its date where that is another than due's: the
// hours of a calendar reach over weekends.
func clockOn(t, due time.Time) string {
	if t.Format(time.DateOnly) == due.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("15:04 on Mon 2006-01-02")
}

// clockNote says when a time doesn't exist on the clock, and when the clock was
// changed since the occurrence before.
func clockNote(o schedule.Occurrence, before *schedule.Occurrence, zone *time.Location) string {
	if nominal, err := time.Parse(time.RFC3339, strings.SplitN(o.Nominal, "[", 2)[0]); err == nil && !sameWall(nominal, o.Due.In(zone)) {
		return nominal.Format("15:04") + " does not exist on that day: it is due when the clock has gone forward"
	}
	if before == nil {
		return ""
	}
	_, was := before.Due.In(zone).Zone()
	_, is := o.Due.In(zone).Zone()
	switch change := time.Duration(is-was) * time.Second; {
	case change > 0:
		return "the clock has gone forward by " + runbook.FormatSpan(change)
	case change < 0:
		return "the clock has gone back by " + runbook.FormatSpan(-change)
	default:
		return ""
	}
}

func sameWall(x, y time.Time) bool {
	return x.Format("2006-01-02 15:04") == y.Format("2006-01-02 15:04")
}
