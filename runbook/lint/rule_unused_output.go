package lint

import (
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var unusedOutput = Rule{
	ID: "unused-output", Severity: Info,
	Summary: "an output is read from what a program printed, and nothing reads it",
	Why: `What a program printed is in the record anyway. An output of it is there to be judged, by
expect or normal, or to be handed on. One that is neither was meant to be: a size that
nobody compares, a count that nobody looks at. A value that the script itself writes to
$MSP_OUTPUT is a statement of its own and not meant here.`,
	Bad: `steps:
  - id: size
    title: The queue is small
    run: test -d /var/spool/mail && find /var/spool/mail -type f
    outputs: {letters: {from: stdout, type: text}}`,
	Good: `steps:
  - id: size
    title: The queue is small
    run: find /var/spool/mail -type f | wc -l
    outputs: {letters: {from: stdout, type: integer}}
    normal: {letters: {baseline: median, over: 14 runs, within: 40%}}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for i, step := range r.Steps {
			for _, output := range step.Outputs {
				if output.From != runbook.FromOutput && !p.outputRead(r, i, output.Name) {
					p.report(output.Position, "expect: {expressions: [outputs."+output.Name+" …]}, or take it out",
						"nothing reads the output %s of %s", document.Quote(output.Name), step.ID)
				}
			}
		}
	},
}

// outputRead reports whether an output of the n-th step is judged, shown or handed on.
func (p *pass) outputRead(r *runbook.Runbook, n int, name string) bool {
	step := r.Steps[n]
	if slices.ContainsFunc(step.Normal, func(normal runbook.Normal) bool { return normal.Output == name }) {
		return true
	}
	for _, other := range r.Steps {
		if asks, ok := other.Action.(runbook.AsksApproval); ok && slices.Contains(asks.Approval().Show, step.ID) {
			return true
		}
	}
	own := func(u use) bool { return u.reads("outputs", name) }
	return slices.ContainsFunc(usesIn(p.step(n).Value("expect")), own) ||
		slices.ContainsFunc(p.usesOfRunbook(), func(u use) bool { return u.reads("steps", step.ID, "outputs", name) })
}
