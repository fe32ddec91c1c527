package lint

import (
	"slices"

	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/runbook/document"
)

// sinceRules look at what documents were at a revision, where they are compared with
// one.
var sinceRules = []Rule{changeWithoutReason, runbookDeleted, versionLowered, versionNotBumped}

// changed reports those problems of what changed that are the rule's own.
func changed(p *pass, all *Documents) {
	rule := p.rule.ID
	for _, now := range all.Runbooks {
		f := p.Known.Before.Former[now.File]
		if f == nil || f.Runbook == nil {
			continue
		}
		found := change.Check(f.Runbook, now, f.Changes, p.Known.Before.Since)
		found = slices.DeleteFunc(found, func(problem document.Problem) bool { return problem.Rule != rule })
		p.problems(found)
		if len(found) > 0 && (rule == change.NotBumped || rule == change.WasLowered) {
			p.fix(now.Root.Value("version").ReplaceText(change.Least(f.Runbook.Version, change.Demanded(f.Changes))))
		}
	}
}
