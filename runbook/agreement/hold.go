package agreement

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Reason is why a clock is held. The list is closed, and the client sees it.
type Reason string

// The reasons of a hold.
const (
	WaitingClient Reason = "waiting_client"
	WaitingVendor Reason = "waiting_vendor"
	Maintenance   Reason = "maintenance"
	ForceMajeure  Reason = "force_majeure"
)

// Reasons are all reasons of a hold.
func Reasons() []Reason { return []Reason{WaitingClient, WaitingVendor, Maintenance, ForceMajeure} }

// usualReasons pause a client's clock where the agreement says nothing. That a
// provider's own vendor is slow doesn't.
func usualReasons() []Reason { return []Reason{WaitingClient, Maintenance, ForceMajeure} }

// UsualHold is how long a hold counts where neither it nor the agreement says.
const UsualHold = 24 * time.Hour

// Hold is a hold as far as it was said. Max, in plain time, and the agreement's
// own are both limits; zero is none.
type Hold struct {
	Reason    Reason
	From      time.Time
	To        time.Time // zero: not released
	Max       time.Duration
	Confirmed []time.Time // when a lead said that it goes on
}

// HoldRules say which holds pause a client's clock, and for how long.
type HoldRules struct {
	Max       runbook.Nanoseconds `json:"max_ns,omitzero"`
	PausesFor []Reason            `json:"pauses_for,omitzero"` // nil: all but waiting_vendor
}

// Pauses are the pauses that holds make, as they were known at an instant. A
// hold counts for its longest time from its beginning on, and again from each
// instant at which a lead confirmed it: a late word doesn't reach back. A hold
// that goes on, and still counts, is a pause without an end.
func (r HoldRules) Pauses(holds []Hold, at time.Time) []Pause {
	var pauses []Pause
	for _, h := range holds {
		if !r.Counts(h.Reason) {
			continue
		}
		limit := r.Longest(h.Max)
		for _, from := range append([]time.Time{h.From}, h.Confirmed...) {
			if p, ok := h.pause(from, limit, at); ok {
				pauses = append(pauses, p)
			}
		}
	}
	return pauses
}

// Counts reports whether a hold for a reason pauses the client's clock.
func (r HoldRules) Counts(reason Reason) bool {
	reasons := r.PausesFor
	if reasons == nil {
		reasons = usualReasons()
	}
	return slices.Contains(reasons, reason)
}

// Longest is how long a hold counts whose own longest time is given; zero is
// none.
func (r HoldRules) Longest(hold time.Duration) time.Duration {
	switch own := r.Max.Span(); {
	case own <= 0 && hold <= 0:
		return UsualHold
	case own <= 0 || hold > 0 && hold < own:
		return hold
	default:
		return own
	}
}

// HoldRules are those of the terms; the usual ones where they say none.
func (t *Terms) HoldRules() HoldRules {
	if t == nil || t.Holds == nil {
		return HoldRules{}
	}
	return *t.Holds
}

// pause is the part of a hold that counts from an instant on.
func (h Hold) pause(from time.Time, limit time.Duration, at time.Time) (Pause, bool) {
	to := from.Add(limit)
	if !h.To.IsZero() && h.To.Before(to) {
		to = h.To
	}
	if from.Before(h.From) || from.After(at) || !to.After(from) {
		return Pause{}, false
	}
	if to.After(at) {
		to = time.Time{}
	}
	return Pause{From: from, To: to}, true
}
