package lint

import "github.com/msp-runbook/msp/runbook"

var humanStepWithoutEvidence = Rule{
	ID: "human-step-without-evidence", Severity: Warning,
	Summary: "a step for a person that asks for nothing but a tick",
	Why: `A tick says that somebody pressed a key. What was seen, a number that was read, a picture
of the console: these show that somebody looked, and let another person judge it later.`,
	Source: "ISO 9001:2015, 7.5.3 (documented information as evidence)",
	Bad: `steps:
  - id: look
    title: Look at the console
    manual: {instructions: Open the mail console and look at the queue., estimate: 5m}`,
	Good: `steps:
  - id: look
    title: Look at the console
    manual:
      instructions: Open the mail console and look at the queue.
      form: {waiting: {type: integer, required: true, description: How many letters wait}}
      estimate: 5m`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for i, step := range r.Steps {
			manual := p.step(i).Value("manual")
			if manual == nil || manual.Value("form") != nil || manual.Value("evidence") != nil || manual.Value("checklist") != nil {
				continue
			}
			p.report(manual.Position(), "form: {found: {type: text, required: true, description: What was seen}}",
				"the step %s asks for nothing but a tick: no form, no evidence, no checklist", step.ID)
		}
	},
}
