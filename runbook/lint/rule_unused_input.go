package lint

import (
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var unusedInput = Rule{
	ID: "unused-input", Severity: Warning,
	Summary: "an input that no expression reads",
	Why: `Whoever starts the runbook gives a value, and believes that it counts. Often a limit was
written into the script and the input forgotten.`,
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
			if !slices.ContainsFunc(read, func(u use) bool { return u.reads("inputs", input.Name) }) {
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
