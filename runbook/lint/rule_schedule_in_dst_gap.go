package lint

import (
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
)

var scheduleInDSTGap = Rule{
	ID: "schedule-in-dst-gap", Severity: Warning,
	Summary: "work is due at a time that a clock doesn't show on some day, or shows twice",
	Why: `Where summer time begins an hour doesn't exist, and where it ends one exists twice. msp
does such work once, at the first instant at which the clock shows its time or a later
one; other schedulers leave it out or do it twice, and so do people.`,
	Source: "RFC 5545, 3.3.5; crontab(5)",
	Bad:    `schedule: {cron: "30 1 * * *", timezone: Europe/London}`,
	Good:   `schedule: {cron: "30 3 * * *", timezone: Europe/London}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		s := r.Schedule
		if s == nil || hourly(s.Cron) {
			return
		}
		times, err := schedule.OfPinned(s, nil, p.Known.Calendars.Find)
		if err != nil {
			return // which unknown-reference tells
		}
		if days := clashes(times.Rule, p.Known.Now, p.Known.Now.AddDate(2, 0, 0)); len(days) > 0 {
			key := "cron"
			if s.RRule != "" {
				key = "rrule"
			}
			p.report(p.at("schedule", key), "choose a time that the clock shows once on every day, such as 03:30 where it changes before",
				"the clock of %s: %s", times.Rule.Zone(), strings.Join(days, "; "))
		}
	},
}

// hourly reports whether a crontab line follows real hours, whatever the clock shows.
func hourly(cron string) bool {
	fields := strings.Fields(cron)
	return len(fields) > 1 && strings.HasPrefix(fields[1], "*")
}

// clashes say on which days a rule names a time that the clock doesn't show once, and
// when the work is due then.
func clashes(rule schedule.Rule, from, to time.Time) []string {
	var days []string
	for {
		clash, ok := rule.Clash(from, to)
		if !ok {
			return days
		}
		day := clash.Wall.Format("15:04 on 2006-01-02")
		if clash.Twice {
			days = append(days, fmt.Sprintf("it shows %s twice, and the work is due the first time", day))
		} else {
			days = append(days, fmt.Sprintf("it doesn't show %s, and the work is due at %s", day, after(rule, clash.Wall)))
		}
		from = clash.Wall.AddDate(0, 0, 2)
	}
}

// after is the time on the clock at which a slot is due that the clock doesn't show.
func after(rule schedule.Rule, wall time.Time) string {
	nominal := wall.Format("2006-01-02T15:04:05")
	for slot := range rule.Between(wall.AddDate(0, 0, -2), wall.AddDate(0, 0, 2)) {
		if strings.HasPrefix(slot.Nominal, nominal) {
			return slot.Due.In(rule.Zone()).Format("15:04")
		}
	}
	return "the same time as another"
}
