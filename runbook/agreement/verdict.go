package agreement

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Facts is how a run stands against its terms.
type Facts struct {
	NotJudged     string              `json:"not_judged,omitzero"` // why there is no verdict
	AcknowledgeBy *time.Time          `json:"acknowledge_by,omitzero"`
	StartBy       *time.Time          `json:"start_by,omitzero"`
	Deadline      *time.Time          `json:"deadline,omitzero"`
	Elapsed       runbook.Nanoseconds `json:"elapsed_ns,omitzero"` // since the clock started, in its working time
	Met           *bool               `json:"met,omitzero"`
}

// Course is what became of work, as far as its clocks ask. Of reported work, a
// run that started has acknowledged it and responded to it, and both its start
// and its end tell the client how things stand.
type Course struct {
	Started, Ended time.Time
	Acknowledged   time.Time   // zero: with the start
	Updates        []time.Time // to the client, in any order
	Pauses         []Pause
}

// Judge says whether a run that started and ended then kept its terms. Exactly
// the target is met. An end before the start is never met: a clock that ran
// backwards proves nothing.
func (t *Terms) Judge(started, ended time.Time, pauses ...Pause) Facts {
	return t.JudgeCourse(Course{Started: started, Ended: ended, Pauses: pauses})
}

// JudgeCourse is Judge, where more is known of reported work.
func (t *Terms) JudgeCourse(c Course) Facts {
	if why := t.NotJudged(); why != "" {
		return Facts{NotJudged: why}
	}
	c.Started, c.Ended = c.Started.Round(0), c.Ended.Round(0)
	clock, _ := t.Completion(c.Started, c.Pauses...)
	met := !c.Ended.Before(c.Started) && t.begun(c) && t.completed(c) && t.acknowledged(c) && t.told(c)
	f := Facts{Elapsed: runbook.Nanoseconds(clock.Elapsed(c.Ended)), Met: &met}
	if clock.Calendar == nil && len(c.Pauses) == 0 {
		f.Elapsed = runbook.Nanoseconds(c.Ended.Sub(clock.Start)) // less than nothing, of a clock that ran backwards
	}
	if acknowledge, ok := t.acknowledgement(c.Pauses); ok {
		f.AcknowledgeBy = deadlineOf(acknowledge)
	}
	if by, ok := t.StartBy(c.Pauses...); ok {
		f.StartBy = &by
	}
	if deadline, ok := t.Deadline(c.Started, c.Pauses...); ok {
		f.Deadline = &deadline
	}
	return f
}

func deadlineOf(c Clock) *time.Time {
	deadline, ok := c.Deadline()
	if !ok {
		return nil
	}
	return &deadline
}

// begun, completed, acknowledged and told say whether one promise was kept; one
// that was not made is.
func (t *Terms) begun(c Course) bool {
	clock, ok := t.Beginning(c.Pauses...)
	return !ok || clock.Met(c.Started)
}

func (t *Terms) completed(c Course) bool {
	clock, ok := t.Completion(c.Started, c.Pauses...)
	return !ok || clock.Met(c.Ended)
}

func (t *Terms) acknowledgement(pauses []Pause) (Clock, bool) {
	if t.Clock != string(runbook.ClockReported) || t.AcknowledgeWithin == 0 {
		return Clock{}, false
	}
	return t.clock(t.Reported.At, t.AcknowledgeWithin, pauses), true
}

func (t *Terms) acknowledged(c Course) bool {
	clock, ok := t.acknowledgement(c.Pauses)
	at := c.Acknowledged
	if at.IsZero() || at.After(c.Started) {
		at = c.Started
	}
	return !ok || clock.Met(at)
}

// told reports whether no word to the client came later than promised behind the
// one before it. The first is behind the report.
func (t *Terms) told(c Course) bool {
	if t.Clock != string(runbook.ClockReported) || t.UpdateEvery == 0 {
		return true
	}
	words := append([]time.Time{c.Started, c.Ended}, c.Updates...)
	slices.SortFunc(words, time.Time.Compare)
	last := t.Reported.At
	for _, word := range words {
		if word.After(c.Ended) {
			break
		}
		if clock := t.clock(last, t.UpdateEvery, c.Pauses); !clock.Met(word) {
			return false
		}
		if word.After(last) {
			last = word
		}
	}
	return true
}

// Late reports whether a verdict says that the terms were not kept.
func (f Facts) Late() bool { return f.Met != nil && !*f.Met }
