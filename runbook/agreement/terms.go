// Package agreement says what was promised: agreements between a provider and a
// client, their targets and clocks, whether they were met, and what a month's
// misses cost. All of it is pure functions of documents, terms and given
// instants: nothing here reads the time, so every verdict can be computed again
// years later from what a record pins.
//
// # Clocks
//
// A clock counts working time in a calendar, or around the clock where there is
// none. It starts when work was due, when the run started, or when something was
// reported, and begins at the first open instant. Holds pause it: their union
// counts, and nothing of them in closed hours. Exactly the target is met.
//
// # Terms
//
// A run-start pins the terms that it is under by value, with the calendar and
// the digest of the agreement that they come from. A document that changes later
// changes nothing here. Terms without a verdict say why (NotJudged), and are
// never silently read as around the clock.
//
// # Months
//
// Scheduled work belongs to the month in which it was due, reported work to the
// month in which it was closed. What is still open, and past its target, is
// breached now: also what was reported. Attainment is counted in whole numbers
// and printed with one more digit than its target has, cut off; of nothing it is
// n/a. Net leaves out what was waived and what the agreement excludes.
package agreement

import (
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Terms are an SLA by value, as a run-start pins them. Lengths of time are in
// nanoseconds of the calendar's working time; zero was not promised.
type Terms struct {
	Agreement      string              `json:"agreement,omitzero"` // the target's name in it
	Digest         string              `json:"agreement_digest,omitzero"`
	Clock          string              `json:"clock,omitzero"`
	Calendar       string              `json:"calendar,omitzero"`
	Hours          *schedule.Calendar  `json:"hours,omitzero"`           // the calendar by value
	StartWithin    runbook.Nanoseconds `json:"start_within_ns,omitzero"` // of due
	CompleteWithin runbook.Nanoseconds `json:"complete_within_ns,omitzero"`

	// Of work that was reported.
	AcknowledgeWithin runbook.Nanoseconds `json:"acknowledge_within_ns,omitzero"`
	RespondWithin     runbook.Nanoseconds `json:"respond_within_ns,omitzero"`
	UpdateEvery       runbook.Nanoseconds `json:"update_every_ns,omitzero"`
	ResolveWithin     runbook.Nanoseconds `json:"resolve_within_ns,omitzero"`

	Target float64    `json:"target_percent,omitzero"`
	Holds  *HoldRules `json:"holds,omitzero"` // nil: the usual ones

	Due      *time.Time `json:"due,omitzero"`      // of the occurrence that a planned run is for
	Reported *Reported  `json:"reported,omitzero"` // that the run is about

	Unresolved string `json:"unresolved,omitzero"` // why the terms could not be told
}

// Reported is when something was reported, and by what: an alert, a ticket's
// reference. It is no free text.
type Reported struct {
	At     time.Time `json:"at"`
	Source string    `json:"source"`
}

// Lookup is where the names in an SLA get their meaning. A zero Lookup knows
// none.
type Lookup struct {
	Agreement *Agreement
	Calendar  schedule.Lookup
}

// TermsOf takes the terms of a runbook's SLA by value; nil when it promises
// nothing. What a Lookup doesn't know is said in Unresolved.
func TermsOf(s *runbook.SLA, from Lookup) *Terms {
	if s == nil {
		return nil
	}
	t := &Terms{Agreement: s.Agreement}
	promises, err := from.SLA(s)
	if err != nil {
		t.Unresolved = err.Error()
		return t
	}
	t.Target = promises.Target
	if s.Agreement != "" {
		holds := from.Agreement.Holds
		t.Digest, t.Holds = from.Agreement.Digest, &holds
	}
	t.pin(*promises, from)
	return t
}

// SLA is an SLA with the terms that its agreement gives it; itself where it names
// none, and nil for nil.
func (l Lookup) SLA(s *runbook.SLA) (*runbook.SLA, error) {
	if s == nil || s.Agreement == "" {
		return s, nil
	}
	if l.Agreement == nil {
		return nil, fmt.Errorf("there is no agreement that says what %s is", s.Agreement)
	}
	target, ok := l.Agreement.Target(s.Agreement)
	if !ok {
		return nil, fmt.Errorf("the agreement %s has no target %s", l.Agreement.ID, s.Agreement)
	}
	promises := target.Promises
	promises.Position, promises.Target = s.Position, target.Percent.Float()
	return &promises, nil
}

// pin resolves the promises in their calendar.
func (t *Terms) pin(s runbook.SLA, from Lookup) {
	t.Clock, t.Calendar = string(s.Clock), s.Calendar
	if s.Calendar != "" {
		hours, why := from.calendar(s.Calendar)
		if why != "" {
			t.Unresolved = why
			return
		}
		t.Hours = hours
	}
	lengths := []*runbook.Nanoseconds{&t.StartWithin, &t.CompleteWithin, &t.AcknowledgeWithin, &t.RespondWithin, &t.UpdateEvery, &t.ResolveWithin}
	for i, promise := range promisesOf(s) {
		span, err := t.Hours.Span(promise.length)
		if err != nil {
			t.Unresolved = promise.name + ": " + err.Error()
			return
		}
		*lengths[i] = runbook.Nanoseconds(span)
	}
}

func (l Lookup) calendar(id string) (*schedule.Calendar, string) {
	if l.Calendar == nil {
		return nil, "there is no calendar " + id
	}
	hours, err := l.Calendar(id)
	switch {
	case err != nil:
		return nil, "the calendar " + id + ": " + err.Error()
	case hours == nil:
		return nil, "there is no calendar " + id
	default:
		return hours, ""
	}
}

// For binds terms to the occurrence that a run is for, and takes its calendar
// over by value. A schedule's grace is a promise to start, also where there is no
// SLA.
func (t *Terms) For(o schedule.Occurrence) *Terms {
	bound := Terms{}
	if t != nil {
		bound = *t
	}
	due := o.Due.Round(0)
	bound.Due = &due
	if o.Calendar != nil && bound.Calendar == o.Calendar.ID {
		bound.Hours = o.Calendar
	}
	if o.StartBy != nil {
		bound.StartWithin = runbook.Nanoseconds(o.Calendar.Between(o.Due, *o.StartBy))
	}
	return &bound
}

// ReportedAt binds terms to what was reported, and by what.
func (t *Terms) ReportedAt(at time.Time, source string) *Terms {
	if t == nil {
		return nil
	}
	bound := *t
	bound.Reported = &Reported{At: at.Round(0), Source: source}
	return &bound
}

// NotJudged says why terms give no verdict; "" when they do. The words about an
// agreement and a calendar that were not read are those of records from before
// there were any: a verifier has to find the same.
func (t *Terms) NotJudged() string {
	switch {
	case t == nil:
		return "no SLA"
	case t.Unresolved != "":
		return "not judged: " + t.Unresolved
	case t.Agreement != "" && t.Digest == "":
		return "not judged: the agreement's targets are not read yet"
	case t.Calendar != "" && t.Hours == nil:
		return "not judged: calendars are not read yet"
	case t.Hours.Check() != nil:
		return "not judged: its calendar can't be computed with"
	case t.Clock == string(runbook.ClockReported):
		return t.reportedNotJudged()
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

func (t *Terms) reportedNotJudged() string {
	switch {
	case t.Reported == nil:
		return "not judged: nothing was reported"
	case t.AcknowledgeWithin == 0 && t.RespondWithin == 0 && t.UpdateEvery == 0 && t.ResolveWithin == 0:
		return "not judged: no time to complete was promised"
	default:
		return ""
	}
}

// Completion is the clock of the work's end: of complete_within from due or from
// the run's start, or of resolve_within from the report. ok is false where none
// was promised.
func (t *Terms) Completion(started time.Time, pauses ...Pause) (clock Clock, ok bool) {
	if t.NotJudged() != "" {
		return Clock{}, false
	}
	within := t.CompleteWithin
	if t.Clock == string(runbook.ClockReported) {
		within = t.ResolveWithin
	}
	return t.clock(t.from(started), within, pauses), within != 0
}

// Beginning is the clock of the work's begin: of start_within from due, or of
// respond_within from the report. ok is false where none was promised.
func (t *Terms) Beginning(pauses ...Pause) (clock Clock, ok bool) {
	switch {
	case t.NotJudged() != "":
		return Clock{}, false
	case t.Clock == string(runbook.ClockReported):
		return t.clock(t.Reported.At, t.RespondWithin, pauses), t.RespondWithin != 0
	case t.Due == nil:
		return Clock{}, false
	default:
		return t.clock(*t.Due, t.StartWithin, pauses), t.StartWithin != 0
	}
}

func (t *Terms) clock(from time.Time, within runbook.Nanoseconds, pauses []Pause) Clock {
	return Clock{Start: from.Round(0), Calendar: t.Hours, Target: within.Span(), Pauses: pauses}
}

// Deadline is the last instant at which a run that started then is complete in
// time, as long as no closed hours follow. ok is false where there is none, and
// while a pause goes on.
func (t *Terms) Deadline(started time.Time, pauses ...Pause) (deadline time.Time, ok bool) {
	clock, ok := t.Completion(started, pauses...)
	if !ok {
		return time.Time{}, false
	}
	return clock.Deadline()
}

// from is the instant at which the clock starts, without a monotonic reading:
// what a verifier reads has none.
func (t *Terms) from(started time.Time) time.Time {
	switch {
	case t.Clock == string(runbook.ClockReported) && t.Reported != nil:
		return t.Reported.At.Round(0)
	case t.Clock == string(runbook.ClockScheduled) && t.Due != nil:
		return t.Due.Round(0)
	default:
		return started.Round(0)
	}
}

// StartBy is the last instant at which a run starts in time: of a planned one
// behind its due time, of one about a report behind that. ok is false where
// there is none.
func (t *Terms) StartBy(pauses ...Pause) (by time.Time, ok bool) {
	clock, ok := t.Beginning(pauses...)
	if !ok {
		return time.Time{}, false
	}
	return clock.Deadline()
}

// Promise says in words how long the work may take.
func (t *Terms) Promise() string {
	for _, p := range []struct {
		words  string
		length runbook.Nanoseconds
	}{
		{"complete within ", t.CompleteWithin},
		{"resolve within ", t.ResolveWithin},
		{"respond within ", t.RespondWithin},
		{"acknowledge within ", t.AcknowledgeWithin},
		{"update every ", t.UpdateEvery},
		{"start within ", t.StartWithin},
	} {
		if p.length == 0 {
			continue
		}
		words := p.words + runbook.FormatSpan(p.length.Span())
		if t.Hours != nil {
			words += " of " + t.Hours.ID
		}
		return words
	}
	return "start in time"
}
