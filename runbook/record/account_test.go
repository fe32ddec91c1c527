package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/evidence"
)

func TestStepDeviations(t *testing.T) {
	person := PinnedStep{Person: true, MinDuration: runbook.Nanoseconds(time.Minute)}
	judged := func(all ...runbook.Standing) (normal []Judged) {
		for _, standing := range all {
			normal = append(normal, Judged{Standing: standing})
		}
		return normal
	}
	for name, test := range map[string]struct {
		pinned PinnedStep
		step   Step
		said   Answer
		want   []Deviation
	}{
		"none":                 {person, Step{Outcome: Passed, Duration: runbook.Nanoseconds(time.Minute), Normal: judged(runbook.Within)}, Answer{}, nil},
		"outside":              {PinnedStep{}, Step{Outcome: Passed, Normal: judged(runbook.Within, runbook.Outside)}, Answer{}, []Deviation{DeviatedNormal}},
		"beyond is a failure":  {PinnedStep{}, Step{Outcome: Failed, Normal: judged(runbook.Beyond)}, Answer{}, nil},
		"no baseline":          {PinnedStep{}, Step{Outcome: Passed, Normal: judged(runbook.NoBaseline)}, Answer{}, nil},
		"differently":          {person, Step{Outcome: Passed, Duration: runbook.Nanoseconds(time.Hour)}, Answer{Differently: "by hand"}, []Deviation{DeviatedDifferently}},
		"a nanosecond short":   {person, Step{Outcome: Passed, Duration: runbook.Nanoseconds(time.Minute) - 1}, Answer{}, []Deviation{DeviatedTooFast}},
		"skipped is not fast":  {person, Step{Outcome: Skipped}, Answer{}, nil},
		"a program may be":     {PinnedStep{MinDuration: person.MinDuration}, Step{Outcome: Passed}, Answer{}, nil},
		"all of them in order": {person, Step{Outcome: Passed, Normal: judged(runbook.Outside)}, Answer{Differently: "x"}, []Deviation{DeviatedNormal, DeviatedDifferently, DeviatedTooFast}},
	} {
		if diff := cmp.Diff(test.want, StepDeviations(&test.pinned, &test.step, test.said)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestLeftOut holds that --start-at makes a run done only where its start says
// so, and that nothing but that deviation does.
func TestLeftOut(t *testing.T) {
	start := RunStart{Steps: []PinnedStep{{ID: "a", Priority: runbook.Must}, {ID: "b", Priority: runbook.Should}}}
	steps := []Step{{ID: "a", Outcome: LeftOut}, {ID: "b", Outcome: Skipped}}
	for _, test := range []struct {
		deviations []Deviation
		want       RunOutcome
	}{{nil, RunFailed}, {[]Deviation{DeviatedChecklist}, RunFailed}, {[]Deviation{DeviatedChecklist, DeviatedStartAt}, RunDone}} {
		start.Deviations = test.deviations
		if v := Judge(start, steps, false, time.Time{}); v.Outcome != test.want || v.Late {
			t.Errorf("%v: %+v", test.deviations, v)
		}
	}
	if v := Judge(RunStart{}, nil, false, time.Time{}); v.Outcome != RunDone || v.Late || len(v.Deviations) > 0 {
		t.Errorf("a run of nothing: %+v", v)
	}
}

func TestFinishBy(t *testing.T) {
	started := time.Now()
	deadline := started.Add(time.Hour)
	if got := FinishBy(started, &deadline); !got.Equal(deadline) {
		t.Error(got)
	}
	if got := FinishBy(started, nil); got != started.Round(0).Add(24*time.Hour) {
		t.Error(got)
	}
}

// asks is an action of a person.
type asks struct{ runbook.Action }

func (asks) AsksPerson() runbook.Task { return runbook.Task{} }

func TestPin(t *testing.T) {
	value, beyond := 3.0, runbook.Tolerance{Amount: 9}
	normal := runbook.Normal{Output: "n", Value: &value, Within: runbook.Tolerance{Amount: 5, Percent: true}, FailBeyond: &beyond}
	got := Pin([]*runbook.Step{
		{ID: "a", Kind: "run", Priority: runbook.Must, If: &runbook.Expression{}, Normal: []runbook.Normal{normal}},
		{ID: "b", Kind: "manual", Priority: runbook.Should, Needs: []string{"a"}, Action: asks{}, MinDuration: runbook.Duration{Span: time.Second}},
		{ID: "c", Kind: "file", Priority: runbook.Must},
	})
	want := []PinnedStep{
		{ID: "a", Kind: "run", Priority: "must", Conditional: true, Normal: []PinnedNormal{{Output: "n", Value: &value, Within: normal.Within, FailBeyond: &beyond}}},
		{ID: "b", Kind: "manual", Priority: "should", Conditional: true, Person: true, MinDuration: 1e9},
		{ID: "c", Kind: "file", Priority: "must"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(normal, got[0].Normal[0].Normal(), cmpopts.IgnoreTypes(document.Position{})); diff != "" {
		t.Errorf("normal (-want +got):\n%s", diff)
	}
}

func TestBlobsOf(t *testing.T) {
	got := BlobsOf(&Step{Facts: "f", Stdout: &Stream{Digest: "o"}, Stderr: &Stream{Digest: "e"}, Evidence: []Evidence{{Name: "console", Digest: "c"}}})
	if diff := cmp.Diff([]NamedBlob{{"facts", "f"}, {"stdout", "o"}, {"stderr", "e"}, {"console", "c"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := BlobsOf(&Step{}); len(got) > 0 {
		t.Error(got)
	}
	if !(Facts{}).IsZero() || (Facts{Found: "x"}).IsZero() || (Facts{Answer: &Answer{}}).IsZero() {
		t.Error("IsZero is wrong")
	}
	if f, err := UnmarshalFacts([]byte(`{"found":"x"}`)); err != nil || f.Found != "x" {
		t.Errorf("%+v, error %v", f, err)
	}
	if _, err := UnmarshalFacts([]byte(`{"fund":"x"}`)); err == nil {
		t.Error("an unknown key was read")
	}
}

func TestJSONBlobs(t *testing.T) {
	base := t.TempDir()
	store := evidence.OpenStore(nil, filepath.Join(base, "acme"))
	l := newLedger(t, store, base, "desk")
	where := Where{Host: "mon-1", Origin: "ssh 192.0.2.7"}
	digest, err := l.PutJSON(where)
	if err != nil {
		t.Fatal(err)
	}
	var got Where
	if err := GetJSON(store, digest, &got); err != nil || got != where {
		t.Errorf("%+v, error %v", got, err)
	}
	var other Segment
	if err := GetJSON(store, digest, &other); err == nil || !strings.Contains(err.Error(), digest) {
		t.Errorf("a place was read as a segment: %v", err)
	}
	if err := GetJSON(store, runbook.Digest(nil), &got); !errors.Is(err, evidence.ErrMissing) {
		t.Error(err)
	}
	if _, err := l.PutJSON(func() {}); err == nil {
		t.Error("a function was kept")
	}
	large, err := store.PutBlob(make([]byte, maxBlobRead+1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := GetBlob(store, large.Digest); err == nil || !strings.Contains(err.Error(), "is larger than") {
		t.Error(err)
	}
	if l.MaxBytes() != MaxStatement || l.Signer().ID != l.Operator.Public().ID() {
		t.Error("the ledger's answers are wrong")
	}
	if s := BlobSubject("x", "sha256:00ff"); s.Name != "x" || s.SHA256 != "00ff" {
		t.Errorf("%+v", s)
	}
}

// TestReadRefuses holds that a statement is read as what the log calls it, by
// the key that it names, and by nobody else's.
func TestReadRefuses(t *testing.T) {
	base := t.TempDir()
	store := evidence.OpenStore(nil, filepath.Join(base, "acme"))
	l, thief := newLedger(t, store, base, "desk"), newLedger(t, store, base, "thief")
	write := func(l *Ledger, kind string, statement any) string {
		t.Helper()
		digest, _, err := l.Write(t.Context(), kind, "r", []evidence.Subject{{Name: "x", SHA256: strings.Repeat("0", 64)}}, statement)
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	honest := Segment{Run: "r", Operator: l.Signer(), Steps: []Step{}}
	renamed := honest
	renamed.Operator.ID = thief.Signer().ID
	keyless := honest
	keyless.Operator.Key = "ssh-rsa AAAA"
	for name, test := range map[string]struct{ kind, digest, want string }{
		"honest":        {KindSegment, write(l, KindSegment, honest), ""},
		"another kind":  {KindRun, write(l, KindSegment, honest), "and the log calls it a run"},
		"stolen":        {KindSegment, write(thief, KindSegment, honest), "unknown signer"},
		"another name":  {KindSegment, write(l, KindSegment, renamed), "gives another"},
		"no key":        {KindSegment, write(l, KindSegment, keyless), "the segment statement"},
		"another field": {KindSegment, write(l, KindSegment, map[string]any{"run": "r", "more": 1}), "more"},
		"missing":       {KindSegment, runbook.Digest(nil), "missing"},
	} {
		s, err := Read[Segment](store, test.kind, test.digest, MaxStatement)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (s.Digest != test.digest || s.Key.ID() != l.Signer().ID || len(s.Subjects) != 1) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	// The writer is read from every kind of statement, and from no other.
	for kind, statement := range map[string]any{
		KindRunStart: RunStart{Writer: l.Writer, Steps: []PinnedStep{}}, KindSegment: Segment{Writer: l.Writer, Steps: []Step{}}, KindRun: RunEnd{Writer: l.Writer, Steps: []Step{}},
	} {
		if got, err := WriterOf(store, write(l, kind, statement), MaxStatement); err != nil || got != l.Writer {
			t.Errorf("%s: %+v, error %v", kind, got, err)
		}
	}
	if _, err := WriterOf(store, write(l, "weather", map[string]any{}), MaxStatement); err == nil || !strings.Contains(err.Error(), "can't read") {
		t.Error(err)
	}
	if _, err := WriterOf(store, runbook.Digest(nil), MaxStatement); !errors.Is(err, evidence.ErrMissing) {
		t.Error(err)
	}
}

// TestDamagedLog holds that a log which can't be read makes every run doubtful,
// and takes away none that another log tells.
func TestDamagedLog(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, store *evidence.Store, start string){
		"the first statement": func(t *testing.T, store *evidence.Store, start string) {
			if err := os.Remove(store.Path("records", start[7:9], start[7:]+".dsse.json")); err != nil {
				t.Fatal(err)
			}
		},
		"another's log": func(t *testing.T, store *evidence.Store, _ string) {
			if err := os.Rename(filepath.Join(filepath.Dir(logFolder(t, store, "laptop")), "laptop"), filepath.Join(filepath.Dir(logFolder(t, store, "laptop")), "other")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		base := t.TempDir()
		store := evidence.OpenStore(nil, filepath.Join(base, "acme"))
		var starts []string
		for i, writer := range []string{"desk", "laptop"} {
			l := newLedger(t, store, base, writer)
			run := fmt.Sprintf("run-%d", i)
			start, _, err := l.Write(t.Context(), KindRunStart, run, []evidence.Subject{{Name: "x", SHA256: strings.Repeat("0", 64)}}, RunStart{
				Run: run, Client: "acme", Writer: l.Writer, Operator: l.Signer(), Steps: []PinnedStep{},
			})
			if err != nil {
				t.Fatal(err)
			}
			starts = append(starts, start)
		}
		damage(t, store, starts[1])
		h, err := ReadHistory(store, "acme", 0)
		if err != nil || len(h.Accounts) != 1 || h.Run("run-0") == nil || len(h.Problems) != 1 {
			t.Fatalf("%s: %d runs, problems %v, error %v", name, len(h.Accounts), h.Problems, err)
		}
		for _, run := range []string{"run-0", "run-1", "another"} {
			if !h.Damaged(run) {
				t.Errorf("%s: nobody can tell how far %s is", name, run)
			}
		}
	}
}

// logFolder is where a writer's log lies in a store.
func logFolder(t *testing.T, store *evidence.Store, writer string) string {
	t.Helper()
	var folder string
	err := filepath.WalkDir(store.Root(), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == writer {
			folder = path
		}
		return err
	})
	if err != nil || folder == "" {
		t.Fatal(folder, err)
	}
	return folder
}

// TestFindAndPast are the corners of looking a run up.
func TestFindAndPast(t *testing.T) {
	account := func(run, value string, outcome Outcome) *Account {
		a := &Account{Run: run, Start: Signed[RunStart]{Body: RunStart{Runbook: Runbook{ID: "size"}}}}
		a.End = &Signed[RunEnd]{Digest: "d-" + run, Body: RunEnd{Steps: []Step{{ID: "s", Outcome: outcome, Outputs: Numbers{"n": value}}}}}
		return a
	}
	h := &History{Accounts: []*Account{
		account("0192-aaaa", "1.5", Passed), account("0192-aaaab", "2", Passed), account("0193-failed", "3", Failed),
		account("0194-text", "many", Passed), account("0195-late", "4", Passed),
		{Run: "0196-open"},
	}}
	for part, want := range map[string]int{"0192-aaaa": 1, "aaaa": 2, "0192": 2, "zzz": 0, "": 0, "019": 6} {
		if got := h.Find(part); len(got) != want {
			t.Errorf("%q finds %d", part, len(got))
		}
	}
	want := []PastValue{{"d-0195-late", 4}, {"d-0192-aaaab", 2}, {"d-0192-aaaa", 1.5}}
	if diff := cmp.Diff(want, h.Past("size", "s", "n", "", 9)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := h.Past("size", "s", "n", "", 0); len(got) > 0 {
		t.Error(got)
	}
	for run, want := range map[string]string{"01936f2e-abcdef": "abcdef", "abc": "abc", "": ""} {
		if got := ShortID(run); got != want {
			t.Errorf("%q: %q", run, got)
		}
	}
}
