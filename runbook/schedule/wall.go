package schedule

import (
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// zone is a time zone, and what its wall clock shows.
type zone struct{ *time.Location }

// loadZone is the one place where zones come from.
func loadZone(name string) (zone, error) {
	location, err := runbook.Zone(name)
	if err != nil {
		return zone{}, fmt.Errorf("%q is not a time zone: write an IANA name, such as Europe/London", name)
	}
	return zone{location}, nil
}

// stretch is a time [start, end) in which a zone's offset from UTC doesn't
// change, in seconds since 1970 in UTC. Neighbours may have the same offset.
type stretch struct{ start, end, offset int64 }

// forever is later than any instant that is asked about.
const forever = 1 << 60

// stretch is the one that holds an instant.
func (z zone) stretch(second int64) stretch {
	t := time.Unix(second, 0).In(z.Location)
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
func (z zone) shown(second int64) int64 {
	s := z.stretch(second - 1)
	top := second + s.offset
	for s.start > second-reach {
		end := s.start
		s = z.stretch(end - 1)
		top = max(top, end+s.offset)
	}
	return top
}

// reaches is the first instant at which the clock shows wall or later.
func (z zone) reaches(wall int64) int64 {
	s := z.stretch(wall - reach)
	for s.end+s.offset <= wall {
		s = z.stretch(s.end)
	}
	return max(s.start, wall-s.offset)
}

// spread is how far apart the zone's offsets are that count around [from, to], in
// seconds.
func (z zone) spread(from, to int64) int64 {
	s := z.stretch(from - reach)
	least, most := s.offset, s.offset
	for s.end <= to+reach {
		s = z.stretch(s.end)
		least, most = min(least, s.offset), max(most, s.offset)
	}
	return most - least
}

// dayStart is the first instant of a day, given as midnight UTC, in the zone.
func (z zone) dayStart(day time.Time) time.Time { return time.Unix(z.reaches(day.Unix()), 0).UTC() }
