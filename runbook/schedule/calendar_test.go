package schedule

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook"
)

// office is 09:00-17:00 from Monday to Friday in London.
func office(daysOff ...string) *Calendar {
	return calendarOf("Europe/London", []string{"", "09:00-17:00", "09:00-17:00", "09:00-17:00", "09:00-17:00", "09:00-17:00", ""}, daysOff...)
}

// calendarOf takes the hours of each weekday, from Sunday on, apart by spaces.
func calendarOf(zone string, week []string, daysOff ...string) *Calendar {
	c := &Calendar{ID: "test", Timezone: zone, ValidUntil: "2030-12-31", BusinessDay: runbook.Nanoseconds(8 * time.Hour)}
	for weekday, text := range week {
		for _, stretch := range strings.Fields(text) {
			h, err := ParseHours(stretch)
			if err != nil {
				panic(err)
			}
			c.Hours[weekday] = append(c.Hours[weekday], h)
		}
	}
	for _, date := range daysOff {
		c.DaysOff = append(c.DaysOff, DayOff{Date: date})
	}
	return c
}

// local is an instant by a zone's clock, 2026-07-10 16:00.
func local(t testing.TB, zone, text string) time.Time {
	t.Helper()
	z, err := loadZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, z.Location)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestKnownAnswers are figures that another program computed.
func TestKnownAnswers(t *testing.T) {
	uk := office("2026-12-25", "2026-12-28")
	tests := []struct {
		name     string
		calendar *Calendar
		from     time.Time
		span     time.Duration
		want     string
	}{
		{"over a weekend", uk, local(t, "Europe/London", "2026-07-10 16:00"), 4 * time.Hour, "Mon 2026-07-13 12:00 BST"},
		{"over Christmas", uk, local(t, "Europe/London", "2026-12-24 15:00"), 8 * time.Hour, "Tue 2026-12-29 15:00 GMT"},
		{"from a Saturday", uk, local(t, "Europe/London", "2026-07-11 10:00"), time.Hour, "Mon 2026-07-13 10:00 BST"},
		{"half of eight hours", uk, local(t, "Europe/London", "2026-07-10 14:00"), 4 * time.Hour, "Mon 2026-07-13 10:00 BST"},
		{"three quarters of them", uk, local(t, "Europe/London", "2026-07-10 14:00"), 6 * time.Hour, "Mon 2026-07-13 12:00 BST"},
		{"all of them", uk, local(t, "Europe/London", "2026-07-10 14:00"), 8 * time.Hour, "Mon 2026-07-13 14:00 BST"},
		{"a day's end is not the next day's beginning", uk, local(t, "Europe/London", "2026-07-10 16:00"), time.Hour, "Fri 2026-07-10 17:00 BST"},
		{"24x7 over the change in London", nil, instant(t, "2026-03-29T00:30:00Z"), 4 * time.Hour, "Sun 2026-03-29 05:30 BST"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			end, ok := tt.calendar.Add(tt.from, tt.span)
			zone, _ := loadZone("Europe/London")
			if got := end.In(zone.Location).Format("Mon 2006-01-02 15:04 MST"); !ok || got != tt.want {
				t.Errorf("%s, %v; want %s", got, ok, tt.want)
			}
			if got := tt.calendar.Between(tt.from, end); got != tt.span {
				t.Errorf("%s lie between, want %s", got, tt.span)
			}
		})
	}
	newYork, _ := loadZone("America/New_York")
	end, _ := (*Calendar)(nil).Add(instant(t, "2026-11-01T00:30:00-04:00"), 4*time.Hour)
	if got := end.In(newYork.Location).Format("15:04 MST"); got != "03:30 EST" {
		t.Errorf("24x7 in New York: %s", got)
	}
}

// TestNightShift: the night in which the clock is set has an hour more or less.
func TestNightShift(t *testing.T) {
	const night = "22:00-06:00"
	c := calendarOf("Europe/Berlin", []string{night, night, night, night, night, night, night})
	tests := []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-10-24 12:00", "2026-10-25 12:00", 9 * time.Hour},
		{"2026-03-28 12:00", "2026-03-29 12:00", 7 * time.Hour},
		{"2026-07-01 12:00", "2026-07-02 12:00", 8 * time.Hour},
	}
	for _, tt := range tests {
		if got := c.Between(local(t, "Europe/Berlin", tt.from), local(t, "Europe/Berlin", tt.to)); got != tt.want {
			t.Errorf("from %s to %s: %s, want %s", tt.from, tt.to, got, tt.want)
		}
	}
}

// walked are the first instants at which a zone's clock shows each minute or
// later, found by walking.
type walked struct {
	calendar *Calendar
	zone     zone
	high     time.Time // the latest reading so far, as if it were UTC
}

// open reports whether the minute that begins now is working time, and must be
// asked of each minute in turn. It knows no intervals: it reads the clock.
func (w *walked) open(now time.Time) bool {
	l := now.In(w.zone.Location)
	wall := time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
	if wall.After(w.high) {
		w.high = wall
	}
	for back := range 2 { // the day itself, and the night before
		day := w.high.Truncate(24*time.Hour).AddDate(0, 0, -back)
		minute := int(w.high.Sub(day) / time.Minute)
		if !w.works(day) {
			continue
		}
		for _, h := range w.calendar.Hours[day.Weekday()] {
			if h.From <= minute && minute < h.To {
				return true
			}
		}
	}
	return false
}

func (w *walked) works(day time.Time) bool {
	for _, off := range w.calendar.DaysOff {
		if off.Date == day.Format("2006-01-02") {
			return false
		}
	}
	return true
}

var testWeeks = [][]string{
	{"", "09:00-17:00", "09:00-17:00", "09:00-17:00", "09:00-17:00", "09:00-17:00", ""},
	{"22:00-06:00", "22:00-06:00", "22:00-06:00", "22:00-06:00", "22:00-06:00", "22:00-06:00", "22:00-06:00"},
	{"", "08:00-12:00 13:00-17:30", "08:00-12:00 13:00-17:30", "", "08:00-12:00 13:00-17:30", "20:00-04:00", "10:00-10:01"},
	{"00:00-24:00", "00:00-24:00", "00:00-24:00", "00:00-24:00", "00:00-24:00", "00:00-24:00", "00:00-24:00"},
	{"01:15-01:45 02:10-02:20 23:00-01:00", "", "", "", "", "", "23:30-00:30"},
}

// drawCalendar is a week in a zone, with days off near at.
func drawCalendar(t *rapid.T, at time.Time) *Calendar {
	var off []string
	for i := range 8 {
		if rapid.IntRange(0, 3).Draw(t, "off") == 0 {
			off = append(off, at.AddDate(0, 0, i-2).Format("2006-01-02"))
		}
	}
	zone := rapid.SampledFrom(oracleZones).Draw(t, "zone")
	return calendarOf(zone, rapid.SampledFrom(testWeeks).Draw(t, "week"), off...)
}

// TestWorkingTimeAgainstMinutes compares Between, Open, NextOpen and Add with a
// walk over every minute.
func TestWorkingTimeAgainstMinutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := drawInstant(t, "from").Truncate(time.Minute)
		c := drawCalendar(t, from)
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		z, err := loadZone(c.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		w := &walked{calendar: c, zone: z}
		for at := from.Add(-72 * time.Hour); at.Before(from); at = at.Add(time.Minute) {
			w.open(at) // what the clock has shown before
		}
		to := from.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "minutes")) * time.Minute)
		var total time.Duration
		var first time.Time
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			open := w.open(at)
			if open {
				if total += time.Minute; first.IsZero() {
					first = at
				}
				if end, ok := c.Add(from, total); !ok || !end.Equal(at.Add(time.Minute)) {
					t.Fatalf("%s of working time after %s: %s, %v; by the minute %s", total, from, end, ok, at.Add(time.Minute))
				}
			}
			if got := c.Open(at); got != open {
				t.Fatalf("open at %s: %v, by the minute %v", at.In(z.Location), got, open)
			}
		}
		if got := c.Between(from, to); got != total {
			t.Fatalf("between %s and %s: %s, by the minute %s", from.In(z.Location), to.In(z.Location), got, total)
		}
		if next, ok := c.NextOpen(from); !first.IsZero() && (!ok || !next.Equal(first)) {
			t.Fatalf("next open after %s: %s, %v; by the minute %s", from, next, ok, first)
		}
	})
}

// TestWorkingTimeAdds: stretches join, and Add and Between are each other's
// inverse, to the nanosecond and over years.
func TestWorkingTimeAdds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawInstant(t, "a")
		c := drawCalendar(t, a)
		if rapid.IntRange(0, 9).Draw(t, "24x7") == 0 {
			c = nil
		}
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "b")))
		d := b.Add(time.Duration(rapid.Int64Range(0, int64(40*24*time.Hour)).Draw(t, "d")))
		if c.Between(a, d) != c.Between(a, b)+c.Between(b, d) {
			t.Fatalf("%s and %s are not %s", c.Between(a, b), c.Between(b, d), c.Between(a, d))
		}
		span := time.Duration(rapid.Int64Range(1, int64(500*time.Hour)).Draw(t, "span"))
		end, ok := c.Add(a, span)
		if !ok || c.Between(a, end) != span || !c.Open(end.Add(-1)) {
			t.Fatalf("%s after %s: %s, %v, with %s between", span, a, end, ok, c.Between(a, end))
		}
	})
}

func TestSpan(t *testing.T) {
	short := office()
	short.BusinessDay = runbook.Nanoseconds(7*time.Hour + 30*time.Minute)
	without := office()
	without.BusinessDay = 0
	tests := []struct {
		calendar *Calendar
		text     string
		want     time.Duration
		says     string
	}{
		{nil, "2d", 48 * time.Hour, ""},
		{nil, "4 business hours", 0, "4 business hours: business hours and days need a calendar"},
		{nil, "1 business day", 0, "need a calendar"},
		{short, "4 business hours", 4 * time.Hour, ""},
		{short, "90m", 90 * time.Minute, ""},
		{short, "2 business days", 15 * time.Hour, ""},
		{short, "1 business day", 7*time.Hour + 30*time.Minute, ""},
		{short, "2147483647 business days", 0, "too long"},
		{short, "2d", 0, "2d: in the calendar test, write business days, or hours"},
		{short, "1w", 0, "write business days"},
		{without, "2 business days", 0, "the calendar test doesn't say how long a business day is"},
	}
	for _, tt := range tests {
		d, err := runbook.ParseWorkingTime(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tt.calendar.Span(d)
		if got != tt.want || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %s, %v; want %s %q", tt.text, got, err, tt.want, tt.says)
		}
	}
}

func TestCalendarThatNeverOpensAgain(t *testing.T) {
	c := office()
	for day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2130; day = day.AddDate(0, 0, 1) {
		c.DaysOff = append(c.DaysOff, DayOff{Date: day.Format(time.DateOnly)})
	}
	at := instant(t, "2026-01-05T12:00:00Z")
	if next, ok := c.NextOpen(at); ok {
		t.Errorf("it opens at %s", next)
	}
	if end, ok := c.Add(at, time.Hour); ok {
		t.Errorf("an hour has passed at %s", end)
	}
	if got := c.Between(at, at.AddDate(90, 0, 0)); got != 0 {
		t.Errorf("%s of work", got)
	}
}

func BenchmarkWorkingYear(b *testing.B) {
	c, from := office("2026-12-25", "2026-12-28"), instant(b, "2026-01-01T00:00:00Z")
	for b.Loop() {
		c.Between(from, from.AddDate(1, 0, 0))
	}
}
