package audit_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

const source = `apiVersion: msp/v1
kind: Runbook
id: backup-verify
version: 1.4.0
title: Verify last night's backups
sla: {clock: started, complete_within: 2h, target: 95%}
steps:
  - id: size
    title: The size is what it usually is
    run: stat backup.tar
    outputs: {bytes: {type: number, from: stdout, pattern: '(\d+)'}}
    normal:
      bytes: {baseline: median, over: 3 runs, within: 40%, fail_beyond: 900}
  - id: look
    title: Look at it
    manual: {instructions: Look}
    min_duration: 1m
  - id: report
    title: Tell the client when it is large
    if: ${{ steps.size.outputs.bytes > 5000 }}
    run: mail
  - id: tidy
    title: Tidy up
    run: rm -f tmp
    priority: should
`

var monday = time.Date(2026, 11, 16, 6, 0, 0, 0, time.UTC)

// A bench is the evidence of a client, and those who write it.
type bench struct {
	t        testing.TB
	dir      string
	store    *evidence.Store
	laptop   *record.Ledger
	operator *evidence.PrivateKey
	logKey   *evidence.PrivateKey
	now      time.Time
	runs     int
	pins     audit.Pins
	past     []record.PastValue // oldest first; nil: read from the logs each time
}

func newBench(t testing.TB) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{t: t, dir: dir, store: evidence.OpenStore(nil, filepath.Join(dir, "clients", "acme")), now: monday}
	b.operator, b.logKey = newKey(t), newKey(t)
	b.laptop = b.ledger("laptop", b.logKey, b.operator)
	return b
}

func newKey(t testing.TB) *evidence.PrivateKey {
	t.Helper()
	return must(evidence.GenerateKey(evidence.Ed25519))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (b *bench) ledger(writer string, logKey, operator *evidence.PrivateKey) *record.Ledger {
	return &record.Ledger{
		Store: b.store, Log: b.store.OpenLog("acme", writer, logKey, filepath.Join(b.dir, "heads", writer)), Client: "acme",
		Writer: record.Signer{ID: writer, Key: logKey.Public().AuthorizedKey()}, Operator: operator,
	}
}

func (b *bench) path(elem ...string) string { return b.store.Path(elem...) }

// pass lets time pass.
func (b *bench) pass(d time.Duration) time.Time {
	b.now = b.now.Add(d)
	return b.now
}

// A story is a run as it is going to be told: the edits are made after all
// that follows from the rest was computed, and before it is signed.
type story struct {
	b        *bench
	ledger   *record.Ledger // who tells the end
	start    record.RunStart
	startRef string
	steps    []record.Step // in the order of the runbook
	parked   int           // how many of them a segment tells
	segment  record.Segment
	segments []string
	end      record.RunEnd
	aborted  bool

	editStart   func(*record.RunStart)
	editSteps   func([]record.Step) []record.Step // before the verdict
	editSegment func(*record.Segment)
	editEnd     func(*record.RunEnd)
	editPayload func([]byte) []byte // of the end
	sealWith    *evidence.PrivateKey
	endRef      string
}

func pinned() []record.PinnedStep {
	beyond := runbook.Tolerance{Amount: 900}
	return []record.PinnedStep{
		{ID: "size", Kind: "run", Priority: "must", Normal: []record.PinnedNormal{{
			Output: "bytes", Over: 3, Within: runbook.Tolerance{Amount: 40, Percent: true}, FailBeyond: &beyond,
		}}},
		{ID: "look", Kind: "manual", Priority: "must", Person: true, MinDuration: runbook.Nanoseconds(time.Minute)},
		{ID: "report", Kind: "run", Priority: "must", Conditional: true},
		{ID: "tidy", Kind: "run", Priority: "should"},
	}
}

// begin makes a story up to its start, unsigned.
func (b *bench) begin() *story {
	return b.follow("backup-verify", source, record.Inputs{Folder: "/srv"})
}

// follow makes a story of a runbook.
func (b *bench) follow(id, text string, inputs record.Inputs) *story {
	b.runs++
	s := &story{b: b, ledger: b.laptop}
	started := b.pass(24 * time.Hour)
	terms := &agreement.Terms{Clock: "started", CompleteWithin: runbook.Nanoseconds(2 * time.Hour), Target: 95}
	deadline, _ := terms.Deadline(started)
	s.start = record.RunStart{
		Run:  fmt.Sprintf("01936%03d-0000-7000-8000-%012d", b.runs, b.runs),
		Salt: strings.Repeat("5a", 16), Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), Trigger: "manual",
		Runbook: record.Runbook{
			ID: id, Version: "1.4.0", Digest: runbook.Digest([]byte(text)), Source: must(b.store.PutBlob([]byte(text))).Digest,
		},
		Started: started, Steps: pinned(), SLA: terms, Deadline: &deadline, FinishBy: deadline,
		Inputs: must(b.laptop.PutJSON(inputs)), Where: must(b.laptop.PutJSON(record.Where{Host: "mon-1"})),
		Software: record.Software{MSP: "test"},
	}
	return s
}

// signStart puts the start into the log.
func (s *story) signStart() {
	if s.editStart != nil {
		s.editStart(&s.start)
	}
	s.startRef = s.write(s.b.laptop, record.KindRunStart, startSubjects(&s.start), s.start)
}

func startSubjects(start *record.RunStart) []evidence.Subject {
	return []evidence.Subject{
		record.BlobSubject("runbook", start.Runbook.Digest), record.BlobSubject("runbook source", start.Runbook.Source),
		record.BlobSubject("inputs", start.Inputs), record.BlobSubject("where", start.Where),
	}
}

func (s *story) write(l *record.Ledger, kind string, subjects []evidence.Subject, body any) string {
	s.b.t.Helper()
	digest, _, err := l.Write(s.b.t.Context(), kind, s.start.Run, subjects, body)
	if err != nil {
		s.b.t.Fatal(err)
	}
	return digest
}

func subjects(digest string, steps []record.Step) []evidence.Subject {
	list := []evidence.Subject{record.BlobSubject("runbook", digest)}
	for _, step := range steps {
		for _, blob := range record.BlobsOf(&step) {
			list = append(list, record.BlobSubject(step.ID+" "+blob.Name, blob.Digest))
		}
	}
	return list
}

func (s *story) step(id string, took time.Duration) record.Step {
	began := s.b.pass(time.Second)
	return record.Step{
		ID: id, Outcome: record.Passed, Proof: runbook.Observed, Started: began, Ended: s.b.pass(took), Duration: runbook.Nanoseconds(took), Attempts: 1,
	}
}

// earlier are the values of the three runs before, the newest first.
func (s *story) earlier() []record.PastValue {
	if s.b.past == nil {
		return must(record.ReadHistory(s.b.store, "acme", 0)).Past(s.start.Runbook.ID, "size", "bytes", s.start.Run, 3)
	}
	newest := slices.Clone(s.b.past[max(0, len(s.b.past)-3):])
	slices.Reverse(newest)
	return newest
}

// work makes up what became of the steps; bytes is what the backup has.
func (s *story) work(bytes float64) {
	b := s.b
	size := s.step("size", 2*time.Second)
	size.Proof, size.Outputs = runbook.Measured, record.Numbers{"bytes": runbook.FormatNumber(bytes)}
	out := must(b.store.PutBlob(fmt.Appendf(nil, "%v\n", bytes)))
	size.Stdout = &record.Stream{Digest: out.Digest, Size: out.Size, Written: out.Written}
	s.judgeSize(&size, bytes)

	look := s.step("look", 10*time.Minute)
	look.Proof = runbook.Attached
	shot := must(b.store.PutBlob([]byte("a picture")))
	look.Evidence = []record.Evidence{{Name: "console", Digest: shot.Digest, Size: shot.Size}}
	look.Facts = must(b.laptop.PutJSON(record.Facts{Answer: &record.Answer{Door: "terminal"}}))

	report := s.step("report", 0)
	report.Outcome, report.Cause, report.Proof, report.Attempts = record.NotNeeded, record.CauseCondition, "", 0
	s.steps = []record.Step{size, look, report, s.step("tidy", time.Second)}
}

// judgeSize compares what the backup has with the runs before.
func (s *story) judgeSize(size *record.Step, bytes float64) {
	judged := record.Judged{Output: "bytes", Value: bytes}
	var values []float64
	for _, p := range s.earlier() {
		values, judged.From = append(values, p.Value), append(judged.From, p.Record)
	}
	standing, normal := s.start.Steps[0].Normal[0].Normal().Judge(bytes, values)
	if judged.Standing = standing; standing != runbook.NoBaseline {
		judged.Normal = &normal
	}
	size.Normal = []record.Judged{judged}
	if standing == runbook.Beyond {
		size.Outcome, size.Cause = record.Failed, record.CauseNormal
	}
	size.Deviates = record.StepDeviations(&s.start.Steps[0], size, record.Answer{})
}

// signSegment parks the run after some steps.
func (s *story) signSegment(steps int) {
	if s.editSteps != nil {
		s.steps, s.editSteps = s.editSteps(s.steps), nil
	}
	told := s.steps[s.parked : s.parked+steps]
	s.segment = record.Segment{
		Run: s.start.Run, Start: s.startRef, Number: len(s.segments) + 1, Writer: s.ledger.Writer, Operator: s.ledger.Signer(),
		Until: told[len(told)-1].Ended, Waiting: "look", Steps: told,
	}
	if n := len(s.segments); n > 0 {
		s.segment.Previous = s.segments[n-1]
	}
	if s.editSegment != nil {
		s.editSegment(&s.segment)
	}
	s.parked += steps
	s.segments = append(s.segments, s.write(s.ledger, record.KindSegment, subjects(s.start.Runbook.Digest, s.segment.Steps), s.segment))
}

// finish computes the end.
func (s *story) finish() {
	if s.editSteps != nil {
		s.steps, s.editSteps = s.editSteps(s.steps), nil
	}
	ended := s.b.pass(time.Second)
	s.end = record.RunEnd{
		Run: s.start.Run, Start: s.startRef, Segments: s.segments, Writer: s.ledger.Writer, Operator: s.ledger.Signer(), Ended: ended, Aborted: s.aborted,
		Steps: s.steps[s.parked:], SLA: s.start.SLA.Judge(s.start.Started, ended), ClockSync: "unknown",
		Verdict: record.Judge(s.start, s.steps, s.aborted, ended),
	}
	if s.end.Steps == nil {
		s.end.Steps = []record.Step{}
	}
}

// signEnd puts the end into the log, as its story wants it.
func (s *story) signEnd() {
	if s.editEnd != nil {
		s.editEnd(&s.end)
	}
	list := subjects(s.start.Runbook.Digest, s.end.Steps)
	if s.editPayload == nil && s.sealWith == nil {
		s.endRef = s.write(s.ledger, record.KindRun, list, s.end)
		return
	}
	payload := must(evidence.EncodeStatement(record.PredicateType(record.KindRun), list, s.end))
	if s.editPayload != nil {
		changed := s.editPayload(bytes.Clone(payload))
		if bytes.Equal(changed, payload) {
			s.b.t.Fatal("the edit changed nothing")
		}
		payload = changed
	}
	key := s.sealWith
	if key == nil {
		key = s.ledger.Operator.(*evidence.PrivateKey)
	}
	s.endRef = s.b.log(record.KindRun, s.start.Run, must(evidence.Seal(payload, key)))
}

// log stores and logs an envelope as it is.
func (b *bench) log(kind, run string, envelope []byte) string {
	b.t.Helper()
	digest := must(b.store.PutEnvelope(envelope))
	if _, _, err := b.laptop.Log.Append(b.t.Context(), evidence.Leaf{Kind: kind, Run: run, Envelope: digest}); err != nil {
		b.t.Fatal(err)
	}
	return digest
}

// tell signs a whole run.
func (s *story) tell(bytes float64) *story {
	s.signStart()
	s.work(bytes)
	s.finish()
	s.signEnd()
	if s.b.past != nil {
		s.b.past = append(s.b.past, record.PastValue{Record: s.endRef, Value: bytes})
	}
	return s
}

// tellParked signs a run that was parked once.
func (s *story) tellParked(bytes float64) *story {
	s.signStart()
	s.work(bytes)
	s.signSegment(1)
	s.finish()
	s.signEnd()
	return s
}

// history makes four honest runs: the last has a baseline and was parked.
func (b *bench) history() []*story {
	return []*story{b.begin().tell(1000), b.begin().tell(1100), b.begin().tell(1200), b.begin().tellParked(1300)}
}

func (b *bench) verify() *audit.Report {
	b.t.Helper()
	r, err := audit.Verify(b.store, "acme", b.pins, b.now, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// runLines are the runs of a report.
func runLines(r *audit.Report) (all []audit.RunLine) {
	for line, err := range r.Runs.All() {
		if err != nil {
			panic(err)
		}
		all = append(all, line)
	}
	return all
}

// pin pins signers and logs.
func (b *bench) pin() {
	b.pins.Signers = []evidence.PublicKey{b.operator.Public()}
	b.pins.Logs = map[string]evidence.PublicKey{"laptop": b.logKey.Public()}
}

// head takes the checkpoint of a writer, as somebody else would keep it.
func (b *bench) head(writer string) audit.Head {
	return audit.Head{Name: "the auditor", Note: must(os.ReadFile(b.path("logs", writer, "checkpoint")))}
}

// rewrite makes a writer's log hold these leaves, as somebody with its key
// could.
func (b *bench) rewrite(writer string, key *evidence.PrivateKey, leaves []evidence.Leaf) {
	b.t.Helper()
	dir := b.t.TempDir()
	other := evidence.OpenStore(nil, dir)
	if _, _, err := other.OpenLog("acme", writer, key, filepath.Join(dir, "heads")).Append(b.t.Context(), leaves...); err != nil {
		b.t.Fatal(err)
	}
	if err := os.RemoveAll(b.path("logs", writer)); err != nil {
		b.t.Fatal(err)
	}
	if err := os.CopyFS(b.path("logs", writer), os.DirFS(other.Path("logs", writer))); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) leaves() []evidence.Leaf {
	return must(b.store.ReadLog("acme", "laptop", b.logKey.Public())).Leaves
}

func (b *bench) edit(name string, change func([]byte) []byte) {
	b.t.Helper()
	path := b.path(filepath.FromSlash(name))
	data := must(os.ReadFile(path))
	if err := os.WriteFile(path, change(data), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func flipAt(i int) func([]byte) []byte {
	return func(data []byte) []byte { data[i] ^= 1; return data }
}

func recordFile(digest string) string {
	hex := strings.TrimPrefix(digest, "sha256:")
	return "records/" + hex[:2] + "/" + hex + ".dsse.json"
}

func blobFile(digest string) string {
	hex := strings.TrimPrefix(digest, "sha256:")
	return "blobs/" + hex[:2] + "/" + hex
}

// wantOK fails unless nothing is broken.
func wantOK(t testing.TB, r *audit.Report) {
	t.Helper()
	for _, f := range r.Findings {
		t.Errorf("a finding where nothing is wrong: %+v", f)
	}
}

// wantOnly fails unless one rule was broken, once, in these words.
func wantOnly(t testing.TB, r *audit.Report, rule, phrase string) audit.Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.Rule != rule || len(r.Findings) > 1 {
			t.Errorf("finding %s (%s): %s", f.Rule, f.File, f.What)
		}
	}
	i := slices.IndexFunc(r.Findings, func(f audit.Finding) bool { return f.Rule == rule })
	if i < 0 {
		t.Fatalf("no finding %s", rule)
	}
	f := r.Findings[i]
	if !strings.Contains(f.What, phrase) {
		t.Errorf("the finding %s says\n%s\nand not %q", rule, f.What, phrase)
	}
	if f.Means == "" || f.Check == "" || !f.Broken {
		t.Errorf("the finding isn't whole: %+v", f)
	}
	return f
}
