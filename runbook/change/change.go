// Package change is what changed in meaning between two versions of a runbook,
// in words, and which version that demands.
//
// Between compares what two runbooks say, not how they are written: comments, the
// order of keys, quotes, and 60m for 1h are no change. Every other key is told of,
// those of step kinds that this package has never heard of included. A key that is
// left out says what its default is, so that writing the default down is no change
// either, and the defaults of steps are told at each step that has them.
//
// A change demands a version, after Semantic Versioning 2.0.0:
//
//	none   nothing changed in meaning
//	patch  words: title, rationale, references, decisions, instructions, estimates,
//	       descriptions, the date of the next review, a waiver of lint
//	minor  what a run does or asks for, where those who plan or start it need not
//	       act: a step, output, optional input or target that came; a longer or
//	       shorter timeout; another script; a control made tighter or looser
//	major  whoever plans, starts or relies on it has to act: another id, class or
//	       schedule; an input or a secret that came and is needed, went, was renamed
//	       or takes less than before; a tool that came; an output or a step that
//	       went, was renamed or has another type; a promise that went or was loosened
//
// Besides, a change loosens control when a run may pass that would not have passed
// before, or less of it is proven or told: a lower target, a wider tolerance, a
// later or dropped escalation, fewer approvals or more roles for them, evidence or
// a tick that is no longer asked for, an expectation, a need or a step that went,
// should for must, on_failure: continue, a condition that may skip a step, a review
// put off, a decision taken out. Two conditions, patterns, baselines or units of time
// can't be compared; such a change counts as one that loosens, since nobody can tell
// that it doesn't.
// What another script, path or default value does can't be told either, and is left
// to who reads it: a rule that flagged them would flag everything.
//
// Below version 1.0.0 a raise of the second number is enough for what demands a
// major version (Semantic Versioning, section 4).
package change

import (
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Group is the part of a runbook that a change is about.
type Group string

// The groups, in the order in which people read them.
const (
	Who      Group = "who and why"
	When     Group = "when"
	Promises Group = "promises"
	Inputs   Group = "inputs"
	Steps    Group = "steps"
)

// Groups are all of them, in order.
func Groups() []Group { return []Group{Who, When, Promises, Inputs, Steps} }

// Change is one thing that changed in meaning.
type Change struct {
	document.Position        // in the new version; in the old one of what was taken out
	Key               string // "steps.size.normal.bytes.within"
	Group             Group
	Words             string
	Old, New          string // the values in full; empty for what wasn't there, or is no single value
	Demand            Demand
	Loosens           bool
}

// Between compares two versions of a runbook. The changes are in the order of the
// new one; what was taken out stands at the end of where it was.
func Between(old, now *runbook.Runbook) []Change {
	before, after := readRunbook(old), readRunbook(now)
	c := &comparison{}
	c.parts(before.top, after.top, nil)
	c.steps(before, after)
	return c.changes
}

// Demanded is the highest version that one of the changes demands.
func Demanded(changes []Change) Demand {
	demand := None
	for _, c := range changes {
		demand = max(demand, c.Demand)
	}
	return demand
}
