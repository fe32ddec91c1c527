package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// terms is a schedule with an SLA, from what a runbook's file would say.
func terms(t testing.TB, source string) (*runbook.Schedule, *runbook.SLA) {
	t.Helper()
	file := "apiVersion: msp/v1\nkind: Runbook\nid: backup-verify\nversion: 1.0.0\ntitle: Verify\n" + source + "\nsteps:\n  - id: a\n    title: A\n    fake: x\n"
	r, problems := runbook.Load("f.yaml", []byte(file), []runbook.Kind{fakeKind{}})
	if r == nil {
		t.Fatal(problems)
	}
	return r.Schedule, r.SLA
}

type fakeKind struct{}

func (fakeKind) Name() string                                            { return "fake" }
func (fakeKind) Decode(*document.Node, *document.Decoder) runbook.Action { return nil }

func recurrence(t testing.TB, source string) Recurrence {
	t.Helper()
	r, err := of(t, source)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// of reads what a runbook's file would say, with the calendars of the tests.
func of(t testing.TB, source string) (Recurrence, error) {
	t.Helper()
	s, sla := terms(t, source)
	return Of(s, sla, testCalendars)
}

// testCalendars knows uk, the office in London, and night, which has no
// business day.
func testCalendars(id string) (*Calendar, error) {
	switch id {
	case "uk":
		return office("2026-12-25", "2026-12-28"), nil
	case "night":
		const night = "22:00-06:00"
		c := calendarOf("Europe/Berlin", []string{night, night, night, night, night, night, night})
		c.BusinessDay = 0
		return c, nil
	default:
		return nil, fmt.Errorf("there is no calendar %q", id)
	}
}

func TestOfRefuses(t *testing.T) {
	const daily = "cron: \"0 7 * * *\", timezone: Europe/London"
	tests := []struct{ source, rules, says string }{
		{`schedule: {` + daily + `, shift: 4 business hours}`, "schedule", "a shift is plain time or business days"},
		{`schedule: {` + daily + `, shift: 2 business days}`, "schedule", "business hours and days need a calendar"},
		{`schedule: {` + daily + `, shift: 0d}`, "schedule", "shift: 0d shifts nothing: leave it out"},
		{`schedule: {` + daily + `, shift: 90s}`, "schedule", "shift: 90s is not in whole minutes"},
		{`schedule: {` + daily + `, shift: 53w}`, "schedule", "shift: 53w is longer than 366 days"},
		{`schedule: {` + daily + `, calendar: us}`, "unknown-reference", `there is no calendar "us"`},
		{`schedule: {` + daily + `, on_holiday: next_working_day}`, "schedule", "on_holiday means nothing without a calendar"},
		{`schedule: {cron: "0 7 * * 0,6", timezone: UTC, calendar: uk}`, "schedule-never-fires", `"0 7 * * 0,6 on the working days of test" never fires`},
		{`schedule: {rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", timezone: UTC}`, "schedule-never-fires", `"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" never fires`},
		{`schedule: {` + daily + "}\nsla: {agreement: gold}", "not-yet", "the sla names an agreement's target, whose terms are not known here"},
		{`schedule: {` + daily + "}\nsla: {clock: scheduled, calendar: us, complete_within: 2h}", "unknown-reference", `there is no calendar "us"`},
		{`schedule: {` + daily + "}\nsla: {clock: scheduled, complete_within: 2 business days}", "sla", "complete_within: 2 business days: business hours and days need a calendar"},
		{`schedule: {` + daily + "}\nsla: {clock: scheduled, calendar: night, complete_within: 2 business days}", "sla", "doesn't say how long a business day is"},
		{`schedule: {` + daily + "}\nsla: {clock: scheduled, calendar: uk, complete_within: 2d}", "sla", "complete_within: 2d: in the calendar test, write business days, or hours"},
		{`schedule: {` + daily + ", grace: 1 business hour}", "sla", "grace: 1 business hour: business hours and days need a calendar"},
		{`schedule: {` + daily + ", grace: 9h}\nsla: {clock: scheduled, calendar: uk, start_within: 1 business day}", "schedule", "grace: 9h contradicts the sla's start_within: 1 business day"},
		{`schedule: {` + daily + ", grace: 1h}\nsla: {clock: scheduled, start_within: 2h}", "schedule", "grace: 1h contradicts the sla's start_within: 2h"},
		{`schedule: {` + daily + ", grace: 3h, close_after: 2h}", "schedule", "grace: 3h is longer than close_after: 2h"},
		{`schedule: {` + daily + ", close_after: 2h}\nsla: {clock: scheduled, start_within: 3h}", "schedule", "start_within: 3h is longer than close_after: 2h"},
		{`schedule: {` + daily + ", close_after: 0m}", "schedule", "close_after: 0m leaves no time for a run"},
		{`schedule: {cron: "0 7 30 2 *", timezone: UTC}`, "schedule-never-fires", `"0 7 30 2 *" never fires`},
		{`schedule: {` + daily + ", early: 1d}", "schedule", "early: 1d is too long: 2024-01-01T07:00:00+00:00[Europe/London] and 2024-01-02T07:00:00+00:00[Europe/London] are 24 h apart"},
		{`schedule: {` + daily + ", early: 23h30m}", "schedule", "are 23 h apart"},
	}
	for _, tt := range tests {
		_, err := of(t, tt.source)
		var problems document.Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: %v", tt.source, err)
			continue
		}
		var rules []string
		for _, p := range problems {
			rules = append(rules, p.Rule)
			if p.Line == 0 {
				t.Errorf("%s: no position: %v", tt.source, p)
			}
		}
		if got := strings.Join(rules, " "); got != tt.rules || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s:\n%v\nwant %s: %s", tt.source, err, tt.rules, tt.says)
		}
	}
	if _, err := Of(nil, nil, nil); err == nil {
		t.Error("no schedule is taken for one")
	}
	_, err := Of(&runbook.Schedule{Cron: "0 7 * * *"}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "time zone") {
		t.Errorf("no zone: %v", err)
	}
}

func TestTerms(t *testing.T) {
	hour, two := time.Hour, 2*time.Hour
	zero := time.Duration(0)
	const daily = `schedule: {cron: "0 7 * * *", timezone: UTC`
	tests := []struct {
		source string
		want   Terms
	}{
		{daily + "}", Terms{}},
		{daily + ", early: 2h, grace: 60m, close_after: 4h}", Terms{Early: two, Grace: &hour, CloseAfter: 2 * two}},
		{daily + ", grace: 0s}", Terms{Grace: &zero}},
		{daily + "}\nsla: {clock: scheduled, start_within: 1h, complete_within: 2h}", Terms{Grace: &hour, CompleteWithin: two, FromDue: true}},
		{daily + ", grace: 60m}\nsla: {clock: scheduled, start_within: 1h}", Terms{Grace: &hour, FromDue: true}},
		{daily + "}\nsla: {clock: started, complete_within: 2h}", Terms{CompleteWithin: two}},
		{daily + ", grace: 2h}\nsla: {clock: reported, start_within: 1h, complete_within: 2h}", Terms{Grace: &two}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, recurrence(t, tt.source).Terms); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.source, diff)
		}
	}
}

func TestOccurrence(t *testing.T) {
	r := recurrence(t, `schedule: {cron: "0 7 * * *", timezone: Europe/London, early: 1h, close_after: 12h}`+"\nsla: {clock: scheduled, start_within: 2h, complete_within: 4h}")
	p := r.Planned("northwind", Item{Runbook: "backup-verify"}, instant(t, "2026-03-29T00:00:00Z"))
	got := slices.Collect(p.Between(instant(t, "2026-03-01T00:00:00Z"), instant(t, "2026-03-30T00:00:00Z")))
	startBy, completeBy := instant(t, "2026-03-29T08:00:00Z"), instant(t, "2026-03-29T10:00:00Z")
	want := []Occurrence{{
		Name:   "northwind/backup-verify/2026-03-29T07:00:00+01:00[Europe/London]",
		Client: "northwind", Runbook: "backup-verify", Nominal: "2026-03-29T07:00:00+01:00[Europe/London]",
		Due:   instant(t, "2026-03-29T06:00:00Z"),
		Opens: instant(t, "2026-03-29T05:00:00Z"), Closes: instant(t, "2026-03-29T18:00:00Z"),
		StartBy: &startBy, CompleteBy: &completeBy,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	started := recurrence(t, `schedule: {cron: "0 7 * * *", timezone: Europe/London}`+"\nsla: {clock: started, complete_within: 4h}").Planned("c", Item{Runbook: "r"}, time.Time{})
	o, ok := started.At(instant(t, "2026-03-28T12:00:00Z"))
	if !ok || o.CompleteBy != nil || o.CompleteWithin != 4*time.Hour || !o.Closes.Equal(instant(t, "2026-03-29T06:00:00Z")) {
		t.Errorf("clock: started, no close_after: %+v", o)
	}
}

// TestPopulationBounds: which days exist, by effective_from, from, until and
// when the plan is known.
func TestPopulationBounds(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	const nightly = `schedule: {cron: "0 0 * * *", timezone: America/New_York`
	tests := []struct {
		name   string
		source string
		item   Item
		known  string
		want   string // days of March
	}{
		{"effective_from is a day in the zone", nightly + ", effective_from: 2026-03-05}", Item{}, "2026-03-01T00:00:00Z", "5 6 7 8 9 10"},
		{"so is from", nightly + "}", Item{From: day(6)}, "2026-03-01T00:00:00Z", "6 7 8 9 10"},
		{"the later of both counts", nightly + ", effective_from: 2026-03-08}", Item{From: day(6)}, "2026-03-01T00:00:00Z", "8 9 10"},
		{"until is the last day", nightly + "}", Item{From: day(6), Until: day(8)}, "2026-03-01T00:00:00Z", "6 7 8"},
		{"one day", nightly + "}", Item{From: day(8), Until: day(8)}, "2026-03-01T00:00:00Z", "8"},
		{"a plan asks for nothing before it is known", nightly + "}", Item{From: day(2)}, "2026-03-06T05:00:00Z", "6 7 8 9 10"},
		{"exactly when it is due is early enough", nightly + "}", Item{From: day(2)}, "2026-03-06T05:00:01Z", "7 8 9 10"},
	}
	for _, tt := range tests {
		tt.item.Runbook = "r"
		p := recurrence(t, tt.source).Planned("c", tt.item, instant(t, tt.known))
		var days []string
		for o := range p.Between(day(1), day(11)) {
			days = append(days, fmt.Sprint(o.Due.Day()))
			if got, ok := p.At(o.Due); !ok || got.Name != o.Name {
				t.Errorf("%s: at %s: %v", tt.name, o.Due, got)
			}
		}
		if got := strings.Join(days, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if o, ok := p.At(p.From.Add(-48 * time.Hour)); ok {
			t.Errorf("%s: there is %v before", tt.name, o)
		}
	}
}

func drawPlanned(t *rapid.T) Planned {
	r := Recurrence{Rule: drawRule(t)}
	r.Terms.Early = time.Duration(rapid.Int64Range(0, 50).Draw(t, "early")) * time.Second
	r.Terms.CloseAfter = time.Duration(rapid.SampledFrom([]int{0, 0, 1, 30, 600}).Draw(t, "close_after")) * time.Minute
	return r.Planned("c", Item{Runbook: "r"}, drawInstant(t, "known"))
}

// TestWindows: windows are in order, don't overlap and hold their due time, and
// At finds exactly the one that holds an instant.
func TestWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlanned(t)
		a := p.From.Add(time.Duration(rapid.Int64Range(-20, 60).Draw(t, "hours")) * time.Hour)
		all := slices.Collect(p.Between(a, a.Add(30*time.Hour)))
		for i, o := range all {
			if !o.Holds(o.Due) || o.Holds(o.Closes) || o.Due.Before(p.From) {
				t.Fatalf("%+v of %s", o, p.Recurrence.Rule)
			}
			if i > 0 && all[i-1].Closes.After(o.Opens) {
				t.Fatalf("%+v overlaps %+v", all[i-1], o)
			}
			if found, ok := p.At(o.Opens); !ok || found.Name != o.Name {
				t.Fatalf("at the opening of %s: %+v", o.Name, found)
			}
			if found, ok := p.At(o.Closes); ok && found.Name == o.Name {
				t.Fatalf("at the close of %s", o.Name)
			}
		}
		at := a.Add(time.Duration(rapid.Int64Range(0, 30*3600).Draw(t, "at")) * time.Second)
		if o, ok := p.At(at); ok && !o.Holds(at) {
			t.Fatalf("%s at %s", o.Name, at)
		}
	})
}
