package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestNear: the attempts that are near an occurrence say of it what all say.
func TestNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := day()
		hour := func(label string) *time.Time {
			at := o.Due.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, label)) * time.Hour)
			return &at
		}
		var all []Attempt
		for i := range rapid.IntRange(0, 8).Draw(t, "runs") {
			a := Attempt{Run: fmt.Sprint(i), Started: hour("started"), Outcome: rapid.SampledFrom([]string{"done", "failed", "open", "parked"}).Draw(t, "outcome")}
			if a.Outcome == "done" || a.Outcome == "failed" {
				a.Ended = hour("ended")
			}
			all = append(all, a)
		}
		at := *hour("at")
		wantState, wantBy, wantRecovered := Judge(o, all, at)
		state, by, recovered := Judge(o, NewAttempts(all).Near(o), at)
		if diff := cmp.Diff([]any{wantState, wantBy, wantRecovered}, []any{state, by, recovered}); diff != "" {
			t.Fatal(diff)
		}
	})
}
