package audit

import (
	"time"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// clockHolds are the holds of clocks that can be relied on, and what released
// them: who signed them might.
type clockHolds struct {
	holds    map[string]*clockHold   // by their digest
	releases map[string][]*statement // by the digest of the hold
	released map[string]string       // by the digest of the release: that of the hold
	before   map[string]time.Time    // what lies before a hold in its log claims at the latest
}

// A clockHold is a hold of a clock.
type clockHold struct {
	*statement
	body *record.Hold
}

// readClockHolds gathers the holds of clocks.
func (a *audit) readClockHolds(said []saidResult) {
	a.clocks = clockHolds{map[string]*clockHold{}, map[string][]*statement{}, map[string]string{}, map[string]time.Time{}}
	for _, r := range said {
		if r.statement == nil || !a.maySay(r.statement, mayState) {
			continue
		}
		switch body := r.statement.body.(type) {
		case *record.Hold:
			if body.Kind == record.HoldClock {
				a.clocks.holds[r.statement.leaf.Envelope] = &clockHold{r.statement, body}
			}
		case *record.Release:
			a.clocks.releases[body.Hold] = append(a.clocks.releases[body.Hold], r.statement)
			a.clocks.released[r.statement.leaf.Envelope] = body.Hold
		}
	}
}

// maySay reports whether a statement counts: whoever signed it had a right to.
func (a *audit) maySay(s *statement, right trust.Right) bool {
	return a.accepts(s.key) && a.revokedWriter(s) == nil && a.trusted.chain.May(s.key, a.when(s, 0), right).Standing != trust.Refused
}

// namedHolds are the holds that the end of a run counts, by their own word. It is
// false when one of them can't be read, which is said.
func (v *runAudit) namedHolds(end *statement) (holds []record.HoldMade, ok bool) {
	ok = true
	released := map[string]time.Time{}
	for _, digest := range end.end.Holds {
		hold, of := v.clocks.holds[digest], v.clocks.released[digest]
		leaf, logged := ref{}, true
		if hold == nil && of == "" {
			leaf, logged = v.find(digest)
		}
		switch {
		case of != "":
			released[of] = v.clocks.releaseOf(of, digest)
		case hold != nil && hold.body.OfClock(v.run, v.occurrence):
			holds = append(holds, v.madeOf(hold))
		case hold != nil:
			v.broken(ruleHoldCounted, end.place(), "%s counts the hold %s, which is of another clock", end.name(), short(digest))
		case !logged && (v.gaps || v.since != nil), logged && (leaf.leaf.Kind == record.KindHold || leaf.leaf.Kind == record.KindRelease):
			v.note(ruleNotCompared, end.place(), "%s counts the hold %s, which is not at hand or can't be relied on", end.name(), short(digest))
			ok = false
		default:
			v.broken(ruleHoldCounted, end.place(), "%s counts a hold, %s, that no log holds", end.name(), short(digest))
		}
	}
	for i, h := range holds {
		holds[i].Released = released[h.Digest]
	}
	return holds, ok
}

// releaseOf is when a hold was released by a statement.
func (c clockHolds) releaseOf(hold, release string) time.Time {
	for _, s := range c.releases[hold] {
		if s.leaf.Envelope == release {
			return s.until().Round(0)
		}
	}
	return time.Time{}
}

func (a *audit) madeOf(s *clockHold) record.HoldMade {
	return record.HoldMade{Digest: s.leaf.Envelope, Hold: *s.body, Leads: a.maySay(s.statement, mayLead)}
}

// finishBy is until when an open run may be open, as the holds of its clock have
// moved that.
func (v *runAudit) finishBy(start *statement) time.Time {
	var holds []record.HoldMade
	for _, digest := range sortedKeys(v.clocks.holds) {
		if hold := v.clocks.holds[digest]; hold.body.OfClock(v.run, v.occurrence) {
			made := v.madeOf(hold)
			for _, release := range v.clocks.releases[digest] {
				if at := release.until().Round(0); made.Released.IsZero() || at.Before(made.Released) {
					made.Released = at
				}
			}
			holds = append(holds, made)
		}
	}
	return start.start.FinishHeld(holds, v.at)
}

// A heldRun is a run that ended and counts holds of its clock. It is judged when
// it is known before what each hold was certainly not logged.
type heldRun struct {
	*runAudit
	start, end *statement
	steps      []record.Step
	holds      []record.HoldMade
}

// judgeAgain holds what the end says to what was logged in time, which counts.
func (h *heldRun) judgeAgain(r *runResult) {
	known := h.judgedBy(h.shown(func(release *statement) bool { return release.before(h.end.ref) }))
	verdict := h.judgedBy(h.shown(anyRelease))
	at := h.end.place()
	switch stated := h.end.end.Verdict.Late; {
	case stated || !verdict.Late:
	case known.Late:
		h.audit.broken(ruleHoldCounted, at, "%s says that the run is not late, and the holds that it counts were not in force for so long", h.end.name())
	default:
		h.audit.note(ruleHoldReleased, at, "%s says that the run is not late; a hold that it counts had been released elsewhere", h.end.name())
	}
	r.line.Late = verdict.Late
	if r.verdict != nil {
		r.verdict, h.result.verdict = &verdict, &verdict
		r.provenMet = r.line.ExistedBy != nil && h.provenMet(h.start, *r.line.ExistedBy, h.proven()...)
	}
	if r.bound != nil {
		r.bound.Late = &verdict.Late
	}
}

func (h *heldRun) judgedBy(pauses []agreement.Pause) record.Verdict {
	return record.Judge(*h.start.start, h.steps, h.end.end.Aborted, h.end.end.Ended, pauses...)
}

// shown are the pauses without what can't be so: nothing before a hold was
// logged, and nothing behind the first release that is known.
func (h *heldRun) shown(known func(release *statement) bool) []agreement.Pause {
	return h.pauses(known, func(hold *clockHold) (time.Time, bool) {
		return later(h.loggedAfter(hold.ref), h.clocks.before[hold.leaf.Envelope]), true
	})
}

// proven are the pauses as far as somebody outside has seen the holds.
func (h *heldRun) proven() []agreement.Pause {
	return h.pauses(anyRelease, func(hold *clockHold) (time.Time, bool) {
		by := h.existed(hold.ref)
		return by, !by.IsZero()
	})
}

func anyRelease(*statement) bool { return true }

// pauses are those of the holds from an instant on, up to a release that is
// known.
func (h *heldRun) pauses(known func(release *statement) bool, from func(hold *clockHold) (time.Time, bool)) []agreement.Pause {
	var holds []record.HoldMade
	for _, made := range h.holds {
		hold := h.clocks.holds[made.Digest]
		at, ok := from(hold)
		if !ok || hold.after(h.end.ref) {
			continue
		}
		made.From = at.Round(0)
		for _, release := range h.clocks.releases[made.Digest] {
			if at := h.madeAt(release).Round(0); known(release) && (made.Released.IsZero() || at.Before(made.Released)) {
				made.Released = at
			}
		}
		holds = append(holds, made)
	}
	return record.PausesUnder(h.start.start.SLA, holds, h.end.end.Ended)
}
