package lint

import (
	"slices"

	"github.com/msp-runbook/msp/runbook"
)

var destructiveWithoutConfirmation = Rule{
	ID: "destructive-without-confirmation", Severity: Warning,
	Summary: "a step destroys something or stops a service, and nobody has agreed",
	Why: `What rm -rf, mkfs, DROP TABLE or terraform destroy take away doesn't come back, and a
service that is stopped is missed at once. Before such a step somebody looks: a manual
step or an approval that it needs or that stands before it, or a precondition that has
to hold.

Known are: rm of folders (but those that the script made by mktemp), find -delete, dd to
a file, mkfs, wipefs, shred, blkdiscard, changes of partitions, volumes and pools, writing
to a disk's device; DROP, TRUNCATE and DELETE without WHERE, dropdb, FLUSHALL; terraform
destroy and apply -auto-approve; kubectl delete and drain, helm uninstall; docker prune
and removing volumes; deletions by the clouds' own programs; git push --force; stopping,
disabling and masking services, shutdown and reboot; removing users; emptying a firewall;
Remove-Item -Recurse and what else of PowerShell removes, clears, formats and stops.`,
	Source: "ISO/IEC 27001:2022, A.8.32 (change management)",
	Bad: `steps:
  - {id: clean, title: The spool is emptied, run: rm -rf /var/spool/mail}`,
	Good: `steps:
  - {id: agree, title: A lead agrees, approval: {roles: [lead]}}
  - {id: clean, title: The spool is emptied, run: rm -rf /var/spool/mail}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		confirmed := map[string]bool{}
		for i, s := range p.destroyers(r) {
			if s == nil {
				continue
			}
			if p.confirmed(r, i, confirmed) {
				confirmed[r.Steps[i].ID] = true
				continue
			}
			p.report(s.call.position(), "an approval step before it: approval: {roles: [lead]}",
				"%s in the step %s %s, and nobody has agreed to that", s.call.title(), r.Steps[i].ID, s.does)
		}
	},
}

// destroyer is the first command of a step that destroys something.
type destroyer struct {
	call call
	does string
}

// destroyers are those of all steps; nil for a step without one.
func (p *pass) destroyers(r *runbook.Runbook) []*destroyer {
	all := make([]*destroyer, len(r.Steps))
	for _, s := range p.scripts(r) {
		i := slices.Index(r.Steps, s.step)
		for _, c := range s.calls {
			if does := destroys(c); does != "" && !s.functions[c.name] {
				all[i] = &destroyer{c, does}
				break
			}
		}
	}
	return all
}

// confirmed reports whether somebody has to agree before the n-th step is run, or
// something has to hold. Steps that were confirmed hand that on to the one behind.
func (p *pass) confirmed(r *runbook.Runbook, n int, confirmed map[string]bool) bool {
	step := r.Steps[n]
	if len(step.Preconditions) > 0 {
		return true
	}
	uses := usesOf(p.step(n).Value("if").Text())
	for i, before := range r.Steps[:n] {
		_, person := before.Action.(runbook.AsksPerson)
		_, approves := before.Action.(runbook.AsksApproval)
		needed := slices.Contains(step.Needs, before.ID) || slices.ContainsFunc(uses, func(u use) bool { return u.reads("steps", before.ID) })
		sure := before.OnFailure != runbook.Continue && sameCondition(before, step)
		switch {
		case person && needed:
			return true
		case person && sure && (approves || i == n-1):
			return true
		case confirmed[before.ID] && sure && i == n-1:
			return true
		}
	}
	return false
}

// sameCondition reports whether a step is done whenever the other is.
func sameCondition(before, step *runbook.Step) bool {
	return before.If == nil || step.If != nil && before.If.Source == step.If.Source
}
