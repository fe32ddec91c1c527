package schedule

import (
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// The days of a rule are found by looking at each on its own. The library could
// list them, but not for every rule: it runs to the year 9999 for one that never
// fires, and takes the last weeks of some years for others.

// firstDay is the earliest day that the rule names with from <= day <= to.
func (r RRule) firstDay(from, to int64) (int64, bool) {
	for day := from; day <= to; day++ {
		if r.names(day) {
			return day, true
		}
	}
	return 0, false
}

// lastDay is the latest day that the rule names with to <= day <= from.
func (r RRule) lastDay(from, to int64) (int64, bool) {
	for day := from; day >= to; day-- {
		if r.names(day) {
			return day, true
		}
	}
	return 0, false
}

func (r RRule) names(day int64) bool { return r.inStep(day) && r.fits(day) && r.chosen(day) }

// inStep reports whether a day's period is a whole number of intervals from the
// anchor's.
func (r RRule) inStep(day int64) bool {
	return r.option.Interval <= 1 || floorMod(r.period(day)-r.period(r.anchor), int64(r.option.Interval)) == 0
}

// period numbers the years, months, weeks or days, by the rule's frequency.
func (r RRule) period(day int64) int64 {
	year, month, _ := civil(day)
	switch r.option.Freq {
	case rrule.YEARLY:
		return int64(year)
	case rrule.MONTHLY:
		return int64(year)*12 + int64(month)
	case rrule.WEEKLY:
		return floorDiv(r.weekStart(day), 7)
	default:
		return day
	}
}

// bounds are the days [start, end) of the period that holds a day.
func (r RRule) bounds(day int64) (start, end int64) {
	year, month, _ := civil(day)
	switch r.option.Freq {
	case rrule.YEARLY:
		return dayNumber(year, time.January), dayNumber(year+1, time.January)
	case rrule.MONTHLY:
		start = dayNumber(year, month)
		return start, start + int64(monthLength(year, month))
	case rrule.WEEKLY:
		return r.weekStart(day), r.weekStart(day) + 7
	default:
		return day, day + 1
	}
}

// weekStart is the first day of the week that holds a day.
func (r RRule) weekStart(day int64) int64 {
	return day - floorMod(int64(weekdayOf(day))-1-int64(r.option.Wkst.Day()), 7)
}

// fits reports whether a day passes every BY part.
func (r RRule) fits(day int64) bool {
	o := &r.option
	year, month, of := civil(day)
	return (len(o.Bymonth) == 0 || slices.Contains(o.Bymonth, int(month))) &&
		hasPlace(o.Bymonthday, of, monthLength(year, month)) &&
		r.fitsWeekday(day) &&
		(len(o.Byyearday) == 0 || r.fitsYearDay(day)) &&
		(len(o.Byweekno) == 0 || r.fitsWeek(day))
}

// hasPlace reports whether a list names a place from 1 to size, by its number
// from the beginning or, below zero, from the end. An empty list names all.
func hasPlace(list []int, place, size int) bool {
	return len(list) == 0 || slices.Contains(list, place) || slices.Contains(list, place-size-1)
}

func (r RRule) fitsYearDay(day int64) bool {
	year, _, _ := civil(day)
	start, end := dayNumber(year, time.January), dayNumber(year+1, time.January)
	return hasPlace(r.option.Byyearday, int(day-start)+1, int(end-start))
}

// fitsWeek numbers weeks as ISO 8601 does: the first is the one with four days
// or more of the year.
func (r RRule) fitsWeek(day int64) bool {
	middle := r.weekStart(day) + 3
	year, _, _ := civil(middle)
	week := (middle-dayNumber(year, time.January))/7 + 1
	last := r.weekStart(dayNumber(year, time.December)+27) + 3 // 28 December is always in it
	weeks := (last-dayNumber(year, time.January))/7 + 1
	return hasPlace(r.option.Byweekno, int(week), int(weeks))
}

// fitsWeekday counts a numbered weekday in the month, or in the year where the
// rule names no month.
func (r RRule) fitsWeekday(day int64) bool {
	o := &r.option
	if len(o.Byweekday) == 0 {
		return true
	}
	monday := int(floorMod(int64(weekdayOf(day))-1, 7)) // as the library counts
	for i := range o.Byweekday {
		w := &o.Byweekday[i]
		if w.Day() != monday {
			continue
		}
		if w.N() == 0 {
			return true
		}
		year, month, of := civil(day)
		place, size := of, monthLength(year, month)
		if o.Freq == rrule.YEARLY && len(o.Bymonth) == 0 {
			start, end := dayNumber(year, time.January), dayNumber(year+1, time.January)
			place, size = int(day-start)+1, int(end-start)
		}
		if w.N() == (place-1)/7+1 || w.N() == -((size-place)/7+1) {
			return true
		}
	}
	return false
}

// chosen reports whether BYSETPOS takes a day out of those of its period.
func (r RRule) chosen(day int64) bool {
	if len(r.option.Bysetpos) == 0 {
		return true
	}
	place, size := 0, 0
	start, end := r.bounds(day)
	for other := start; other < end; other++ {
		if !r.fits(other) {
			continue
		}
		if size++; other <= day {
			place++
		}
	}
	return hasPlace(r.option.Bysetpos, place, size)
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
