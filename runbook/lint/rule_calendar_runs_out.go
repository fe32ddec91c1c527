package lint

import (
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// soon is how long before its end a calendar is complained about.
const soon = 60 * 24 * time.Hour

var calendarRunsOut = Rule{
	ID: "calendar-runs-out", Severity: Error, RunsAnyway: true,
	Summary: "a calendar ends while what goes by it goes on",
	Why: `A calendar knows the days off until its valid_until. Behind it a holiday is taken for a
working day: work is due when nobody is there, and is counted as missed.`,
	Bad: `-- calendars/office.yaml --
kind: Calendar
valid_until: 2026-12-31
-- mail-queue.yaml --
schedule: {cron: "0 7 * * *", timezone: Europe/London, calendar: office}`,
	Good: `-- calendars/office.yaml --
kind: Calendar
valid_until: 2027-12-31
-- mail-queue.yaml --
schedule: {cron: "0 7 * * *", timezone: Europe/London, calendar: office}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		if r.Schedule != nil {
			p.runsOut(r, r.Schedule.Position, time.Time{}, shelf.Promises{Calendars: p.Known.Calendars})
		}
	},
	plan: func(p *pass, plan *schedule.Plan) {
		promised, err := p.promisesTo(plan.Client)
		if err != nil {
			return // which unknown-reference tells
		}
		for _, item := range plan.Items {
			if book, err := p.Known.Runbook(item.Runbook); err == nil && !item.Until.IsZero() {
				p.runsOut(book, item.Position, item.Until, promised)
			}
		}
	},
}

// runsOut tells of calendars that end while a runbook goes on. The end is zero where
// none is known; then a calendar has to reach beyond the next weeks.
func (p *pass) runsOut(r *runbook.Runbook, at document.Position, end time.Time, promised shelf.Promises) {
	if end.IsZero() {
		end = p.Known.Now.Add(soon)
	}
	for _, id := range promised.Named(r) {
		c, err := promised.Find(id)
		if err != nil {
			continue // which unknown-reference tells
		}
		last, err := time.Parse(time.DateOnly, c.ValidUntil)
		if err == nil && last.Before(end) {
			p.report(at, "add the days off that follow, and set valid_until later",
				"the calendar %s is valid until %s, and %s goes on", id, c.ValidUntil, r.ID)
		}
	}
}
