package schedule

import (
	"fmt"
	"iter"
	"time"
)

// Rule is the minutes that a schedule names, on the wall clock of a time zone.
type Rule struct {
	pattern pattern
	zone    zone
}

// Slot is one minute that a rule names.
type Slot struct {
	Nominal string    // RFC 9557; in a gap with the offset from before it
	Due     time.Time // the instant, in UTC
}

// String is the pattern and the zone.
func (r Rule) String() string {
	if r.pattern == nil {
		return "no rule"
	}
	return r.pattern.String() + " " + r.zone.String()
}

// Next is the first slot due strictly after an instant. It is false only where
// names end: behind the year 9999.
func (r Rule) Next(after time.Time) (Slot, bool) { return r.from(after.Unix() + 1) }

// Previous is the last slot due strictly before an instant; false before the
// year 1.
func (r Rule) Previous(before time.Time) (Slot, bool) {
	if r.pattern == nil {
		return Slot{}, false
	}
	if r.pattern.FixedHour() {
		return r.lastFixed(ceilUnix(before))
	}
	return r.lastWild(ceilUnix(before))
}

// Between are the slots with a <= due < b, in order.
func (r Rule) Between(a, b time.Time) iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		slot, ok := r.from(ceilUnix(a))
		for ok && slot.Due.Before(b) && yield(slot) {
			slot, ok = r.Next(slot.Due)
		}
	}
}

// ceilUnix is the first whole second that isn't before an instant: slots are
// due on whole seconds.
func ceilUnix(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// horizon is how far a search goes, in seconds. The longest wait is 40 years:
// 29 February on one weekday, over a century's end without leap day. A zone
// that skips just that day can double it.
const horizon = 100 * 366 * daySeconds

// Wall clocks are read from the year 1 to the year 9999, which RFC 3339 can
// write with four digits.
var (
	firstWall = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	afterWall = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// from is the first slot due at a second or after it.
func (r Rule) from(second int64) (Slot, bool) {
	second = max(second, firstWall)
	switch {
	case r.pattern == nil || second >= afterWall:
		return Slot{}, false
	case r.pattern.FixedHour():
		return r.firstFixed(second)
	default:
		return r.firstWild(second)
	}
}

// The fixed hours. A slot w is due at the first instant at which the clock
// shows w or later, so it is due at or after an instant exactly when the clock
// has shown only less before: the search is one over nominal minutes.

func (r Rule) firstFixed(second int64) (Slot, bool) {
	shown := r.zone.shown(second)
	wall, ok := r.pattern.first(max(shown, firstWall), min(shown+horizon, afterWall))
	if !ok {
		return Slot{}, false
	}
	return r.fixed(wall), true
}

func (r Rule) lastFixed(second int64) (Slot, bool) {
	shown := min(r.zone.shown(min(second, afterWall+horizon)), afterWall)
	wall, ok := r.pattern.last(max(shown-horizon, firstWall), shown)
	if !ok {
		return Slot{}, false
	}
	// A gap can bring several together; the first gives the name.
	due := r.zone.reaches(wall)
	if name, ok := r.pattern.first(max(r.zone.shown(due), firstWall), wall); ok {
		wall = name
	}
	return r.fixed(wall), true
}

// fixed is the slot of a nominal minute.
func (r Rule) fixed(wall int64) Slot {
	due := r.zone.reaches(wall)
	offset := r.zone.stretch(due).offset
	if due+offset != wall { // skipped: it keeps the offset from before the gap
		offset = r.zone.stretch(due - 1).offset
	}
	return r.slot(wall, due, offset)
}

// The wildcard hours: what the clock shows, each time that it shows it.

func (r Rule) firstWild(second int64) (Slot, bool) {
	end := min(second+horizon, afterWall)
	for at := second; at < end; {
		s := r.zone.stretch(at)
		wall, ok := r.pattern.first(max(at+s.offset, firstWall), min(s.end+s.offset, end+s.offset, afterWall))
		if ok {
			return r.slot(wall, wall-s.offset, s.offset), true
		}
		at = s.end
	}
	return Slot{}, false
}

func (r Rule) lastWild(second int64) (Slot, bool) {
	second = min(second, afterWall+daySeconds)
	start := max(second-horizon, firstWall-daySeconds)
	for at := second; at > start; {
		s := r.zone.stretch(at - 1)
		wall, ok := r.pattern.last(max(s.start+s.offset, start+s.offset, firstWall), min(at+s.offset, afterWall))
		if ok {
			return r.slot(wall, wall-s.offset, s.offset), true
		}
		at = s.start
	}
	return Slot{}, false
}

// plainlyApart reports whether a look at the pattern shows that no two slots due in
// [from, to] are within a span of each other. Where it is false, they may still be
// apart: looking at each of them tells, and takes a thousand times longer.
func (r Rule) plainlyApart(span time.Duration, from, to time.Time) bool {
	c, ok := r.pattern.(Cron)
	if !ok || !c.FixedHour() {
		return false
	}
	// A fixed hour is done when the clock shows it, by one of the zone's offsets.
	return int64(span/time.Second) < c.closest()-r.zone.spread(from.Unix(), to.Unix())
}

func (r Rule) slot(wall, due, offset int64) Slot {
	local := time.Unix(wall, 0).UTC().Format("2006-01-02T15:04:05")
	return Slot{
		Nominal: local + formatOffset(offset) + "[" + r.zone.String() + "]",
		Due:     time.Unix(due, 0).UTC(),
	}
}

func formatOffset(seconds int64) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
}
