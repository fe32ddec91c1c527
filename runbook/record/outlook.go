package record

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// Risk orders what isn't done.
type Risk int

// The risks, the greatest first.
const (
	RiskLate Risk = iota // a promise is broken already
	RiskNow              // it may be started now, or somebody is at it
	RiskNext             // its window opens later
)

// Pending is work that isn't done: an occurrence, or a run under way that no plan
// asked for, of which only the client and the runbook are known.
type Pending struct {
	schedule.Occurrence
	State schedule.State // upcoming, due, running or waiting
	Risk  Risk
	Run   *Attempt // that is at it; nil: none
	Held  string   // why its clock stands still; "" while it runs
}

// By is the promise that tells how much time is left: the first that is broken,
// or the next that may be. Where nothing was promised it is the end of the window,
// or of the time that the run has.
func (p Pending) By() time.Time {
	switch {
	case p.Run == nil && p.StartBy != nil:
		return *p.StartBy
	case p.CompleteBy != nil:
		return *p.CompleteBy
	case p.Run != nil:
		return p.Run.Until()
	default:
		return p.Closes
	}
}

// ComparePending orders by risk, and then by what is promised first.
func ComparePending(x, y Pending) int {
	by := x.By().Compare(y.By())
	if x.Risk == RiskNext && y.Risk == RiskNext {
		by = x.Due.Compare(y.Due)
	}
	return cmp.Or(cmp.Compare(x.Risk, y.Risk), by, cmp.Compare(x.Client, y.Client), cmp.Compare(x.Runbook, y.Runbook), cmp.Compare(x.Name, y.Name))
}

// Outlook is what is to be done for a client, and what somebody has to answer for.
type Outlook struct {
	Pending []Pending   // as ComparePending has it; of what is upcoming the first of each runbook
	Later   int         // how many more are due until an instant
	Overdue []Exception // the oldest first, as many as were asked for
	Counts  Counts      // of all that is overdue
	Tally   Tally       // of all that was due
	Items   Items
}

// firstWithin is how far is looked for the next occurrence of a runbook.
const firstWithin = 2 * 366 * 24 * time.Hour

// Outlook is what is to be done at an instant, and how many more occurrences are
// due until another. Of what is overdue it keeps as many lines as are asked for,
// and counts the others. The error is ErrSettled where that isn't kept, and that of
// a context that ends.
func (s *Standing) Outlook(ctx context.Context, at, until time.Time, lines int) (Outlook, error) {
	o := Outlook{Items: s.ItemsAt(at)}
	look := &looking{Standing: s, at: at, until: until, known: map[string]schedule.Occurrence{}}
	if err := look.windows(ctx, &o); err != nil {
		return Outlook{}, err
	}
	if err := look.overdue(ctx, &o, lines); err != nil {
		return Outlook{}, err
	}
	slices.SortFunc(o.Pending, ComparePending)
	return o, nil
}

// looking is one look at what is to be done.
type looking struct {
	*Standing
	at, until time.Time
	known     map[string]schedule.Occurrence // whose windows are open, and those of exceptions
}

// windows finds the occurrences whose windows are open and that nobody has begun,
// and those that come.
func (l *looking) windows(ctx context.Context, o *Outlook) error {
	attempts, err := l.attempts(l.at, l.at)
	if err != nil {
		return err
	}
	return l.eachPopulation(l.settled.before, func(plan *Fact[Plan], p schedule.Planned) error {
		first := l.at
		if window, ok := p.At(l.at); ok {
			l.known[window.Name] = window
			if e := l.judge(plan, window, attempts[p.Runbook], l.at); e.State == schedule.Due {
				o.Pending = append(o.Pending, l.waits(window))
			}
			if !window.Due.Before(l.at) {
				first = window.Due.Add(1)
			}
		}
		seen := false
		for next := range p.Between(first, first.Add(firstWithin)) {
			if seen && !next.Due.Before(l.until) {
				break
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			switch e := l.judge(plan, next, attempts[p.Runbook], l.at); {
			case e.State != schedule.Upcoming: // it is waived
			case seen:
				o.Later++
			default:
				o.Pending, seen = append(o.Pending, Pending{Occurrence: next, State: schedule.Upcoming, Risk: RiskNext}), true
			}
		}
		return nil
	})
}

// waits is an occurrence that nobody has begun.
func (l *looking) waits(o schedule.Occurrence) Pending {
	p := Pending{Occurrence: l.moved(o), State: schedule.Due, Risk: RiskNow, Held: l.held("", o.Name)}
	if past(p.StartBy, l.at) || past(p.CompleteBy, l.at) {
		p.Risk = RiskLate
	}
	return p
}

// moved is an occurrence with its deadlines as the holds of its clock have moved
// them.
func (l *looking) moved(o schedule.Occurrence) schedule.Occurrence {
	if len(l.Holds) == 0 {
		return o
	}
	holds := l.HoldsOf("", o.Name, l.at, nil)
	if len(holds) == 0 {
		return o
	}
	terms := l.TermsOf("", o.Name, l.at).For(o)
	pauses := PausesUnder(terms, holds, l.at)
	if by, ok := terms.StartBy(pauses...); ok && o.StartBy != nil {
		o.StartBy = &by
	}
	if by, ok := terms.Deadline(l.at, pauses...); ok && o.CompleteBy != nil {
		o.CompleteBy = &by
	}
	return o
}

func past(by *time.Time, at time.Time) bool { return by != nil && at.After(*by) }

// runs adds those under way, also where the window has closed since.
func (l *looking) runs(o *Outlook, open []*Attempt, undecided map[string]Exception) {
	for _, run := range open {
		p := Pending{Occurrence: l.known[run.Occurrence], State: schedule.Running, Risk: RiskNow, Run: run, Held: l.held(run.Run, run.Occurrence)}
		p.Client, p.Runbook, p.StartBy, p.CompleteBy = l.Client, run.Runbook, nil, run.completeBy()
		if run.Segments > 0 {
			p.State = schedule.Waiting
		}
		state := undecided[run.Occurrence].State
		decides := run.Occurrence == "" || state == schedule.Running || state == schedule.Waiting || p.Due.After(l.at)
		if decides && past(p.CompleteBy, l.at) {
			p.Risk = RiskLate
		}
		o.Pending = append(o.Pending, p)
	}
}

// held is why a clock stands still at an instant; "" while it runs.
func (l *looking) held(run, occurrence string) string {
	if len(l.Holds) == 0 {
		return ""
	}
	for _, h := range l.HoldsOf(run, occurrence, l.at, nil) {
		if ended := h.ended(); ended.IsZero() || ended.After(l.at) {
			return h.Hold.Reason
		}
	}
	return ""
}

// SettleDaily settles what is decided, once a day, and keeps it in a file, lest
// every look at a client judges what it ever did. The instant is the time of day.
func (s *Standing) SettleDaily(at time.Time, file string) error {
	if at.Sub(s.settled.At) < 24*time.Hour {
		return nil
	}
	err := s.Settle(at)
	if err == nil {
		s.Keep(file)
	}
	return err
}
