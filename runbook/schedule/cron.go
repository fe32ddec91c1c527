package schedule

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Cron is a crontab line with the minutes of a wall clock that it names.
type Cron struct{ runbook.Cron }

// ParseCron reads a line as a runbook does.
func ParseCron(text string) (Cron, error) {
	c, err := runbook.ParseCron(text)
	return Cron{c}, err
}

// String is the line as it was written, with single spaces.
func (c Cron) String() string { return c.Text }

// FixedHour reports whether the line names hours of the day, so that its slots
// are done once each however the clock is set; the others follow real hours.
func (c Cron) FixedHour() bool { return !c.AnyHour }

// daysIn is the most days that each month can have.
var daysIn = [...]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// Fires is nil, or says why the line names no minute of any year.
func (c Cron) Fires() error {
	if c.Minutes == 0 {
		return fmt.Errorf("an empty cron line %w", errNever)
	}
	if !c.AnyDay && !c.AnyWeekday {
		return nil // either is enough, and every month has each weekday
	}
	// Every day of the year, 29 February too, falls on each weekday in time.
	longest := 0
	for month := range daysIn {
		if c.Months&(1<<month) != 0 {
			longest = max(longest, daysIn[month])
		}
	}
	if first := bits.TrailingZeros64(c.Days); first > longest {
		return fmt.Errorf("%q %w: no month that it names has a day %d", c.Text, errNever, first)
	}
	return nil
}

// first is the earliest minute that the line names with from <= m < to, in
// seconds on the wall clock.
func (c Cron) first(from, to int64) (int64, bool) { return firstOf(c, c, from, to) }

// last is the latest minute that the line names with from <= m < to.
func (c Cron) last(from, to int64) (int64, bool) { return lastOf(c, c, from, to) }

// firstMinute is the earliest named minute of a day from a minute on.
func (c Cron) firstMinute(from int) (int, bool) {
	hour, minute := from/60, from%60
	if rest := c.Minutes >> minute << minute; c.Hours&(1<<hour) != 0 && rest != 0 {
		return hour*60 + bits.TrailingZeros64(rest), true
	}
	later := c.Hours >> (hour + 1) << (hour + 1)
	if later == 0 || c.Minutes == 0 {
		return 0, false
	}
	return bits.TrailingZeros64(later)*60 + bits.TrailingZeros64(c.Minutes), true
}

// lastMinute is the latest named minute of a day up to a minute.
func (c Cron) lastMinute(to int) (int, bool) {
	hour, minute := to/60, to%60
	if rest := c.Minutes & below(minute+1); c.Hours&(1<<hour) != 0 && rest != 0 {
		return hour*60 + bits.Len64(rest) - 1, true
	}
	earlier := c.Hours & below(hour)
	if earlier == 0 || c.Minutes == 0 {
		return 0, false
	}
	return (bits.Len64(earlier)-1)*60 + bits.Len64(c.Minutes) - 1, true
}

// closest is the shortest time between two minutes that the line names, in seconds
// on the wall clock.
func (c Cron) closest() int64 {
	first, ok := c.firstMinute(0)
	least, minute := dayMinutes, first
	for ok {
		var next int
		if next, ok = c.firstMinute(minute + 1); ok {
			least, minute = min(least, next-minute), next
		}
	}
	return int64(min(least, dayMinutes-minute+first)) * 60
}

// firstDay is the earliest named day with from <= day <= to. It looks at one
// mask a month, never at single days.
func (c Cron) firstDay(from, to int64) (int64, bool) {
	year, month, of := civil(from)
	for start := from - int64(of) + 1; start <= to; {
		if set := c.monthDays(year, month) >> of << of; set != 0 {
			day := start + int64(bits.TrailingZeros64(set)) - 1
			return day, day <= to
		}
		if month++; month > time.December {
			year, month = year+1, time.January
		}
		of, start = 1, dayNumber(year, month)
	}
	return 0, false
}

// lastDay is the latest named day with to <= day <= from.
func (c Cron) lastDay(from, to int64) (int64, bool) {
	year, month, of := civil(from)
	for start := from - int64(of) + 1; ; {
		if set := c.monthDays(year, month) & below(of+1); set != 0 {
			day := start + int64(bits.Len64(set)) - 2
			return day, day >= to
		}
		if start <= to {
			return 0, false
		}
		if month--; month < time.January {
			year, month = year-1, time.December
		}
		of, start = 31, dayNumber(year, month)
	}
}

// monthDays is the set of days of a month that the line names: bit 1 is the
// first.
func (c Cron) monthDays(year int, month time.Month) uint64 {
	if c.Months&(1<<month) == 0 {
		return 0
	}
	start := dayNumber(year, month)
	first := (start%7 + 7 + 4) % 7 // 1970-01-01 was a Thursday
	const sixWeeks = 1 | 1<<7 | 1<<14 | 1<<21 | 1<<28 | 1<<35
	onWeekday := c.Weekdays * sixWeeks >> first << 1
	existing := below(monthLength(year, month)+1) &^ 1
	if c.AnyDay || c.AnyWeekday {
		return c.Days & onWeekday & existing
	}
	return (c.Days | onWeekday) & existing
}

// below is the set of the numbers under n.
func below(n int) uint64 { return 1<<n - 1 }

const (
	dayMinutes = 24 * 60
	daySeconds = 24 * 60 * 60
)

// civil is the date of a day counted from 1970-01-01.
func civil(day int64) (year int, month time.Month, of int) {
	return time.Unix(day*daySeconds, 0).UTC().Date()
}

// dayNumber is the first day of a month, counted from 1970-01-01.
func dayNumber(year int, month time.Month) int64 {
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
}

func monthLength(year int, month time.Month) int {
	if month == time.February && (year%4 != 0 || year%100 == 0 && year%400 != 0) {
		return 28
	}
	return daysIn[month]
}

func floorDiv(a, b int64) int64 {
	if q := a / b; a%b >= 0 {
		return q
	} else {
		return q - 1
	}
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }
