package record

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

// outlookOf says in words what is pending and what is overdue.
func outlookOf(t *testing.T, s *Standing, at time.Time) []string {
	t.Helper()
	o, err := s.Outlook(t.Context(), at, at.Add(24*time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range o.Pending {
		line := fmt.Sprintf("%s %s %s", []string{"late", "now", "next"}[p.Risk], p.State, p.Runbook)
		if !p.Due.IsZero() {
			line += " " + p.Due.UTC().Format("02 15:04")
		}
		all = append(all, strings.TrimSpace(line+" "+p.Held))
	}
	for _, e := range o.Overdue {
		all = append(all, fmt.Sprintf("overdue %s %s %s", e.State, e.Runbook(), e.Due.UTC().Format("02 15:04")))
	}
	return append(all, fmt.Sprintf("%d later, %d items", o.Later, len(o.Items.Open)))
}

// inTwoHours is what is promised in these tests.
func inTwoHours() *agreement.Terms {
	return &agreement.Terms{Clock: "scheduled", StartWithin: runbook.Nanoseconds(30 * time.Minute), CompleteWithin: runbook.Nanoseconds(2 * time.Hour)}
}

// TestOutlook follows a day: what is due, late, run, parked, held, missed, waived
// and closed. It is the same for what was kept and for the whole history.
func TestOutlook(t *testing.T) {
	s := newShop(t, "desk")
	desk, day := s.ledgers[0], asked.Truncate(24*time.Hour).AddDate(0, 0, 1)
	check := func(at time.Duration, want ...string) {
		t.Helper()
		s.now = day.Add(at)
		for name, standing := range map[string]*Standing{"kept": s.standing(), "history": s.history()} {
			if diff := cmp.Diff(want, outlookOf(t, standing, s.now)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", at, name, diff)
			}
		}
	}
	s.now = day.Add(-time.Hour)
	s.planWith(desk, "desk", inTwoHours(), 6)
	check(-30*time.Minute, "next upcoming every-6 24 00:00", "3 later, 0 items")
	check(-5*time.Minute, "now due every-6 24 00:00", "next upcoming every-6 24 06:00", "2 later, 0 items")
	check(30*time.Minute, "now due every-6 24 00:00", "next upcoming every-6 24 06:00", "3 later, 0 items")
	check(31*time.Minute, "late due every-6 24 00:00", "next upcoming every-6 24 06:00", "overdue due every-6 24 00:00", "3 later, 0 items")

	run := s.start(desk, 6, s.now, func(start *RunStart) {
		by := day.Add(2 * time.Hour)
		start.Deadline, start.FinishBy, start.SLA = &by, by, inTwoHours()
		start.SLA.Due = &day
	})
	check(time.Hour, "now running every-6 24 00:00", "next upcoming every-6 24 06:00", "3 later, 0 items")
	s.segment(desk, run)
	s.hold(desk, run.Occurrence.Name, HoldClient, 3*time.Hour)
	check(time.Hour+1, "now waiting every-6 24 00:00 waiting_client", "next upcoming every-6 24 06:00", "3 later, 0 items")
	check(3*time.Hour, "now waiting every-6 24 00:00 waiting_client", "next upcoming every-6 24 06:00", "3 later, 0 items")
	check(6*time.Hour, // nobody has ended it in time
		"now due every-6 24 06:00", "next upcoming every-6 24 12:00", "overdue failed every-6 24 00:00", "2 later, 0 items")
	s.end(desk, run, Verdict{Outcome: RunFailed})
	s.waive(desk, strings.Replace(run.Occurrence.Name, "T00:00:00", "T06:00:00", 1), day.Add(8*time.Hour))
	check(7*time.Hour, "next upcoming every-6 24 12:00", "overdue failed every-6 24 00:00", "3 later, 0 items")
	check(19*time.Hour,
		"late due every-6 24 18:00", "next upcoming every-6 25 00:00", "overdue failed every-6 24 00:00", "overdue missed every-6 24 12:00", "overdue due every-6 24 18:00", "3 later, 0 items")

	s.tick(desk, s.standing())
	items := s.standing().ItemsAt(s.now).Open
	s.say(desk, KindClosing, Closing{
		Client: "acme", Writer: desk.Writer, Operator: desk.Signer(), Signed: s.now, Item: items[0].Body.Item, Opening: items[0].Digest, How: CloseFixed, Why: aDigest,
	})
	check(20*time.Hour, "late due every-6 24 18:00", "next upcoming every-6 25 00:00", "overdue missed every-6 24 12:00", "overdue due every-6 24 18:00", "3 later, 1 items")
}

// TestOutlookHeld: while its clock is held an occurrence isn't late, and what was
// held is added to its deadlines.
func TestOutlookHeld(t *testing.T) {
	s := newShop(t, "desk")
	desk, day := s.ledgers[0], asked.Truncate(24*time.Hour).AddDate(0, 0, 1)
	s.now = day.Add(-time.Hour)
	s.planWith(desk, "desk", inTwoHours(), 6)
	s.now = day.Add(10 * time.Minute)
	hold := s.hold(desk, "acme/every-6/"+day.Format("2006-01-02T15:04:05+00:00")+"[UTC]", HoldClient, 5*time.Hour)
	next := "next upcoming every-6 24 06:00"
	if diff := cmp.Diff([]string{"now due every-6 24 00:00 waiting_client", next, "3 later, 0 items"}, outlookOf(t, s.standing(), day.Add(time.Hour))); diff != "" {
		t.Error(diff)
	}
	s.now = day.Add(70 * time.Minute)
	s.release(desk, hold)
	o, err := s.standing().Outlook(t.Context(), day.Add(80*time.Minute), day, 100)
	if err != nil {
		t.Fatal(err)
	}
	if p := o.Pending[0]; p.Risk != RiskNow || !p.StartBy.Equal(day.Add(90*time.Minute)) || !p.CompleteBy.Equal(day.Add(3*time.Hour)) {
		t.Errorf("risk %d, start by %s, complete by %s", p.Risk, p.StartBy, p.CompleteBy)
	}
	if diff := cmp.Diff([]string{"late due every-6 24 00:00", next, "overdue due every-6 24 00:00", "3 later, 0 items"}, outlookOf(t, s.standing(), day.Add(91*time.Minute))); diff != "" {
		t.Error(diff)
	}
}

// TestOutlookOfARunWithoutPlan: a run that nobody planned is shown while it is
// open, and is nothing that somebody has to answer for.
func TestOutlookOfARunWithoutPlan(t *testing.T) {
	s := newShop(t, "desk")
	s.start(s.ledgers[0], 6, asked)
	if diff := cmp.Diff([]string{"now running every-6", "0 later, 0 items"}, outlookOf(t, s.standing(), asked.Add(time.Minute))); diff != "" {
		t.Error(diff)
	}
}

// TestOutlookFarAhead: of what is overdue the oldest lines are kept, as many as
// were asked for, and all are counted, by their runbook too. Who doesn't wait any
// more stops it.
func TestOutlookFarAhead(t *testing.T) {
	s := newShop(t, "desk")
	s.planWith(s.ledgers[0], "desk", inTwoHours(), 1, 6)
	at := s.now.AddDate(1, 0, 0)
	for name, standing := range map[string]*Standing{"kept": s.standing(), "history": s.history()} {
		all, err := standing.Outlook(t.Context(), at, at, 1_000_000)
		if err != nil || all.Counts.Total() != len(all.Overdue) || len(all.Overdue) < 8760+1460-2 {
			t.Fatalf("%s: %d are named and %d counted, %v", name, len(all.Overdue), all.Counts.Total(), err)
		}
		few, err := standing.Outlook(t.Context(), at, at, 10)
		if err != nil || cap(few.Overdue) > 64 {
			t.Fatalf("%s: there is room for %d lines, %v", name, cap(few.Overdue), err)
		}
		if diff := cmp.Diff(all.Overdue[:10], few.Overdue); diff != "" {
			t.Errorf("%s: the oldest (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(all.Counts, few.Counts); diff != "" {
			t.Errorf("%s: the counts (-want +got):\n%s", name, diff)
		}
		if got := few.Counts.Of("every-6"); got < 1459 || got > 1461 {
			t.Errorf("%s: %d of every-6", name, got)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.standing().Outlook(ended, at, at, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("it went on: %v", err)
	}
}
