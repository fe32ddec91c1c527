package change

import (
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// The rules of Check.
const (
	NotBumped     = "version-not-bumped"
	WasLowered    = "version-lowered"
	WithoutReason = "change-without-reason"
)

// Check holds the version that a runbook says, and its reasons, to what changed
// since a version of it. Since names that for people: "main".
func Check(old, now *runbook.Runbook, changes []Change, since string) document.Problems {
	return append(checkVersion(old, now, changes, since), checkReason(old, now, changes)...)
}

func checkVersion(old, now *runbook.Runbook, changes []Change, since string) document.Problems {
	at := position(now, "version")
	demand := Demanded(changes)
	switch {
	case Raised(old.Version, now.Version) == Lowered:
		return document.Problems{{
			Position: at, Rule: WasLowered, Hint: "a version only rises: version: " + Least(old.Version, demand),
			Message: fmt.Sprintf("the version is %s, and at %s it was %s already", now.Version, since, old.Version),
		}}
	case !Enough(old.Version, now.Version, demand):
		least := Least(old.Version, demand)
		why := first(changes, func(c Change) bool { return c.Demand == demand })
		return document.Problems{{
			Position: at, Rule: NotBumped, Hint: "version: " + least,
			Message: fmt.Sprintf("%s: this demands a %s version, %s → at least %s, and it is %s", why, demand, old.Version, least, now.Version),
		}}
	default:
		return nil
	}
}

// checkReason asks for a reason at the first change that needs one.
func checkReason(old, now *runbook.Runbook, changes []Change) document.Problems {
	i := slices.IndexFunc(changes, asksWhy)
	if i < 0 || explained(old, now) {
		return nil
	}
	at := changes[i].Position
	if at.File != now.File { // what was taken out
		at = position(now, "id")
	}
	return document.Problems{{
		Position: at, Rule: WithoutReason, Hint: "say in decisions who decided it, and why, or in the rationale",
		Message: fmt.Sprintf("%s: this %s, and no decision or rationale came with it", first(changes, asksWhy), consequence(changes)),
	}}
}

// asksWhy reports whether a change needs a reason that somebody wrote down.
func asksWhy(c Change) bool { return c.Loosens || c.Demand == Major }

// consequence is why a reason is asked for.
func consequence(changes []Change) string {
	loosens := slices.ContainsFunc(changes, func(c Change) bool { return c.Loosens })
	breaks := slices.ContainsFunc(changes, func(c Change) bool { return c.Demand == Major })
	switch {
	case loosens && breaks:
		return "loosens control, and others have to act for it"
	case loosens:
		return "loosens control"
	default:
		return "makes others act"
	}
}

// explained reports whether a reason came: a decision that is new, or a rationale
// with other words, of the runbook or of a step.
func explained(old, now *runbook.Runbook) bool {
	if now.Rationale != "" && prose(old.Rationale) != prose(now.Rationale) {
		return true
	}
	for _, d := range now.Decisions {
		if !slices.Contains(old.Decisions, d) {
			return true
		}
	}
	for _, s := range now.Steps {
		before := old.Step(s.ID)
		if s.Rationale != "" && (before == nil || prose(before.Rationale) != prose(s.Rationale)) {
			return true
		}
	}
	return false
}

// first is the words of the first of some changes, and how many more there are.
func first(changes []Change, which func(Change) bool) string {
	text, more := "", -1
	for _, c := range changes {
		if !which(c) {
			continue
		}
		if more++; more == 0 {
			text = c.Words
		}
	}
	if more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// position is where a key of a runbook has its value.
func position(r *runbook.Runbook, key string) document.Position {
	if n := field(r.Root, key); n != nil {
		return n.Position()
	}
	return r.Root.Position()
}
