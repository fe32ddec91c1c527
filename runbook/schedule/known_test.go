package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestKnownOccurrences are figures that another program computed, and the words
// of the specification.
func TestKnownOccurrences(t *testing.T) {
	const london = "timezone: Europe/London"
	tests := []struct {
		name, schedule string
		from, to       string // days
		want           []string
	}{
		{"the day after Patch Tuesday is not always the second Wednesday", `rrule: "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=9", shift: 1d, ` + london, "2026-06-01", "2026-08-01", []string{
			"2026-06-10T09:00:00+01:00", "2026-07-15T09:00:00+01:00",
		}},
		{"which is another day when the month begins on a Wednesday", `rrule: "FREQ=MONTHLY;BYDAY=2WE;BYHOUR=9", ` + london, "2026-07-01", "2026-08-01", []string{"2026-07-08T09:00:00+01:00"}},
		{"the last day of each month", `rrule: "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=7", ` + london, "2028-01-01", "2028-05-01", []string{
			"2028-01-31T07:00:00+00:00", "2028-02-29T07:00:00+00:00", "2028-03-31T07:00:00+01:00", "2028-04-30T07:00:00+01:00",
		}},
		{"01:30 that doesn't exist, once", `rrule: "FREQ=DAILY;BYHOUR=1;BYMINUTE=30", ` + london, "2026-03-29", "2026-03-30", []string{"2026-03-29T01:30:00+00:00"}},
		{"01:30 that exists twice, once", `rrule: "FREQ=DAILY;BYHOUR=1;BYMINUTE=30", ` + london, "2026-10-25", "2026-10-26", []string{"2026-10-25T01:30:00+01:00"}},
		{"days off are skipped", `cron: "0 7 24-29 12 *", calendar: uk, ` + london, "2026-12-01", "2027-01-01", []string{
			"2026-12-24T07:00:00+00:00", "2026-12-29T07:00:00+00:00",
		}},
		{"or moved to the next working day, where two are one", `cron: "0 7 25,28 12 *", calendar: uk, on_holiday: next_working_day, ` + london, "2026-12-01", "2027-01-01", []string{"2026-12-29T07:00:00+00:00"}},
		{"or done all the same", `cron: "0 7 25,26 12 *", calendar: uk, on_holiday: run, ` + london, "2026-12-01", "2027-01-01", []string{
			"2026-12-25T07:00:00+00:00", "2026-12-26T07:00:00+00:00",
		}},
		{"business days are counted from any day", `cron: "0 7 23,26 12 *", shift: 2 business days, calendar: uk, ` + london, "2026-12-01", "2027-01-01", []string{
			"2026-12-29T07:00:00+00:00", "2026-12-30T07:00:00+00:00",
		}},
		{"hours shift over midnight, and the calendar is asked about the day on which it is done", `cron: "0 23 10 7 *", shift: 3h, calendar: uk, on_holiday: next_working_day, ` + london, "2026-07-01", "2026-08-01", []string{"2026-07-13T02:00:00+01:00"}},
		{"a shift into a gap", `cron: "0 22 28 3 *", shift: 3h30m, ` + london, "2026-03-28", "2026-03-30", []string{"2026-03-29T01:30:00+00:00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := recurrence(t, "schedule: {"+tt.schedule+"}")
			var got []string
			for slot := range r.Rule.Between(local(t, "Europe/London", tt.from+" 00:00"), local(t, "Europe/London", tt.to+" 00:00")) {
				nominal, _ := strings.CutSuffix(slot.Nominal, "[Europe/London]")
				got = append(got, nominal)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestWorkingDaysOfDecember: 23 weekdays, of which Christmas takes two.
func TestWorkingDaysOfDecember(t *testing.T) {
	r := recurrence(t, `schedule: {cron: "0 7 * * *", calendar: uk, timezone: Europe/London}`)
	p := r.Planned("northwind", Item{Runbook: "backup-verify"}, time.Time{})
	if got := len(slices.Collect(p.Between(date(2026, 12, 1), date(2027, 1, 1)))); got != 21 {
		t.Errorf("%d runs are expected in December 2026", got)
	}
}

// TestDeadlinesInACalendar: start_within and complete_within count the hours of
// the SLA's calendar, from due or from the run's own start.
func TestDeadlinesInACalendar(t *testing.T) {
	const schedule = `schedule: {cron: "0 16 * * 5", timezone: Europe/London}`
	friday := local(t, "Europe/London", "2026-07-10 16:00")
	monday := func(clock string) time.Time { return local(t, "Europe/London", "2026-07-13 "+clock) }
	due := recurrence(t, schedule+"\nsla: {clock: scheduled, calendar: uk, start_within: 2 business hours, complete_within: 1 business day}")
	o, ok := due.Planned("c", Item{Runbook: "r"}, time.Time{}).At(friday)
	if !ok || !o.StartBy.Equal(monday("10:00")) || !o.CompleteBy.Equal(monday("16:00")) {
		t.Fatalf("%+v", o)
	}
	started := recurrence(t, schedule+"\nsla: {clock: started, calendar: uk, complete_within: 4h}")
	o, ok = started.Planned("c", Item{Runbook: "r"}, time.Time{}).At(friday)
	if !ok {
		t.Fatal("it isn't due")
	}
	for clock, want := range map[string]State{"12:00": OnTime, "12:01": Late} {
		ended := monday(clock)
		state, _, _ := Judge(o, []Attempt{{Run: "a", Started: &friday, Ended: &ended, Outcome: "done"}}, monday("13:00"))
		if state != want {
			t.Errorf("ended Monday %s: %s, want %s", clock, state, want)
		}
	}
}
