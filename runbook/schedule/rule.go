package schedule

import (
	"fmt"
	"iter"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Rule is a cron line in a time zone.
type Rule struct {
	cron Cron
	zone *time.Location
}

// Slot is one minute that a rule names.
type Slot struct {
	Nominal string    // RFC 9557; in a gap with the offset from before it
	Due     time.Time // the instant, in UTC
}

// NewRule reads a rule. The zone is an IANA name; a line that never fires is
// an error.
func NewRule(cronText, zone string) (Rule, error) {
	cron, err := ParseCron(cronText)
	if err != nil {
		return Rule{}, err
	}
	if err := cron.Fires(); err != nil {
		return Rule{}, err
	}
	location, err := loadZone(zone)
	if err != nil {
		return Rule{}, err
	}
	return Rule{cron: cron, zone: location}, nil
}

// loadZone is the one place where zones come from.
func loadZone(name string) (*time.Location, error) {
	location, err := runbook.Zone(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone: write an IANA name, such as Europe/London", name)
	}
	return location, nil
}

// String is the line and the zone.
func (r Rule) String() string {
	if r.zone == nil {
		return "no rule"
	}
	return r.cron.String() + " " + r.zone.String()
}

// Next is the first slot due strictly after an instant. It is false only where
// names end: behind the year 9999.
func (r Rule) Next(after time.Time) (Slot, bool) { return r.from(after.Unix() + 1) }

// Previous is the last slot due strictly before an instant; false before the
// year 1.
func (r Rule) Previous(before time.Time) (Slot, bool) {
	if r.zone == nil {
		return Slot{}, false
	}
	if r.cron.FixedHour() {
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
	case r.zone == nil || second >= afterWall:
		return Slot{}, false
	case r.cron.FixedHour():
		return r.firstFixed(second)
	default:
		return r.firstWild(second)
	}
}

// The fixed hours. A slot w is due at the first instant at which the clock
// shows w or later, so it is due at or after an instant exactly when the clock
// has shown only less before: the search is one over nominal minutes.

func (r Rule) firstFixed(second int64) (Slot, bool) {
	shown := r.shown(second)
	wall, ok := r.cron.first(max(shown, firstWall), min(shown+horizon, afterWall))
	if !ok {
		return Slot{}, false
	}
	return r.fixed(wall), true
}

func (r Rule) lastFixed(second int64) (Slot, bool) {
	shown := min(r.shown(min(second, afterWall+horizon)), afterWall)
	wall, ok := r.cron.last(max(shown-horizon, firstWall), shown)
	if !ok {
		return Slot{}, false
	}
	// A gap can bring several together; the first gives the name.
	due := r.reaches(wall)
	if name, ok := r.cron.first(max(r.shown(due), firstWall), wall); ok {
		wall = name
	}
	return r.fixed(wall), true
}

// fixed is the slot of a nominal minute.
func (r Rule) fixed(wall int64) Slot {
	due := r.reaches(wall)
	offset := r.stretch(due).offset
	if due+offset != wall { // skipped: it keeps the offset from before the gap
		offset = r.stretch(due - 1).offset
	}
	return r.slot(wall, due, offset)
}

// The wildcard hours: what the clock shows, each time that it shows it.

func (r Rule) firstWild(second int64) (Slot, bool) {
	end := min(second+horizon, afterWall)
	for at := second; at < end; {
		s := r.stretch(at)
		wall, ok := r.cron.first(max(at+s.offset, firstWall), min(s.end+s.offset, end+s.offset, afterWall))
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
		s := r.stretch(at - 1)
		wall, ok := r.cron.last(max(s.start+s.offset, start+s.offset, firstWall), min(at+s.offset, afterWall))
		if ok {
			return r.slot(wall, wall-s.offset, s.offset), true
		}
		at = s.start
	}
	return Slot{}, false
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

// stretch is a time [start, end) in which a zone's offset from UTC doesn't
// change, in seconds since 1970 in UTC. Neighbours may have the same offset.
type stretch struct{ start, end, offset int64 }

// forever is later than any instant that is asked about.
const forever = 1 << 60

// stretch is the one that holds an instant.
func (r Rule) stretch(second int64) stretch {
	t := time.Unix(second, 0).In(r.zone)
	_, offset := t.Zone()
	s := stretch{start: -forever, end: forever, offset: int64(offset)}
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		s.start = start.Unix()
	}
	if !end.IsZero() {
		s.end = end.Unix()
	}
	// Behind a zone's table Go ends the last stretch of a year after 365 days,
	// so that the last day of a leap year lies behind its own end.
	if s.end <= second {
		s.end = time.Date(t.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	return s
}

// reach is more than any zone's clock was ever ahead of UTC or set back: what
// happened longer ago can't show a later time than now.
const reach = 48 * 60 * 60

// shown is the first second that the clock has not shown before an instant,
// nor anything later.
func (r Rule) shown(second int64) int64 {
	s := r.stretch(second - 1)
	top := second + s.offset
	for s.start > second-reach {
		end := s.start
		s = r.stretch(end - 1)
		top = max(top, end+s.offset)
	}
	return top
}

// reaches is the first instant at which the clock shows wall or later.
func (r Rule) reaches(wall int64) int64 {
	s := r.stretch(wall - reach)
	for s.end+s.offset <= wall {
		s = r.stretch(s.end)
	}
	return max(s.start, wall-s.offset)
}

// dayStart is the first instant of a day, given as midnight UTC, in the zone.
func (r Rule) dayStart(day time.Time) time.Time { return time.Unix(r.reaches(day.Unix()), 0).UTC() }
