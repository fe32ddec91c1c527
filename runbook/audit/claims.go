package audit

import (
	"cmp"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
)

// backdated are the kinds of statements that would change the past if they could
// be signed in it, and the rules against that. A plan that could would take the place
// of an earlier one in the past; a hold would pause a clock that has run.
var backdated = map[string]string{record.KindPlan: ruleBackdated, record.KindHold: ruleHoldBackdated}

// claims are when statements claim to have been made. Of the many that there may be, a
// log keeps the latest between two that can't be backdated.
type claims map[*writerLog][]mark

// A mark is a statement that can't be signed before what stands before it in its log.
type mark struct {
	newest
	last newest // that stands behind the mark before, and claims to be latest; no log: none does
}

// newClaims finds the marks.
func newClaims(said []saidResult, plans []planResult) claims {
	c := claims{}
	take := func(t traces) {
		for _, n := range t.newest {
			if backdated[n.leaf.Kind] != "" {
				c[n.log] = append(c[n.log], mark{newest: n})
			}
		}
	}
	for _, s := range said {
		take(s.traces)
	}
	for _, p := range plans {
		take(p.traces)
	}
	for _, marks := range c {
		slices.SortStableFunc(marks, func(x, y mark) int { return cmp.Compare(x.index, y.index) })
	}
	return c
}

// later is the claim of a later time; of equal ones, that which stands first.
func (n newest) later(other newest) newest {
	if n.log == nil || other.at.After(n.at) || other.at.Equal(n.at) && other.index < n.index {
		return other
	}
	return n
}

// claim takes in when a statement claims to have been made, and holds it to what the
// tokens around it show: one is logged as soon as it is signed.
func (a *audit) claim(n newest) {
	n.log.newest = later(n.log.newest, n.at)
	marks := a.tally.claims[n.log]
	i, _ := slices.BinarySearchFunc(marks, n.index+1, func(m mark, index int64) int { return cmp.Compare(m.index, index) })
	if i < len(marks) {
		marks[i].last = marks[i].last.later(n)
	}
	if from := a.loggedAfter(n.ref); n.at.Add(clockSlack).Before(from) {
		a.broken(ruleTimeBackdated, a.clockPlace(n.ref), "%s says that it is of %s, and it was logged after %s", n.name(), moment(n.at), moment(from))
	}
	if by := a.existed(n.ref); !by.IsZero() && n.at.Add(-clockSlack).After(by) {
		a.broken(ruleTimeAhead, a.clockPlace(n.ref), "%s says that it is of %s, and it existed by %s", n.name(), moment(n.at), moment(by))
	}
}

// checkBackdated holds the marks to what stands before them, when all claims are in.
// Each hold was logged later than that.
func (a *audit) checkBackdated() {
	for _, l := range a.logs {
		var last newest
		for _, m := range a.tally.claims[l] {
			if m.last.log != nil {
				last = last.later(m.last)
			}
			if last.log != nil {
				a.checkMark(m, last)
			}
			if m.leaf.Kind == record.KindHold {
				a.clocks.before[m.leaf.Envelope] = last.at
			}
		}
	}
}

func (a *audit) checkMark(m mark, last newest) {
	back := last.at.Sub(m.at)
	if back <= 0 {
		return
	}
	tell := a.broken
	if back <= clockSlack {
		tell = a.note
	}
	tell(backdated[m.leaf.Kind], m.place(), "%s says that it was signed %s, and %s, which lies before it, is of %s", m.name(), instant(&m.at), last.name(), instant(&last.at))
}

// A newest is when a statement in a log claims to have been made.
type newest struct {
	ref
	at time.Time
}
