package record

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/agreement"
)

// HoldMade is a hold of a clock as pauses are made of it.
type HoldMade struct {
	Digest   string
	Hold     Hold
	From     time.Time // from when on it pauses, if not from its own word
	Released time.Time // zero: it wasn't
	Release  string    // digest of the statement that says so
	Leads    bool      // a lead signed it
}

// PausesOf makes pauses of the holds of one run or occurrence: their union, never
// their sum. A hold that nobody released ends with its max. What is held again
// for that reason, before or after, is held to the same end until a lead
// confirms it: with a hold that names the one that ran out.
func PausesOf(holds []HoldMade) []agreement.Pause {
	holds = slices.Clone(holds)
	slices.SortStableFunc(holds, func(x, y HoldMade) int { return x.Hold.Signed.Compare(y.Hold.Signed) })
	var pauses []agreement.Pause
	for i, h := range holds {
		p := agreement.Pause{From: latestOf(h.Hold.Signed.Round(0), h.From), To: h.ended()}
		if !h.confirms(holds) {
			for _, earlier := range holds[:i] {
				if out, ok := earlier.ranOut(); ok && earlier.Hold.Reason == h.Hold.Reason && (p.To.IsZero() || out.Before(p.To)) {
					p.To = out
				}
			}
		}
		if p.To.IsZero() || p.From.Before(p.To) {
			pauses = append(pauses, p)
		}
	}
	return union(pauses)
}

// ended is when a hold was over; zero when it isn't.
func (h HoldMade) ended() time.Time {
	out, ok := h.Hold.Ends()
	if ok && (h.Released.IsZero() || out.Before(h.Released)) {
		return out
	}
	return h.Released
}

// ranOut is the end of a hold that nobody released before it.
func (h HoldMade) ranOut() (time.Time, bool) {
	out, ok := h.Hold.Ends()
	return out, ok && (h.Released.IsZero() || out.Before(h.Released))
}

func (h HoldMade) confirms(holds []HoldMade) bool {
	return h.Leads && slices.ContainsFunc(holds, func(other HoldMade) bool { return other.Digest == h.Hold.Confirms })
}

// union joins what overlaps or touches.
func union(all []agreement.Pause) []agreement.Pause {
	slices.SortStableFunc(all, func(x, y agreement.Pause) int { return x.From.Compare(y.From) })
	var joined []agreement.Pause
	for _, p := range all {
		if n := len(joined); n > 0 && (joined[n-1].To.IsZero() || !p.From.After(joined[n-1].To)) {
			last := &joined[n-1]
			if p.To.IsZero() || !last.To.IsZero() && p.To.After(last.To) {
				last.To = p.To
			}
			continue
		}
		joined = append(joined, p)
	}
	return joined
}

// Lasting are the holds of these that nobody has released and that have not run
// out at an instant.
func Lasting(holds []HoldMade, at time.Time) []HoldMade {
	return slices.DeleteFunc(slices.Clone(holds), func(h HoldMade) bool {
		ended := h.ended()
		return !ended.IsZero() && !ended.After(at)
	})
}

// HoldsOf are the holds of the clock of a run or of an occurrence, either of
// which may be "", for the reasons that count: nil is all. What happened behind
// the instant isn't seen.
func (s *Standing) HoldsOf(run, occurrence string, at time.Time, counts func(reason string) bool) []HoldMade {
	var made []HoldMade
	for i := range s.Holds {
		hold := &s.Holds[i]
		known := slices.ContainsFunc(made, func(h HoldMade) bool { return h.Digest == hold.Digest })
		if known || !hold.Body.OfClock(run, occurrence) || hold.Body.Signed.After(at) || counts != nil && !counts(hold.Body.Reason) {
			continue
		}
		released, release := s.released(hold.Digest, at)
		made = append(made, HoldMade{
			Digest: hold.Digest, Hold: hold.Body, Released: released, Release: release,
			Leads: hold.Body.Confirms != "" && s.leads(hold.Key, hold.Body.Signed),
		})
	}
	return made
}

// OfClock reports whether a hold is of the clock of a run or of an occurrence.
func (s Hold) OfClock(run, occurrence string) bool {
	return s.Kind == HoldClock && (s.Run != "" && s.Run == run || s.Occurrence != "" && s.Occurrence == occurrence)
}

// released is when a hold was released first, and the statement that says so.
func (s *Standing) released(hold string, at time.Time) (when time.Time, release string) {
	for _, release := range s.Releases { // by when they were signed
		if release.Body.Hold == hold && !release.Body.Signed.After(at) {
			return release.Body.Signed.Round(0), release.Digest
		}
	}
	return time.Time{}, ""
}

// Acknowledged reports whether somebody has taken a run or an occurrence on.
func (s *Standing) Acknowledged(run, occurrence string, at time.Time) bool {
	return slices.ContainsFunc(s.Acks, func(a Fact[Ack]) bool {
		of := a.Body.Run != "" && a.Body.Run == run || a.Body.Occurrence != "" && a.Body.Occurrence == occurrence
		return of && !a.Body.Signed.After(at)
	})
}
