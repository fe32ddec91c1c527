package schedule

import (
	"errors"
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Recurrence is a runbook's schedule, ready to be computed with.
type Recurrence struct {
	Rule  Rule
	Terms Terms
	From  time.Time // the start of effective_from in the zone; zero when not said
}

// Terms are the lengths of time that make windows and deadlines.
type Terms struct {
	Early      time.Duration  // how long before due a run may already count
	Grace      *time.Duration // how long after due it still starts on time; nil: no limit
	CloseAfter time.Duration  // how long after due the window closes; 0: with the next one

	// CompleteWithin is how long the work may take, from FromDue's moment;
	// 0 was not promised.
	CompleteWithin time.Duration
	FromDue        bool // the clock runs from due (clock: scheduled), else from the run's own start

	Calendar *Calendar // in whose working time Grace and CompleteWithin count; nil: 24x7
}

// Lookup finds a calendar by its id.
type Lookup func(id string) (*Calendar, error)

// Of reads a schedule with its SLA, which may be nil. An SLA in an agreement is
// handed in resolved: with the terms that the agreement gives it. Calendars are
// asked for by id; a nil Lookup knows none. The error is a document.Problems
// with all that is wrong: "not-yet" for an SLA that was not resolved,
// "unknown-reference" for a calendar that can't be had, "schedule-never-fires" for
// times that never come, "schedule" and "sla" for the rest.
func Of(s *runbook.Schedule, sla *runbook.SLA, calendars Lookup) (Recurrence, error) {
	r, err := OfPinned(s, sla, calendars)
	if err != nil {
		return r, err
	}
	d := document.NewDecoder()
	checkEarly(s, r, d)
	return r, d.Problems().Err()
}

// OfPinned is Of for what Of has accepted before. It doesn't look through years of
// occurrences for windows that close before they are due, which takes longer than
// all that is computed with most schedules.
func OfPinned(s *runbook.Schedule, sla *runbook.SLA, calendars Lookup) (Recurrence, error) {
	d := document.NewDecoder()
	if s == nil {
		d.Report(document.Position{}, "schedule", "", "there is no schedule")
		return Recurrence{}, d.Problems()
	}
	var r Recurrence
	rule, err := ruleOf(s, calendars.find(s.Calendar, s.Position, d))
	if err != nil {
		reportRule(s, err, d)
	}
	r.Rule = rule
	r.Terms = termsOf(s, sla, calendars, d)
	if err := d.Problems().Err(); err != nil {
		return Recurrence{}, err
	}
	if !s.EffectiveFrom.IsZero() {
		r.From = r.Rule.zone.dayStart(s.EffectiveFrom)
	}
	return r, nil
}

func reportRule(s *runbook.Schedule, err error, d *document.Decoder) {
	rule, hint := "schedule", ""
	if errors.Is(err, errNever) {
		rule, hint = "schedule-never-fires", "name days that come: the last of each month is rrule: FREQ=MONTHLY;BYMONTHDAY=-1"
	}
	d.Report(s.Position, rule, hint, "%s", err)
}

// find is the calendar with an id, nil for "". One that can't be had is
// reported, and taken for 24x7 so that the rest can be looked at.
func (l Lookup) find(id string, at document.Position, d *document.Decoder) *Calendar {
	if id == "" {
		return nil
	}
	if l == nil {
		l = func(id string) (*Calendar, error) { return nil, fmt.Errorf("there is no calendar %q", id) }
	}
	c, err := l(id)
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		d.Report(at, "unknown-reference", "a calendar is a document of kind Calendar beside the runbooks", "%s", err)
		return nil
	}
	return c
}

// termsOf reads the promises. Those of clock: reported count from a report, not
// from due.
func termsOf(s *runbook.Schedule, sla *runbook.SLA, calendars Lookup, d *document.Decoder) Terms {
	t := Terms{Early: s.Early.Span, CloseAfter: s.CloseAfter.Span}
	if s.CloseAfter.IsZeroLength() {
		d.Report(s.Position, "schedule", "leave close_after out: the window then closes with the next one", "close_after: %s leaves no time for a run", s.CloseAfter)
	}
	if sla == nil {
		sla = &runbook.SLA{Clock: runbook.ClockReported}
	}
	if sla.Agreement != "" {
		d.Report(sla.Position, "not-yet", "write the terms into the runbook's sla", "the sla names an agreement's target, whose terms are not known here")
	}
	t.Calendar = calendars.find(sla.Calendar, sla.Position, d)
	if t.Calendar == nil && sla.Calendar != "" {
		return t // which has been reported
	}
	var within time.Duration
	if sla.Clock != runbook.ClockReported {
		t.CompleteWithin = t.span(sla.CompleteWithin, "complete_within", sla.Position, d)
		t.FromDue = sla.Clock != runbook.ClockStarted
		within = t.span(sla.StartWithin, "start_within", sla.Position, d)
	}
	t.takeGrace(s, sla.StartWithin, within, d)
	return t
}

// span is a length of time in the terms' calendar.
func (t *Terms) span(length runbook.Duration, key string, at document.Position, d *document.Decoder) time.Duration {
	span, err := t.Calendar.Span(length)
	if err != nil {
		reportSpan(key, err, at, d)
	}
	return span
}

// takeGrace takes the time to start from the schedule's grace and the SLA's
// start_within, which may not contradict each other.
func (t *Terms) takeGrace(s *runbook.Schedule, startWithin runbook.Duration, within time.Duration, d *document.Decoder) {
	grace, source := t.span(s.Grace, "grace", s.Position, d), "grace"
	written := s.Grace
	switch {
	case within == 0: // not promised
	case s.Grace.IsZero():
		grace, source, written = within, "start_within", startWithin
	case grace != within:
		d.Report(s.Position, "schedule", "leave grace out: it is start_within then", "grace: %s contradicts the sla's start_within: %s", s.Grace, startWithin)
	}
	if written.IsZero() {
		return
	}
	t.Grace = &grace
	if t.CloseAfter > 0 && grace > t.CloseAfter {
		d.Report(s.Position, "schedule", "a run has to count as long as it is on time", "%s: %s is longer than close_after: %s", source, written, s.CloseAfter)
	}
}

// checkEarly refuses an early so long that a window closes before its own due
// time: nothing could be done on time then. It looks at two years with every
// change of the clock in them, or, where a calendar moves days, at as many as
// put each date on each weekday; as long as there aren't too many slots to show
// their pattern anyway.
func checkEarly(s *runbook.Schedule, r Recurrence, d *document.Decoder) {
	if r.Terms.Early == 0 {
		return
	}
	const enough = 5000
	years := 2
	if s.Calendar != "" {
		years = 28
	}
	end := sample.AddDate(years, 0, 0)
	if r.Rule.plainlyApart(r.Terms.Early, sample, end) {
		return
	}
	slot, ok := r.Rule.Next(sample)
	for range enough {
		next, more := r.Rule.Next(slot.Due)
		if !ok || !more || next.Due.After(end) {
			return
		}
		if next.Due.Sub(slot.Due) <= r.Terms.Early {
			d.Report(s.Position, "schedule", "early is shorter than the time between two occurrences",
				"early: %s is too long: %s and %s are %s apart", s.Early, slot.Nominal, next.Nominal, runbook.FormatSpan(next.Due.Sub(slot.Due)))
			return
		}
		slot = next
	}
}
