package agreement_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
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

func TestTermsOf(t *testing.T) {
	if terms := agreement.TermsOf(nil); terms != nil {
		t.Errorf("%+v", terms)
	}
	length := func(d time.Duration) runbook.Duration { return runbook.Duration{Text: d.String(), Span: d} }
	got := agreement.TermsOf(&runbook.SLA{
		Agreement: "daily", Clock: runbook.ClockScheduled, Calendar: "uk", StartWithin: length(time.Minute), CompleteWithin: length(time.Hour), Target: 99.5,
	})
	want := &agreement.Terms{
		Agreement: "daily", Clock: "scheduled", Calendar: "uk", StartWithin: runbook.Nanoseconds(time.Minute), CompleteWithin: runbook.Nanoseconds(time.Hour), Target: 99.5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
