package runbook

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// laterNeed is a need of a step that names none before it.
type laterNeed struct {
	step *Step
	name *document.Node
}

// needsLater are the needs of a step that name none of those before it.
func needsLater(s *Step, before []*Step, needs *document.Node) []laterNeed {
	var later []laterNeed
	for _, item := range needs.Items() {
		known := slices.ContainsFunc(before, func(b *Step) bool { return b.ID == item.Text() })
		if isText(item) && !known {
			later = append(later, laterNeed{s, item})
		}
	}
	return later
}

// report says that a need leads nowhere, or in a circle.
func (n laterNeed) report(r *Runbook, d *document.Decoder) {
	loop := r.needs(n.name.Text(), n.step.ID, map[string]bool{})
	switch {
	case n.name.Text() == n.step.ID:
		d.Report(n.name.Position(), "cycle", "take it out", "the step %s needs itself", n.step.ID)
	case loop != nil:
		d.Report(n.name.Position(), "cycle", "take one of the needs out", "the steps need each other: %s → %s", n.step.ID, strings.Join(loop, " → "))
	default:
		d.Report(n.name.Position(), "unknown-reference", "needs names steps that stand before it", "the step %s needs %s, which is no step before it", n.step.ID, document.Quote(n.name.Text()))
	}
}

// needs is a way from a step along its needs to another: their ids. It is nil where
// there is none. Those that were seen lead nowhere.
func (r *Runbook) needs(from, to string, seen map[string]bool) []string {
	step := r.Step(from)
	if step == nil || seen[from] {
		return nil
	}
	seen[from] = true
	for _, need := range step.Needs {
		if need == to {
			return []string{from, to}
		}
		if way := r.needs(need, to, seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}
