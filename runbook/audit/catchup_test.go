package audit_test

import (
	"strings"
	"testing"
)

// TestCatchUp: a run that makes a miss good is for no occurrence, where the
// schedule wants it and the miss had closed. Any other that says so has been kept
// out of its occurrence.
func TestCatchUp(t *testing.T) {
	for _, c := range []struct {
		name   string
		asked  bool // the schedule says run_once
		at     int  // the hour of the second day
		claims string
		hidden bool
	}{
		{"as the schedule wants", true, 7, nominal(0), false},
		{"of a schedule that only records", false, 7, nominal(0), true},
		{"of what is due itself", true, 7, nominal(1), true},
		{"of what nobody asked for", true, 7, nominal(-3), true},
		{"of nothing", true, 7, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			p := b.plan()
			if c.asked {
				p.book = strings.Replace(daily, "timezone: UTC", "timezone: UTC, on_missed: run_once", 1)
				p.plan.Runbooks[0].Schedule.OnMissed = "run_once"
			}
			p.sign()
			s := b.unplanned(day(1, c.at, 10))
			s.edited(p.book)
			s.start.CatchesUp = c.claims
			s.tell(1000)
			r := b.wait(day(1, 9, 0)).verify()
			if c.hidden {
				wantOnly(t, r, "unscheduled-though-planned", nominal(1))
				return
			}
			wantOK(t, r)
			if r.Counts.ExpectedMissed != 1 || r.Counts.ExpectedOnTime != 0 {
				t.Errorf("a catch-up satisfies nothing: %+v", r.Counts)
			}
		})
	}
}
