package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook"
)

// cronRule is the rule of a schedule that says nothing but a cron line and a zone.
func cronRule(line, zone string) (Rule, error) {
	return ruleOf(&runbook.Schedule{Cron: line, Timezone: zone}, nil)
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func rule(t testing.TB, line, zone string) Rule {
	t.Helper()
	r, err := cronRule(line, zone)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDaylightSaving holds each promise about the clock's changes by name.
func TestDaylightSaving(t *testing.T) {
	tests := []struct {
		name, line, zone string
		from, to         string
		want             []string
	}{
		{"daily 01:30 London happens once on the day that skips it", "30 1 * * *", "Europe/London", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", []string{
			"2026-03-29T01:30:00+00:00[Europe/London] due 2026-03-29T01:00:00Z",
			"2026-03-30T01:30:00+01:00[Europe/London] due 2026-03-30T00:30:00Z",
		}},
		{"daily 01:30 London happens once on the day that repeats it, on the first pass", "30 1 * * *", "Europe/London", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", []string{
			"2026-10-25T01:30:00+01:00[Europe/London] due 2026-10-25T00:30:00Z",
			"2026-10-26T01:30:00+00:00[Europe/London] due 2026-10-26T01:30:00Z",
		}},
		{"hourly follows real hours over a gap", "0 * * * *", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T02:30:00Z", []string{
			"2026-03-29T00:00:00+00:00[Europe/London] due 2026-03-29T00:00:00Z",
			"2026-03-29T02:00:00+01:00[Europe/London] due 2026-03-29T01:00:00Z",
			"2026-03-29T03:00:00+01:00[Europe/London] due 2026-03-29T02:00:00Z",
		}},
		{"hourly follows real hours over an overlap", "0 * * * *", "Europe/London", "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z", []string{
			"2026-10-25T01:00:00+01:00[Europe/London] due 2026-10-25T00:00:00Z",
			"2026-10-25T01:00:00+00:00[Europe/London] due 2026-10-25T01:00:00Z",
			"2026-10-25T02:00:00+00:00[Europe/London] due 2026-10-25T02:00:00Z",
		}},
		{"half an hour skipped on Lord Howe", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-04T18:00:00Z", []string{
			"2026-10-04T02:15:00+10:30[Australia/Lord_Howe] due 2026-10-03T15:30:00Z",
			"2026-10-05T02:15:00+11:00[Australia/Lord_Howe] due 2026-10-04T15:15:00Z",
		}},
		{"half an hour repeated on Lord Howe", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", "2026-04-05T18:00:00Z", []string{
			"2026-04-05T01:45:00+11:00[Australia/Lord_Howe] due 2026-04-04T14:45:00Z",
			"2026-04-06T01:45:00+10:30[Australia/Lord_Howe] due 2026-04-05T15:15:00Z",
		}},
		{"hourly over half an hour repeated", "45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z", []string{
			"2026-04-05T01:45:00+11:00[Australia/Lord_Howe] due 2026-04-04T14:45:00Z",
			"2026-04-05T01:45:00+10:30[Australia/Lord_Howe] due 2026-04-04T15:15:00Z",
			"2026-04-05T02:45:00+10:30[Australia/Lord_Howe] due 2026-04-04T16:15:00Z",
		}},
		{"monthly on the 31st skips short months", "0 7 31 * *", "Europe/London", "2026-01-01T00:00:00Z", "2026-09-01T00:00:00Z", []string{
			"2026-01-31T07:00:00+00:00[Europe/London] due 2026-01-31T07:00:00Z",
			"2026-03-31T07:00:00+01:00[Europe/London] due 2026-03-31T06:00:00Z",
			"2026-05-31T07:00:00+01:00[Europe/London] due 2026-05-31T06:00:00Z",
			"2026-07-31T07:00:00+01:00[Europe/London] due 2026-07-31T06:00:00Z",
			"2026-08-31T07:00:00+01:00[Europe/London] due 2026-08-31T06:00:00Z",
		}},
		{"Samoa skips a day: the next one's first instant is due", "0 9 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2011-12-31T12:00:00Z", []string{
			"2011-12-29T09:00:00-10:00[Pacific/Apia] due 2011-12-29T19:00:00Z",
			"2011-12-30T09:00:00-10:00[Pacific/Apia] due 2011-12-30T10:00:00Z",
			"2011-12-31T09:00:00+14:00[Pacific/Apia] due 2011-12-30T19:00:00Z",
		}},
		{"slots that a gap brings together are one, named by the first", "*/10 1 * * *", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-30T00:15:00Z", []string{
			"2026-03-29T01:00:00+00:00[Europe/London] due 2026-03-29T01:00:00Z",
			"2026-03-30T01:00:00+01:00[Europe/London] due 2026-03-30T00:00:00Z",
			"2026-03-30T01:10:00+01:00[Europe/London] due 2026-03-30T00:10:00Z",
		}},
		{"so is a slot that stands at the gap's end", "0 1,2,3 * * *", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", []string{
			"2026-03-29T01:00:00+00:00[Europe/London] due 2026-03-29T01:00:00Z",
			"2026-03-29T03:00:00+01:00[Europe/London] due 2026-03-29T02:00:00Z",
		}},
		{"midnight that doesn't exist", "0 0 * * *", "America/Sao_Paulo", "2017-10-14T12:00:00Z", "2017-10-16T12:00:00Z", []string{
			"2017-10-15T00:00:00-03:00[America/Sao_Paulo] due 2017-10-15T03:00:00Z",
			"2017-10-16T00:00:00-02:00[America/Sao_Paulo] due 2017-10-16T02:00:00Z",
		}},
		{"Ramadan in Casablanca", "30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00:00Z", "2026-03-23T12:00:00Z", []string{
			"2026-03-22T02:30:00+00:00[Africa/Casablanca] due 2026-03-22T02:00:00Z",
			"2026-03-23T02:30:00+01:00[Africa/Casablanca] due 2026-03-23T01:30:00Z",
		}},
		{"either the 13th or a Friday", "0 9 13 * 5", "UTC", "2026-02-01T00:00:00Z", "2026-02-21T00:00:00Z", []string{
			"2026-02-06T09:00:00+00:00[UTC] due 2026-02-06T09:00:00Z",
			"2026-02-13T09:00:00+00:00[UTC] due 2026-02-13T09:00:00Z",
			"2026-02-20T09:00:00+00:00[UTC] due 2026-02-20T09:00:00Z",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := between(rule(t, tt.line, tt.zone), instant(t, tt.from), instant(t, tt.to))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRare(t *testing.T) {
	tests := []struct{ line, zone, after, want string }{
		{"0 0 29 2 *", "UTC", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"},
		{"0 0 29 2 */7", "UTC", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z"}, // on a Sunday
		{"0 */6 29 2 *", "Europe/London", "2028-03-01T00:00:00Z", "2032-02-29T00:00:00Z"},
		{"59 23 31 12 *", "Pacific/Kiritimati", "2028-12-31T12:00:00Z", "2029-12-31T09:59:00Z"},
	}
	for _, tt := range tests {
		slot, ok := rule(t, tt.line, tt.zone).Next(instant(t, tt.after))
		if !ok || !slot.Due.Equal(instant(t, tt.want)) {
			t.Errorf("%s after %s: %v, want %s", tt.line, tt.after, slot, tt.want)
		}
	}
}

// TestLongestWait backs the horizon: no leap day on one weekday is more than 40
// years away.
func TestLongestWait(t *testing.T) {
	r := rule(t, "0 0 29 2 */7", "UTC")
	longest, last := 0, 0
	for slot := range r.Between(instant(t, "1800-01-01T00:00:00Z"), instant(t, "2700-01-01T00:00:00Z")) {
		if last > 0 {
			longest = max(longest, slot.Due.Year()-last)
		}
		last = slot.Due.Year()
	}
	if longest != 40 {
		t.Errorf("%d years", longest)
	}
}

// TestEdges: sequences end where years have no four digits, and don't hang.
func TestEdges(t *testing.T) {
	for _, line := range []string{"0 0 * * *", "0 * * * *", "0 0 29 2 *", "0 * 29 2 *"} {
		for _, zone := range []string{"UTC", "Europe/London", "Pacific/Kiritimati", "America/New_York"} {
			r := rule(t, line, zone)
			end := time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC)
			if slot, ok := r.Next(end.AddDate(0, 0, 2)); ok {
				t.Errorf("%s: next after the end: %v", r, slot)
			}
			if slot, ok := r.Previous(end.AddDate(500, 0, 0)); ok && slot.Due.Year() < 9990 {
				t.Errorf("%s: previous from far away: %v", r, slot)
			}
			if slot, ok := r.Previous(end); !ok || slot.Due.Year() < 9990 {
				t.Errorf("%s: previous of the end: %v", r, slot)
			}
			if slot, ok := r.Next(time.Time{}.AddDate(-10, 0, 0)); !ok || slot.Due.Year() > 9 {
				t.Errorf("%s: first: %v, %v", r, slot, ok)
			}
			if slot, ok := r.Previous(time.Time{}.AddDate(-10, 0, 0)); ok {
				t.Errorf("%s: previous of the beginning: %v", r, slot)
			}
		}
	}
	if slot, ok := (Rule{}).Next(time.Time{}); ok {
		t.Errorf("no rule: %v", slot)
	}
}

// TestLastDayOfLeapYear: Go's bounds of a zone end a day early there, behind the
// zone's table.
func TestLastDayOfLeapYear(t *testing.T) {
	for _, zone := range []string{"Europe/London", "Australia/Lord_Howe", "America/New_York"} {
		for _, line := range []string{"0 12 * * *", "0 */12 * * *"} {
			r := rule(t, line, zone)
			got := slices.Collect(r.Between(instant(t, "2040-12-30T12:00:00Z"), instant(t, "2041-01-02T12:00:00Z")))
			if len(got) != 3*len(between(r, instant(t, "2040-07-01T12:00:00Z"), instant(t, "2040-07-02T12:00:00Z"))) {
				t.Errorf("%s: %v", r, got)
			}
		}
	}
}

func TestZones(t *testing.T) {
	for _, zone := range []string{"", "Local", "Europe/Londn", "../etc/passwd", "+01:00"} {
		if _, err := cronRule("0 7 * * *", zone); err == nil {
			t.Errorf("%q is taken for a zone", zone)
		}
	}
}

// drawRule is a cron line as it is, or any schedule: cron or rrule, shifted, by
// a calendar.
func drawRule(t *rapid.T) Rule {
	s := &runbook.Schedule{
		Cron: rapid.SampledFrom(oracleLines).Draw(t, "line"), Timezone: rapid.SampledFrom(oracleZones).Draw(t, "zone"),
		EffectiveFrom: date(2026, 3, 2),
	}
	if rapid.Bool().Draw(t, "plain") {
		r, err := cronRule(s.Cron, s.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	var calendar *Calendar
	if rapid.Bool().Draw(t, "calendar") {
		s.Calendar, s.OnHoliday = "test", rapid.SampledFrom([]string{"", "next_working_day", "run"}).Draw(t, "on holiday")
		calendar = office("2026-03-27", "2026-03-30", "2026-03-31", "2026-10-26", "2026-11-02", "2026-12-25")
	}
	if rapid.Bool().Draw(t, "rrule") {
		s.Cron, s.RRule = "", rapid.SampledFrom(testRRules).Draw(t, "rule")
	}
	if shift := rapid.SampledFrom(testShifts).Draw(t, "shift"); shift != "" && (calendar != nil || !strings.Contains(shift, "business")) {
		var err error
		if s.Shift, err = runbook.ParseWorkingTime(shift); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ruleOf(s, calendar)
	if err != nil {
		t.Skip(err)
	}
	return r
}

var (
	testRRules = []string{
		"FREQ=DAILY;BYHOUR=1;BYMINUTE=30", "FREQ=DAILY;BYHOUR=1,2;BYMINUTE=0,30", "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=2", "FREQ=MONTHLY;BYMONTHDAY=-1",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;BYHOUR=23;BYMINUTE=59", "FREQ=DAILY;INTERVAL=3;BYHOUR=2;BYMINUTE=15", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=17",
	}
	testShifts = []string{"", "1d", "90m", "3h", "23h59m", "1w1d", "1 business day", "3 business days"}
)

// drawInstant prefers the hours around a change of some clock, and whole
// minutes.
func drawInstant(t *rapid.T, label string) time.Time {
	base := rapid.SampledFrom([]time.Time{
		time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC),
		time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC),
		time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC), time.Date(2026, 10, 3, 15, 30, 0, 0, time.UTC),
		time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC), time.Date(2028, 12, 31, 0, 0, 0, 0, time.UTC),
		time.Date(2060, 12, 31, 0, 0, 0, 0, time.UTC),
	}).Draw(t, label)
	minutes := rapid.Int64Range(-4*24*60, 4*24*60).Draw(t, label+" minutes")
	rest := rapid.SampledFrom([]time.Duration{0, 0, 1, 30 * time.Second, time.Minute - 1}).Draw(t, label+" rest")
	return base.Add(time.Duration(minutes)*time.Minute + rest)
}

// TestNextAndPreviousAreInverse: from every slot, forth and back is the slot,
// and nothing lies between.
func TestNextAndPreviousAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, at := drawRule(t), drawInstant(t, "at")
		next, ok := r.Next(at)
		before, too := r.Previous(next.Due)
		if !ok || !too || !next.Due.After(at) || before.Due.After(at) {
			t.Fatalf("%s at %s: next %v, previous of it %v", r, at, next, before)
		}
		if again, _ := r.Next(before.Due); again != next {
			t.Fatalf("%s: next of %v is %v, not %v", r, before, again, next)
		}
		if back, _ := r.Previous(next.Due.Add(1)); back != next {
			t.Fatalf("%s: previous of just behind %v is %v", r, next, back)
		}
		if strict, _ := r.Next(next.Due); !strict.Due.After(next.Due) || strict.Nominal == next.Nominal {
			t.Fatalf("%s: next of %v is %v", r, next, strict)
		}
	})
}

// TestBetweenJoins: [a,b) and [b,c) are [a,c).
func TestBetweenJoins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, a := drawRule(t), drawInstant(t, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(40*time.Hour)).Draw(t, "b")))
		if rapid.Bool().Draw(t, "b is due") {
			slot, _ := r.Next(b)
			b = slot.Due
		}
		c := b.Add(time.Duration(rapid.Int64Range(0, int64(40*time.Hour)).Draw(t, "c")))
		whole := slices.Collect(r.Between(a, c))
		parts := slices.AppendSeq(slices.Collect(r.Between(a, b)), r.Between(b, c))
		if !slices.Equal(whole, parts) {
			t.Fatalf("%s: %v\nin parts %v", r, whole, parts)
		}
		for i, slot := range whole {
			if slot.Due.Before(a) || !slot.Due.Before(c) || i > 0 && !slot.Due.After(whole[i-1].Due) {
				t.Fatalf("%s from %s to %s: %v", r, a, c, whole)
			}
		}
	})
}

// TestPreviousFromTheBack walks back what Between walks forth.
func TestPreviousFromTheBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, a := drawRule(t), drawInstant(t, "a")
		b := a.Add(36 * time.Hour)
		var back []Slot
		for slot, ok := r.Previous(b); ok && !slot.Due.Before(a); slot, ok = r.Previous(slot.Due) {
			back = append(back, slot)
		}
		slices.Reverse(back)
		if forth := slices.Collect(r.Between(a, b)); !slices.Equal(forth, back) {
			t.Fatalf("%s: forth %v\nback %v", r, forth, back)
		}
	})
}

// TestNextAndPreviousAtChanges asks from everywhere around the changes of every
// zone's clock, and compares with what the oracle has confirmed as a whole.
func TestNextAndPreviousAtChanges(t *testing.T) {
	for i, zone := range oracleZones {
		for j, line := range oracleLines {
			if testing.Short() && (i+j)%4 != 0 {
				continue
			}
			r := rule(t, line, zone)
			changes := []time.Time{time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			for s := r.zone.stretch(changes[1].Unix()); s.end < changes[1].AddDate(1, 0, 0).Unix(); s = r.zone.stretch(s.end) {
				changes = append(changes, time.Unix(s.end, 0).UTC())
			}
			for _, change := range changes {
				from, to := change.Add(-60*time.Hour), change.Add(60*time.Hour)
				all := slices.Collect(r.Between(from, to))
				for at := change.Add(-26 * time.Hour); at.Before(change.Add(26 * time.Hour)); at = at.Add(25 * time.Minute) {
					checkAround(t, r, all, at, from, to)
				}
			}
		}
	}
}

// checkAround compares Next and Previous of an instant with all slots of a time
// that holds it.
func checkAround(t *testing.T, r Rule, all []Slot, at, from, to time.Time) {
	t.Helper()
	later := slices.IndexFunc(all, func(s Slot) bool { return s.Due.After(at) })
	next, _ := r.Next(at)
	if later < 0 && next.Due.Before(to) || later >= 0 && next != all[later] {
		t.Fatalf("%s: next of %s is %v", r, at, next)
	}
	earlier := slices.IndexFunc(all, func(s Slot) bool { return !s.Due.Before(at) })
	if earlier < 0 {
		earlier = len(all)
	}
	previous, _ := r.Previous(at)
	if earlier == 0 && !previous.Due.Before(from) || earlier > 0 && previous != all[earlier-1] {
		t.Fatalf("%s: previous of %s is %v", r, at, previous)
	}
}
