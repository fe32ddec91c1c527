package schedule

import (
	"iter"
	"time"
)

// Occurrence is one time at which a planned runbook is due.
type Occurrence struct {
	Name    string // <client>/<runbook>/<nominal>, stable for ever
	Client  string
	Runbook string
	Nominal string // the slot on the zone's clock, RFC 9557

	Due           time.Time
	Opens, Closes time.Time // the window [Opens, Closes) in which a run has to start to count

	StartBy    *time.Time // the last instant to start on time; nil: no limit
	CompleteBy *time.Time // the last instant to be done on time, counted from due

	// CompleteWithin is how long a run may take from its own start on, where
	// that was promised; else 0.
	CompleteWithin time.Duration

	// Calendar is that in whose working time the promises count; nil: 24x7.
	Calendar *Calendar
}

// Planned is a runbook that a plan asks for: the population of its occurrences.
type Planned struct {
	Client, Runbook string
	Recurrence      Recurrence
	From, Until     time.Time // due in [From, Until); zero: no bound
}

// Planned is the population that an item of a client's plan asks for. Known is
// the instant from which the plan is proven to exist, or now for one that isn't
// signed yet: nothing due earlier was asked for, whatever the item says. A
// caller who knows that another plan took this one's place sets Until.
func (r Recurrence) Planned(client string, item Item, known time.Time) Planned {
	p := Planned{Client: client, Runbook: item.Runbook, Recurrence: r, From: latest(r.From, known)}
	if !item.From.IsZero() {
		p.From = latest(p.From, r.Rule.zone.dayStart(item.From))
	}
	if !item.Until.IsZero() {
		p.Until = r.Rule.zone.dayStart(item.Until.AddDate(0, 0, 1))
	}
	return p
}

// latest is the later of two instants; a zero one is no bound.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// exists reports whether the population has an occurrence due then.
func (p Planned) exists(due time.Time) bool {
	return !due.Before(p.From) && (p.Until.IsZero() || due.Before(p.Until))
}

// Between are the occurrences with a <= due < b, in order.
func (p Planned) Between(a, b time.Time) iter.Seq[Occurrence] {
	a = latest(a, p.From)
	if !p.Until.IsZero() && p.Until.Before(b) {
		b = p.Until
	}
	rule := p.Recurrence.Rule
	return func(yield func(Occurrence) bool) {
		slot, ok := rule.from(ceilUnix(a))
		for ok && slot.Due.Before(b) {
			next, more := rule.Next(slot.Due)
			if !yield(p.occurrence(slot, next, more)) {
				return
			}
			slot, ok = next, more
		}
	}
}

// At is the occurrence whose window holds an instant. Windows don't overlap.
func (p Planned) At(t time.Time) (Occurrence, bool) {
	slot, ok := p.Recurrence.Rule.Previous(t.Add(p.Recurrence.Terms.Early + 1)) // due <= t + early
	if !ok || !p.exists(slot.Due) {
		return Occurrence{}, false
	}
	next, more := p.Recurrence.Rule.Next(slot.Due)
	o := p.occurrence(slot, next, more)
	return o, o.Holds(t)
}

// Holds reports whether an instant lies in the occurrence's window.
func (o Occurrence) Holds(t time.Time) bool { return !t.Before(o.Opens) && t.Before(o.Closes) }

// occurrence is the one of a slot; next is the rule's next slot, if there is
// one.
func (p Planned) occurrence(slot, next Slot, more bool) Occurrence {
	terms := p.Recurrence.Terms
	o := Occurrence{
		Name:    p.Client + "/" + p.Runbook + "/" + slot.Nominal,
		Client:  p.Client,
		Runbook: p.Runbook,
		Nominal: slot.Nominal,
		Due:     slot.Due,
		Opens:   slot.Due.Add(-terms.Early),
		Closes:  time.Unix(afterWall, 0).UTC(),

		Calendar: terms.Calendar,
	}
	if more {
		o.Closes = next.Due.Add(-terms.Early)
	}
	if cut := slot.Due.Add(terms.CloseAfter); terms.CloseAfter > 0 && cut.Before(o.Closes) {
		o.Closes = cut
	}
	if terms.Grace != nil {
		o.StartBy = deadline(terms.Calendar, slot.Due, *terms.Grace)
	}
	switch {
	case terms.CompleteWithin == 0:
	case terms.FromDue:
		o.CompleteBy = deadline(terms.Calendar, slot.Due, terms.CompleteWithin)
	default:
		o.CompleteWithin = terms.CompleteWithin
	}
	return o
}

// deadline is the instant at which a span of working time has passed since due;
// where that never happens, the end of all time.
func deadline(c *Calendar, due time.Time, span time.Duration) *time.Time {
	by, ok := c.Add(due, span)
	if !ok {
		by = time.Unix(afterWall, 0).UTC()
	}
	return &by
}
