package agreement_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
)

var seven = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

func twoHours() *agreement.Terms {
	return &agreement.Terms{Clock: "started", CompleteWithin: runbook.Nanoseconds(2 * time.Hour), Target: 95}
}

func TestJudge(t *testing.T) {
	for name, test := range map[string]struct {
		took time.Duration
		met  bool
	}{
		"at once":                  {0, true},
		"exactly at the deadline":  {2 * time.Hour, true},
		"a nanosecond late":        {2*time.Hour + 1, false},
		"a nanosecond early":       {2*time.Hour - 1, true},
		"a clock that ran back":    {-1, false},
		"a clock far in the past":  {-48 * time.Hour, false},
		"finished a year later":    {365 * 24 * time.Hour, false},
		"in another zone's number": {time.Hour, true},
	} {
		ended := seven.Add(test.took).In(time.FixedZone("elsewhere", 5*3600+1800))
		facts := twoHours().Judge(seven, ended)
		if facts.Met == nil || *facts.Met != test.met || facts.Late() == test.met || facts.Elapsed.Span() != test.took || facts.NotJudged != "" || !facts.Deadline.Equal(seven.Add(2*time.Hour)) {
			t.Errorf("%s: %+v", name, facts)
		}
	}
}

// TestMonotonic holds that a verdict is the same for the instants that were
// measured and for those that are read back from a record.
func TestMonotonic(t *testing.T) {
	started := time.Now()
	ended := started.Add(time.Second)
	stored := func(at time.Time) time.Time {
		text, err := json.Marshal(at)
		if err != nil {
			t.Fatal(err)
		}
		var read time.Time
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		return read
	}
	measured, read := twoHours().Judge(started, ended), twoHours().Judge(stored(started), stored(ended))
	if diff := cmp.Diff(read, measured); diff != "" {
		t.Errorf("-read +measured:\n%s", diff)
	}
	// One instant with a monotonic reading and one without it.
	if facts := twoHours().Judge(started, ended.Round(0)); facts.Elapsed.Span() != time.Second {
		t.Errorf("%+v", facts)
	}
	if deadline, ok := twoHours().Deadline(started); !ok || deadline != deadline.Round(0) {
		t.Errorf("the deadline %v keeps a monotonic reading", deadline)
	}
}

func TestNotJudged(t *testing.T) {
	var none *agreement.Terms
	for name, test := range map[string]struct {
		terms *agreement.Terms
		want  string
	}{
		"nothing promised": {none, "no SLA"},
		"agreement":        {&agreement.Terms{Agreement: "daily", Clock: "started", CompleteWithin: 1}, "not judged: the agreement's targets are not read yet"},
		"calendar":         {&agreement.Terms{Clock: "started", Calendar: "uk", CompleteWithin: 1}, "not judged: calendars are not read yet"},
		"scheduled":        {&agreement.Terms{Clock: "scheduled", StartWithin: 1, CompleteWithin: 1}, "not judged: no plan asks for this run"},
		"reported":         {&agreement.Terms{Clock: "reported", CompleteWithin: 1}, "not judged: nothing was reported"},
		"no time":          {&agreement.Terms{Clock: "started"}, "not judged: no time to complete was promised"},
	} {
		facts := test.terms.Judge(seven, seven.Add(48*time.Hour))
		if diff := cmp.Diff(agreement.Facts{NotJudged: test.want}, facts); diff != "" || facts.Late() {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if deadline, ok := test.terms.Deadline(seven); ok || !deadline.IsZero() {
			t.Errorf("%s has the deadline %v", name, deadline)
		}
	}
	if why := twoHours().NotJudged(); why != "" {
		t.Error(why)
	}
}

// length is a length of time as a runbook or an agreement writes it.
func length(t testing.TB, text string) runbook.Duration {
	t.Helper()
	d, err := runbook.ParseWorkingTime(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// known is where the names of the agreement in testdata get their meaning.
func known(t testing.TB) agreement.Lookup {
	t.Helper()
	return agreement.Lookup{Agreement: northwind(t), Calendar: func(id string) (*schedule.Calendar, error) {
		if id != "uk-office" {
			return nil, errors.New("no such file")
		}
		return office(), nil
	}}
}

func northwind(t testing.TB) *agreement.Agreement {
	t.Helper()
	source, err := os.ReadFile("testdata/northwind.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a, problems := agreement.LoadAgreement("northwind.yaml", source)
	if a == nil {
		t.Fatal(problems)
	}
	return a
}

func TestTermsOf(t *testing.T) {
	if terms := agreement.TermsOf(nil, agreement.Lookup{}); terms != nil {
		t.Errorf("%+v", terms)
	}
	plain := runbook.SLA{Clock: runbook.ClockScheduled, StartWithin: length(t, "1m"), CompleteWithin: length(t, "1h"), Target: 99.5}
	hours := runbook.SLA{Clock: runbook.ClockStarted, Calendar: "uk-office", CompleteWithin: length(t, "2 business days")}
	minute, hour := runbook.Nanoseconds(time.Minute), runbook.Nanoseconds(time.Hour)
	a := known(t).Agreement
	for name, test := range map[string]struct {
		sla  runbook.SLA
		from agreement.Lookup
		want agreement.Terms
	}{
		"plain time":  {plain, agreement.Lookup{}, agreement.Terms{Clock: "scheduled", StartWithin: minute, CompleteWithin: hour, Target: 99.5}},
		"a calendar":  {hours, known(t), agreement.Terms{Clock: "started", Calendar: "uk-office", Hours: office(), CompleteWithin: 16 * hour}},
		"no calendar": {hours, agreement.Lookup{}, agreement.Terms{Clock: "started", Calendar: "uk-office", Unresolved: "there is no calendar uk-office"}},
		"an unknown calendar": {
			runbook.SLA{Clock: runbook.ClockStarted, Calendar: "us"},
			known(t),
			agreement.Terms{Clock: "started", Calendar: "us", Unresolved: "the calendar us: no such file"},
		},
		"business days around the clock": {
			runbook.SLA{Clock: runbook.ClockStarted, CompleteWithin: length(t, "2 business days")},
			known(t),
			agreement.Terms{Clock: "started", Unresolved: "complete_within: 2 business days: business hours and days need a calendar, and there is none for this"},
		},
		"no agreement":      {runbook.SLA{Agreement: "backup-daily"}, agreement.Lookup{}, agreement.Terms{Agreement: "backup-daily", Unresolved: "there is no agreement that says what backup-daily is"}},
		"an unknown target": {runbook.SLA{Agreement: "daily"}, known(t), agreement.Terms{Agreement: "daily", Unresolved: "the agreement northwind-managed-services has no target daily"}},
		"a target": {runbook.SLA{Agreement: "backup-daily"}, known(t), agreement.Terms{
			Agreement: "backup-daily", Digest: a.Digest, Clock: "scheduled", StartWithin: 30 * minute, CompleteWithin: 2 * hour, Target: 95, Holds: &a.Holds,
		}},
		"a target of reported work": {runbook.SLA{Agreement: "requests"}, known(t), agreement.Terms{
			Agreement: "requests", Digest: a.Digest, Clock: "reported", Calendar: "uk-office", Hours: office(), Target: 90, Holds: &a.Holds,
			AcknowledgeWithin: 30 * minute, RespondWithin: 4 * hour, UpdateEvery: 8 * hour, ResolveWithin: 16 * hour,
		}},
	} {
		got := agreement.TermsOf(&test.sla, test.from)
		if diff := cmp.Diff(&test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got.Unresolved != "" && got.NotJudged() != "not judged: "+got.Unresolved {
			t.Errorf("%s: %s", name, got.NotJudged())
		}
	}
}

// TestPinned holds that terms read back from a record give the same verdict, and
// that what they were taken from may change.
func TestPinned(t *testing.T) {
	from := known(t)
	due := wall(t, "2026-07-10 14:00", london)
	terms := agreement.TermsOf(&runbook.SLA{Agreement: "patch-weekly"}, from).For(schedule.Occurrence{Due: due})
	started, ended := due.Add(time.Hour), wall(t, "2026-07-13 14:00", london)
	want := terms.Judge(started, ended)
	if want.Met == nil || !*want.Met || want.Elapsed.Span() != 8*time.Hour {
		t.Fatalf("%+v", want)
	}
	written, err := evidence.EncodeJSON(terms)
	if err != nil {
		t.Fatal(err)
	}
	from.Agreement.Targets[1].Promises.CompleteWithin = length(t, "1h")
	from.Agreement.Holds.Max = 1
	var read agreement.Terms
	if err := evidence.DecodeStrict(written, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read.Judge(started.UTC(), ended.UTC()), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("-judged +read back:\n%s", diff)
	}
	if late := read.Judge(started, ended.Add(1)); !late.Late() {
		t.Errorf("%+v", late)
	}
}

// TestOldTerms holds that terms of records from before there were agreements and
// calendars are read, and judged as they were.
func TestOldTerms(t *testing.T) {
	for text, want := range map[string]string{
		`{"clock":"started","complete_within_ns":7200000000000,"target_percent":95}`:                                          `{"deadline":"2026-11-21T09:00:00Z","elapsed_ns":3600000000000,"met":true}`,
		`{"clock":"scheduled","start_within_ns":60000000000,"complete_within_ns":1800000000000,"due":"2026-11-21T06:45:00Z"}`: `{"start_by":"2026-11-21T06:46:00Z","deadline":"2026-11-21T07:15:00Z","elapsed_ns":4500000000000,"met":false}`,
		`{"start_within_ns":1800000000000,"due":"2026-11-21T06:45:00Z"}`:                                                      `{"start_by":"2026-11-21T07:15:00Z","elapsed_ns":3600000000000,"met":true}`,
		`{"agreement":"daily"}`: `{"not_judged":"not judged: the agreement's targets are not read yet"}`,
		`{"clock":"started","calendar":"uk","complete_within_ns":7200000000000}`: `{"not_judged":"not judged: calendars are not read yet"}`,
		`{"clock":"reported"}`: `{"not_judged":"not judged: nothing was reported"}`,
	} {
		var terms agreement.Terms
		if err := evidence.DecodeStrict([]byte(text), &terms); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := evidence.EncodeJSON(terms.Judge(seven, seven.Add(time.Hour)))
		if err != nil || string(got) != want {
			t.Errorf("%s:\n  %s\nwant\n  %s\n%v", text, got, want, err)
		}
	}
}

// TestReported judges work that was reported, each promise by its own clock.
func TestReported(t *testing.T) {
	terms := agreement.TermsOf(&runbook.SLA{Agreement: "requests"}, known(t)).ReportedAt(wall(t, "2026-07-10 16:00", london), "ticket:4711")
	at := func(text string) time.Time { return wall(t, text, london) }
	good := agreement.Course{
		Started: at("2026-07-13 10:00"), Ended: at("2026-07-14 15:00"), Acknowledged: at("2026-07-10 16:30"),
		Updates: []time.Time{at("2026-07-14 09:30")},
	}
	pause := agreement.Pause{From: at("2026-07-13 12:00"), To: at("2026-07-14 12:00")}
	for name, test := range map[string]struct {
		change func(c *agreement.Course)
		met    bool
	}{
		"all kept":               {func(*agreement.Course) {}, true},
		"acknowledged late":      {func(c *agreement.Course) { c.Acknowledged = at("2026-07-10 16:31") }, false},
		"nobody acknowledged it": {func(c *agreement.Course) { c.Acknowledged = time.Time{} }, false},
		"acknowledged by starting": {func(c *agreement.Course) {
			c.Acknowledged, c.Started, c.Updates = time.Time{}, at("2026-07-10 16:30"), append(c.Updates, at("2026-07-13 12:00"))
		}, true},
		"responded at the last":              {func(c *agreement.Course) { c.Started = at("2026-07-13 12:00") }, true},
		"responded late":                     {func(c *agreement.Course) { c.Started = at("2026-07-13 12:01") }, false},
		"resolved at the last":               {func(c *agreement.Course) { c.Ended = at("2026-07-14 16:00") }, true},
		"resolved late":                      {func(c *agreement.Course) { c.Ended = at("2026-07-14 16:01") }, false},
		"no word for too long":               {func(c *agreement.Course) { c.Updates = nil }, false},
		"one more word, long behind the end": {func(c *agreement.Course) { c.Updates = append(c.Updates, at("2026-07-31 09:00")) }, true},
		"a word behind the end":              {func(c *agreement.Course) { c.Updates = []time.Time{at("2026-07-14 15:01")} }, false},
		"late, and held for four hours":      {func(c *agreement.Course) { c.Ended, c.Pauses = at("2026-07-15 12:00"), []agreement.Pause{pause} }, true},
		"held, and late all the same":        {func(c *agreement.Course) { c.Ended, c.Pauses = at("2026-07-15 16:01"), []agreement.Pause{pause} }, false},
		"ended before it started":            {func(c *agreement.Course) { c.Ended = c.Started.Add(-1) }, false},
	} {
		course := good
		test.change(&course)
		facts := terms.JudgeCourse(course)
		if facts.Met == nil || *facts.Met != test.met {
			t.Errorf("%s: %+v", name, facts)
		}
	}
	facts := terms.JudgeCourse(good)
	for what, got := range map[string]*time.Time{"2026-07-10 16:30": facts.AcknowledgeBy, "2026-07-13 12:00": facts.StartBy, "2026-07-14 16:00": facts.Deadline} {
		if got == nil || !got.Equal(at(what)) {
			t.Errorf("%v, want %s", got, what)
		}
	}
	if facts.Elapsed.Span() != 15*time.Hour {
		t.Errorf("%s elapsed", facts.Elapsed.Span())
	}
}

// TestGrace: a schedule's grace counts in the SLA's calendar, and the terms take
// that calendar over from the occurrence.
func TestGrace(t *testing.T) {
	due, by := wall(t, "2026-07-13 07:00", london), wall(t, "2026-07-13 09:30", london)
	planned := agreement.TermsOf(&runbook.SLA{Clock: runbook.ClockScheduled, Calendar: "uk-office", CompleteWithin: length(t, "8h")}, known(t))
	planned.Hours = nil // it stands in the plan
	terms := planned.For(schedule.Occurrence{Due: due, StartBy: &by, Calendar: office()})
	ended := wall(t, "2026-07-13 17:00", london)
	if got, ok := terms.StartBy(); !ok || !got.Equal(by) || terms.StartWithin.Span() != 30*time.Minute {
		t.Errorf("to be started by %s, %v", got, ok)
	}
	if facts := terms.Judge(by, ended); facts.NotJudged != "" || facts.Late() {
		t.Errorf("%+v", facts)
	}
	if facts := terms.Judge(by.Add(1), ended); !facts.Late() {
		t.Errorf("%+v", facts)
	}
	if other := planned.For(schedule.Occurrence{Due: due, Calendar: &schedule.Calendar{ID: "us-office"}}); other.Hours != nil {
		t.Errorf("it took over the calendar %s", other.Hours.ID)
	}
}

// TestBrokenCalendar: a calendar in a record that can't be computed with gives
// no verdict, and doesn't panic.
func TestBrokenCalendar(t *testing.T) {
	broken := office()
	broken.Timezone = "Nowhere/Atall"
	terms := &agreement.Terms{Clock: "started", Calendar: "uk-office", Hours: broken, CompleteWithin: 1}
	if facts := terms.Judge(seven, seven); facts.NotJudged != "not judged: its calendar can't be computed with" {
		t.Errorf("%+v", facts)
	}
}

func TestPromise(t *testing.T) {
	for want, terms := range map[string]agreement.Terms{
		"complete within 2 h":             {CompleteWithin: runbook.Nanoseconds(2 * time.Hour), StartWithin: 1},
		"resolve within 8 h of uk-office": {ResolveWithin: runbook.Nanoseconds(8 * time.Hour), Hours: office()},
		"start within 30 m":               {StartWithin: runbook.Nanoseconds(30 * time.Minute)},
		"update every 1 h":                {UpdateEvery: runbook.Nanoseconds(time.Hour)},
		"start in time":                   {},
	} {
		if got := terms.Promise(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
