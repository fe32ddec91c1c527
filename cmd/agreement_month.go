package cmd

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

const monthLayout = "2006-01"

func (a *app) agreementMonthCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "month [MONTH]", Short: "count a month: what was kept, and the credit to the cent", Args: cobra.MaximumNArgs(1),
		Long: `Count what should have happened in a month, what of it was kept, and what the
misses cost. MONTH is such as 2026-07; without it, this month so far. Scheduled
work belongs to the month in which it was due, work that was reported to the one
in which it was closed, or missed its target before. Net figures leave out what was
waived, and name who approved that. Everything is computed from the log, and from
the agreement that was in force by the plan which was signed last.`,
		Example: "  msp agreement month 2026-07 --client acme",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			month := a.Now().Format(monthLayout)
			if len(args) == 1 {
				month = args[0]
			}
			s, err := a.monthOf(p, month)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(struct {
					V int `json:"v"`
					*agreement.Statement
				}{1, s})
			}
			return a.printMonth(s)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// monthOf counts a month under the agreement that was in force when it ended, or
// is now: the one that stands in the plan, since its file may have changed later.
func (a *app) monthOf(p *place, month string) (*agreement.Statement, error) {
	first, err := time.Parse(monthLayout, month)
	if err != nil {
		return nil, usageError(fmt.Errorf("%q is not a month", month), "such as 2026-07")
	}
	now := a.Now()
	if first.After(now) {
		return nil, usageError(fmt.Errorf("%s hasn't begun", month), "leave the month out for this one")
	}
	at := first.AddDate(0, 1, 0).Add(-12 * time.Hour) // on the last day, in every zone
	if at.After(now) {
		at = now
	}
	history, err := record.ReadHistory(a.store(p, p.Client), p.Client, p.StatementLimit)
	if err == nil {
		err = errors.Join(history.Problems...)
	}
	if err != nil {
		return nil, hint(fmt.Errorf("the month can't be counted: %w", err), "msp verify says what is wrong with the evidence")
	}
	with, err := a.agreementOf(p, history, at)
	if err != nil {
		return nil, err
	}
	return lived{history, with, now}.months(first)
}

// agreementOf is the agreement by the plan in force at an instant; where no plan
// has one, that of the workspace, which nobody has signed.
func (a *app) agreementOf(p *place, h *record.History, at time.Time) (*agreement.Agreement, error) {
	if plan := h.PlanAt(at); plan != nil && plan.Body.Agreement != nil {
		return plan.Body.SignedAgreement(a.store(p, p.Client))
	}
	with, err := p.agreementWith(p.Client, at)
	if err == nil && with == nil {
		err = noAgreement(p.Client, at)
	}
	if err == nil {
		fmt.Fprintf(a.Stderr, "msp: no plan of %s was signed under the agreement %s\n     hint: msp plan sign pins it\n", p.Client, with.ID)
	}
	return with, err
}

// lived is what became of what was promised, as it is known at an instant.
type lived struct {
	*record.History
	with *agreement.Agreement
	at   time.Time
}

// months counts a month, and those before it in which a credit makes it chronic.
func (l lived) months(first time.Time) (*agreement.Statement, error) {
	var credited []string
	if c := l.with.Credits; c != nil {
		for n := c.Chronic.Of - 1; n > 0; n-- {
			earlier := first.AddDate(0, -n, 0)
			if earlier.AddDate(0, 1, 0).Before(l.with.From.AddDate(0, 0, 1)) {
				continue // nothing was promised yet
			}
			s, err := l.count(earlier, nil)
			if err != nil {
				return nil, err
			}
			if s.Credit.Due.Minor > 0 {
				credited = append(credited, s.Month)
			}
		}
	}
	return l.count(first, credited)
}

func (l lived) count(first time.Time, credited []string) (*agreement.Statement, error) {
	events, err := l.events(first)
	if err != nil {
		return nil, err
	}
	return l.with.Statement(first.Format(monthLayout), agreement.Known{At: l.at, Events: events, Months: credited})
}

// events are the occurrences of a month, and of the quarter that it lies in, and
// all that was reported. A target that counts from a report promises nothing of an
// occurrence.
func (l lived) events(first time.Time) ([]agreement.Event, error) {
	const aDay = 24 * time.Hour // in every zone
	from := first.AddDate(0, -(int(first.Month())-1)%3, 0).Add(-aDay)
	expected, err := l.Expected(from, first.AddDate(0, 1, 0).Add(aDay), l.at)
	if err != nil {
		return nil, err
	}
	targets := map[[2]string]string{}
	for _, plan := range l.Plans {
		for _, item := range plan.Body.Runbooks {
			if item.SLA != nil {
				targets[[2]string{plan.Digest, item.Runbook.ID}] = item.SLA.Agreement
			}
		}
	}
	waivers := map[string]string{}
	for _, w := range record.Said[record.Waiver](l.History) {
		waivers[w.Digest] = w.Key.ID()
	}
	events := make([]agreement.Event, 0, len(expected))
	for _, e := range expected {
		target := targets[[2]string{e.Plan, e.Runbook}]
		if promised, ok := l.with.Target(target); !ok || promised.Promises.Clock == runbook.ClockReported {
			target = "" // or of an agreement before this one
		}
		events = append(events, l.event(e, target, waivers[e.Waiver]))
	}
	return append(events, l.reported()...), nil
}

func (l lived) event(e record.Expected, target, waivedBy string) agreement.Event {
	event := agreement.Event{Name: e.Name, Target: target, Due: e.Due, State: e.State, LastMet: e.CompleteBy}
	switch e.State {
	case schedule.Waived:
		event.LeftOut = &agreement.LeftOut{Why: agreement.Waived, Approver: waivedBy}
	case schedule.NotApplicable:
		event.LeftOut = &agreement.LeftOut{Why: agreement.NotApplicable, Approver: waivedBy}
	default: // it counts
	}
	if run := l.Run(e.DecidedBy); run != nil && run.End != nil {
		ended := run.End.Body.Ended.Round(0)
		event.Closed = &ended
	}
	return event
}

// printMonth prints a month: a line for each target, then what it costs.
func (a *app) printMonth(s *agreement.Statement) error {
	fmt.Fprintf(a.Stdout, "%s · %s · under the agreement %s, %s\n", s.Client, s.Month, s.Agreement, shortDigest(s.Digest))
	if !s.Final {
		fmt.Fprintf(a.Stdout, "the month isn't over: as known at %s\n", s.At.Local().Format(clockLayout))
	}
	t := s.Totals
	fmt.Fprintf(a.Stdout, "\n%d expected = %d on time + %d late + %d failed + %d missed + %d waived + %d not applicable + %d open\n",
		t.Expected, t.OnTime, t.Late, t.Failed, t.Missed, t.Waived, t.NotApplicable, t.Open)
	if s.Beside > 0 {
		fmt.Fprintf(a.Stdout, "%d of them belong to no target of the agreement, and no credit is given for them\n", s.Beside)
	}
	fmt.Fprintln(a.Stdout)
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "target\twanted\tnet\tgross\t\tcredit")
	for _, line := range s.Lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", line.Target, line.At,
			attained(line.Net, line.At), attained(line.Gross, line.At), metWord(line), line.Credit)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, line := range s.Lines {
		if len(line.Behind) > 0 {
			fmt.Fprintf(a.Stdout, "\nbehind the credit for %s, which fell below %s:\n  %s\n", line.Target, line.Below, strings.Join(line.Behind, "\n  "))
		}
	}
	if len(s.Left) > 0 {
		fmt.Fprintln(a.Stdout, "\nleft out, what isn't applicable of the gross figures too:")
	}
	for _, left := range s.Left {
		fmt.Fprintf(a.Stdout, "  %s · %s by %s\n", left.Name, spaced(left.Why), left.Approver)
	}
	a.printBill(s)
	return nil
}

func attained(x agreement.Attained, target agreement.Percent) string {
	return fmt.Sprintf("%s (%d of %d)", x.Percent(target), x.Met, x.Total)
}

func metWord(line agreement.Line) string {
	switch {
	case line.Met == nil:
		return "nothing to judge"
	case *line.Met:
		return "met"
	default:
		return "not met"
	}
}

func (a *app) printBill(s *agreement.Statement) {
	switch b := s.Credit; {
	case b.Fee.Currency == "":
		fmt.Fprintln(a.Stdout, "\nthe agreement gives no credits")
		return
	case b.Trial:
		fmt.Fprintln(a.Stdout, "\nno credit: the month lies in the trial")
	default:
		fmt.Fprintf(a.Stdout, "\ncredit %s of a monthly fee of %s, at most %s\n", b.Due, b.Fee, b.Cap)
		if b.ClaimBy != nil {
			fmt.Fprintf(a.Stdout, "to be claimed by %s\n", b.ClaimBy.Format(time.DateOnly))
		}
	}
	if s.Chronic.Raised {
		fmt.Fprintf(a.Stdout, "chronic: a credit in %d of %d months: %s\n", len(s.Chronic.Months), s.Chronic.Of, strings.Join(s.Chronic.Months, ", "))
	}
}
