package escalate_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/escalate"
)

// drawLadder is up to four rungs, in any order of their times.
func drawLadder(t *rapid.T, name string) []runbook.Rung {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) runbook.Rung {
		rung := runbook.Rung{Notify: rapid.SampledFrom([]string{"on-call", "owner", "manager", "client:it-director", "absent", "nobody-has-it", "jo"}).Draw(t, "notify")}
		minutes := func(name string, from, to int) runbook.Duration {
			d := time.Duration(rapid.IntRange(from, to).Draw(t, name)) * time.Minute
			return runbook.Duration{Text: d.String(), Span: d}
		}
		if rapid.Bool().Draw(t, "shared") {
			rung.Share = float64(rapid.IntRange(0, 150).Draw(t, "share"))
		} else {
			rung.After = minutes("after", 0, 300)
		}
		if rapid.Bool().Draw(t, "repeats") {
			rung.Repeat = minutes("repeat", 1, 120)
		}
		return rung
	}), 0, 4).Draw(t, name)
}

// TestLadders ticks at any instants, with sends that get through or don't, and
// holds what the package promises.
func TestLadders(t *testing.T) {
	contacts := people(t)
	plain := missed(t)
	rapid.Check(t, func(t *rapid.T) {
		m := plain
		m.Ladders = runbook.Escalation{NotAcknowledged: drawLadder(t, "not acknowledged"), NotResolved: drawLadder(t, "not resolved")}
		sometime := rapid.IntRange(0, 6000)
		if rapid.Bool().Draw(t, "acknowledged") {
			m.Acknowledged = seven.Add(time.Duration(sometime.Draw(t, "ack")) * time.Minute)
		}
		if rapid.Bool().Draw(t, "resolved") {
			m.Resolved = seven.Add(time.Duration(sometime.Draw(t, "end")) * time.Minute)
		}
		reach := escalate.Reach{Contacts: contacts, Channels: func(name string) bool { return name != "slack" }}
		minutes := rapid.SliceOfN(sometime, 1, 40).Draw(t, "ticks")
		slices.Sort(minutes)
		var made []escalate.Notice
		for _, minute := range minutes {
			at := seven.Add(time.Duration(minute) * time.Minute)
			due := escalate.Due(m, reach, made, at)
			checkTick(t, &m, due, at)
			for _, n := range due {
				if n.Outcome == "" {
					n.Outcome = rapid.SampledFrom([]escalate.Outcome{escalate.Sent, escalate.Failed}).Draw(t, "outcome")
				}
				made = append(made, n)
			}
			if again := escalate.Due(m, reach, made, at); len(again) > 0 {
				t.Fatalf("a second tick makes %+v", again)
			}
		}
		checkMade(t, &m, made)
		checkStarted(t, &m, made, seven.Add(time.Duration(minutes[len(minutes)-1])*time.Minute))
	})
}

// checkTick holds what is true of every tick by itself.
func checkTick(t *rapid.T, m *escalate.Matter, due []escalate.Notice, at time.Time) {
	told := map[string]bool{}
	for _, n := range due {
		switch {
		case !m.Resolved.IsZero() && !at.Before(m.Resolved):
			t.Fatalf("it is done, and this is made: %+v", n)
		case n.Ladder == escalate.NotAcknowledged && !m.Acknowledged.IsZero() && !at.Before(m.Acknowledged):
			t.Fatalf("it is acknowledged, and this is made: %+v", n)
		case n.Due.After(at) || !n.At.Equal(at):
			t.Fatalf("at %v: %+v", at, n)
		case n.Outcome == "" && (told[n.Contact] || n.Contact == "" || n.Words.Title == "" || n.Channel.Name == "slack"):
			t.Fatalf("told twice, or nothing, or by what isn't set up: %+v", n)
		}
		told[n.Contact] = told[n.Contact] || n.Outcome == ""
	}
}

// checkMade holds what is true of the sequence: each rung once for each repeat,
// repeats and rungs in order.
func checkMade(t *rapid.T, m *escalate.Matter, made []escalate.Notice) {
	closed, repeats, begun := map[string]bool{}, map[string]int{}, map[escalate.Ladder]time.Time{}
	for _, n := range made {
		if closed[n.Key()] {
			t.Fatalf("this rung is done: %+v", n)
		}
		closed[n.Key()] = n.Outcome == escalate.Sent || n.Reason == escalate.Merged || n.Reason == escalate.GivenUp
		rung := fmt.Sprint(n.Ladder, n.Rung)
		last, seen := repeats[rung]
		if n.Repeat < last {
			t.Fatalf("repeat %d comes after %d: %+v", n.Repeat, last, n)
		}
		repeats[rung] = n.Repeat
		if first := firstDue(m, n); !seen {
			if first.Before(begun[n.Ladder]) {
				t.Fatalf("this rung was due before one that began earlier: %+v", n)
			}
			begun[n.Ladder] = first
		}
	}
}

// checkStarted holds that no rung that has fallen due is forgotten.
func checkStarted(t *rapid.T, m *escalate.Matter, made []escalate.Notice, at time.Time) {
	if !m.Resolved.IsZero() && !at.Before(m.Resolved) {
		return
	}
	for i, rung := range m.Ladders.NotResolved {
		n := escalate.Notice{Ladder: escalate.NotResolved, Rung: i + 1}
		begun := slices.ContainsFunc(made, func(have escalate.Notice) bool { return have.Ladder == n.Ladder && have.Rung == n.Rung })
		if due := firstDue(m, n); begun == due.After(at) {
			t.Fatalf("rung %d, %+v, is due at %v and has begun: %v", i+1, rung, due, begun)
		}
	}
}

// firstDue is when the rung of a notice fell due the first time; a matter
// without ladders has one at its deadline.
func firstDue(m *escalate.Matter, n escalate.Notice) time.Time {
	rungs := m.Ladders.NotResolved
	if n.Ladder == escalate.NotAcknowledged {
		rungs = m.Ladders.NotAcknowledged
	}
	if len(rungs) == 0 {
		return m.Deadline
	}
	if rung := rungs[n.Rung-1]; rung.After.IsZero() {
		due, _ := m.Share(rung.Share)
		return due
	}
	return m.Clock.Add(rungs[n.Rung-1].After.Span)
}
