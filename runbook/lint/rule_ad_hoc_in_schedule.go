package lint

import "github.com/msp-runbook/msp/runbook"

var adHocInSchedule = Rule{
	ID: "ad-hoc-in-schedule", Severity: Warning,
	Summary: "work on request that has a schedule",
	Why: `Work of class ad_hoc is done when somebody asks for it: that it is due on a day, and
missed when nobody asked, is a contradiction. Either it is routine, or it has no
schedule.`,
	Bad: `class: ad_hoc
schedule: {cron: "0 7 * * *", timezone: Europe/London}`,
	Good: `class: routine
schedule: {cron: "0 7 * * *", timezone: Europe/London}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		if r.Class == runbook.AdHoc && r.Schedule != nil {
			p.report(p.at("schedule"), "class: routine, or leave the schedule out", "the runbook is done on request (class: ad_hoc), and has a schedule")
		}
	},
}
