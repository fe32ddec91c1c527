package lint

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var unusedInput = Rule{
	ID: "unused-input", Severity: Warning,
	Summary: "an input that no expression reads",
	Why: `Whoever starts the runbook gives a value, and believes that it counts. Often a limit was
written into the script and the input forgotten. An input that only says why the run is
done, such as a ticket or a reason, is there for the record and not meant here.`,
	Bad: `inputs:
  most: {type: integer, default: 50, description: How many letters may wait}
  host: {type: string, description: Where to look}`,
	Good: `inputs:
  most: {type: integer, default: 50, description: How many letters may wait}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		if len(r.Inputs) == 0 {
			return
		}
		read := p.usesOfRunbook()
		for _, input := range r.Inputs {
			if !saysWhy(input) && !slices.ContainsFunc(read, func(u use) bool { return u.reads("inputs", input.Name) }) {
				p.report(input.Position, `env: {NAME: "${{ inputs.`+input.Name+` }}"} hands it to a script; or take it out`,
					"no expression reads the input %s", document.Quote(input.Name))
			}
		}
	},
}

// usesOfRunbook are the names that all expressions of the runbook read.
func (p *pass) usesOfRunbook() []use {
	if p.uses == nil {
		p.uses = append(usesIn(p.node("defaults")), usesIn(p.node("steps"))...)
	}
	return p.uses
}

// saysWhy reports whether an input is a text for the record, by its name: ticket,
// change_number.
func saysWhy(input runbook.Field) bool {
	if input.Type != runbook.String && input.Type != runbook.Text {
		return false
	}
	return slices.ContainsFunc(strings.Split(input.Name, "_"), func(word string) bool {
		return slices.Contains([]string{"ticket", "reason", "change", "comment", "requester"}, word)
	})
}
