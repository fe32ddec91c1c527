package record

import (
	"context"
	"slices"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// Counts says how much is overdue, of which runbook and in which way.
type Counts map[Overdue]int

// Overdue is what is told of an occurrence that is counted and not named.
type Overdue struct {
	Runbook   string
	State     schedule.State
	DoneAgain bool // since, by another run
}

// Total is how many are overdue.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Of is how many are overdue of a runbook.
func (c Counts) Of(runbookID string) int {
	total := 0
	for kind, n := range c {
		if kind.Runbook == runbookID {
			total += n
		}
	}
	return total
}

// overdue finds what somebody has to answer for: what nobody did, what failed, and
// what isn't known, where it is neither waived nor closed; and what is late and not
// done yet. It adds the runs under way to what is pending.
func (l *looking) overdue(ctx context.Context, o *Outlook, lines int) error {
	open := l.OpenRuns(l.at)
	held := map[string]bool{}
	for _, run := range open {
		held[run.Occurrence] = true
	}
	closed := l.ClosedItems(o.Items, l.at)
	found := oldest{most: lines, counts: Counts{}}
	undecided := map[string]Exception{}
	var err error
	o.Tally, err = l.eachException(l.at, func(e Exception) error {
		if _, known := l.known[e.Name]; held[e.Name] && !known {
			l.known[e.Name] = schedule.Occurrence{Name: e.Name, Client: l.Client, Runbook: e.Runbook(), Due: e.Due, Opens: e.Opens, Closes: e.Closes}
		}
		switch e.State {
		case schedule.Due, schedule.Running, schedule.Waiting:
			undecided[e.Name] = e
		case schedule.Missed, schedule.Failed, schedule.Unknown:
			if e.Waiver == "" && (len(closed) == 0 || !closed[e.ItemID()]) {
				found.add(e)
			}
		default: // nobody has to answer for it
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	l.runs(o, open, undecided)
	for _, p := range o.Pending {
		if e, due := undecided[p.Name]; due && p.Risk == RiskLate && e.Waiver == "" {
			found.add(e)
			delete(undecided, p.Name)
		}
	}
	o.Overdue, o.Counts = found.cut(), found.counts
	return nil
}

// oldest keeps the oldest of many lines and counts all of them. It never has room
// for many more than it keeps.
type oldest struct {
	most   int
	lines  []Exception
	counts Counts
}

func (k *oldest) add(e Exception) {
	k.counts[Overdue{e.Runbook(), e.State, e.RecoveredAt != nil}]++
	if k.lines = append(k.lines, e); len(k.lines) > 2*k.most {
		k.lines = k.cut()
	}
}

func (k *oldest) cut() []Exception {
	slices.SortFunc(k.lines, compareExceptions)
	kept := min(k.most, len(k.lines))
	clear(k.lines[kept:])
	return k.lines[:kept]
}
