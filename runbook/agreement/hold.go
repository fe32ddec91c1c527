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

// HoldRules say which holds pause a client's clock, and for how long.
type HoldRules struct {
	Max       runbook.Nanoseconds `json:"max_ns,omitzero"`
	PausesFor []Reason            `json:"pauses_for,omitzero"` // nil: all but waiting_vendor
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
