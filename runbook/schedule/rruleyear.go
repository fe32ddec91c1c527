package schedule

import (
	"sync"
	"time"

	"github.com/teambition/rrule-go"
)

// yearSet is a set of the days of a year: bit 0 of the first word is 1 January.
type yearSet [6]uint64

// yearDays keeps the years of a rule that were asked for. A year is expanded
// once: the library takes as long for it as a hundred look-ups.
type yearDays struct{ sets sync.Map } // by year, a yearSet

// inYear are the days of a year that the rule names. The library counts days
// and knows no zone: it is given midnights of UTC.
func (r RRule) inYear(year int) yearSet {
	if known, ok := r.years.sets.Load(year); ok {
		return known.(yearSet)
	}
	var set yearSet
	if start, ok := r.beginning(year); ok {
		option := r.option
		option.Dtstart = time.Unix(start*daySeconds, 0).UTC()
		first, next := dayNumber(year, time.January), dayNumber(year+1, time.January)
		option.Until = time.Unix((next-1)*daySeconds, 0).UTC()
		if rule, err := rrule.NewRRule(option); err == nil {
			each := rule.Iterator()
			for at, more := each(); more; at, more = each() {
				if of := floorDiv(at.Unix(), daySeconds) - first; of >= 0 && of < 366 {
					set[of/64] |= 1 << (of % 64)
				}
			}
		}
	}
	r.years.sets.Store(year, set)
	return set
}

// beginning is a day from which the rule can be expanded for a year: the start
// of its first period that counts, in step with the anchor.
func (r RRule) beginning(year int) (day int64, ok bool) {
	january := dayNumber(year, time.January)
	interval := int64(max(r.option.Interval, 1))
	anchorYear, anchorMonth, _ := civil(r.anchor)
	switch r.option.Freq {
	case rrule.YEARLY:
		return january, floorMod(int64(year-anchorYear), interval) == 0
	case rrule.MONTHLY:
		from := int64(anchorYear)*12 + int64(anchorMonth) - 1
		month := nextInStep(int64(year)*12, from, interval)
		return dayNumber(int(floorDiv(month, 12)), time.Month(floorMod(month, 12)+1)), month < int64(year+1)*12
	case rrule.WEEKLY:
		week := func(day int64) int64 { return floorDiv(day+3-int64(r.option.Wkst.Day()), 7) } // 1970-01-01 was a Thursday
		first := nextInStep(week(january), week(r.anchor), interval)
		return first*7 - 3 + int64(r.option.Wkst.Day()), true
	default:
		return nextInStep(january, r.anchor, interval), true
	}
}

// nextInStep is the first number at or after n that is a whole number of steps
// from the anchor.
func nextInStep(n, anchor, step int64) int64 { return n + floorMod(anchor-n, step) }

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
