package agreement_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// office works Monday to Friday from nine to five in London, and not on two
// days at Christmas.
func office() *schedule.Calendar {
	c := &schedule.Calendar{
		ID: "uk-office", Timezone: "Europe/London", BusinessDay: 8 * 3600e9, ValidUntil: "2027-12-31",
		DaysOff: []schedule.DayOff{{Date: "2026-12-25", Name: "Christmas Day"}, {Date: "2026-12-28", Name: "Boxing Day (substitute)"}},
	}
	for day := time.Monday; day <= time.Friday; day++ {
		c.Hours[day] = []schedule.Hours{{From: 9 * 60, To: 17 * 60}}
	}
	return c
}

// wall is an instant on the clock of a zone.
func wall(t testing.TB, text, zone string) time.Time {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, location)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

const london, newYork = "Europe/London", "America/New_York"

// TestKnownAnswers holds every known answer about one clock.
func TestKnownAnswers(t *testing.T) {
	type held [2]string
	for name, test := range map[string]struct {
		calendar *schedule.Calendar
		zone     string
		start    string
		hours    int
		held     []held
		want     string
	}{
		"over a weekend":              {office(), london, "2026-07-10 16:00", 4, nil, "2026-07-13 12:00"},
		"over Christmas":              {office(), london, "2026-12-24 15:00", 8, nil, "2026-12-29 15:00"},
		"begun on a Saturday":         {office(), london, "2026-07-11 10:00", 1, nil, "2026-07-13 10:00"},
		"24x7 in spring":              {nil, london, "2026-03-29 00:30", 4, nil, "2026-03-29 05:30"},
		"24x7 in New York's autumn":   {nil, newYork, "2026-11-01 00:30", 4, nil, "2026-11-01 03:30"},
		"held overnight":              {office(), london, "2026-07-06 09:00", 8, []held{{"2026-07-06 11:00", "2026-07-07 10:00"}}, "2026-07-07 16:00"},
		"held in closed hours":        {office(), london, "2026-07-06 14:00", 8, []held{{"2026-07-06 18:00", "2026-07-07 08:00"}}, "2026-07-07 14:00"},
		"held twice at once":          {office(), london, "2026-07-06 09:00", 8, []held{{"2026-07-06 10:00", "2026-07-06 13:00"}, {"2026-07-06 12:00", "2026-07-06 14:00"}}, "2026-07-07 13:00"},
		"held twice, the later first": {office(), london, "2026-07-06 09:00", 8, []held{{"2026-07-06 12:00", "2026-07-06 14:00"}, {"2026-07-06 10:00", "2026-07-06 13:00"}}, "2026-07-07 13:00"},
		"held within a hold":          {office(), london, "2026-07-06 09:00", 8, []held{{"2026-07-06 10:00", "2026-07-06 14:00"}, {"2026-07-06 11:00", "2026-07-06 12:00"}}, "2026-07-07 13:00"},
		"held before it began":        {office(), london, "2026-07-06 09:00", 8, []held{{"2026-07-05 10:00", "2026-07-06 10:00"}}, "2026-07-07 10:00"},
		"held once it was over":       {office(), london, "2026-07-06 09:00", 4, []held{{"2026-07-06 13:00", ""}}, "2026-07-06 13:00"},
		"held, and released before":   {office(), london, "2026-07-06 09:00", 4, []held{{"2026-07-06 12:00", "2026-07-06 11:00"}}, "2026-07-06 13:00"},
	} {
		clock := agreement.Clock{Start: wall(t, test.start, test.zone), Calendar: test.calendar, Target: time.Duration(test.hours) * time.Hour}
		for _, h := range test.held {
			p := agreement.Pause{From: wall(t, h[0], test.zone)}
			if h[1] != "" {
				p.To = wall(t, h[1], test.zone)
			}
			clock.Pauses = append(clock.Pauses, p)
		}
		deadline, ok := clock.Deadline()
		want := wall(t, test.want, test.zone)
		if !ok || !deadline.Equal(want) {
			t.Errorf("%s: %s, %v", name, deadline.In(want.Location()), ok)
		}
		if elapsed := clock.Elapsed(want); elapsed != clock.Target || !clock.Met(want) {
			t.Errorf("%s: %s elapsed at the deadline", name, elapsed)
		}
	}
}

func TestElapsed(t *testing.T) {
	clock := agreement.Clock{Start: wall(t, "2026-07-06 09:00", london), Calendar: office(), Target: 8 * time.Hour, Pauses: []agreement.Pause{
		{From: wall(t, "2026-07-06 10:00", london), To: wall(t, "2026-07-06 13:00", london)},
		{From: wall(t, "2026-07-06 12:00", london), To: wall(t, "2026-07-06 14:00", london)},
	}}
	if elapsed := clock.Elapsed(wall(t, "2026-07-06 17:00", london)); elapsed != 4*time.Hour {
		t.Errorf("%s elapsed on Monday at five, with two holds over each other", elapsed)
	}
	if elapsed := clock.Elapsed(wall(t, "2026-07-05 17:00", london)); elapsed != 0 {
		t.Errorf("%s elapsed before the start", elapsed)
	}
}

func TestShares(t *testing.T) {
	clock := agreement.Clock{Start: wall(t, "2026-07-10 14:00", london), Calendar: office(), Target: 8 * time.Hour}
	for percent, want := range map[float64]string{0: "2026-07-10 14:00", 50: "2026-07-13 10:00", 75: "2026-07-13 12:00", 100: "2026-07-13 14:00", 150: "2026-07-14 10:00"} {
		if at, ok := clock.At(percent); !ok || !at.Equal(wall(t, want, london)) {
			t.Errorf("%v%%: %s, %v", percent, at, ok)
		}
	}
}

func TestBegin(t *testing.T) {
	for start, want := range map[string]string{"2026-07-11 10:00": "2026-07-13 09:00", "2026-07-13 09:00": "2026-07-13 09:00", "2026-07-13 12:34": "2026-07-13 12:34", "2026-07-13 17:00": "2026-07-14 09:00"} {
		if at, ok := (agreement.Clock{Start: wall(t, start, london), Calendar: office()}).Begin(); !ok || !at.Equal(wall(t, want, london)) {
			t.Errorf("%s begins at %s, %v", start, at, ok)
		}
	}
}

// TestMetExactly: elapsed <= target, to the nanosecond.
func TestMetExactly(t *testing.T) {
	clock := agreement.Clock{Start: wall(t, "2026-07-10 16:00", london), Calendar: office(), Target: 4 * time.Hour}
	deadline := wall(t, "2026-07-13 12:00", london)
	if !clock.Met(deadline) || clock.Met(deadline.Add(1)) || !clock.Met(deadline.Add(-1)) {
		t.Error("exactly the target is met, and a nanosecond more is not")
	}
	clock.Target = time.Hour // up at five on Friday: nothing elapses until Monday
	if last, ok := clock.LastMet(); !ok || !last.Equal(wall(t, "2026-07-13 09:00", london)) || !clock.Met(last) || clock.Met(last.Add(1)) {
		t.Errorf("met until %s, %v", last, ok)
	}
	clock.Pauses = []agreement.Pause{{From: wall(t, "2026-07-12 09:00", london), To: wall(t, "2026-07-13 11:00", london)}}
	if last, ok := clock.LastMet(); !ok || !last.Equal(wall(t, "2026-07-13 11:00", london)) {
		t.Errorf("met until %s, %v", last, ok)
	}
	clock.Pauses[0].To = wall(t, "2026-07-13 18:00", london)
	if last, ok := clock.LastMet(); !ok || !last.Equal(wall(t, "2026-07-14 09:00", london)) {
		t.Errorf("met until %s, %v: released when the office was closed", last, ok)
	}
	clock.Pauses[0].To = time.Time{}
	if last, ok := clock.LastMet(); ok {
		t.Errorf("met until %s, and a pause goes on", last)
	}
}

// TestOpenPause: while a pause goes on, the deadline isn't known, and nothing
// elapses.
func TestOpenPause(t *testing.T) {
	clock := agreement.Clock{Start: wall(t, "2026-07-06 09:00", london), Calendar: office(), Target: 8 * time.Hour, Pauses: []agreement.Pause{{From: wall(t, "2026-07-06 11:00", london)}}}
	if deadline, ok := clock.Deadline(); ok {
		t.Errorf("the deadline is %s", deadline)
	}
	if at, ok := clock.At(25); !ok || !at.Equal(wall(t, "2026-07-06 11:00", london)) {
		t.Errorf("a quarter was used at %s, %v", at, ok)
	}
	if elapsed := clock.Elapsed(wall(t, "2026-08-01 09:00", london)); elapsed != 2*time.Hour {
		t.Errorf("%s elapsed", elapsed)
	}
}

// TestNeverOpens: a calendar without hours gives no deadline, and nothing
// elapses.
func TestNeverOpens(t *testing.T) {
	clock := agreement.Clock{Start: wall(t, "2026-07-06 09:00", london), Calendar: &schedule.Calendar{ID: "never", Timezone: london}, Target: time.Hour}
	begin, begins := clock.Begin()
	deadline, ends := clock.Deadline()
	last, lasts := clock.LastMet()
	if begins || ends || lasts || clock.Elapsed(wall(t, "2027-07-06 09:00", london)) != 0 {
		t.Errorf("it begins at %s, ends at %s and lasts until %s", begin, deadline, last)
	}
}

// drawCalendar is 24x7, or a week with nights, in a zone that sets its clocks.
func drawCalendar(t *rapid.T) *schedule.Calendar {
	if rapid.IntRange(0, 4).Draw(t, "24x7") == 0 {
		return nil
	}
	c := &schedule.Calendar{
		ID: "drawn", ValidUntil: "2027-12-31",
		Timezone: rapid.SampledFrom([]string{london, newYork, "Australia/Lord_Howe", "Asia/Kolkata", "UTC"}).Draw(t, "zone"),
	}
	shapes := [][]schedule.Hours{nil, {{From: 540, To: 1020}}, {{From: 480, To: 720}, {From: 780, To: 1050}}, {{From: 1320, To: 1440 + 360}}, {{From: 360, To: 480}}}
	c.Hours[rapid.IntRange(0, 6).Draw(t, "surely")] = shapes[1]
	for day := range c.Hours {
		if c.Hours[day] == nil {
			c.Hours[day] = rapid.SampledFrom(shapes).Draw(t, fmt.Sprint("hours", day))
		}
	}
	for day := 20; day < 32; day++ {
		if rapid.IntRange(0, 3).Draw(t, "off") == 0 {
			c.DaysOff = append(c.DaysOff, schedule.DayOff{Date: fmt.Sprintf("2026-10-%02d", day), Name: "off"})
		}
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestClockByTheMinute compares a clock with a count of every minute: whether it
// is open, and whether any pause covers it.
func TestClockByTheMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom([]time.Time{
			time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC),
			time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC),
		}).Draw(t, "base")
		const minutes = 6 * 24 * 60
		at := func(name string) time.Time {
			return base.Add(time.Duration(rapid.IntRange(0, minutes/2).Draw(t, name)) * time.Minute)
		}
		clock := agreement.Clock{Start: at("start"), Calendar: drawCalendar(t), Target: time.Duration(rapid.IntRange(1, 2400).Draw(t, "target")) * time.Minute}
		for i := range rapid.IntRange(0, 4).Draw(t, "pauses") {
			p := agreement.Pause{From: at(fmt.Sprint("from", i)), To: at(fmt.Sprint("to", i))}
			if rapid.IntRange(0, 9).Draw(t, "open") == 0 {
				p.To = time.Time{}
			}
			clock.Pauses = append(clock.Pauses, p)
		}
		compareByTheMinute(t, clock, base, minutes)
	})
}

func compareByTheMinute(t *rapid.T, clock agreement.Clock, base time.Time, minutes int) {
	counts := func(minute time.Time) bool {
		for _, p := range clock.Pauses {
			if !minute.Before(p.From) && (p.To.IsZero() || minute.Before(p.To)) {
				return false
			}
		}
		return !minute.Before(clock.Start) && clock.Calendar.Open(minute)
	}
	probe := rapid.IntRange(0, minutes).Draw(t, "probe")
	var elapsed time.Duration
	var deadline, last *time.Time
	for i := range minutes {
		minute := base.Add(time.Duration(i) * time.Minute)
		if i == probe {
			if got := clock.Elapsed(minute); got != elapsed {
				t.Fatalf("at %s %s have elapsed, by the minute %s", minute, got, elapsed)
			}
		}
		if !counts(minute) {
			continue
		}
		if elapsed == clock.Target && last == nil {
			last = &minute // the next minute that counts
		}
		if elapsed += time.Minute; elapsed == clock.Target {
			end := minute.Add(time.Minute)
			deadline = &end
		}
	}
	found := func(at time.Time, ok bool) *time.Time {
		if !ok || at.After(base.Add(time.Duration(minutes)*time.Minute)) {
			return nil
		}
		return &at
	}
	if diff := cmp.Diff(deadline, found(clock.Deadline())); diff != "" {
		t.Fatalf("the deadline (-by the minute +got):\n%s", diff)
	}
	if got := found(clock.LastMet()); last != nil && (got == nil || !got.Equal(*last)) {
		t.Fatalf("met until %v, by the minute %s", got, last)
	}
}

// TestReopened: work that was closed and opened again is judged by its last end,
// and its clock went on all the time.
func TestReopened(t *testing.T) {
	terms := &agreement.Terms{Clock: "started", Calendar: "uk-office", Hours: office(), CompleteWithin: 8 * 3600e9}
	started := wall(t, "2026-07-10 14:00", london)
	if facts := terms.Judge(started, wall(t, "2026-07-10 16:00", london)); facts.Late() || facts.Elapsed.Span() != 2*time.Hour {
		t.Errorf("%+v", facts)
	}
	if facts := terms.Judge(started, wall(t, "2026-07-13 14:01", london)); !facts.Late() || facts.Elapsed.Span() != 8*time.Hour+time.Minute {
		t.Errorf("%+v", facts)
	}
}

// TestExpectedDays: how often a working-day runbook is expected in December, and
// when the day after Patch Tuesday is.
func TestExpectedDays(t *testing.T) {
	calendar := func(string) (*schedule.Calendar, error) { return office(), nil }
	due := func(s runbook.Schedule, month string) (days []string) {
		recurrence, err := schedule.Of(&s, nil, calendar)
		if err != nil {
			t.Fatal(err)
		}
		from := wall(t, month+"-01 00:00", london)
		for o := range recurrence.Planned("northwind", schedule.Item{Runbook: "x"}, from).Between(from, from.AddDate(0, 1, 0)) {
			days = append(days, o.Due.In(from.Location()).Format(time.DateOnly))
		}
		return days
	}
	if days := due(runbook.Schedule{Cron: "0 9 * * *", Timezone: london, Calendar: "uk-office"}, "2026-12"); len(days) != 21 {
		t.Errorf("in December: %v", days)
	}
	patch := runbook.Schedule{RRule: "FREQ=MONTHLY;BYDAY=2TU", Shift: length(t, "1d"), Timezone: london}
	if diff := cmp.Diff([]string{"2026-07-15"}, due(patch, "2026-07")); diff != "" {
		t.Errorf("the day after Patch Tuesday (-want +got):\n%s", diff)
	}
}
