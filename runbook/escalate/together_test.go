package escalate_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/escalate"
)

// TestTogether has nobody do a daily runbook for two weeks while nothing ticks.
// Everybody is told once, about the newest occurrence, and the rest is done with.
func TestTogether(t *testing.T) {
	reach := escalate.Reach{Contacts: people(t)}
	var matters []escalate.Matter
	for day := range 14 {
		m, due := missed(t), seven.AddDate(0, 0, day-13)
		m.Name, m.Clock, m.Since, m.Deadline, m.Share = fmt.Sprint("day ", day), due, due, due.Add(2*time.Hour), sharesOf(due, 2*time.Hour)
		matters = append(matters, m)
	}
	var made []escalate.Notice
	tick := func(at time.Time, works bool) (told []string) {
		notices := escalate.Together(matters, func(m escalate.Matter) []escalate.Notice { return escalate.Due(m, reach, made, at) })
		for _, n := range notices {
			if n.Outcome == "" {
				told = append(told, n.Matter+" "+n.Notify)
				if n.Outcome = escalate.Sent; !works {
					n.Outcome, n.Reason = escalate.Failed, "unreachable"
				}
			}
			made = append(made, n)
		}
		return told
	}
	wake := seven.Add(20 * time.Minute)
	for _, c := range []struct {
		after time.Duration
		works bool
		want  []string
	}{
		{0, false, []string{"day 13 on-call"}},              // who is the owner too, and the director isn't there yet
		{5 * time.Minute, true, []string{"day 13 on-call"}}, // a send that failed is tried again
		{10 * time.Minute, true, nil},
		{40 * time.Minute, true, []string{"day 12 client:it-director", "day 13 owner"}},
	} {
		if got := tick(wake.Add(c.after), c.works); !slices.Equal(got, c.want) {
			t.Errorf("%s after waking: told %q, want %q", c.after, got, c.want)
		}
	}
	merged := 0
	for _, n := range made {
		if n.Reason == escalate.Merged {
			merged++
			if n.Outcome != escalate.Skipped || n.Channel.Name != "" || n.Words.Title != "" {
				t.Errorf("merged: %+v", n)
			}
		}
	}
	if want := 13*3 - 1; merged != want {
		t.Errorf("%d entries say that they are merged, want %d", merged, want)
	}
}
