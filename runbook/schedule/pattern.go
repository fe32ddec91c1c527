package schedule

import (
	"fmt"
	"time"
)

// pattern is a set of minutes on a wall clock, in seconds since 1970 as if the
// clock were that of UTC.
type pattern interface {
	// first is the earliest minute with from <= m < to, last the latest.
	first(from, to int64) (int64, bool)
	last(from, to int64) (int64, bool)

	// FixedHour reports whether each minute is done once however the clock is
	// set; else the pattern follows real hours.
	FixedHour() bool
	String() string
}

// days is a set of days, counted from 1970-01-01.
type days interface {
	firstDay(from, to int64) (int64, bool) // the earliest with from <= day <= to
	lastDay(from, to int64) (int64, bool)  // the latest with to <= day <= from
}

// times are the same minutes of every day, counted from its midnight.
type times interface {
	firstMinute(from int) (int, bool)
	lastMinute(to int) (int, bool)
}

// firstOf is the earliest minute with from <= m < to of the times of days.
func firstOf(d days, t times, from, to int64) (int64, bool) {
	minute := ceilDiv(from, 60)
	day := floorDiv(minute, dayMinutes)
	if _, named := d.firstDay(day, day); named {
		if of, ok := t.firstMinute(int(minute - day*dayMinutes)); ok {
			at := (day*dayMinutes + int64(of)) * 60
			return at, at < to
		}
	}
	day, ok := d.firstDay(day+1, floorDiv(to, daySeconds))
	if !ok {
		return 0, false
	}
	of, _ := t.firstMinute(0)
	at := (day*dayMinutes + int64(of)) * 60
	return at, at < to
}

// lastOf is the latest minute with from <= m < to of the times of days.
func lastOf(d days, t times, from, to int64) (int64, bool) {
	minute := floorDiv(to-1, 60)
	day := floorDiv(minute, dayMinutes)
	if _, named := d.lastDay(day, day); named {
		if of, ok := t.lastMinute(int(minute - day*dayMinutes)); ok {
			at := (day*dayMinutes + int64(of)) * 60
			return at, at >= from
		}
	}
	day, ok := d.lastDay(day-1, floorDiv(from, daySeconds))
	if !ok {
		return 0, false
	}
	of, _ := t.lastMinute(dayMinutes - 1)
	at := (day*dayMinutes + int64(of)) * 60
	return at, at >= from
}

// shifted is a pattern whose minutes are later on the wall clock: the day after
// the second Tuesday, which is not always the second Wednesday.
type shifted struct {
	pattern
	by int64 // seconds
}

func (s shifted) first(from, to int64) (int64, bool) {
	at, ok := s.pattern.first(from-s.by, to-s.by)
	return at + s.by, ok
}

func (s shifted) last(from, to int64) (int64, bool) {
	at, ok := s.pattern.last(from-s.by, to-s.by)
	return at + s.by, ok
}

func (s shifted) String() string {
	return fmt.Sprintf("%s shifted by %s", s.pattern, time.Duration(s.by)*time.Second)
}

// onHoliday is what becomes of a minute that stands on a day off.
type onHoliday int

const (
	leaveOut       onHoliday = iota
	nextWorkingDay           // it moves to the next working day
	countOn                  // it moves, as all do, to a later working day
)

// observed is a pattern of which a calendar moves or leaves out days. A minute
// keeps its time of day; several that come to stand on one minute are one.
type observed struct {
	pattern
	calendar *Calendar
	holiday  onHoliday
	days     int64 // with countOn: how many working days on, at least one
}

func (o observed) first(from, to int64) (int64, bool) {
	for day := floorDiv(from, daySeconds); day*daySeconds < to; day++ {
		best, found := int64(0), false
		start, end := o.sources(day)
		for source := start; source < end; source++ {
			move := (day - source) * daySeconds
			at, ok := o.pattern.first(max(from-move, source*daySeconds), (source+1)*daySeconds)
			if ok && (!found || at+move < best) {
				best, found = at+move, true
			}
		}
		if found {
			return best, best < to
		}
	}
	return 0, false
}

func (o observed) last(from, to int64) (int64, bool) {
	for day := floorDiv(to-1, daySeconds); (day+1)*daySeconds > from; day-- {
		best, found := int64(0), false
		start, end := o.sources(day)
		for source := start; source < end; source++ {
			move := (day - source) * daySeconds
			at, ok := o.pattern.last(source*daySeconds, min(to-move, (source+1)*daySeconds))
			if ok && (!found || at+move > best) {
				best, found = at+move, true
			}
		}
		if found {
			return best, best >= from
		}
	}
	return 0, false
}

// sources are the days [start, end) of the pattern whose minutes come to stand
// on a day; none for a day off.
func (o observed) sources(day int64) (start, end int64) {
	switch {
	case !o.calendar.works(day):
		return 0, 0
	case o.holiday == leaveOut:
		return day, day + 1
	case o.holiday == nextWorkingDay:
		return o.calendar.workingBefore(day, 1) + 1, day + 1
	default:
		return o.calendar.workingBefore(day, o.days), o.calendar.workingBefore(day, o.days-1)
	}
}

func (o observed) String() string {
	text := fmt.Sprintf("%s on the working days of %s", o.pattern, o.calendar.ID)
	if o.holiday == countOn {
		text = fmt.Sprintf("%s and %d working days of %s", o.pattern, o.days, o.calendar.ID)
	}
	return text
}

// works is Working of a day counted from 1970-01-01.
func (c *Calendar) works(day int64) bool { return c.Working(time.Unix(day*daySeconds, 0).UTC()) }

// workingBefore is the n-th working day before a day; the day itself for 0.
func (c *Calendar) workingBefore(day, n int64) int64 {
	for ; n > 0; n-- {
		day--
		for !c.works(day) {
			day--
		}
	}
	return day
}
