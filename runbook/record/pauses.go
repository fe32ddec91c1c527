package record

import (
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

// PausesUnder are the pauses that holds make under the terms of a run, up to an
// instant: for the reasons that count, and for as long as they may last. What
// happened behind the instant isn't seen, and what goes on then ends there.
func PausesUnder(terms *agreement.Terms, holds []HoldMade, at time.Time) []agreement.Pause {
	at = at.Round(0)
	var pauses []agreement.Pause
	for _, p := range PausesOf(countedUnder(terms, holds, at)) {
		if p.To.IsZero() || p.To.After(at) {
			p.To = at
		}
		if p.From.Before(p.To) {
			pauses = append(pauses, p)
		}
	}
	return pauses
}

// countedUnder are the holds that the terms let count, each with the longest time
// that they give it.
func countedUnder(terms *agreement.Terms, holds []HoldMade, at time.Time) []HoldMade {
	rules := terms.HoldRules()
	var counted []HoldMade
	for _, h := range holds {
		if rules.Counts(agreement.Reason(h.Hold.Reason)) && !h.Hold.Signed.After(at) {
			h.Hold.Max = runbook.Nanoseconds(rules.Longest(h.Hold.Max.Span()))
			counted = append(counted, h)
		}
	}
	return counted
}

// NamedHolds are the digests of the holds that count under the terms, and of what
// released them: what the end of a run names.
func NamedHolds(terms *agreement.Terms, holds []HoldMade, at time.Time) []string {
	var named []string
	for _, h := range countedUnder(terms, holds, at) {
		named = append(named, h.Digest)
		if h.Release != "" {
			named = append(named, h.Release)
		}
	}
	slices.Sort(named)
	return slices.Compact(named)
}

// FinishHeld is until when a run may be open whose clock was held: its deadline as
// the holds have moved it by an instant.
func (s RunStart) FinishHeld(holds []HoldMade, at time.Time) time.Time {
	deadline, ok := s.SLA.Deadline(s.Started, PausesUnder(s.SLA, holds, at)...)
	if !ok || s.Deadline == nil || !deadline.After(s.FinishBy) {
		return s.FinishBy
	}
	return deadline
}

// heldKinds are the statements that say which clocks are held.
var heldKinds = []string{KindHold, KindRelease, KindTrust}

// Held are the holds of the clock of a run and of its occurrence, up to an
// instant. It reads only what is needed of the logs.
func (l *Logs) Held(start RunStart, at time.Time) []HoldMade {
	if !slices.ContainsFunc(l.leaves, func(leaf writtenLeaf) bool { return leaf.Kind == KindHold }) {
		return nil
	}
	return l.Kinds(heldKinds...).Standing().HoldsOf(start.Run, start.occurrence(), at, nil)
}

// holdRuns moves until when the runs may be open whose clocks were held by an
// instant.
func (s *Standing) holdRuns(at time.Time) {
	if len(s.Holds) == 0 {
		return
	}
	for _, a := range s.Runs {
		a.HeldTo = time.Time{}
		if a.Ended != nil || a.Deadline == nil {
			continue
		}
		holds := s.HoldsOf(a.Run, a.Occurrence, at, nil)
		if len(holds) == 0 {
			continue
		}
		if start := s.startOf(a); start != nil {
			a.HeldTo = start.FinishHeld(holds, at)
		}
	}
}

// holdAccounts finds the holds of the runs that have no end.
func (h *History) holdAccounts() {
	if len(Said[Hold](h)) == 0 {
		return
	}
	standing := h.Standing()
	for _, a := range h.Accounts {
		if a.End == nil {
			start := a.Start.Body
			a.holds = standing.HoldsOf(a.Run, start.occurrence(), endOfTime, nil)
		}
	}
}

// endOfTime lies behind every instant that a statement may hold.
var endOfTime = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// occurrence is the name of that which the run is for; "" for none.
func (s RunStart) occurrence() string {
	if s.Occurrence == nil {
		return ""
	}
	return s.Occurrence.Name
}

// startOf reads the start of a run; nil when it can't be read.
func (s *Standing) startOf(a *Attempt) *RunStart {
	if s.history != nil {
		if account := s.history.Run(a.Run); account != nil {
			return &account.Start.Body
		}
		return nil
	}
	start, err := Read[RunStart](s.store, KindRunStart, a.Start, s.limit)
	if err != nil {
		return nil
	}
	return &start.Body
}

// completeBy is the deadline of the run, as the holds of its clock have moved it.
func (a *Attempt) completeBy() *time.Time {
	if a.Deadline == nil || !a.HeldTo.After(*a.Deadline) {
		return a.Deadline
	}
	return &a.HeldTo
}

// TermsOf are the terms that a run or an occurrence is under at an instant; nil
// where none are known.
func (s *Standing) TermsOf(run, occurrence string, at time.Time) *agreement.Terms {
	if a := s.Runs[run]; a != nil {
		if start := s.startOf(a); start != nil {
			return start.SLA
		}
		return nil
	}
	plan := s.PlanAt(at)
	if plan == nil {
		return nil
	}
	for _, item := range plan.Body.Runbooks {
		if strings.HasPrefix(occurrence, plan.Body.Client+"/"+item.Runbook.ID+"/") {
			return item.SLA
		}
	}
	return nil
}
