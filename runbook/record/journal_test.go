package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
)

func sampleEntries() []Entry {
	at := time.Date(2026, 11, 21, 7, 16, 0, 5, time.UTC)
	zero := 0
	return []Entry{
		{At: at, Kind: EntryOpened, Run: "r", Start: "sha256:00", Segment: 1, Operator: Signer{ID: "SHA256:x", Key: "ssh-ed25519 AAAA"}},
		{At: at, Kind: EntryBegan, Step: "a", Attempt: 1},
		{
			At: at, Kind: EntryEnded, Step: "a", Result: &Step{ID: "a", Outcome: Passed, Exit: &zero, Outputs: Numbers{"n": "12.50"}},
			Tools: []Tool{{Name: "bash", Path: "/bin/bash", Digest: "sha256:11"}},
		},
		{At: at, Kind: EntryBegan, Step: "b", Attempt: 1},
	}
}

func writeJournal(t *testing.T, disk *evidence.Disk, path string, entries []Entry) {
	t.Helper()
	j, _, err := OpenJournal(disk, path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, e := range entries {
		if err := j.Add(e); err != nil {
			t.Fatal(err)
		}
	}
}

var withoutNumbers = cmpopts.IgnoreFields(Entry{}, "V", "Seq")

// TestJournalCutShort cuts a journal at every byte: what was whole is read,
// and the next process goes on behind it.
func TestJournalCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "run.jsonl")
	entries := sampleEntries()
	writeJournal(t, nil, path, entries)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	disk := &evidence.Disk{}
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		want := entries[:bytes.Count(whole[:cut], []byte("\n"))]
		j, got, err := OpenJournal(disk, path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if diff := cmp.Diff(want, got, withoutNumbers, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("cut at %d (-want +got):\n%s", cut, diff)
		}
		if err := j.Add(Entry{Kind: EntryResumed}); err != nil {
			t.Fatal(err)
		}
		j.Close()
		again, rest, err := ReadJournal(path)
		if err != nil || len(rest) > 0 || len(again) != len(want)+1 || again[len(want)].Kind != EntryResumed || again[len(want)].Seq != len(want)+1 {
			t.Fatalf("cut at %d and gone on: %+v, rest %q, error %v", cut, again, rest, err)
		}
	}
}

// TestJournalChanged finds lines that are missing, added or other ones.
func TestJournalChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "run.jsonl")
	writeJournal(t, nil, path, sampleEntries())
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	for name, changed := range map[string][]string{
		"a line is missing": {lines[0], lines[2]}, "twice": {lines[0], lines[0]}, "the first is missing": lines[1:], "swapped": {lines[1], lines[0]},
		"another key": {strings.Replace(lines[0], `"kind"`, `"sort":1,"kind"`, 1)}, "no JSON": {"text\n"}, "empty line": {"\n"}, "another version": {strings.Replace(lines[0], `"v":1`, `"v":2`, 1)},
		"something behind": {strings.Replace(lines[0], "}\n", "} {}\n", 1)},
	} {
		if _, _, err := DecodeJournal([]byte(strings.Join(changed, ""))); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if entries, whole, err := ReadJournal(path + ".none"); entries != nil || whole != nil || err != nil {
		t.Errorf("no journal: %v %q, error %v", entries, whole, err)
	}
}

// TestJournalFails fails each write: nothing is added behind it.
func TestJournalFails(t *testing.T) {
	fault := errors.New("no space")
	for _, op := range []evidence.Op{evidence.OpWrite, evidence.OpSync} {
		for _, err := range []error{fault, evidence.ErrTorn} {
			var now error
			disk := &evidence.Disk{Fault: func(o evidence.Op, _ string) error {
				if o == op {
					return now
				}
				return nil
			}}
			path := filepath.Join(t.TempDir(), "runs", "run.jsonl")
			j, _, openErr := OpenJournal(disk, path)
			if openErr != nil {
				t.Fatal(openErr)
			}
			if err := j.Add(Entry{Kind: EntryOpened}); err != nil {
				t.Fatal(err)
			}
			now = err
			if got := j.Add(Entry{Kind: EntryBegan}); !errors.Is(got, err) {
				t.Errorf("%s: %v", op, got)
			}
			now = nil
			if got := j.Add(Entry{Kind: EntryBegan}); !errors.Is(got, evidence.ErrBroken) {
				t.Errorf("%s, and again: %v", op, got)
			}
			j.Close()
			if entries, _, err := ReadJournal(path); err != nil || len(entries) > 2 {
				t.Errorf("%s: %d entries, error %v", op, len(entries), err)
			}
		}
	}
}

func FuzzJournal(f *testing.F) {
	path := filepath.Join(f.TempDir(), "runs", "run.jsonl")
	j, _, err := OpenJournal(nil, path)
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range sampleEntries() {
		if err := j.Add(e); err != nil {
			f.Fatal(err)
		}
	}
	j.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	for _, cut := range []int{0, 10, len(whole) / 2, len(whole) - 1, len(whole)} {
		f.Add(whole[:cut])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, rest, err := DecodeJournal(data)
		if err != nil {
			return
		}
		if len(entries) != bytes.Count(data, []byte("\n")) || !bytes.HasSuffix(data, rest) || bytes.Contains(rest, []byte("\n")) {
			t.Fatalf("%d entries and the rest %q of %q", len(entries), rest, data)
		}
		for i, e := range entries {
			if e.Seq != i+1 || e.V != journalVersion {
				t.Fatalf("%+v", e)
			}
		}
	})
}

func TestJudge(t *testing.T) {
	started := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	pinned := []PinnedStep{{ID: "a", Priority: "must", Conditional: true}, {ID: "b", Priority: "should"}, {ID: "c", Priority: "must"}}
	terms := &agreement.Terms{Clock: "started", CompleteWithin: 3600e9}
	for name, test := range map[string]struct {
		a, b, c Outcome
		aborted bool
		took    time.Duration
		want    Verdict
	}{
		"done":                 {Passed, Passed, Passed, false, time.Hour, Verdict{Outcome: RunDone}},
		"not needed":           {NotNeeded, Passed, Passed, false, 0, Verdict{Outcome: RunDone}},
		"left out unasked":     {LeftOut, Passed, Passed, false, 0, Verdict{Outcome: RunFailed}},
		"not needed, no if":    {Passed, Passed, NotNeeded, false, 0, Verdict{Outcome: RunFailed}},
		"should":               {Passed, Failed, Passed, false, 0, Verdict{Outcome: RunDone}},
		"should, skipped":      {Passed, Skipped, Passed, false, 0, Verdict{Outcome: RunDone}},
		"failed":               {Failed, Passed, Passed, false, 0, Verdict{Outcome: RunFailed}},
		"skipped":              {Passed, Passed, Skipped, false, 0, Verdict{Outcome: RunFailed}},
		"interrupted":          {Passed, Passed, Interrupted, false, 0, Verdict{Outcome: RunFailed}},
		"never reached":        {Passed, Passed, "", false, 0, Verdict{Outcome: RunFailed}},
		"an unknown outcome":   {Passed, Passed, "great", false, 0, Verdict{Outcome: RunFailed}},
		"aborted":              {Passed, Passed, Passed, true, 0, Verdict{Outcome: RunAborted}},
		"late":                 {Passed, Passed, Passed, false, time.Hour + 1, Verdict{Outcome: RunDone, Late: true}},
		"a clock that ran off": {Passed, Passed, Passed, false, -1, Verdict{Outcome: RunDone, Late: true}},
	} {
		steps := []Step{{ID: "a", Outcome: test.a}, {ID: "b", Outcome: test.b}}
		if test.c != "" {
			steps = append(steps, Step{ID: "c", Outcome: test.c})
		}
		start := RunStart{Started: started, Steps: pinned, SLA: terms}
		if diff := cmp.Diff(test.want, Judge(start, steps, test.aborted, started.Add(test.took)), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	deviating := []Step{{ID: "a", Outcome: LeftOut, Deviates: []Deviation{DeviatedTooFast}}, {ID: "c", Outcome: Passed, Deviates: []Deviation{DeviatedNormal, DeviatedTooFast}}}
	start := RunStart{Steps: pinned, Deviations: []Deviation{DeviatedStartAt}}
	if got := Judge(start, deviating, false, started); got.Outcome != RunDone || !slices.Equal(got.Deviations, []Deviation{DeviatedNormal, DeviatedStartAt, DeviatedTooFast}) {
		t.Errorf("%+v", got)
	}
	if len(start.Deviations) != 1 {
		t.Error("the start was changed")
	}
}

func TestValidReference(t *testing.T) {
	for text, want := range map[string]bool{
		"CHG-1042": true, "a/b#1.2_3": true, "": false, "two words": false, "é": false, "=1+1": false, "x\n": false, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false,
	} {
		if ValidReference(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// TestHistory reads back what several writers say of several runs.
func TestHistory(t *testing.T) {
	base := t.TempDir()
	store := evidence.OpenStore(nil, filepath.Join(base, "acme"))
	ledgers := []*Ledger{newLedger(t, store, base, "desk"), newLedger(t, store, base, "laptop")}
	write := func(l *Ledger, kind, run string, statement any) string {
		t.Helper()
		digest, _, err := l.Write(t.Context(), kind, run, []evidence.Subject{{Name: "x", SHA256: strings.Repeat("0", 64)}}, statement)
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	at := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	for i := range 4 {
		l, run := ledgers[i%2], fmt.Sprintf("run-%d", i)
		start := write(l, KindRunStart, run, RunStart{
			Run: run, Client: "acme", Runbook: Runbook{ID: "size"}, Writer: l.Writer, Operator: l.Signer(),
			Started: at.Add(time.Duration(i) * time.Hour), FinishBy: at.Add(24 * time.Hour),
		})
		first := write(ledgers[(i+1)%2], KindSegment, run, Segment{
			Run: run, Start: start, Number: 1, Writer: ledgers[(i+1)%2].Writer, Operator: ledgers[(i+1)%2].Signer(), Steps: []Step{{ID: "s", Outcome: Passed, Outputs: Numbers{"n": fmt.Sprint(i)}}},
		})
		if i == 3 {
			continue // it is open
		}
		write(l, KindRun, run, RunEnd{Run: run, Start: start, Segments: []string{first}, Writer: l.Writer, Operator: l.Signer(), Verdict: Verdict{Outcome: RunDone}, Steps: []Step{{ID: "last", Outcome: Passed}}})
	}
	h, err := ReadHistory(store, "acme", 0)
	if err != nil || len(h.Problems) > 0 {
		t.Fatal(err, h.Problems)
	}
	var told []string
	for _, a := range h.Accounts {
		told = append(told, fmt.Sprintf("%s %s %s %d", a.Run, a.Writer, a.State(at), len(a.Steps())))
	}
	want := []string{"run-0 desk done 2", "run-1 laptop done 2", "run-2 desk done 2", "run-3 laptop open 1"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if state := h.Run("run-3").State(at.Add(24*time.Hour + 1)); state != "failed: never finished" {
		t.Error(state)
	}
	if len(h.Find("run")) != 4 || len(h.Find("-2")) != 1 || len(h.Find("run-1")) != 1 || len(h.Find("")) != 0 || h.Run("x") != nil {
		t.Error("Find finds the wrong runs")
	}
	values := func(past []PastValue) (v []float64) {
		for _, p := range past {
			v = append(v, p.Value)
		}
		return v
	}
	for _, test := range []struct {
		book, step, output, without string
		most                        int
		want                        []float64
	}{
		{"size", "s", "n", "", 9, []float64{2, 1, 0}},
		{"size", "s", "n", "", 2, []float64{2, 1}},
		{"size", "s", "n", "run-1", 9, []float64{2, 0}},
		{"size", "s", "m", "", 9, nil},
		{"size", "last", "n", "", 9, nil},
		{"other", "s", "n", "", 9, nil},
	} {
		if diff := cmp.Diff(test.want, values(h.Past(test.book, test.step, test.output, test.without, test.most))); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test, diff)
		}
	}
	// A run whose start no log holds is no history.
	write(ledgers[0], KindSegment, "stray", Segment{Run: "stray", Operator: ledgers[0].Signer(), Steps: []Step{}})
	h, err = ReadHistory(store, "acme", 0)
	if err != nil || len(h.Accounts) != 4 || len(h.Problems) != 1 || !strings.Contains(h.Problems[0].Error(), "no log holds the start of the run stray") {
		t.Error(err, h.Problems)
	}
	// One damaged statement takes away its run's end and no other run.
	end := h.Run("run-2").End.Digest
	path := store.Path("records", end[7:9], end[7:]+".dsse.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err = ReadHistory(store, "acme", 0)
	if err != nil || len(h.Accounts) != 4 || len(h.Problems) != 2 || h.Run("run-2").Finished() || !h.Run("run-1").Finished() {
		t.Error(err, h.Problems)
	}
	if !h.Damaged("run-2") || h.Damaged("run-1") {
		t.Error("the wrong run is damaged")
	}
}

func newLedger(t *testing.T, store *evidence.Store, base, writer string) *Ledger {
	t.Helper()
	var keys [2]*evidence.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = evidence.GenerateKey("ed25519"); err != nil {
			t.Fatal(err)
		}
	}
	return &Ledger{
		Store: store, Log: store.OpenLog("acme", writer, keys[0], filepath.Join(base, writer)), Client: "acme",
		Writer: Signer{ID: writer, Key: keys[0].Public().AuthorizedKey()}, Operator: keys[1],
	}
}

func TestStatementTooLarge(t *testing.T) {
	base := t.TempDir()
	store := evidence.OpenStore(nil, filepath.Join(base, "acme"))
	l := newLedger(t, store, base, "desk")
	l.Limit = 2000
	_, _, err := l.Write(t.Context(), KindSegment, "r", []evidence.Subject{{Name: "x", SHA256: strings.Repeat("0", 64)}}, Segment{Waiting: strings.Repeat("x", 2000)})
	if err == nil || !strings.Contains(err.Error(), "the most is 2000") {
		t.Error(err)
	}
	if writers, _ := store.Writers(); len(writers) > 0 {
		t.Errorf("something was logged by %v", writers)
	}
}
