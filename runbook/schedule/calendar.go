package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Calendar is working time by value: when work is done in a week, and on which
// days it isn't. It holds explicit days only, so that a pinned one gives the
// same answers for ever.
//
// Hours are wall-clock time of the zone. A stretch begins at the first instant
// at which the clock shows its beginning or later, and ends in the same way, so
// that a night shift is an hour shorter or longer where the clock is set. It
// belongs to the day on which it begins: 22:00-06:00 of a day off takes the
// morning after with it, and a day off doesn't cut the night before it short.
//
// A nil Calendar is 24x7.
type Calendar struct {
	ID       string `json:"id"`
	Timezone string `json:"timezone"` // an IANA name

	Hours   [7][]Hours `json:"hours"`    // by weekday, from Sunday on; in order
	DaysOff []DayOff   `json:"days_off"` // in order, each day once

	// BusinessDay is the length of a business day; zero where none was said.
	BusinessDay runbook.Nanoseconds `json:"business_day_ns,omitzero"`

	// ValidUntil is the last day, such as 2027-12-31, for which the days off are
	// known. Behind it the weekday alone decides.
	ValidUntil string `json:"valid_until"`
}

// DayOff is a day on which nobody works.
type DayOff struct {
	Date string `json:"date"` // such as 2026-12-25
	Name string `json:"name"`
}

// Hours are a stretch of a working day in minutes after its midnight. To is
// more than 24 hours where the stretch ends on the day after. The text is
// "09:00-17:00", "22:00-06:00" or "00:00-24:00".
type Hours struct{ From, To int }

// ParseHours reads a stretch of a working day.
func ParseHours(text string) (Hours, error) {
	var h Hours
	var fromHour, fromMinute, toHour, toMinute int
	_, err := fmt.Sscanf(text, "%02d:%02d-%02d:%02d", &fromHour, &fromMinute, &toHour, &toMinute)
	if err == nil {
		h = Hours{fromHour*60 + fromMinute, toHour*60 + toMinute}
		if h.To < h.From {
			h.To += dayMinutes
		}
	}
	if err != nil || h.String() != text {
		return Hours{}, fmt.Errorf("%q is not a stretch of hours such as 09:00-17:00", text)
	}
	if !h.sound() {
		return Hours{}, fmt.Errorf("%q holds no time: the whole day is 00:00-24:00", text)
	}
	return h, nil
}

// sound reports whether a stretch begins on its day and holds time, and no more
// than a day of it.
func (h Hours) sound() bool {
	return h.From >= 0 && h.From < dayMinutes && h.To > h.From && h.To-h.From <= dayMinutes
}

func (h Hours) String() string {
	to := h.To
	if to > dayMinutes {
		to -= dayMinutes
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d", h.From/60, h.From%60, to/60, to%60)
}

// MarshalText is String.
func (h Hours) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText is ParseHours.
func (h *Hours) UnmarshalText(text []byte) (err error) {
	*h, err = ParseHours(string(text))
	return err
}

// Check says why a calendar that was read back can't be computed with.
func (c *Calendar) Check() error {
	if c == nil {
		return nil
	}
	if !runbook.ValidID(c.ID) {
		return fmt.Errorf("%q is no id of a calendar", c.ID)
	}
	if _, err := loadZone(c.Timezone); err != nil {
		return fmt.Errorf("the calendar %s: %w", c.ID, err)
	}
	if err := checkWeek(c.Hours); err != nil {
		return fmt.Errorf("the calendar %s: %w", c.ID, err)
	}
	if c.BusinessDay < 0 || c.BusinessDay.Span() > 24*time.Hour {
		return fmt.Errorf("the calendar %s: a business day has up to 24 hours, not %s", c.ID, c.BusinessDay.Span())
	}
	if _, err := time.Parse(time.DateOnly, c.ValidUntil); err != nil {
		return fmt.Errorf("the calendar %s: %q is not the day until which it is valid", c.ID, c.ValidUntil)
	}
	for i, off := range c.DaysOff {
		if _, err := time.Parse(time.DateOnly, off.Date); err != nil {
			return fmt.Errorf("the calendar %s: %q is not a day", c.ID, off.Date)
		}
		if i > 0 && c.DaysOff[i-1].Date >= off.Date {
			return fmt.Errorf("the calendar %s: its days off are not in order at %s", c.ID, off.Date)
		}
	}
	return nil
}

// checkWeek says where stretches of a week run into each other, or that there
// are none.
func checkWeek(week [7][]Hours) error {
	type stretchOfWeek struct{ from, to int }
	var all []stretchOfWeek
	for weekday, hours := range week {
		for i, h := range hours {
			if !h.sound() {
				return fmt.Errorf("%s holds no stretch of hours", time.Weekday(weekday))
			}
			if i > 0 && hours[i-1].From > h.From {
				return fmt.Errorf("the hours of %s are not in order", time.Weekday(weekday))
			}
			all = append(all, stretchOfWeek{weekday*dayMinutes + h.From, weekday*dayMinutes + h.To})
		}
	}
	if len(all) == 0 {
		return errors.New("no day has working hours")
	}
	for i, s := range all {
		next := all[(i+1)%len(all)]
		if i == len(all)-1 {
			next.from += 7 * dayMinutes // next Sunday
		}
		if s.to > next.from {
			return fmt.Errorf("the hours of %s run into those behind them", time.Weekday(s.from/dayMinutes))
		}
	}
	return nil
}

// Differs says in what a calendar is another one, days off aside; "" when in
// nothing.
func (c *Calendar) Differs(other *Calendar) string {
	switch {
	case c.ID != other.ID:
		return "id"
	case c.Timezone != other.Timezone:
		return "time zone"
	case !slices.EqualFunc(c.Hours[:], other.Hours[:], slices.Equal):
		return "hours"
	case c.BusinessDay != other.BusinessDay:
		return "business day"
	case c.ValidUntil != other.ValidUntil:
		return "valid_until"
	default:
		return ""
	}
}

// SameDaysOff reports whether two calendars have the same days off. Those of a
// country come from a list that is corrected from time to time, so one document
// can mean others in another version of msp.
func (c *Calendar) SameDaysOff(other *Calendar) bool { return slices.Equal(c.DaysOff, other.DaysOff) }

// Working reports whether work is begun on a day, given as midnight UTC.
func (c *Calendar) Working(day time.Time) bool {
	return c == nil || len(c.Hours[day.Weekday()]) > 0 && !c.off(day)
}

// off reports whether a day is one of the days off.
func (c *Calendar) off(day time.Time) bool {
	var text [len(time.DateOnly)]byte
	date := day.AppendFormat(text[:0], time.DateOnly)
	_, found := slices.BinarySearchFunc(c.DaysOff, date, func(o DayOff, date []byte) int { return cmp.Compare(o.Date, string(date)) })
	return found
}

// Open reports whether an instant lies in working time.
func (c *Calendar) Open(t time.Time) bool {
	next, ok := c.NextOpen(t)
	return ok && next.Equal(t)
}

// NextOpen is the first instant of working time at an instant or after it; the
// instant itself when it is open. It is false where the calendar never opens
// again.
func (c *Calendar) NextOpen(t time.Time) (time.Time, bool) {
	if c == nil {
		return t, true
	}
	for open := range c.open(t, t.Add(longestClosed)) {
		return open.from, true
	}
	return time.Time{}, false
}

// longestClosed is how far an open instant is looked for. A calendar with a
// longer row of days off is taken for closed.
const longestClosed = 5 * 366 * 24 * time.Hour

// Add is the earliest instant at or after from up to which a span of working
// time has passed: an instant at which work ends rather than the next one at
// which it begins. No span, or a negative one, has passed at once. It is false
// when that never happens: within the hundred years that are looked at.
func (c *Calendar) Add(from time.Time, span time.Duration) (time.Time, bool) {
	if c == nil || span <= 0 {
		return from.Add(max(span, 0)), true
	}
	for open := range c.open(from, from.Add(horizon*time.Second)) {
		if length := open.to.Sub(open.from); length < span {
			span -= length
			continue
		}
		return open.from.Add(span), true
	}
	return time.Time{}, false
}

// Between is the working time in [a, b); none when b isn't later. No more than
// 292 years, which is what a time.Duration holds, are looked at.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	length := max(b.Sub(a), 0)
	if c == nil {
		return length
	}
	var total time.Duration
	for open := range c.open(a, a.Add(length)) {
		total += open.to.Sub(open.from)
	}
	return total
}

// Span is a length of time in this calendar's working time. Plain time counts
// in it too, where it is said in hours and less: "2d" of working time would be
// 48 hours to a computer and two days to a person, so it is an error.
func (c *Calendar) Span(d runbook.Duration) (time.Duration, error) {
	switch {
	case c == nil && d.Unit != "":
		return 0, fmt.Errorf("%s: %w", d, runbook.ErrBusinessTime)
	case c == nil, d.Unit == runbook.BusinessHours:
		return d.Span, nil
	case d.Unit == runbook.BusinessDays && c.BusinessDay <= 0:
		return 0, fmt.Errorf("%s: the calendar %s doesn't say how long a business day is", d, c.ID)
	case d.Unit == runbook.BusinessDays && int64(d.Days) > math.MaxInt64/int64(c.BusinessDay):
		return 0, fmt.Errorf("%s: that is too long", d)
	case d.Unit == runbook.BusinessDays:
		return time.Duration(d.Days) * c.BusinessDay.Span(), nil
	case d.HasDays():
		return 0, fmt.Errorf("%s: in the calendar %s, write business days, or hours", d, c.ID)
	default:
		return d.Span, nil
	}
}
