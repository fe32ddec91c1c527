package audit_test

import (
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/record"
)

// begun begins a run and holds its clock a minute later.
func (s *scene) begun(edit ...func(*record.Hold)) (run *story, hold string) {
	run = s.begin()
	run.signStart()
	return run, s.clock(run.start.Run, edit...)
}

// endHeld ends a run, counting what the logs hold of its clock, or what an edit
// makes of that.
func (s *story) endHeld(edit ...func(holds []record.HoldMade) []record.HoldMade) {
	s.work(1000)
	s.finish()
	holds := must(record.ReadLogs(s.b.store, "acme", 0)).Held(s.start, s.end.Ended)
	for _, e := range edit {
		holds = e(holds)
	}
	pauses := record.PausesUnder(s.start.SLA, holds, s.end.Ended)
	s.end.Holds = record.NamedHolds(s.start.SLA, holds, s.end.Ended)
	s.end.SLA = s.start.SLA.Judge(s.start.Started, s.end.Ended, pauses...)
	s.end.Verdict = record.Judge(s.start, s.steps, s.aborted, s.end.Ended, pauses...)
	s.signEnd()
}

func judged(met, missed int) check {
	return counted("the verdicts", func(r *audit.Report) bool { return r.Counts.Met == met && r.Counts.Missed == missed })
}

// heldInTime is a run of three hours, most of which it waited for the client.
func heldInTime(s *scene) {
	run, hold := s.begun()
	s.pass(3 * time.Hour)
	s.releasing(s.laptop, hold)
	run.endHeld()
}

// Somebody who ends a run too late, and counts a hold that doesn't excuse it.
var tableOfPauses = []tableLine{
	{
		"thinks of a hold when it is too late, and dates it back",
		func(s *scene) {
			run := s.begin()
			run.signStart()
			from := s.now
			s.pass(3 * time.Hour)
			s.ack()
			s.clock(run.start.Run, func(h *record.Hold) { h.Signed = from.Add(time.Minute) })
			run.endHeld()
		}, all(found("hold-backdated", "lies before it"), found("hold-counted", "were not in force for so long"), judged(0, 1)),
		heldInTime, all(whole, judged(1, 0)),
	},
	{
		"thinks of a hold when it is too late",
		func(s *scene) {
			run := s.begin()
			run.signStart()
			s.pass(3 * time.Hour)
			s.clock(run.start.Run)
			run.endHeld()
		}, all(whole, judged(0, 1)),
		heldInTime, all(whole, judged(1, 0)),
	},
	{
		"counts a hold that no log holds",
		func(s *scene) {
			run, _ := s.begun()
			s.pass(3 * time.Hour)
			run.endHeld(func(holds []record.HoldMade) []record.HoldMade { holds[0].Digest = "sha256:" + nobody; return holds })
		}, all(found("hold-counted", "that no log holds"), judged(0, 1)),
		heldInTime, all(whole, judged(1, 0)),
	},
	{
		"counts the hold of another run",
		func(s *scene) {
			_, _ = s.begun()
			run := s.begin()
			run.signStart()
			s.pass(3 * time.Hour)
			run.endHeld(func([]record.HoldMade) []record.HoldMade {
				h := must(record.ReadHistory(s.store, "acme", 0))
				hold := record.Said[record.Hold](h)[0]
				return []record.HoldMade{{Digest: hold.Digest, Hold: hold.Body}}
			})
		}, all(found("hold-counted", "which is of another clock"), judged(0, 1)),
		heldInTime, all(whole, judged(1, 0)),
	},
	{
		"forgets that the hold was released",
		func(s *scene) {
			run, hold := s.begun()
			s.releasing(s.laptop, hold)
			s.pass(3 * time.Hour)
			run.endHeld(func(holds []record.HoldMade) []record.HoldMade {
				holds[0].Released, holds[0].Release = time.Time{}, ""
				return holds
			})
		}, all(found("hold-counted", "were not in force for so long"), judged(0, 1)),
		heldInTime, all(whole, judged(1, 0)),
	},
	{
		"waits for its own vendor",
		func(s *scene) {
			run, _ := s.begun(func(h *record.Hold) { h.Reason = record.HoldVendor })
			s.pass(3 * time.Hour)
			run.endHeld()
		}, all(whole, judged(0, 1)),
		heldInTime, all(whole, judged(1, 0)),
	},
	{
		"lets a hold run out, and holds again without a lead",
		func(s *scene) {
			hour := func(h *record.Hold) { h.Max = 3600e9 }
			run, _ := s.begun(hour)
			s.pass(time.Hour)
			s.clock(run.start.Run)
			s.pass(3 * time.Hour)
			run.endHeld()
		}, all(whole, judged(0, 1)),
		func(s *scene) {
			hour := func(h *record.Hold) { h.Max = 3600e9 }
			run, first := s.begun(hour)
			s.pass(time.Hour)
			s.clock(run.start.Run, func(h *record.Hold) { h.Confirms = first })
			s.pass(3 * time.Hour)
			run.endHeld()
		}, all(whole, judged(1, 0)),
	},
}

// TestHeldProven: a hold pauses proven time from when somebody outside has seen
// it.
func TestHeldProven(t *testing.T) {
	for _, test := range []struct {
		seen time.Duration // after the hold
		want int
	}{{0, 1}, {2*time.Hour + 30*time.Minute, 0}} {
		s := newScene(t)
		run, hold := s.begun()
		s.pass(test.seen)
		seen := s.stamp()
		run.editEnd = func(e *record.RunEnd) { e.NotBefore = seen }
		s.pass(3*time.Hour - test.seen)
		s.releasing(s.laptop, hold)
		run.endHeld()
		s.stamp()
		if c := s.verify().Counts; c.Met != 1 || c.ProvenMet != test.want {
			t.Errorf("seen after %s: %d met, %d of them proven, want %d", test.seen, c.Met, c.ProvenMet, test.want)
		}
	}
}

// TestHeldOpen: a run whose clock is held may be open for longer.
func TestHeldOpen(t *testing.T) {
	s := newScene(t)
	run, hold := s.begun()
	s.pass(3 * time.Hour)
	s.releasing(s.laptop, hold)
	if c := s.verify().Counts; c.Open != 1 {
		t.Errorf("held for three hours it isn't open: %+v", c)
	}
	s.pass(run.start.FinishBy.Sub(run.start.Started))
	if c := s.verify().Counts; c.NeverFinished != 1 {
		t.Errorf("past what the hold gave it, it isn't failed: %+v", c)
	}
}
