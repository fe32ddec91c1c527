package lint

import (
	"slices"

	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

var runbookDeleted = Rule{
	ID: "runbook-deleted", Severity: Warning,
	Summary: "a plan names a runbook that was deleted, and another of the same id takes its place",
	Why: `The runbooks of a workspace hide those of the same id that ship with msp. When one is
deleted, a plan that names it doesn't break: it silently asks for the other one, which
may do less.`,
	Bad: `-- before.yaml --
id: mail-queue
-- plan.yaml --
kind: Plan
runbooks:
  - {runbook: mail-queue, from: 2026-03-01}`,
	Good: `-- before.yaml --
id: mail-stack
-- plan.yaml --
kind: Plan
runbooks:
  - {runbook: mail-queue, from: 2026-03-01}`,
	since: func(p *pass, all *Documents) {
		for _, plan := range all.Plans {
			for _, item := range plan.Items {
				p.deleted(item)
			}
		}
	},
}

// deleted finds that a plan's runbook is another than it was. One that isn't there at
// all is found without looking back.
func (p *pass) deleted(item schedule.Item) {
	before := p.Known.Before
	gone := slices.ContainsFunc(before.Gone, func(f *Former) bool { return f.Runbook != nil && f.Runbook.ID == item.Runbook })
	if other, err := p.Known.Runbook(item.Runbook); gone && err == nil {
		p.report(item.Position, "take it out of the plan, or give the plan's runbook a file again",
			"the plan names %s, which was deleted since %s: now it asks for %s", document.Quote(item.Runbook), before.Since, other.File)
	}
}
