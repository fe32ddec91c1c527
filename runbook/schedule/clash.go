package schedule

import "time"

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
	if r.zone == nil {
		return Clash{}, false
	}
	for at := r.stretch(from.Unix()).end; at < to.Unix(); at = r.stretch(at).end {
		before, after := r.stretch(at-1).offset, r.stretch(at).offset
		if wall, ok := r.cron.first(at+min(before, after), at+max(before, after)); ok {
			return Clash{Wall: time.Unix(wall, 0).UTC(), Twice: after < before}, true
		}
	}
	return Clash{}, false
}

// Cron is the crontab line that a rule is; false for one that is more than that.
func (r Rule) Cron() (Cron, bool) { return r.cron, r.zone != nil }
