// Package engine runs a runbook and resumes it: order, timeouts, retries,
// masking, the journal, the verdict.
//
// The start of a run is signed and in the log before its first step. Around
// each step a line of the journal is on disk: before it begins and when it has
// ended. At the end, on a failure and on ctrl-C too, the run's record is
// signed and logged; a run that waits for a person is sealed as a segment. So
// after a crash at any point the log and the journal together say what was
// done, and which one step is in doubt.
//
// Where there are parties outside, the head of the log is shown to them behind the
// start, when the run parks, and behind the end. That takes a limited time, and a
// run goes on without them: what they owe is remembered, and the level says what
// there is.
//
// The engine knows no step kind and no screen: it hands an Env to each step's
// action, and sends events to whoever prints them.
package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/anchor"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// Job is one run to be done.
type Job struct {
	Runbook  *runbook.Runbook
	Named    string // the id or the file that it was asked for by
	Client   string
	Inputs   map[string]runbook.Value
	Secrets  map[string]string
	Folder   string   // absolute; where steps work
	Environ  []string // msp's own environment, of which children get a short list
	Trigger  string   // "manual" or "catch-up"
	Where    record.Where
	Software record.Software

	StartAt   string // a step's id
	Checklist bool
	Change    string              // the reference of the change that asks for the run
	CatchesUp string              // the missed occurrence that the run makes good; it satisfies none
	Trust     string              // digest of the newest trust statement; "" when there is none
	Promises  agreement.Lookup    // where the names in an SLA get their meaning
	Reported  *agreement.Reported // that the run is about; nil: nothing was

	Ledger    *record.Ledger
	Outside   *anchor.Outside // who is shown the heads of the log; nil is nobody
	Witnesses int             // how many have to see the start of a run before its first step
	BlobLimit int64           // bytes; 0 is evidence.DefaultBlobLimit
	People    runbook.People
	Emit      func(runbook.Event)
	Now       func() time.Time
	Sleep     func(context.Context, time.Duration) error // between attempts
	Grace     time.Duration                              // from the gentle signal to the firm one; 0 is 5 s
	Firmly    <-chan struct{}                            // closed when a step that is being ended shall end at once
}

// Outcome is how a run, or the part of it that could be done, ended.
type Outcome struct {
	Run     string
	Record  string // digest of the run statement's envelope
	Parked  string // the step that waits for a person
	Verdict record.Verdict
}

// Run does a job from its start. An error says that the run could not be
// started or could not be recorded; in the second case what was recorded
// stands, and Resume goes on.
func Run(ctx context.Context, job Job) (Outcome, error) {
	r, err := newRunner(job)
	if err != nil {
		return Outcome{}, err
	}
	if job.StartAt != "" && job.Runbook.Step(job.StartAt) == nil {
		return Outcome{}, fmt.Errorf("the runbook %s has no step %q to start at", job.Runbook.ID, job.StartAt)
	}
	tools, err := r.tools.require(ctx, requirements(job.Runbook), job.Environ)
	if err != nil {
		return Outcome{}, err
	}
	if err := r.begin(ctx, tools); err != nil {
		return Outcome{Run: r.logged()}, r.mask.Error(err)
	}
	defer r.close()
	r.announce(runbook.RunStarted)
	if err := cmp.Or(r.anchorStart(ctx), r.checkWitnessed(ctx)); err != nil {
		return Outcome{Run: r.id}, r.mask.Error(err)
	}
	outcome, err := r.work(ctx)
	return outcome, r.mask.Error(err)
}

// Resume goes on with a run that has a start and no end.
func Resume(ctx context.Context, job Job, account *record.Account) (Outcome, error) {
	r, err := newRunner(job)
	if err != nil {
		return Outcome{}, err
	}
	if _, err := r.tools.require(ctx, requirements(job.Runbook), job.Environ); err != nil {
		return Outcome{}, err
	}
	if err := r.reopen(account.Run); err != nil {
		return Outcome{}, r.mask.Error(err)
	}
	defer r.close()
	r.announce(runbook.RunResumed)
	if err := cmp.Or(r.anchorAgain(ctx), r.checkWitnessed(ctx)); err != nil {
		return Outcome{Run: r.id}, r.mask.Error(err)
	}
	outcome, err := r.work(ctx)
	return outcome, r.mask.Error(err)
}

func requirements(r *runbook.Runbook) []runbook.Requirement {
	all := r.Requires
	for _, s := range r.Steps {
		all = append(all[:len(all):len(all)], s.Requires...)
	}
	return all
}

// runner is one run under way.
type runner struct {
	job   Job
	mask  *Mask
	tools *toolbox

	id       string
	start    record.RunStart
	startRef string // digest of its envelope
	shown    bool   // those outside were asked in this process
	seen     bool   // every witness has seen the start of the run, before its first step
	stamped  string // digest of T1, the token over a checkpoint that holds it; "" without
	segments []string

	round       int       // how often the run was pushed back
	waiting     string    // the step that the newest segment says it waits for
	waitedSince time.Time // by that segment

	lock    *evidence.Lock
	journal *record.Journal
	done    bool // the run has its end in the log

	steps     []record.Step  // that no segment tells yet
	used      []record.Tool  // by them
	unsigned  int            // bytes of them, about
	doubt     map[string]int // steps cut off by a crash, and how many attempts they had
	values    runbook.Values
	book      map[string]*runbook.Step
	pins      map[string]record.PinnedStep
	outcomes  map[string]record.Outcome
	all       []record.Step // signed and unsigned
	baselines *record.History
}

func newRunner(job Job) (*runner, error) {
	mask, err := NewMask(job.Secrets)
	if err != nil {
		return nil, err
	}
	if job.Named == "" {
		job.Named = job.Runbook.ID
	}
	if job.Trigger == "" {
		job.Trigger = "manual"
	}
	if job.BlobLimit == 0 {
		job.BlobLimit = evidence.DefaultBlobLimit
	}
	if job.Now == nil {
		job.Now = time.Now
	}
	if job.Sleep == nil {
		job.Sleep = Sleep
	}
	book := map[string]*runbook.Step{}
	for _, s := range job.Runbook.Steps {
		book[s.ID] = s
	}
	return &runner{
		job: job, mask: mask, book: book, pins: map[string]record.PinnedStep{}, tools: newToolbox(job.Environ),
		doubt: map[string]int{}, outcomes: map[string]record.Outcome{},
		values: runbook.Values{
			Inputs: job.Inputs, Steps: map[string]runbook.StepValues{}, Secrets: job.Secrets, Client: job.Client,
		},
	}, nil
}

// newID is a UUIDv7 of an instant: its first 48 bits are milliseconds since 1970
// (RFC 9562, section 5.7).
func newID(at time.Time) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)) & 0xff)
	}
	return id, err
}

// begin signs and logs the run-start, then opens the journal.
func (r *runner) begin(ctx context.Context, tools []record.Tool) error {
	id, err := newID(r.job.Now())
	if err != nil {
		return err
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	r.id, r.values.RunID = id.String(), id.String()
	// From here to the run-start's leaf nobody else takes the occurrence.
	claim, err := r.job.Ledger.Disk.Lock(ctx, r.job.Ledger.Store.Path("locks", r.job.Runbook.ID+".claim.lock"))
	if err != nil {
		return err
	}
	defer claim.Unlock()
	started := r.job.Now()
	logs, err := record.ReadLogs(r.job.Ledger.Store, r.job.Client, r.job.Ledger.MaxBytes())
	if err != nil {
		return err
	}
	bound, err := r.bind(logs, started)
	if err != nil {
		return err
	}
	if r.start, err = r.runStart(hex.EncodeToString(salt), started, tools, bound); err != nil {
		return err
	}
	subjects := []evidence.Subject{
		record.BlobSubject("runbook", r.job.Runbook.Digest), record.BlobSubject("runbook source", r.start.Runbook.Source),
		record.BlobSubject("inputs", r.start.Inputs), record.BlobSubject("where", r.start.Where),
	}
	r.startRef, _, err = r.job.Ledger.Write(ctx, record.KindRunStart, r.id, subjects, r.start)
	if err != nil {
		return err
	}
	r.pin()
	if err := r.takeLock(); err != nil {
		return err
	}
	return r.openJournal()
}

// bind finds the occurrence that the run is for. One that makes a miss good
// satisfies none, and is the only one for that miss.
func (r *runner) bind(logs *record.Logs, started time.Time) (*record.Bound, error) {
	if r.job.CatchesUp != "" {
		return nil, logs.CatchUp(r.job.CatchesUp)
	}
	return logs.Bind(r.job.Runbook.ID, started)
}

// logged is the run's id when its start is in the log all the same: what
// failed came after it.
func (r *runner) logged() string {
	history, err := record.ReadHistory(r.job.Ledger.Store, r.job.Client, r.job.Ledger.MaxBytes())
	if err != nil || history.Run(r.id) == nil {
		return ""
	}
	return r.id
}

func (r *runner) pin() {
	for _, p := range r.start.Steps {
		r.pins[p.ID] = p
	}
}

func (r *runner) runStart(salt string, started time.Time, tools []record.Tool, bound *record.Bound) (record.RunStart, error) {
	job, book := r.job, r.job.Runbook
	s := record.RunStart{
		Run: r.id, Salt: salt, Client: job.Client,
		Writer: job.Ledger.Writer, Operator: job.Ledger.Signer(), Trigger: job.Trigger, Change: job.Change, CatchesUp: job.CatchesUp, Trust: job.Trust, Started: started,
		Steps: record.Pin(book.Steps), SLA: agreement.TermsOf(book.SLA, job.Promises), Tools: tools, Software: job.Software,
		Deviations: r.asked(),
	}
	if bound != nil {
		s.Occurrence, s.SLA = &bound.Occurrence, bound.Item.SLA.For(bound.Found)
		s.Deviations = append(s.Deviations, r.unlikePlan(bound)...)
	}
	if report := job.Reported; report != nil {
		s.SLA = s.SLA.ReportedAt(report.At, report.Source)
	}
	if deadline, ok := s.SLA.Deadline(started); ok {
		s.Deadline = &deadline
	}
	s.FinishBy = record.FinishBy(started, s.Deadline)
	var err error
	if s.NotBefore, err = job.Outside.Newest(); err != nil {
		return s, err
	}
	return s, r.keepDocuments(&s)
}

// keepDocuments keeps what the run-start names, and pins it.
func (r *runner) keepDocuments(s *record.RunStart) error {
	book := r.job.Runbook
	inputs, err := evidence.EncodeJSON(r.inputs())
	if err != nil {
		return err
	}
	where, err := evidence.EncodeJSON(r.job.Where)
	if err != nil {
		return err
	}
	blobs, err := r.job.Ledger.Store.PutBlobs(book.Source, inputs, where)
	if err != nil {
		return err
	}
	s.Runbook = record.Runbook{ID: book.ID, Version: book.Version, Digest: book.Digest, Source: blobs[0].Digest}
	s.Inputs, s.Where = blobs[1].Digest, blobs[2].Digest
	return nil
}

func (r *runner) inputs() record.Inputs {
	in := record.Inputs{
		Folder: r.mask.Text(r.job.Folder), Values: map[string]string{}, Named: r.mask.Text(r.job.Named),
		StartAt: r.job.StartAt, Checklist: r.job.Checklist,
	}
	for name, v := range r.job.Inputs {
		in.Values[name] = r.mask.Text(v.Text)
	}
	return in
}

// asked are the deviations that the run was asked for.
func (r *runner) asked() []record.Deviation {
	var all []record.Deviation
	if r.job.Checklist {
		all = append(all, record.DeviatedChecklist)
	}
	if r.job.StartAt != "" {
		all = append(all, record.DeviatedStartAt)
	}
	return all
}

// unlikePlan are the ways in which the run is not the one that was planned.
func (r *runner) unlikePlan(bound *record.Bound) []record.Deviation {
	var all []record.Deviation
	for _, f := range r.job.Runbook.Inputs {
		text, ok := bound.Inputs[f.Name]
		if !ok && f.Default != nil {
			text, ok = *f.Default, true
		}
		given, have := r.job.Inputs[f.Name]
		planned, err := f.Parse(text, r.job.Folder)
		if ok != have || ok && (err != nil || planned.Text != given.Text) {
			all = append(all, record.DeviatedInputs)
			break
		}
	}
	if r.job.Runbook.Digest != bound.Item.Runbook.Digest {
		all = append(all, record.DeviatedRunbook)
	}
	return all
}

// takeLock makes sure that nobody else works on the run.
func (r *runner) takeLock() error {
	lock, err := r.job.Ledger.Disk.TryLock(r.lockPath())
	if errors.Is(err, evidence.ErrLocked) {
		return fmt.Errorf("the run %s is under way in another process: %w", record.ShortID(r.id), err)
	}
	r.lock = lock
	return err
}

func (r *runner) lockPath() string {
	return record.LockPath(r.job.Ledger.Store, r.job.Ledger.Writer.ID, r.id)
}

func (r *runner) journalPath() string {
	return record.JournalPath(r.job.Ledger.Store, r.job.Ledger.Writer.ID, r.id)
}

// openJournal opens the run's journal for the next segment, behind what a
// crash left in it.
func (r *runner) openJournal() error {
	journal, entries, err := record.OpenJournal(r.job.Ledger.Disk, r.journalPath())
	if err != nil {
		return err
	}
	r.journal = journal
	entry := record.Entry{
		At: r.job.Now(), Kind: record.EntryOpened, Run: r.id, Start: r.startRef,
		Segment: len(r.segments) + 1, Operator: r.job.Ledger.Signer(),
	}
	if len(entries) > 0 {
		entry.Kind = record.EntryResumed
	}
	return r.journal.Note(entry)
}

// closeJournal ends the journal: what it tells is signed.
func (r *runner) closeJournal() error {
	r.journal.Close() //nolint:errcheck // every entry is on disk
	r.journal = nil
	return r.job.Ledger.Disk.Remove(r.journalPath())
}

func (r *runner) close() {
	if r.journal != nil {
		r.journal.Close() //nolint:errcheck // every entry is on disk
	}
	if r.done {
		// Nobody takes the lock of a run that has its end: resume looks at the log again behind it.
		r.job.Ledger.Disk.Remove(r.lockPath()) //nolint:errcheck // an empty file that harms nobody
	}
	r.lock.Unlock() //nolint:errcheck // the process's end does it too
}

func (r *runner) emit(e runbook.Event) {
	if r.job.Emit == nil {
		return
	}
	e.V, e.Run, e.At = runbook.EventVersion, r.id, r.job.Now()
	e.Line, e.Message, e.Hint = r.mask.Text(e.Line), r.mask.Text(e.Message), r.mask.Text(e.Hint)
	for i := range e.Detail {
		e.Detail[i] = r.mask.Text(e.Detail[i])
	}
	if e.Failure != nil {
		e.Failure.Found, e.Failure.Expected = r.mask.Text(e.Failure.Found), r.mask.Text(e.Failure.Expected)
	}
	r.job.Emit(e)
}

func (r *runner) announce(kind runbook.EventKind) {
	book := r.job.Runbook
	heads := make([]runbook.StepHead, len(book.Steps))
	for i, s := range book.Steps {
		heads[i] = runbook.StepHead{ID: s.ID, Title: s.Title}
	}
	e := runbook.Event{
		Kind: kind, Runbook: book.ID, Version: book.Version, Title: book.Title, Client: r.job.Client,
		Reason: book.Rationale, Steps: heads, Deadline: r.start.Deadline,
	}
	if r.start.SLA != nil {
		e.SLA = r.promise()
	}
	r.emit(e)
}

// promise says the terms of the run in words, in the zone of its schedule.
func (r *runner) promise() string {
	sla := r.start.SLA
	if why := sla.NotJudged(); why != "" {
		return why
	}
	if due := sla.ReportDue(); due != "" {
		return due + " · reported " + sla.Report()
	}
	if r.start.Occurrence == nil {
		return sla.Promise()
	}
	due := r.start.Occurrence.Due
	where := "UTC"
	if s := r.job.Runbook.Schedule; s != nil {
		if zone, err := runbook.Zone(s.Timezone); err == nil {
			due, where = due.In(zone), s.Timezone
		}
	}
	words := due.Format("2006-01-02 15:04 ") + where
	if by, ok := sla.StartBy(); ok {
		words += ", start by " + by.In(due.Location()).Format("15:04")
	}
	if deadline, ok := sla.Deadline(r.start.Started); ok {
		words += ", complete by " + deadline.In(due.Location()).Format("15:04")
	}
	if repeats := r.start.Occurrence.Repeats; repeats != "" {
		words += " · decided before by " + record.ShortID(repeats)
	}
	return words
}
