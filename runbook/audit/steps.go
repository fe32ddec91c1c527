package audit

import (
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// A toldStep is a step and the statement that tells it.
type toldStep struct {
	*record.Step
	by *statement
}

// checkSteps checks every step that the run tells. It gives the steps as they
// are stated, and with their deviations computed again; where none differs, both
// are one.
func (v *runAudit) checkSteps(start *statement) (stated, computed []record.Step, differ bool) {
	stated, told := v.toldSteps()
	v.checkStepOrder(start, told)
	leftOut := v.leftOut(start)
	computed = stated
	for n, t := range told {
		i := slices.IndexFunc(start.start.Steps, func(p record.PinnedStep) bool { return p.ID == t.ID })
		if i < 0 {
			continue
		}
		pinned := &start.start.Steps[i]
		v.checkStepTimes(start, t)
		v.checkProof(start, pinned, t)
		v.checkLeftOut(t, leftOut)
		if deviates := v.deviations(pinned, t); !slices.Equal(deviates, t.Deviates) {
			if !differ {
				computed, differ = slices.Clone(stated), true
			}
			computed[n].Deviates = deviates
			t.Step = &computed[n]
		}
		v.collectNormals(start, pinned, t)
	}
	return stated, computed, differ
}

// toldSteps are the steps of the run, and who tells each.
func (v *runAudit) toldSteps() (steps []record.Step, told []toldStep) {
	tell := slices.Concat(v.segments, v.ends[:min(1, len(v.ends))])
	if len(tell) == 1 {
		steps = tell[0].steps()
	} else {
		for _, s := range tell {
			steps = append(steps, s.steps()...)
		}
	}
	told = make([]toldStep, 0, len(steps))
	for _, s := range tell {
		for range s.steps() {
			told = append(told, toldStep{&steps[len(told)], s})
		}
	}
	return steps, told
}

// checkStepOrder holds the steps to the pinned list: each known, once, in order.
// A push back makes them begin again, at the step that it goes to.
func (v *runAudit) checkStepOrder(start *statement, told []toldStep) {
	seen, last, rounds := map[string]bool{}, -1, rounds{next: -1}
	for _, t := range told {
		i := slices.IndexFunc(start.start.Steps, func(p record.PinnedStep) bool { return p.ID == t.ID })
		switch {
		case seen[t.ID]:
			v.broken(ruleStepTwice, t.by.place(), "%s tells the step %s, which was told before", t.by.name(), t.ID)
		case i < 0:
			v.broken(ruleStepUnknown, t.by.place(), "%s tells the step %s, which is none of the %d that the run was started with", t.by.name(), quoted(t.ID), len(start.start.Steps))
		case i < last:
			v.broken(ruleStepOrder, t.by.place(), "%s tells the step %s after %s, which stands behind it", t.by.name(), t.ID, start.start.Steps[last].ID)
		}
		seen[t.ID], last = true, max(i, last)
		v.checkRound(&rounds, start, t, i)
		if back := rounds.next; back >= 0 {
			last = back - 1
			for _, p := range start.start.Steps[back:] {
				delete(seen, p.ID)
			}
		}
	}
}

// rounds is how often the run was pushed back so far, and the place of the step
// that then comes next, or -1.
type rounds struct{ number, next int }

// checkRound holds a step to the round that it is in.
func (v *runAudit) checkRound(r *rounds, start *statement, t toldStep, place int) {
	switch {
	case v.damaged: // a push back may be what can't be read
	case t.Round != r.number:
		v.broken(ruleRound, v.roundsOf(t), "%s tells the step %s in round %d, and the run was pushed back %d times before", t.by.name(), t.ID, t.Round, r.number)
	case r.next >= 0 && place != r.next:
		v.broken(ruleRound, v.roundsOf(t), "%s tells the step %s where the run was pushed back to %s", t.by.name(), t.ID, start.start.Steps[r.next].ID)
	}
	r.next = -1
	if t.To == "" {
		return
	}
	r.number++
	r.next = slices.IndexFunc(start.start.Steps, func(p record.PinnedStep) bool { return p.ID == t.To })
}

func (v *runAudit) roundsOf(t toldStep) place {
	at := t.by.place()
	at.cause = "the rounds of " + v.run
	return at
}

// checkStepTimes holds a step's claimed times to each other, to the run's and
// to its duration, which another clock measured.
func (v *runAudit) checkStepTimes(start *statement, t toldStep) {
	fine := v.inOrder(t.by, "the start of the step ", t.ID, start.start.Started, t.Started) &&
		v.inOrder(t.by, "the end of the step ", t.ID, t.Started, t.Ended)
	fine = fine && v.inOrder(t.by, "the end of what tells the step ", t.ID, t.Ended, t.by.until())
	if long := t.Duration.Span() - t.Ended.Sub(t.Started); fine && long > clockSlack {
		// Shorter is no contradiction: a monotonic clock stands still while a
		// machine sleeps.
		v.broken(ruleTimes, t.by.place(), "%s: the step %s lasted %s, and its times are %s apart", t.by.name(), t.ID, t.Duration.Span(), t.Ended.Sub(t.Started))
	}
}

// byPerson are the proofs that only a person gives.
var byPerson = []runbook.Proof{runbook.Attached, runbook.Stated, runbook.Attested}

// checkProof holds the way in which a passed step is known to what the step is.
func (v *runAudit) checkProof(start *statement, pinned *record.PinnedStep, t toldStep) {
	if pinned.Approval != nil {
		v.checkApproval(start, pinned, t)
		return
	}
	v.checkUndecided(t)
	if t.Outcome != record.Passed {
		return
	}
	person := slices.Contains(byPerson, t.Proof)
	attested := t.CutOff && t.Proof == runbook.Attested && slices.Contains(t.Deviates, record.DeviatedCutOff)
	switch {
	case pinned.Person && !person:
		v.broken(ruleStepProof, t.by.place(), "%s: the step %s asks a person and passed as %s: automation never satisfies it", t.by.name(), t.ID, quoted(string(t.Proof)))
	case !pinned.Person && person && !attested && !slices.Contains(start.start.Deviations, record.DeviatedChecklist):
		v.broken(ruleStepProof, t.by.place(), "%s: the step %s is automated and passed as %s in a run that was no checklist", t.by.name(), t.ID, quoted(string(t.Proof)))
	case t.Proof == "":
		v.broken(ruleStepProof, t.by.place(), "%s: the step %s passed and nothing says how that is known", t.by.name(), t.ID)
	case t.Attempts < 1 && !attested:
		v.broken(ruleStepProof, t.by.place(), "%s: the step %s passed without an attempt", t.by.name(), t.ID)
	}
	if facts, read := v.factsOf(t); read && pinned.Person && facts.Answer == nil {
		v.broken(ruleStepProof, t.by.place(), "%s: the step %s asks a person and passed, and no answer was kept", t.by.name(), t.ID)
	}
}

// factsOf gives a step's facts; false when they can't be read, which is said.
func (v *runAudit) factsOf(t toldStep) (record.Facts, bool) {
	if t.Facts == "" {
		return record.Facts{}, true
	}
	facts, ok := v.facts[t.Facts]
	return facts, ok
}

// leftOut are the steps that --start-at left out; nil when the inputs, which
// say it, can't be read.
func (v *runAudit) leftOut(start *statement) map[string]bool {
	if v.inputs == nil {
		return nil
	}
	left := map[string]bool{}
	if v.inputs.StartAt == "" {
		return left
	}
	for _, p := range start.start.Steps {
		if p.ID == v.inputs.StartAt {
			return left
		}
		left[p.ID] = true
	}
	return map[string]bool{}
}

// checkLeftOut: a step that counts as not needed must be one. A step that was
// left out stands before --start-at; what else isn't needed says so in the
// runbook, see checkSource.
func (v *runAudit) checkLeftOut(t toldStep, leftOut map[string]bool) {
	switch {
	case leftOut == nil:
	case t.Outcome == record.LeftOut && !leftOut[t.ID]:
		v.broken(ruleStepLeftOut, t.by.place(), "%s: the step %s was left out, and the run wasn't asked to", t.by.name(), t.ID)
	case t.Outcome != record.LeftOut && leftOut[t.ID]:
		v.broken(ruleStepLeftOut, t.by.place(), "%s: the step %s is %s, and the run was to begin behind it", t.by.name(), t.ID, t.Outcome)
	}
	written, read := v.outline[t.ID]
	if t.Outcome != record.NotNeeded || !read {
		return
	}
	switch {
	case t.Cause == record.CauseCondition && written.condition, t.Cause == record.CauseNeed && written.needs:
	default:
		v.broken(ruleStepLeftOut, t.by.place(), "%s: the step %s was not needed (%s), and the runbook gives it no such condition", t.by.name(), t.ID, quoted(string(t.Cause)))
	}
}

// deviations computes what a step did not do as agreed, and holds what it
// states to that. Where the kept answer can't be read, a "done differently" is
// taken at its word.
func (v *runAudit) deviations(pinned *record.PinnedStep, t toldStep) []record.Deviation {
	facts, read := v.factsOf(t)
	said := record.Answer{}
	switch {
	case facts.Answer != nil:
		said = *facts.Answer
	case !read && slices.Contains(t.Deviates, record.DeviatedDifferently):
		said.Differently = "unreadable"
	}
	if !read && t.Outcome == record.Passed && pinned.Person {
		v.note(ruleNotCompared, t.by.place(), "%s: what was answered to the step %s can't be read", t.by.name(), t.ID)
	}
	computed := record.StepDeviations(pinned, t.Step, said)
	if t.CutOff && t.Outcome == record.Passed && t.Attempts == 0 {
		computed = append(computed, record.DeviatedCutOff)
	}
	if !sameDeviations(computed, t.Deviates) {
		v.broken(ruleDeviation, t.by.place(), "%s: the step %s states the deviations %s, what it tells gives %s", t.by.name(), t.ID, list(t.Deviates), list(computed))
	}
	return computed
}
