package agreement

import (
	"cmp"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// Clock counts the working time since an instant towards a target.
type Clock struct {
	Start    time.Time
	Calendar *schedule.Calendar // nil: 24x7
	Target   time.Duration      // of working time
	Pauses   []Pause            // in any order, and over each other
}

// Pause is a stretch in which a clock stands still. It comes from a hold, and
// HoldRules says which holds make one.
type Pause struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"` // zero: it goes on
}

// Begin is the first open instant at or after the start; false where the
// calendar never opens again.
func (c Clock) Begin() (time.Time, bool) { return c.Calendar.NextOpen(c.Start.Round(0)) }

// Elapsed is the working time up to an instant without the pauses: their union,
// and nothing of them in closed hours.
func (c Clock) Elapsed(at time.Time) time.Duration {
	begin, ok := c.Begin()
	if !ok {
		return 0
	}
	at = at.Round(0)
	elapsed := c.Calendar.Between(begin, at)
	for _, p := range c.union(begin) {
		to := p.To
		if to.IsZero() || to.After(at) {
			to = at
		}
		elapsed -= c.Calendar.Between(p.From, to)
	}
	return elapsed
}

// Met reports whether the target is kept at an instant. Exactly the target is
// met.
func (c Clock) Met(at time.Time) bool { return c.Elapsed(at) <= c.Target }

// Deadline is the instant at which the target is used up. Pauses move it, and it
// isn't known while one goes on.
func (c Clock) Deadline() (time.Time, bool) { return c.after(c.Target) }

// At is the instant at which a share of the target has been used, in percent of
// it and to a thousandth: At(50), At(100). A ladder may go beyond 100.
func (c Clock) At(percent float64) (time.Time, bool) {
	return c.after(shareOf(c.Target, percent))
}

// LastMet is the last instant at which work that ends then has kept the target.
// It lies behind the deadline where closed hours or a pause follow: nothing
// elapses there.
func (c Clock) LastMet() (time.Time, bool) {
	last, ok := c.Deadline()
	if !ok {
		return time.Time{}, false
	}
	begin, _ := c.Begin()
	last, ok = c.Calendar.NextOpen(last)
	for _, p := range c.union(begin) {
		if !ok || p.From.After(last) {
			break
		}
		if p.To.IsZero() {
			return time.Time{}, false
		}
		if p.To.After(last) {
			last, ok = c.Calendar.NextOpen(p.To)
		}
	}
	return last, ok
}

// after is the instant at which so much working time has passed outside pauses.
func (c Clock) after(span time.Duration) (time.Time, bool) {
	from, ok := c.Begin()
	if !ok {
		return time.Time{}, false
	}
	for _, p := range c.union(from) {
		done := c.Calendar.Between(from, p.From)
		if done >= span {
			break
		}
		if p.To.IsZero() {
			return time.Time{}, false
		}
		span, from = span-done, p.To
	}
	return c.Calendar.Add(from, span)
}

// union is the pauses behind an instant, in order and apart from each other. A
// pause that ends before it begins is none.
func (c Clock) union(begin time.Time) []Pause {
	var pauses []Pause
	for _, p := range c.Pauses {
		p.From, p.To = p.From.Round(0), p.To.Round(0)
		if p.From.Before(begin) {
			p.From = begin
		}
		if p.To.IsZero() || p.To.After(p.From) {
			pauses = append(pauses, p)
		}
	}
	slices.SortFunc(pauses, func(a, b Pause) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var union []Pause
	for _, p := range pauses {
		last := len(union) - 1
		switch {
		case last < 0 || !union[last].To.IsZero() && p.From.After(union[last].To):
			union = append(union, p)
		case p.To.IsZero() || !union[last].To.IsZero() && p.To.After(union[last].To):
			union[last].To = p.To
		}
	}
	return union
}
