package audit_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

func rulesOf(findings []audit.Finding) []string {
	var rules []string
	for _, f := range findings {
		rules = append(rules, f.Rule)
	}
	return rules
}

func TestHonest(t *testing.T) {
	b := newBench(t)
	b.history()
	r := b.verify()
	wantOK(t, r)
	if r.Pinned || !r.OK() {
		t.Errorf("pinned %v, OK %v", r.Pinned, r.OK())
	}
	want := []string{"signers-not-pinned", "no-outside-time", "log-not-pinned", "no-witness", "no-plan"}
	if diff := cmp.Diff(want, rulesOf(r.Unshown)); diff != "" {
		t.Errorf("unshown: %s", diff)
	}
	counts := audit.Counts{Statements: 9, Signers: 1, Blobs: 4 * 6, Runs: 4, Done: 4, Met: 4}
	if diff := cmp.Diff(counts, r.Counts); diff != "" {
		t.Errorf("counts: %s", diff)
	}
	checks := []audit.Check{
		{Name: "log", State: audit.OK, Text: "9 leaves"},
		{Name: "signatures", State: audit.OK, Text: "9 statements, 1 signer, not pinned"},
		{Name: "runs", State: audit.OK, Text: "4 started, 4 finished"},
		{Name: "sla", State: audit.OK, Text: "4 verdicts recomputed: 4 met, 0 missed, 0 not judged"},
		{Name: "blobs", State: audit.OK, Text: "24 blobs whole"},
	}
	if diff := cmp.Diff(checks, r.Checks); diff != "" {
		t.Errorf("checks: %s", diff)
	}
	for _, line := range runLines(r) {
		if line.State != "done" || line.Level != audit.Logged || line.Runbook != "backup-verify" {
			t.Errorf("run %+v", line)
		}
	}
	if w := r.Writers; len(w) != 1 || w[0].ID != "laptop" || w[0].Leaves != 9 || !w[0].Newest.Equal(b.now) || w[0].Key != b.logKey.Public().ID() {
		t.Errorf("writers %+v", w)
	}
}

func TestPinnedAndWitnessed(t *testing.T) {
	b := newBench(t)
	b.history()
	older := b.head("laptop")
	b.begin().tell(1250)
	b.pin()
	b.pins.Heads = []audit.Head{older}
	b.pins.Logs["desk"] = newKey(t).Public()
	r := b.verify()
	wantOK(t, r)
	if diff := cmp.Diff([]string{"no-outside-time", "no-witness", "log-absent", "no-plan"}, rulesOf(r.Unshown)); diff != "" {
		t.Errorf("unshown: %s", diff)
	}
	delete(b.pins.Logs, "desk")
	b.pins.Heads = []audit.Head{older, b.head("laptop")}
	r = b.verify()
	wantOK(t, r)
	if diff := cmp.Diff([]string{"no-outside-time", "no-plan"}, rulesOf(r.Unshown)); diff != "" {
		t.Errorf("unshown: %s", diff)
	}
	if r.Counts.Heads != 2 || !r.Pinned || !r.Writers[0].Pinned {
		t.Errorf("heads %d, pinned %v", r.Counts.Heads, r.Pinned)
	}
}

// TestHonestTwins: what looks like the attacks and is none.
func TestHonestTwins(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *bench)
	}{
		{"failed", func(b *bench) {
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step {
				steps[0].Outcome, steps[0].Cause = record.Failed, record.CauseExit
				return steps[:1]
			}
			s.tell(1000)
		}},
		{"aborted", func(b *bench) {
			s := b.begin()
			s.aborted = true
			s.editSteps = func(steps []record.Step) []record.Step { return steps[:1] }
			s.tell(1000)
		}},
		{"late", func(b *bench) {
			s := b.begin()
			s.signStart()
			b.pass(3 * time.Hour)
			s.work(1000)
			s.finish()
			s.signEnd()
		}},
		{"outside normal", func(b *bench) { b.history(); b.begin().tell(2000) }},
		{"beyond normal", func(b *bench) { b.history(); b.begin().tell(9000) }},
		{"too fast, and done differently", func(b *bench) {
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step {
				steps[1].Duration = runbook.Nanoseconds(time.Second)
				steps[1].Ended = steps[1].Started.Add(time.Second)
				answer := record.Answer{Door: "terminal", Differently: "by phone"}
				steps[1].Facts = must(b.laptop.PutJSON(record.Facts{Answer: &answer}))
				steps[1].Deviates = record.StepDeviations(&s.start.Steps[1], &steps[1], answer)
				return steps
			}
			s.tell(1000)
		}},
		{"cut off and attested", func(b *bench) {
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step {
				tidy := &steps[3]
				tidy.CutOff, tidy.Attempts, tidy.Proof = true, 0, runbook.Attested
				tidy.Deviates = []record.Deviation{record.DeviatedCutOff}
				return steps
			}
			s.tell(1000)
		}},
		{"left out as asked", func(b *bench) {
			s := b.begin()
			s.start.Inputs = must(b.laptop.PutJSON(record.Inputs{StartAt: "look"}))
			s.start.Deviations = []record.Deviation{record.DeviatedStartAt}
			s.editSteps = func(steps []record.Step) []record.Step {
				steps[0] = record.Step{ID: "size", Outcome: record.LeftOut, Cause: record.CauseStartAt, Started: steps[0].Started, Ended: steps[0].Started}
				return steps
			}
			s.tell(1000)
		}},
		{"a checklist", func(b *bench) {
			s := b.begin()
			s.start.Inputs = must(b.laptop.PutJSON(record.Inputs{Checklist: true}))
			s.start.Deviations = []record.Deviation{record.DeviatedChecklist}
			s.editSteps = func(steps []record.Step) []record.Step {
				steps[3].Proof = runbook.Attested
				return steps
			}
			s.tell(1000)
		}},
		{"two segments", func(b *bench) {
			s := b.begin()
			s.signStart()
			s.work(1000)
			s.signSegment(1)
			s.signSegment(2)
			s.finish()
			s.signEnd()
		}},
		{"open", func(b *bench) { b.begin().signStart() }},
		{"open and parked", func(b *bench) {
			s := b.begin()
			s.signStart()
			s.work(1000)
			s.signSegment(1)
		}},
		{"a clock set back a little", func(b *bench) {
			s := b.begin()
			s.signStart()
			b.pass(-20 * time.Second)
			s.work(1000)
			s.finish()
			s.signEnd()
		}},
		{"no SLA", func(b *bench) {
			s := b.begin()
			text := slices.Concat([]byte(source[:len("apiVersion: msp/v1\n")]), []byte("kind: Runbook\nid: other\nversion: 2.0.0\ntitle: T\nsteps: [{id: tidy, title: T, run: x}]\n"))
			s.start.Runbook = record.Runbook{ID: "other", Version: "2.0.0", Digest: runbook.Digest(text), Source: must(b.store.PutBlob(text)).Digest}
			s.start.SLA, s.start.Deadline, s.start.Steps = nil, nil, []record.PinnedStep{{ID: "tidy", Kind: "run", Priority: "must"}}
			s.start.FinishBy = s.start.Started.Add(24 * time.Hour)
			s.signStart()
			s.steps = []record.Step{s.step("tidy", time.Second)}
			s.finish()
			s.signEnd()
		}},
		{"only part of a baseline", func(b *bench) { b.begin().tell(1000); b.begin().tell(1100); b.begin().tell(1200) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.pin()
			c.build(b)
			wantOK(t, b.verify())
		})
	}
}

// TestAnotherPersonGoesOn: a run is parked on the laptop and resumed on the
// desk, by somebody else.
func TestAnotherPersonGoesOn(t *testing.T) {
	b := newBench(t)
	deskKey, second := newKey(t), newKey(t)
	desk := b.ledger("desk", deskKey, second)
	b.history()
	s := b.begin()
	s.signStart()
	s.work(1400)
	s.signSegment(1)
	s.ledger = desk
	s.finish()
	s.signEnd()

	b.pin()
	b.pins.Signers = append(b.pins.Signers, second.Public())
	b.pins.Logs["desk"] = deskKey.Public()
	r := b.verify()
	wantOK(t, r)
	if len(r.Writers) != 2 || r.Writers[0].ID != "desk" || r.Counts.Signers != 2 {
		t.Errorf("writers %+v, %d signers", r.Writers, r.Counts.Signers)
	}

	b.pins = audit.Pins{Logs: b.pins.Logs}
	r = b.verify()
	wantOK(t, r)
	if !slices.Contains(rulesOf(r.Unshown), "operator-changed") {
		t.Errorf("with no pins nothing says that the operator changed: %v", rulesOf(r.Unshown))
	}

	b.pins = audit.Pins{}
	wantOK(t, b.verify())
}

// TestWhatCrashesLeave is never broken.
func TestWhatCrashesLeave(t *testing.T) {
	b := newBench(t)
	b.history()
	payload := must(evidence.EncodeStatement(record.PredicateType("run-start"), []evidence.Subject{{Name: "runbook", SHA256: runbook.Digest(nil)[7:]}}, b.begin().start))
	digest := must(b.store.PutEnvelope(must(evidence.Seal(payload, b.operator))))
	for _, file := range []string{"records/notes.txt", "records/00/.msp-1.tmp", "blobs/.msp-2.tmp", "blobs/x"} {
		if err := os.MkdirAll(b.path("records", "00"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(b.path(file), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := b.verify()
	wantOK(t, r)
	var got []string
	for _, f := range r.Unshown {
		if f.File != "" {
			got = append(got, f.Rule)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"blob-unnamed", "file-foreign", "file-foreign", "record-not-logged"}, got); diff != "" {
		t.Errorf("unshown: %s", diff)
	}
	i := slices.IndexFunc(r.Unshown, func(f audit.Finding) bool { return f.Rule == "record-not-logged" })
	if f := r.Unshown[i]; f.Statement != digest || f.File != recordFile(digest) {
		t.Errorf("the unlogged envelope is told as %+v", f)
	}
}

// TestOneOrder: the same evidence gives the same report.
func TestOneOrder(t *testing.T) {
	b := newBench(t)
	stories := b.history()
	for _, s := range stories {
		b.edit(recordFile(s.endRef), flipAt(40))
	}
	first := b.verify()
	if len(first.Findings) != 4 {
		t.Fatalf("%d findings for 4 changed records", len(first.Findings))
	}
	for range 10 {
		if diff := cmp.Diff(first, b.verify(), cmp.Transformer("runs", func(l audit.RunLines) []audit.RunLine { return runLines(&audit.Report{Runs: l}) })); diff != "" {
			t.Fatal(diff)
		}
	}
}

// TestNoRuns: where no run can be read there is no list of them, and a report says of that
// what it always said: null.
func TestNoRuns(t *testing.T) {
	b := newBench(t)
	b.history()
	if err := os.Remove(b.path("logs", "laptop", "checkpoint")); err != nil {
		t.Fatal(err)
	}
	if text := must(json.Marshal(b.verify().Runs)); string(text) != "null" {
		t.Errorf("the runs are %s, not null", text)
	}
}

// TestFileForFolder: a file that stands where a folder of evidence belongs is told, where
// nothing else is looked for in it.
func TestFileForFolder(t *testing.T) {
	b := newBench(t)
	b.history()
	if err := os.Remove(b.path("logs", "laptop", "checkpoint")); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"records", "blobs"} {
		if err := os.RemoveAll(b.path(folder)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(b.path(folder), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := b.verify()
	for _, folder := range []string{"records", "blobs"} {
		if !slices.ContainsFunc(r.Unshown, func(f audit.Finding) bool { return f.Rule == "file-foreign" && f.File == folder }) {
			t.Errorf("nothing says that %s is a file: %+v", folder, r.Unshown)
		}
	}
}
