package lint

import "github.com/msp-runbook/msp/runbook"

var noGrace = Rule{
	ID: "no-grace", Severity: Warning,
	Summary: "a schedule that doesn't say how late a run may begin",
	Why: `Without grace, start_within or close_after a run counts as on time whenever it begins
before the next one is due: what was to be done at seven is on time at midnight. A
promise that counts from due, as complete_within does with clock: scheduled, is enough.`,
	Bad: `schedule: {cron: "0 7 * * *", timezone: Europe/London}
sla: {clock: started, complete_within: 1h, target: 95%}`,
	Good: `schedule: {cron: "0 7 * * *", timezone: Europe/London, grace: 2h}
sla: {clock: started, complete_within: 1h, target: 95%}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		s := r.Schedule
		if s == nil || !s.Grace.IsZero() || !s.CloseAfter.IsZero() {
			return
		}
		promises := p.promises(r)
		for _, m := range promises {
			if m.Clock != runbook.ClockReported && !m.StartWithin.IsZero() || m.Clock == runbook.ClockScheduled && !m.CompleteWithin.IsZero() {
				return
			}
		}
		if r.SLA != nil && len(promises) == 0 {
			return // what it promises isn't known here
		}
		p.report(p.at("schedule"), "grace: 2h", "the schedule doesn't say how late a run may begin, so it is on time until the next one is due")
	},
}
