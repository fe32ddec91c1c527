package audit_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/spill"
)

// TestLittleMemory: what is found doesn't depend on how much of it lies in memory, and how
// much is sorted in files or read again.
func TestLittleMemory(t *testing.T) {
	b, first := longStory(t)
	wantOK(t, b.compareMemory("an honest history"))

	far := b.begin()
	far.editSteps = func(steps []record.Step) []record.Step {
		normal := 1001.0
		steps[0].Normal[0].From, steps[0].Normal[0].Normal = []string{first[2].endRef, first[1].endRef, first[0].endRef}, &normal
		return steps
	}
	far.tell(1000)
	wantOnly(t, b.compareMemory("a run compared with the oldest ones"), "baseline-differs", "leaves out the run")

	for _, harm := range []struct {
		rule string
		do   func()
	}{
		{"record-changed", func() { b.edit(recordFile(first[5].endRef), flipAt(40)) }},
		{"file-missing", func() { os.Remove(b.path(recordFile(first[7].startRef))) }},
		{"record-not-logged", func() { must(b.store.PutEnvelope([]byte("{}"))) }},
		{"file-foreign", func() { os.WriteFile(b.path("records", "x"), nil, 0o600) }},
		{"blob-unnamed", func() { must(b.store.PutBlob([]byte("nobody's"))) }},
		{"blob-missing", func() { os.Remove(b.path(blobFile(first[3].start.Where))) }},
	} {
		harm.do()
		r := b.compareMemory(harm.rule)
		if rules := slices.Concat(rulesOf(r.Findings), rulesOf(r.Unshown)); !slices.Contains(rules, harm.rule) {
			t.Errorf("no %s among %v", harm.rule, rules)
		}
	}
}

// TestZones: a run that began at the very instant at which its window opened, or ended the
// wait for one, is found in whatever zone it says so.
func TestZones(t *testing.T) {
	for _, offset := range []int{0, 5 * 3600, -5 * 3600} {
		b := newBench(t)
		b.plan().sign()
		failed := b.planned(day(0, 6, 0))
		failed.start.Started = failed.start.Started.In(time.FixedZone("", offset))
		failed.failing().tell(1000)
		b.planned(day(0, 8, 0)).tell(1000)
		r := b.compareMemory("a run in another zone")
		if r.Counts.ExpectedFailed != 1 || r.Counts.ExpectedLate+r.Counts.ExpectedOnTime != 0 {
			t.Errorf("at %d: %+v", offset, r.Counts)
		}
	}
}

// TestHoldRefused: that a hold came after the end is said of those that don't count, too.
func TestHoldRefused(t *testing.T) {
	b := newBench(t)
	b.pin()
	run := b.begin().tell(1000)
	b.laptop.Operator = newKey(t)
	b.clock(run.start.Run)
	rules := rulesOf(b.compareMemory("a stranger's hold").Findings)
	if !slices.Contains(rules, "signer-unknown") || !slices.Contains(rules, "hold-after-end") {
		t.Errorf("the findings are %v", rules)
	}
}

// TestNoTemporaryFile: where there is no room for what is sorted, nothing is verified.
func TestNoTemporaryFile(t *testing.T) {
	b, _ := longStory(t)
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	t.Setenv("TMP", os.Getenv("TMPDIR")) // what Windows calls it
	if r, err := audit.VerifyWithLittle(b.store, "acme", b.pins, b.now); !errors.Is(err, spill.ErrFile) || r != nil {
		t.Errorf("got %v, %v", r, err)
	}
	wantOK(t, b.verify())
}

// longStory is of runs for occurrences, of which some were missed, failed or done twice,
// and of others that are compared with those before them.
func longStory(t *testing.T) (b *bench, unplanned []*story) {
	b = newBench(t)
	b.plan().sign()
	for i := range 12 {
		if i%4 != 2 {
			s := b.planned(day(i, 7, 0))
			if i%5 == 3 {
				s = s.failing()
			}
			s.tell(1000)
		}
		if i%6 == 1 {
			again := b.planned(day(i, 8, 0))
			again.start.Occurrence.Repeats = b.lastRun()
			again.tell(1000)
		}
		b.wait(day(i, 12, 0))
		s := b.begin()
		unplanned = append(unplanned, s.tell(1000+float64(i)))
	}
	return b, unplanned
}

// lastRun is the run of the newest leaf.
func (b *bench) lastRun() string {
	leaves := b.leaves()
	return leaves[len(leaves)-1].Run
}

// compareMemory verifies the evidence with the usual memory and with little.
func (b *bench) compareMemory(name string) *audit.Report {
	b.t.Helper()
	usual := b.verify()
	little := must(audit.VerifyWithLittle(b.store, "acme", b.pins, b.now))
	defer little.Close()
	if diff := cmp.Diff(string(must(json.Marshal(usual))), string(must(json.Marshal(little)))); diff != "" {
		b.t.Errorf("%s: %s", name, diff)
	}
	return usual
}
