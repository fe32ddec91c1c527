// Package agreement says what was promised: the clocks of an SLA, their
// deadlines, and whether they were met. All of it is pure functions of terms
// and given instants: nothing here reads the time, so every verdict can be
// computed again years later from what a record pins.
//
// This version judges two clocks in 24x7 time: the one that starts with the run
// itself, and, for a run that a plan asks for, the one that starts at its due
// time. A calendar or an agreement needs its document: those terms are carried,
// and answered with "not judged" and why, never silently read as 24x7.
package agreement

import (
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Terms are an SLA by value, as a run-start pins them. Lengths of time are in
// nanoseconds; zero was not promised.
type Terms struct {
	Agreement      string              `json:"agreement,omitzero"`
	Clock          string              `json:"clock,omitzero"`
	Calendar       string              `json:"calendar,omitzero"`
	StartWithin    runbook.Nanoseconds `json:"start_within_ns,omitzero"` // of due
	CompleteWithin runbook.Nanoseconds `json:"complete_within_ns,omitzero"`
	Target         float64             `json:"target_percent,omitzero"`
	Due            *time.Time          `json:"due,omitzero"` // of the occurrence that a planned run is for
}

// TermsOf takes the terms of a runbook's SLA; nil when it promises nothing.
func TermsOf(s *runbook.SLA) *Terms {
	if s == nil {
		return nil
	}
	return &Terms{
		Agreement: s.Agreement, Clock: string(s.Clock), Calendar: s.Calendar,
		StartWithin: runbook.Nanoseconds(s.StartWithin.Span), CompleteWithin: runbook.Nanoseconds(s.CompleteWithin.Span), Target: s.Target,
	}
}

// For binds terms to the occurrence that a run is for. A schedule's grace is a
// promise to start, also where there is no SLA.
func (t *Terms) For(o schedule.Occurrence) *Terms {
	bound := Terms{}
	if t != nil {
		bound = *t
	}
	due := o.Due.Round(0)
	bound.Due = &due
	if o.StartBy != nil {
		bound.StartWithin = runbook.Nanoseconds(o.StartBy.Sub(o.Due))
	}
	return &bound
}

// NotJudged says why terms give no verdict; "" when they do.
func (t *Terms) NotJudged() string {
	switch {
	case t == nil:
		return "no SLA"
	case t.Agreement != "":
		return "not judged: the agreement's targets are not read yet"
	case t.Calendar != "":
		return "not judged: calendars are not read yet"
	case t.Clock == string(runbook.ClockReported):
		return "not judged: nothing was reported"
	case t.Due == nil && t.Clock == string(runbook.ClockScheduled):
		return "not judged: no plan asks for this run"
	case t.Clock != string(runbook.ClockScheduled) && t.Clock != string(runbook.ClockStarted) && (t.Clock != "" || t.Due == nil):
		return "not judged: from which moment the clock runs is not said"
	case t.CompleteWithin == 0 && (t.Due == nil || t.StartWithin == 0):
		return "not judged: no time to complete was promised"
	default:
		return ""
	}
}

// Deadline is the last instant at which a run that started then is complete in
// time. ok is false where there is none.
func (t *Terms) Deadline(started time.Time) (deadline time.Time, ok bool) {
	if t.NotJudged() != "" || t.CompleteWithin == 0 {
		return time.Time{}, false
	}
	return t.from(started).Add(t.CompleteWithin.Span()), true
}

// from is the instant at which the clock starts, without a monotonic reading:
// what a verifier reads has none.
func (t *Terms) from(started time.Time) time.Time {
	if t.Clock == string(runbook.ClockScheduled) && t.Due != nil {
		return t.Due.Round(0)
	}
	return started.Round(0)
}

// StartBy is the last instant at which a planned run starts in time. ok is
// false where there is none.
func (t *Terms) StartBy() (by time.Time, ok bool) {
	if t.NotJudged() != "" || t.Due == nil || t.StartWithin == 0 {
		return time.Time{}, false
	}
	return t.Due.Round(0).Add(t.StartWithin.Span()), true
}

// Facts is how a run stands against its terms.
type Facts struct {
	NotJudged string              `json:"not_judged,omitzero"` // why there is no verdict
	StartBy   *time.Time          `json:"start_by,omitzero"`
	Deadline  *time.Time          `json:"deadline,omitzero"`
	Elapsed   runbook.Nanoseconds `json:"elapsed_ns,omitzero"` // since the clock started
	Met       *bool               `json:"met,omitzero"`
}

// Judge says whether a run that started and ended then kept its terms. Exactly
// the target is met. An end before the start is never met: a clock that ran
// backwards proves nothing.
func (t *Terms) Judge(started, ended time.Time) Facts {
	if why := t.NotJudged(); why != "" {
		return Facts{NotJudged: why}
	}
	started, ended = started.Round(0), ended.Round(0)
	met := !ended.Before(started)
	f := Facts{Elapsed: runbook.Nanoseconds(ended.Sub(t.from(started))), Met: &met}
	if by, ok := t.StartBy(); ok {
		f.StartBy = &by
		met = met && !started.After(by)
	}
	if deadline, ok := t.Deadline(started); ok {
		f.Deadline = &deadline
		met = met && !ended.After(deadline)
	}
	return f
}

// Late reports whether a verdict says that the terms were not kept.
func (f Facts) Late() bool { return f.Met != nil && !*f.Met }
