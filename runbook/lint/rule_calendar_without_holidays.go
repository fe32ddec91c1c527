package lint

import "github.com/msp-runbook/msp/runbook/schedule"

var calendarWithoutHolidays = Rule{
	ID: "calendar-without-holidays", Severity: Warning,
	Summary: "a calendar with weekends and no days off",
	Why: `Where an office closes at weekends it closes at Christmas too. A calendar that doesn't
know makes work due when nobody is there, and promises answers on New Year's Day.`,
	Bad: `kind: Calendar
# without: holidays`,
	Good: `kind: Calendar
holidays: {country: GB, own: [{date: 2026-12-31, name: The company's own day off}]}`,
	calendar: func(p *pass, c *schedule.CalendarDocument) {
		closed := false
		for _, hours := range c.Calendar.Hours {
			closed = closed || len(hours) == 0
		}
		if closed && len(c.Calendar.DaysOff) == 0 {
			p.report(p.at("holidays"), "holidays: {country: GB}", "the calendar %s has weekends, and no days off", c.Calendar.ID)
		}
	},
}
