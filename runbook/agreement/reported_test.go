package agreement_test

import (
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

// TestReport: the terms of a report in the words that a run begins with.
func TestReport(t *testing.T) {
	office := office()
	hours := func(n int) runbook.Nanoseconds { return runbook.Nanoseconds(n) * runbook.Nanoseconds(time.Hour) }
	at := time.Date(2026, 7, 10, 15, 50, 0, 0, time.FixedZone("", 2*3600))
	for name, test := range map[string]struct {
		terms       *agreement.Terms
		report, due string
	}{
		"nothing was": {&agreement.Terms{Clock: "reported", ResolveWithin: hours(4)}, "", ""},
		"around the clock": {
			(&agreement.Terms{Clock: "reported", AcknowledgeWithin: hours(1), ResolveWithin: hours(10)}).ReportedAt(at, "INC-7"),
			"2026-07-10 15:50 +02:00 (INC-7)", "acknowledge by 16:50, resolve by 01:50 on Sat 2026-07-11",
		},
		"in working time": {
			(&agreement.Terms{Clock: "reported", Calendar: office.ID, Hours: office, RespondWithin: hours(1), UpdateEvery: hours(2), ResolveWithin: hours(4)}).ReportedAt(at, "INC-7"),
			"2026-07-10 14:50 +01:00 (INC-7)", "respond by 15:50, resolve by 10:50 on Mon 2026-07-13, update every 2 h",
		},
		"not judged": {(&agreement.Terms{Clock: "reported"}).ReportedAt(at, "INC-7"), "2026-07-10 15:50 +02:00 (INC-7)", ""},
	} {
		if report, due := test.terms.Report(), test.terms.ReportDue(); report != test.report || due != test.due {
			t.Errorf("%s: %q, %q", name, report, due)
		}
	}
}

// TestReportLastMet holds the last instant to the verdict: a run that ends then has
// kept its terms, and one that ends a moment later hasn't.
func TestReportLastMet(t *testing.T) {
	office := office()
	hours := func(n int) runbook.Nanoseconds { return runbook.Nanoseconds(n) * runbook.Nanoseconds(time.Hour) }
	friday := time.Date(2026, 7, 10, 14, 0, 0, 0, time.UTC) // 15:00 in London
	for name, test := range map[string]struct {
		terms   agreement.Terms
		started time.Duration // behind the report
		want    time.Time
		late    bool // already with its start
	}{
		"resolution":     {agreement.Terms{RespondWithin: hours(1), ResolveWithin: hours(4)}, time.Hour, friday.Add(4 * time.Hour), false},
		"working time":   {agreement.Terms{ResolveWithin: hours(2), Hours: office, Calendar: office.ID}, 0, friday.AddDate(0, 0, 3).Add(-6 * time.Hour), false},
		"word of it":     {agreement.Terms{UpdateEvery: hours(1), ResolveWithin: hours(4)}, time.Hour / 2, friday.Add(90 * time.Minute), false},
		"late response":  {agreement.Terms{RespondWithin: hours(1), ResolveWithin: hours(4)}, 2 * time.Hour, friday.Add(time.Hour), true},
		"late all along": {agreement.Terms{AcknowledgeWithin: hours(1), ResolveWithin: hours(2)}, 3 * time.Hour, friday.Add(time.Hour), true},
	} {
		test.terms.Clock = string(runbook.ClockReported)
		terms, started := test.terms.ReportedAt(friday, "INC-7"), friday.Add(test.started)
		last, ok := terms.LastMet(started)
		if !ok || !last.Equal(test.want) {
			t.Errorf("%s: %s, %v", name, last, ok)
		}
		if then := terms.Judge(started, later(last, started)); then.Late() != test.late {
			t.Errorf("%s: ended at the last instant: %v", name, then)
		}
		if !terms.Judge(started, later(last, started).Add(1)).Late() {
			t.Errorf("%s: ended behind the last instant, and in time", name)
		}
	}
	if _, ok := (&agreement.Terms{Clock: "reported", RespondWithin: hours(1)}).ReportedAt(friday, "INC-7").LastMet(friday); ok {
		t.Error("a run that responded in time, of which nothing else was promised, can still be late")
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
