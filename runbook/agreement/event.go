package agreement

import (
	"time"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// Event is an occurrence, or reported work, as a month's statement sees it.
type Event struct {
	Name     string         `json:"name"`              // of the occurrence, or of what was reported
	Target   string         `json:"target,omitzero"`   // in the agreement; "" where nothing was promised
	Reported bool           `json:"reported,omitzero"` // rather than due
	Due      time.Time      `json:"due"`               // or reported
	Closed   *time.Time     `json:"closed,omitzero"`
	LastMet  *time.Time     `json:"last_met,omitzero"` // of its clock (Clock.LastMet); nil: not known
	State    schedule.State `json:"state"`
	Met      *bool          `json:"met,omitzero"` // the verdict on its terms; nil: the state says it
	LeftOut  *LeftOut       `json:"left_out,omitzero"`
}

// LeftOut is why an event doesn't count in net figures, and who approved that:
// a role or a key, never a person's name.
type LeftOut struct {
	Why      string `json:"why"` // "waived", or an exclusion's id
	Approver string `json:"approver"`
}

// The reasons of an event that somebody waived, and of one of which somebody said
// that there was nothing to be done.
const (
	Waived        = "waived"
	NotApplicable = "not_applicable"
)

// open reports that an event has no state that stays.
func (e Event) open() bool {
	switch e.State {
	case schedule.OnTime, schedule.Late, schedule.Failed, schedule.Missed, schedule.Waived, schedule.NotApplicable, schedule.Unknown:
		return false
	default:
		return true
	}
}

// verdict says how an event counts at an instant. What is still open and past its
// target is breached now; before that it doesn't count yet.
func (e Event) verdict(at time.Time) (counts, met bool) {
	switch {
	case e.State == schedule.NotApplicable:
		return false, false
	case e.open():
		return e.LastMet != nil && e.LastMet.Before(at), false
	case e.State == schedule.Failed || e.State == schedule.Missed || e.State == schedule.Unknown:
		return true, false
	case e.Met != nil:
		return true, *e.Met
	default:
		return true, e.State == schedule.OnTime
	}
}

// Breached reports whether the target was missed, as it was known at an instant.
// It stands beside the state.
func (e Event) Breached(at time.Time) bool {
	counts, met := e.verdict(at)
	return counts && !met
}

// belongs is the instant whose month an event is counted in: of scheduled work
// its due time, of reported work its closure. Reported work that missed its
// target before it was closed belongs to the month at whose end it was found so.
func (e Event) belongs() time.Time {
	late := e.LastMet != nil && (e.Closed == nil || e.LastMet.Before(*e.Closed))
	switch {
	case !e.Reported, e.Closed == nil && !late:
		return e.Due
	case late:
		return *e.LastMet
	default:
		return *e.Closed
	}
}

// Totals count events by state. Every listing foots: what was expected is the
// sum of the rest, without the last two.
type Totals struct {
	Expected      int `json:"expected"`
	OnTime        int `json:"on_time"`
	Late          int `json:"late"`
	Failed        int `json:"failed"`
	Missed        int `json:"missed"`
	Waived        int `json:"waived"`
	NotApplicable int `json:"not_applicable"`
	Open          int `json:"open"` // or unknown

	Breached int `json:"breached"` // in any of these states
	Excluded int `json:"excluded"` // by the agreement, each approved
}

// Foots reports whether the states add up to what was expected.
func (t Totals) Foots() bool {
	return t.Expected == t.OnTime+t.Late+t.Failed+t.Missed+t.Waived+t.NotApplicable+t.Open
}

func (t *Totals) add(e Event, at time.Time) {
	t.Expected++
	switch e.State {
	case schedule.OnTime:
		t.OnTime++
	case schedule.Late:
		t.Late++
	case schedule.Failed:
		t.Failed++
	case schedule.Missed:
		t.Missed++
	case schedule.Waived:
		t.Waived++
	case schedule.NotApplicable:
		t.NotApplicable++
	default:
		t.Open++
	}
	if e.Breached(at) {
		t.Breached++
	}
	if e.LeftOut != nil && e.State != schedule.Waived && e.State != schedule.NotApplicable {
		t.Excluded++
	}
}
