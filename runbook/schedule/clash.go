package schedule

import (
	"errors"
	"time"
)

// Clash is a time on a zone's clock that a rule names, and that the clock
// doesn't show exactly once: it is skipped, or it is shown twice.
type Clash struct {
	Wall  time.Time // what the clock shows, as if it were that of UTC
	Twice bool      // else it is skipped
}

// Clash is the first one at the changes of the clock in (from, to). Other
// schedulers differ in what they do then; without one, a time on the clock is
// one instant for all of them.
func (r Rule) Clash(from, to time.Time) (Clash, bool) {
	if r.pattern == nil {
		return Clash{}, false
	}
	for at := r.zone.stretch(from.Unix()).end; at < to.Unix(); at = r.zone.stretch(at).end {
		before, after := r.zone.stretch(at-1).offset, r.zone.stretch(at).offset
		if wall, ok := r.pattern.first(at+min(before, after), at+max(before, after)); ok {
			return Clash{Wall: time.Unix(wall, 0).UTC(), Twice: after < before}, true
		}
	}
	return Clash{}, false
}

// Cron is the crontab line that a rule is. The error says what makes it more
// than one.
func (r Rule) Cron() (Cron, error) {
	switch p := r.pattern.(type) {
	case Cron:
		return p, nil
	case RRule:
		return Cron{}, errors.New("its schedule is an rrule")
	case shifted:
		return Cron{}, errors.New("its schedule has a shift")
	case observed:
		return Cron{}, errors.New("its schedule keeps to the days of a calendar")
	default:
		return Cron{}, errors.New("it has no schedule")
	}
}

// Zone is the time zone on whose clock the rule is; UTC for no rule.
func (r Rule) Zone() *time.Location {
	if r.zone.Location == nil {
		return time.UTC
	}
	return r.zone.Location
}
