package schedule

import (
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
}

// Of reads a schedule with its SLA, which may be nil. The error is a
// document.Problems with all that is wrong: "not-yet" for what this version
// doesn't read, "schedule" and "sla" for the rest.
func Of(s *runbook.Schedule, sla *runbook.SLA) (Recurrence, error) {
	d := document.NewDecoder()
	if s == nil {
		d.Report(document.Position{}, "schedule", "", "there is no schedule")
		return Recurrence{}, d.Problems()
	}
	refuseSchedule(s, d)
	refuseSLA(sla, d)
	var r Recurrence
	if s.RRule == "" {
		rule, err := NewRule(s.Cron, s.Timezone)
		if err != nil {
			d.Report(s.Position, "schedule", "", "%s", err)
		}
		r.Rule = rule
	}
	r.Terms = termsOf(s, sla, d)
	if err := d.Problems().Err(); err != nil {
		return Recurrence{}, err
	}
	checkEarly(s, r, d)
	if err := d.Problems().Err(); err != nil {
		return Recurrence{}, err
	}
	if !s.EffectiveFrom.IsZero() {
		r.From = r.Rule.zone.dayStart(s.EffectiveFrom)
	}
	return r, nil
}

// refuseSchedule reports the terms that a schedule in plain time would
// misread.
func refuseSchedule(s *runbook.Schedule, d *document.Decoder) {
	const hint = "write it as cron in 24x7 time, or leave it out"
	for _, term := range []struct {
		said bool
		what string
	}{
		{s.RRule != "", "an rrule"},
		{!s.Shift.IsZero(), "a shift"},
		{s.Calendar != "", "a calendar"},
		{s.OnHoliday != "", "on_holiday"},
	} {
		if term.said {
			d.Report(s.Position, "not-yet", hint, "this version doesn't read %s in a schedule yet", term.what)
		}
	}
}

func refuseSLA(sla *runbook.SLA, d *document.Decoder) {
	if sla == nil {
		return
	}
	if sla.Agreement != "" {
		d.Report(sla.Position, "not-yet", "write the terms into the runbook's sla", "this version doesn't read an agreement's targets yet")
	}
	if sla.Calendar != "" {
		d.Report(sla.Position, "not-yet", "write the terms in 24x7 time, and leave the calendar out", "this version doesn't read a calendar in an sla yet")
	}
}

func termsOf(s *runbook.Schedule, sla *runbook.SLA, d *document.Decoder) Terms {
	t := Terms{Early: s.Early.Span, CloseAfter: s.CloseAfter.Span}
	if !s.CloseAfter.IsZero() && s.CloseAfter.Span == 0 {
		d.Report(s.Position, "schedule", "leave close_after out: the window then closes with the next one", "close_after: %s leaves no time for a run", s.CloseAfter)
	}
	grace, source := s.Grace, "grace"
	// The promises of clock: reported count from a report, not from due.
	if sla != nil && sla.Clock != runbook.ClockReported {
		t.CompleteWithin, t.FromDue = sla.CompleteWithin.Span, sla.Clock != runbook.ClockStarted
		switch within := sla.StartWithin; {
		case within.Span == 0: // not promised
		case grace.IsZero():
			grace, source = within, "start_within"
		case grace.Span != within.Span:
			d.Report(s.Position, "schedule", "leave grace out: it is start_within then", "grace: %s contradicts the sla's start_within: %s", grace, within)
		}
	}
	if !grace.IsZero() {
		t.Grace = &grace.Span
		if t.CloseAfter > 0 && grace.Span > t.CloseAfter {
			d.Report(s.Position, "schedule", "a run has to count as long as it is on time", "%s: %s is longer than close_after: %s", source, grace, s.CloseAfter)
		}
	}
	return t
}

// checkEarly refuses an early so long that a window closes before its own due
// time: nothing could be done on time then. It looks at two years with every
// change of the clock in them, as long as there aren't too many slots to show
// their pattern anyway.
func checkEarly(s *runbook.Schedule, r Recurrence, d *document.Decoder) {
	if r.Terms.Early == 0 {
		return
	}
	const enough = 5000
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	slot, ok := r.Rule.Next(start)
	for range enough {
		next, more := r.Rule.Next(slot.Due)
		if !ok || !more || next.Due.After(start.AddDate(2, 0, 0)) {
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
