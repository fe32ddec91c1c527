package change

import "slices"

// verdict is what follows from a change.
type verdict struct {
	demand  Demand
	loosens bool
}

// The verdicts that the tables are made of.
var (
	words    = verdict{Patch, false}
	lets     = verdict{Patch, true}  // words that leave something open
	grows    = verdict{Minor, false} // nobody has to act for it
	loosens  = verdict{Minor, true}
	breaks   = verdict{Major, false} // somebody has to
	weakens  = verdict{Major, true}
	promised = atMost(weakens)
)

// event is how a value became another.
type event int

const (
	came   event = iota // nothing was said before
	went                // nothing is said any more
	up                  // it is more than before
	down                // it is less
	turned              // it is another, and which is more can't be told
)

// judge says what follows from an event. Of came the old value is nil, of went the
// new one.
type judge func(e event, old, now *value) verdict

func always(v verdict) judge { return func(event, *value, *value) verdict { return v } }

// on is one verdict for some events, and another for all others.
func on(these, others verdict, events ...event) judge {
	return func(e event, _, _ *value) verdict {
		if slices.Contains(events, e) {
			return these
		}
		return others
	}
}

// atMost is a limit that is looser when it is higher, dropped or not comparable.
func atMost(looser verdict) judge { return on(grows, looser, came, down) }

// atLeast is a limit that is looser when it is lower, dropped or not comparable.
func atLeast(looser verdict) judge { return on(grows, looser, came, up) }

// kept is what should not be taken out.
func kept(otherwise, gone verdict) judge { return on(gone, otherwise, went) }

// guard is what has to hold: every change of it may let more pass.
func guard(looser verdict) judge { return on(grows, looser, came) }

// gate is what keeps something from being done or counted: only without it is
// nothing loosened.
func gate(looser, open verdict) judge { return on(open, looser, went) }

// rises and falls are for what is one thing when it is more and another when it is
// less, absent or not comparable.
func rises(more, other verdict) judge { return on(more, other, up) }
func falls(less, other verdict) judge { return on(less, other, down) }

// needed is a value that who starts a run gives: one that came breaks where it is
// required, and one that went breaks always.
func needed(e event, _, now *value) verdict {
	if e == came && now.part("required").says("true") || e == went {
		return breaks
	}
	return grows
}

// answered is a value or a file that a person gives during a run.
func answered(gone verdict) judge {
	return func(e event, old, _ *value) verdict {
		if e != went {
			return grows
		}
		return verdict{gone.demand, gone.loosens || old.part("required").says("true")}
	}
}

// wider are the types that take all that another takes.
var wider = map[string]string{"integer": "number", "string": "text", "enum": "string", "file": "path"}

// typed is the type of a value that people or other runbooks give.
func typed(e event, old, now *value) verdict {
	if e == turned && wider[old.text] == now.text {
		return grows
	}
	return breaks
}

// narrows turns the verdict of a limit around: what takes less breaks for who gives
// it, and what takes more is a gain.
func narrows(limit judge) judge {
	return func(e event, old, now *value) verdict {
		if limit(e, old, now) == grows {
			return breaks
		}
		return grows
	}
}
