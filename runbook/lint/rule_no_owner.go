package lint

import "github.com/msp-runbook/msp/runbook"

var noOwner = Rule{
	ID: "no-owner", Severity: Warning,
	Summary: "a runbook names nobody who answers for it",
	Why: `A procedure without an owner is kept by nobody: nobody is asked when it fails, nobody
reviews it, and the escalation has nowhere to go.`,
	Source: "ISO/IEC 20000-1:2018, 5.3; ITIL 4, service owner",
	Bad:    `# without: owner`,
	Good:   `owner: {team: backup, role: backup-technician, contact: backup@provider.example}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		if r.Owner == (runbook.Owner{}) {
			p.report(p.at(), "owner: {team: backup, role: backup-technician, contact: backup@provider.example}", "the runbook names no owner")
		}
	},
}
