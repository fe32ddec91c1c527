package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// since verifies what came after a checkpoint.
func (b *bench) since(heads ...audit.Head) *audit.Report {
	b.t.Helper()
	r, err := audit.VerifySince(b.store, "acme", b.pins, heads, b.now, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// sinceStory is a history with all that statements go on from: tokens, plans, a
// run that was parked, and one that is open. It gives a checkpoint of each state.
func sinceStory(t *testing.T) (b *bench, heads []audit.Head) {
	b, tsa := newStamped(t)
	keep := func() { heads = append(heads, b.head("laptop")) }
	b.plan().sign()
	keep()
	b.planned(day(1, 7, 10)).bracket(tsa, tsa)
	keep()
	b.begin().tell(1000)
	b.begin().tell(1100)
	keep()
	parked := b.begin()
	parked.signStart()
	keep()
	parked.work(1200)
	parked.signSegment(1)
	keep()
	parked.signSegment(1)
	keep()
	started := b.begin()
	started.signStart()
	keep()
	t1 := b.anchor(tsa)
	keep()
	parked.finish()
	parked.signEnd()
	keep()
	started.editEnd = func(e *record.RunEnd) { e.NotBefore = t1 }
	started.work(1300)
	started.finish()
	started.signEnd()
	keep()
	b.anchor(tsa)
	b.begin().signStart()
	keep()
	return b, heads
}

// TestSince: wherever the audit begins, an honest history has no finding, and what
// is said of a run is what the audit of all of it says.
func TestSince(t *testing.T) {
	b, heads := sinceStory(t)
	whole := b.verify()
	wantOK(t, whole)
	lines := map[string]audit.RunLine{}
	for _, line := range runLines(whole) {
		lines[line.Run] = line
	}
	runs := whole.Runs.Len()
	for _, h := range heads {
		r := b.since(h)
		wantOK(t, r)
		if len(r.Since) != 1 || r.Since[0].Entries == 0 || !slices.Contains(rulesOf(r.Unshown), "since-checkpoint") {
			t.Errorf("it doesn't say where it began: %+v", r.Since)
		}
		if want := int(whole.Writers[0].Leaves - r.Since[0].Entries); r.Counts.Statements != want {
			t.Errorf("%d statements, want %d", r.Counts.Statements, want)
		}
		if r.Runs.Len() > runs {
			t.Errorf("%d runs behind a later checkpoint, %d before", r.Runs.Len(), runs)
		}
		runs = r.Runs.Len()
		for _, line := range runLines(r) {
			if diff := cmp.Diff(lines[line.Run], line); diff != "" {
				t.Errorf("behind %d entries, the run %s: %s", r.Since[0].Entries, line.Run, diff)
			}
		}
	}
	if runs != 0 {
		t.Errorf("%d runs behind the newest checkpoint", runs)
	}
}

// TestSinceAttacked: what is wrong behind a checkpoint is found in the words of
// the whole audit, also where it is about what lies before.
func TestSinceAttacked(t *testing.T) {
	for _, c := range []struct {
		name, rule, phrase string
		attack             func(*bench, *story)
		before             func(*bench) // done before the checkpoint is kept
	}{
		{"another verdict", "verdict-differs", "done", func(_ *bench, s *story) {
			s.editEnd = func(e *record.RunEnd) { e.Verdict.Outcome = record.RunFailed }
			s.signEnd()
		}, nil},
		{"a start that no log holds", "run-without-start", "no log holds one", func(_ *bench, s *story) { s.signEnd() }, func(b *bench) {
			leaves := b.leaves()
			b.rewrite("laptop", b.logKey, leaves[:len(leaves)-1])
			if err := os.RemoveAll(filepath.Join(b.dir, "heads")); err != nil {
				b.t.Fatal(err)
			}
		}},
		{"a second end", "run-twice", "ended twice", func(_ *bench, s *story) {
			s.signEnd()
			s.end.ClockSync = "synchronised"
			s.signEnd()
		}, nil},
		{"a start that was changed", "record-changed", "was changed", func(b *bench, s *story) {
			s.signEnd()
			b.edit(recordFile(s.startRef), flipAt(90))
		}, nil},
		{"a start that is gone", "file-missing", "is missing", func(b *bench, s *story) {
			s.signEnd()
			if err := os.Remove(b.path(recordFile(s.startRef))); err != nil {
				b.t.Fatal(err)
			}
		}, nil},
		{"a segment left out", "segment-order", "names 0 segments", func(_ *bench, s *story) {
			s.editEnd = func(e *record.RunEnd) { e.Segments = nil }
			s.signEnd()
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.begin().tell(900)
			s := b.begin()
			s.signStart()
			s.work(1000)
			if strings.Contains(c.name, "segment") {
				s.signSegment(1)
			}
			s.finish()
			if c.before != nil {
				c.before(b)
			}
			h := b.head("laptop")
			c.attack(b, s)
			wantOnly(t, b.since(h), c.rule, c.phrase)
		})
	}
}

// TestSinceElsewhere: parts of a run in several logs are found before the
// checkpoints of each.
func TestSinceElsewhere(t *testing.T) {
	b := newBench(t)
	other := b.ledger("server", newKey(t), b.operator)
	s := b.begin()
	s.signStart()
	s.work(1000)
	s.ledger = other
	s.signSegment(1)
	heads := []audit.Head{b.head("laptop"), b.head("server")}
	s.ledger = b.laptop
	s.finish()
	s.signEnd()
	r := b.since(heads...)
	wantOK(t, r)
	if r.Runs.Len() != 1 || runLines(r)[0].State != "done" || r.Counts.Statements != 1 {
		t.Errorf("%+v", runLines(r))
	}
	// A log without a checkpoint is looked at from its beginning.
	r = b.since(heads[0])
	wantOK(t, r)
	if r.Counts.Statements != 2 {
		t.Errorf("%d statements", r.Counts.Statements)
	}
}

// BenchmarkSince verifies the last hundred runs' entries behind a checkpoint of
// logs of several sizes. What lies before is leaves only: it isn't looked at.
func BenchmarkSince(b *testing.B) {
	for _, size := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			bench := newBench(b)
			bench.past = []record.PastValue{}
			bench.pin()
			filler := make([]evidence.Leaf, size-100)
			for i := range filler {
				filler[i] = evidence.Leaf{Kind: record.KindRun, Run: fmt.Sprintf("run-%d", i), Envelope: evidence.Digest(fmt.Appendf(nil, "%d", i))}
			}
			if _, _, err := bench.laptop.Log.Append(b.Context(), filler...); err != nil {
				b.Fatal(err)
			}
			h := bench.head("laptop")
			for range 50 {
				bench.begin().tell(1000)
				bench.pass(time.Minute)
			}
			for b.Loop() {
				if r := bench.since(h); !r.OK() || r.Counts.Statements != 100 {
					b.Fatalf("%d statements, %+v", r.Counts.Statements, r.Findings)
				}
			}
		})
	}
}
