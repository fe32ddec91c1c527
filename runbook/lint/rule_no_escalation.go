package lint

import "github.com/msp-runbook/msp/runbook"

var noEscalation = Rule{
	ID: "no-escalation", Severity: Warning,
	Summary: "a promise, and nobody who is told before it is broken",
	Why: `Without a ladder only the owner is told, once, and only when the time is up: nobody can
keep the promise any more then.`,
	Source: "ISO/IEC 20000-1:2018, 8.6.1",
	Bad:    `# without: escalation`,
	Good: `escalation:
  not_acknowledged: [{after: 15m, notify: on-call}]
  not_resolved: [{after: 50%, notify: owner}, {after: 80%, notify: lead}]`,
	runbook: func(p *pass, r *runbook.Runbook) {
		if r.SLA != nil && len(r.Escalation.NotAcknowledged)+len(r.Escalation.NotResolved) == 0 {
			p.report(p.at("sla"), "escalation: {not_resolved: [{after: 50%, notify: owner}, {after: 80%, notify: lead}]}", "the runbook has an sla, and nobody is told before it is broken")
		}
	},
}
