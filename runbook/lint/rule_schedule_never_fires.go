package lint

import (
	"time"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// scheduleNeverFires is about plans. Of a runbook's own schedule the same id is told
// where that is read.
var scheduleNeverFires = Rule{
	ID: "schedule-never-fires", Severity: Error, RunsAnyway: true,
	Summary: "work that is never due",
	Why: `A schedule that names a day that no month has, or a plan's days in which it names none,
looks like work that is watched: nothing is ever missed, because nothing is ever due.`,
	Bad:  `schedule: {cron: "0 7 30 2 *", timezone: Europe/London}`,
	Good: `schedule: {rrule: "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=7", timezone: Europe/London}`,
	plan: func(p *pass, plan *schedule.Plan) {
		promised, err := p.promisesTo(plan.Client)
		if err != nil {
			return // which unknown-reference tells
		}
		for i, item := range plan.Items {
			book, err := p.Known.Runbook(item.Runbook)
			if err != nil || book.Schedule == nil || item.Until.IsZero() || item.Until.Before(p.Known.today()) {
				continue
			}
			times, err := schedule.OfPinned(book.Schedule, nil, promised.Find)
			if err != nil {
				continue
			}
			if !everDue(times.Planned(plan.Client, item, time.Time{})) {
				p.report(p.node("runbooks").Items()[i].Value("until").Position(), "let it go on longer, or take it out", "%s is never due up to %s: %s", book.ID, item.Until.Format(time.DateOnly), notDue(book.Schedule.EffectiveFrom, item))
			}
		}
	},
}

func everDue(planned schedule.Planned) bool {
	for range planned.Between(time.Time{}, planned.Until) {
		return true
	}
	return false
}

// notDue says why an item asks for nothing.
func notDue(effective time.Time, item schedule.Item) string {
	if effective.After(item.Until) {
		return "its schedule is effective from " + effective.Format(time.DateOnly) + " on"
	}
	if item.From.IsZero() {
		return "its schedule names no day before"
	}
	return "its schedule names no day from " + item.From.Format(time.DateOnly) + " on"
}
