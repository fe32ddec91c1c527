package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
)

// about begins a run about what was reported so long before it.
func (b *bench) about(before time.Duration) *story {
	text := strings.Replace(source, "sla: {clock: started, complete_within: 2h, target: 95%}", "sla: {clock: reported, respond_within: 30m, update_every: 1h, resolve_within: 1h, target: 95%}", 1)
	s := b.follow("backup-verify", text, record.Inputs{Folder: "/srv"})
	terms := &agreement.Terms{Clock: "reported", Target: 95}
	terms.RespondWithin, terms.UpdateEvery, terms.ResolveWithin = runbook.Nanoseconds(30*time.Minute), runbook.Nanoseconds(time.Hour), runbook.Nanoseconds(time.Hour)
	s.report(terms, s.start.Started.Add(-before), "INC-1042")
	return s
}

// report binds a story to what was reported, with all that follows from it.
func (s *story) report(terms *agreement.Terms, at time.Time, source string) {
	s.start.SLA = terms.ReportedAt(at, source)
	deadline, _ := s.start.SLA.Deadline(s.start.Started)
	s.start.Deadline, s.start.FinishBy = &deadline, record.FinishBy(s.start.Started, &deadline)
}

// TestReported: honest runs about what was reported, in time and not.
func TestReported(t *testing.T) {
	for _, test := range []struct {
		name           string
		before, during time.Duration
		late           bool
	}{
		{"in time", 20 * time.Minute, 0, false},
		{"a response exactly at its deadline", 30 * time.Minute, 0, false},
		{"a late response", 31 * time.Minute, 0, true},
		{"resolved late", 20 * time.Minute, time.Hour, true},
		{"a clock that was set between report and start", -20 * time.Second, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			b.pin()
			s := b.about(test.before)
			s.signStart()
			b.pass(test.during)
			s.work(1000)
			s.finish()
			s.signEnd()
			r := b.verify()
			wantOK(t, r)
			if late := r.Counts.Missed == 1; late != test.late || r.Counts.Met+r.Counts.Missed != 1 {
				t.Errorf("%d met, %d missed", r.Counts.Met, r.Counts.Missed)
			}
		})
	}
}

// TestReportedAttacks: by the operator, who was late and would not have been.
func TestReportedAttacks(t *testing.T) {
	late := func(edit func(*record.RunStart)) func(*bench) {
		return func(b *bench) {
			s := b.about(40 * time.Minute)
			s.editStart = edit
			s.tell(1000)
		}
	}
	try(t, []attack{
		{"reported later than its deadline says", late(func(r *record.RunStart) {
			r.SLA.Reported.At, r.FinishBy = r.SLA.Reported.At.Add(time.Hour/2), r.FinishBy.Add(time.Hour/2)
		}), "sla-differs", "has the deadline"},
		{"late says in time", func(b *bench) {
			s := b.about(40 * time.Minute)
			s.editEnd = func(e *record.RunEnd) { met := true; e.SLA.Met = &met }
			s.tell(1000)
		}, "sla-differs", "the SLA is met, its times and terms give missed"},
		{"more time to respond", func(b *bench) {
			s := b.about(40 * time.Minute)
			s.editEnd = func(e *record.RunEnd) { by := e.SLA.StartBy.Add(time.Hour); e.SLA.StartBy = &by }
			s.tell(1000)
		}, "sla-differs", "it had to start by"},
		{"reported after its start", func(b *bench) { b.about(-time.Hour).tell(1000) }, "times-contradict", "its start after what was reported"},
		{"more time than the runbook gives", func(b *bench) {
			s := b.about(40 * time.Minute)
			terms := *s.start.SLA
			terms.RespondWithin = terms.ResolveWithin
			s.report(&terms, terms.Reported.At, "INC-1042")
			s.tell(1000)
		}, "source-differs", "the SLA that it pins"},
		{"a report beside a clock that doesn't count from it", start(func(b *bench, r *record.RunStart) { r.SLA = r.SLA.ReportedAt(r.Started, "INC-1042") }), "sla-differs", "don't count from a report"},
		{"a source that is text", late(func(r *record.RunStart) { r.SLA.Reported.Source = "Ana called" }), "statement-malformed", "when it was reported"},
		{"no source", late(func(r *record.RunStart) { r.SLA.Reported.Source = "" }), "statement-malformed", "when it was reported"},
	})
}

// TestReportedProven: that a response was in time is proven when a token shows
// the start by then, and not by one over the end alone.
func TestReportedProven(t *testing.T) {
	b, tsa := newStamped(t)
	b.about(20*time.Minute).bracket(tsa, tsa)
	b.about(20*time.Minute).bracket(nil, tsa)
	hidden := b.about(20 * time.Minute)
	hidden.signStart()
	b.pass(15 * time.Minute) // it may have been made up when the response was late
	hidden.editEnd = func(e *record.RunEnd) { e.NotBefore = b.anchor(tsa) }
	hidden.work(1000)
	hidden.finish()
	hidden.signEnd()
	b.anchor(tsa)
	r := b.verify()
	wantOK(t, r)
	if r.Counts.Met != 3 || r.Counts.ProvenMet != 1 {
		t.Errorf("%d met, %d proven", r.Counts.Met, r.Counts.ProvenMet)
	}
}
