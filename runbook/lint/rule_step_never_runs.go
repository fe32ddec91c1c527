package lint

import (
	"github.com/msp-runbook/msp/runbook"
)

var stepNeverRuns = Rule{
	ID: "step-never-runs", Severity: Warning,
	Summary: "a step whose condition can't hold",
	Why: `What is to be done when a step fails is never done where that step ends the run, which it
does unless it says on_failure: continue. And a step that doesn't say what is normal never
deviates. The record calls such a step not needed, and nobody misses it until the night
for which it was written.`,
	Bad: `steps:
  - {id: count, title: Few letters wait, run: test -d /var/spool/mail}
  - {id: look, title: The oldest letter is there, run: test -e /var/spool/mail/1, if: steps.count.failed}`,
	Good: `steps:
  - {id: count, title: Few letters wait, run: test -d /var/spool/mail, on_failure: continue}
  - {id: look, title: The oldest letter is there, run: test -e /var/spool/mail/1, if: steps.count.failed}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for i, step := range r.Steps {
			if step.If == nil {
				continue
			}
			if why, hint := neverHolds(r, conditionOf(step.If.Source)); why != "" {
				p.report(p.step(i).Value("if").Position(), hint, "the step %s is never done: %s", step.ID, why)
			}
		}
	},
}

// neverHolds says why a condition can't hold, as it stands in each of its rows, and
// what to do; "" where it may.
func neverHolds(r *runbook.Runbook, c condition) (why, hint string) {
	if c.open {
		return "", ""
	}
	for _, row := range c.any {
		rowWhy, rowHint := "", ""
		for _, q := range row {
			if found, mend := neverSo(r, q); found != "" {
				rowWhy, rowHint = found, mend
			}
		}
		if rowWhy == "" {
			return "", ""
		}
		why, hint = rowWhy, rowHint
	}
	return why, hint
}

// neverSo says why a question never has the answer yes.
func neverSo(r *runbook.Runbook, q question) (why, hint string) {
	step := r.Step(q.step)
	switch {
	case q.open || q.not || step == nil:
		return "", ""
	case q.word == "failed" && step.OnFailure == runbook.Abort:
		return "the run ends when " + step.ID + " fails", "on_failure: continue in the step " + step.ID
	case q.word == "deviated" && len(step.Normal) == 0:
		return step.ID + " doesn't say what is normal, so it never deviates", "normal: {OUTPUT: {baseline: median, over: 14 runs, within: 40%}} in the step " + step.ID
	}
	return "", ""
}
