// Package agreement says what was promised: the clocks of an SLA, their
// deadlines, and whether they were met. All of it is pure functions of terms
// and given instants: nothing here reads the time, so every verdict can be
// computed again years later from what a record pins.
//
// This version judges the clock that starts with the run itself, in 24x7 time.
// A clock that starts at a scheduled instant needs a plan that asks for the
// run, and a calendar or an agreement needs its document: those terms are
// carried, and answered with "not judged" and why, never silently read as
// something else.
package agreement

import (
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Terms are an SLA by value, as a run-start pins them. Lengths of time are in
// nanoseconds; zero was not promised.
type Terms struct {
	Agreement      string              `json:"agreement,omitzero"`
	Clock          string              `json:"clock,omitzero"`
	Calendar       string              `json:"calendar,omitzero"`
	StartWithin    runbook.Nanoseconds `json:"start_within_ns,omitzero"`
	CompleteWithin runbook.Nanoseconds `json:"complete_within_ns,omitzero"`
	Target         float64             `json:"target_percent,omitzero"`
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

// NotJudged says why terms give no deadline for a run that no plan asked for;
// "" when they do.
func (t *Terms) NotJudged() string {
	switch {
	case t == nil:
		return "no SLA"
	case t.Agreement != "":
		return "not judged: the agreement's targets are not read yet"
	case t.Calendar != "":
		return "not judged: calendars are not read yet"
	case t.Clock == string(runbook.ClockScheduled):
		return "not judged: no plan asks for this run"
	case t.Clock == string(runbook.ClockReported):
		return "not judged: nothing was reported"
	case t.CompleteWithin == 0:
		return "not judged: no time to complete was promised"
	default:
		return ""
	}
}

// Deadline is the last instant at which a run that started then is in time.
// ok is false where NotJudged says why.
func (t *Terms) Deadline(started time.Time) (deadline time.Time, ok bool) {
	if t.NotJudged() != "" {
		return time.Time{}, false
	}
	return started.Round(0).Add(t.CompleteWithin.Span()), true
}

// Facts is how a run stands against its terms.
type Facts struct {
	NotJudged string              `json:"not_judged,omitzero"` // why there is no verdict
	Deadline  *time.Time          `json:"deadline,omitzero"`
	Elapsed   runbook.Nanoseconds `json:"elapsed_ns,omitzero"`
	Met       *bool               `json:"met,omitzero"`
}

// Judge says whether a run that started and ended then kept its terms. Exactly
// the target is met. An end before the start is never met: a clock that ran
// backwards proves nothing.
func (t *Terms) Judge(started, ended time.Time) Facts {
	// What a verifier reads has no monotonic clock.
	started, ended = started.Round(0), ended.Round(0)
	deadline, ok := t.Deadline(started)
	if !ok {
		return Facts{NotJudged: t.NotJudged()}
	}
	elapsed := ended.Sub(started)
	met := elapsed >= 0 && !ended.After(deadline)
	return Facts{Deadline: &deadline, Elapsed: runbook.Nanoseconds(elapsed), Met: &met}
}

// Late reports whether a verdict says that the terms were not kept.
func (f Facts) Late() bool { return f.Met != nil && !*f.Met }
