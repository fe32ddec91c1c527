package schedule

import (
	"errors"
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// ruleOf is the rule of a schedule: what cron or rrule names, shifted, and then
// held to the calendar's working days.
func ruleOf(s *runbook.Schedule, calendar *Calendar) (Rule, error) {
	p, err := patternOf(s)
	if err != nil {
		return Rule{}, err
	}
	z, err := loadZone(s.Timezone)
	if err != nil {
		return Rule{}, err
	}
	if p, err = shift(p, s.Shift, calendar); err != nil {
		return Rule{}, err
	}
	if s.OnHoliday != "" && s.Calendar == "" {
		return Rule{}, errors.New("on_holiday means nothing without a calendar")
	}
	if calendar != nil {
		switch s.OnHoliday {
		case "run":
		case "next_working_day":
			p = observed{pattern: p, calendar: calendar, holiday: nextWorkingDay}
		case "":
			p = observed{pattern: p, calendar: calendar, holiday: leaveOut}
		default:
			return Rule{}, fmt.Errorf("on_holiday is next_working_day or run, not %q", s.OnHoliday)
		}
	}
	r := Rule{pattern: p, zone: z}
	if _, ok := r.Next(sample); !ok {
		return Rule{}, fmt.Errorf("%q %w", p, errNever)
	}
	return r, nil
}

// errNever is in the error of a schedule that is never due.
var errNever = errors.New("never fires")

// KnownUntil is the calendar by which the rule leaves out or moves days, and the
// last day up to which that knows them, such as 2027-12-31; "" where there is none.
func (r Rule) KnownUntil() (calendar, day string) {
	if o, ok := r.pattern.(observed); ok {
		return o.calendar.ID, o.calendar.ValidUntil
	}
	return "", ""
}

// sample is an instant from which schedules are tried. What a schedule names in
// a hundred years doesn't depend on which hundred they are.
var sample = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func patternOf(s *runbook.Schedule) (pattern, error) {
	switch {
	case s.Cron != "" && s.RRule != "":
		return nil, errors.New("a schedule has exactly one of cron and rrule")
	case s.RRule != "":
		return ParseRRule(s.RRule, s.EffectiveFrom)
	}
	cron, err := ParseCron(s.Cron)
	if err == nil {
		err = cron.Fires()
	}
	return cron, err
}

// longestShift keeps a shifted schedule near the days that it names.
const longestShift = 366

// shift moves what a pattern names: plain time on the wall clock, business days
// from working day to working day.
func shift(p pattern, by runbook.Duration, calendar *Calendar) (pattern, error) {
	switch {
	case by.IsZero():
		return p, nil
	case by.IsZeroLength():
		return nil, fmt.Errorf("shift: %s shifts nothing: leave it out", by)
	case by.Unit == runbook.BusinessHours:
		return nil, fmt.Errorf("shift: %s: a shift is plain time or business days", by)
	case by.Unit == runbook.BusinessDays && calendar == nil:
		return nil, fmt.Errorf("shift: %s: %w", by, runbook.ErrBusinessTime)
	case by.Days > longestShift || by.Span > longestShift*24*time.Hour:
		return nil, fmt.Errorf("shift: %s is longer than %d days", by, longestShift)
	case by.Unit == runbook.BusinessDays:
		return observed{pattern: p, calendar: calendar, holiday: countOn, days: int64(by.Days)}, nil
	case by.Span%time.Minute != 0:
		return nil, fmt.Errorf("shift: %s is not in whole minutes", by)
	default:
		return shifted{p, int64(by.Span / time.Second)}, nil
	}
}
