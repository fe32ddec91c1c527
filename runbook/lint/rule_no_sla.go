package lint

import "github.com/msp-runbook/msp/runbook"

var noSLA = Rule{
	ID: "no-sla", Severity: Warning,
	Summary: "routine work for which nothing is promised",
	Why: `Without an SLA nobody can say whether the work was late: it counts whenever it is
done, no ladder has a share to go by, and the month's figures leave it out.`,
	Source: "ISO/IEC 20000-1:2018, 8.3.3",
	Bad: `# without: sla
schedule: {cron: "0 7 * * *", timezone: Europe/London, grace: 30m}
escalation: {not_resolved: [{after: 1h, notify: owner}]}`,
	Good: `sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 95%}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		said := p.node("class") != nil || r.Schedule != nil // and not only the default
		if r.Class == runbook.Routine && said && r.SLA == nil {
			at := p.at("class")
			if p.node("class") == nil {
				at = p.at("schedule")
			}
			p.report(at, "sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 95%}", "the runbook is routine, and promises nothing")
		}
	},
}
