package schedule

import (
	"iter"
	"time"
)

// opening is a stretch of working time [from, to).
type opening struct{ from, to time.Time }

// Openings are the instants in [a, b) at which working time begins, in order, and a
// where that lies in it.
func (c *Calendar) Openings(a, b time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for o := range c.open(a, b) {
			if !yield(o.from) {
				return
			}
		}
	}
}

// open are the stretches of working time in [a, b), in order, cut at both. They
// are computed a day at a time: two instants for each stretch of hours.
func (c *Calendar) open(a, b time.Time) iter.Seq[opening] {
	return func(yield func(opening) bool) {
		z, err := loadZone(c.Timezone)
		if err != nil || !a.Before(b) {
			return
		}
		first := floorDiv(a.Unix()-reach, daySeconds) - 1 // whose night may reach into a
		last := floorDiv(b.Unix()+reach, daySeconds)
		for day := first; day <= last; day++ {
			for o := range c.openOn(z, day) {
				if !o.from.Before(b) {
					return
				}
				o = opening{latest(o.from, a), earliest(o.to, b)}
				if o.from.Before(o.to) && !yield(o) {
					return
				}
			}
		}
	}
}

// openOn are the stretches of hours of a day, counted from 1970-01-01. One that
// the clock skips holds no time.
func (c *Calendar) openOn(z zone, day int64) iter.Seq[opening] {
	return func(yield func(opening) bool) {
		if !c.Working(time.Unix(day*daySeconds, 0).UTC()) {
			return
		}
		midnight := day * daySeconds
		for _, h := range c.Hours[weekdayOf(day)] {
			from, to := z.reaches(midnight+int64(h.From)*60), z.reaches(midnight+int64(h.To)*60)
			if !yield(opening{time.Unix(from, 0).UTC(), time.Unix(to, 0).UTC()}) {
				return
			}
		}
	}
}

// weekdayOf is the weekday of a day counted from 1970-01-01, a Thursday.
func weekdayOf(day int64) time.Weekday { return time.Weekday((day%7 + 7 + 4) % 7) }

// earliest is the earlier of two instants.
func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
