// Package record is what is written down about a run: the statements that are
// signed, the journal that survives a crash, and reading both back.
//
// # Statements
//
// Each is an in-toto Statement v1 in a DSSE envelope (package evidence). Its
// predicateType is https://msp-runbook.github.io/<name>/v1; its subjects are
// the runbook's bytes and every blob that the predicate names, by SHA-256.
//
//   - run-start is in the log before the first step runs. It pins the runbook
//     (digest, and a blob with its bytes), the steps in their order with what
//     each is judged by, the inputs, the operator, the SLA's terms by value
//     with their absolute deadline, and finish_by.
//   - segment is the part of a run done so far, signed by who did it. It is
//     written when a run waits for a person, and when a run has so many steps
//     that one statement can't hold them.
//   - plan says what should happen: which runbooks the client gets, their
//     schedules and SLAs by value. A run-start that is for an occurrence names
//     its plan.
//   - trust says who may sign what, version by version, and what is demanded of
//     the evidence (package trust).
//   - approval says that a second person saw a part of a run, or a runbook, and
//     what they decided. A run waits for one with a segment, and the approval
//     names all segments so far by digest.
//   - anchor names by digest what somebody outside said of a checkpoint.
//   - hold, release, ack, waiver, correction and response are later words about
//     a run, an occurrence or a statement; erasure lists blobs that were erased.
//   - occurrence says that no run satisfied a planned occurrence; notice what was
//     told to whom; item opens an exception, closing closes it; handoff hands a
//     shift over.
//   - run ends it. It names its run-start and its segments by digest and tells
//     the steps that no segment tells, so that every step is stated exactly
//     once, by who did it; and once more for each time that an approver pushed
//     the run back to it or to a step before.
//
// A leaf of the log names the digest of the envelope, the kind and the run.
//
// A statement is signed by the operator whom it names; a trust statement by
// roots, an erasure by roots too where there is a trust statement, and what a
// writer states by itself, with the key of its log: an anchor, an occurrence, a
// notice, and an item that it opens.
//
// # What binds statements
//
// Beside a run's own digests, a statement may name what was there before it:
//
//   - not_before, of a run-start and a run, is the digest of the newest token of
//     a timestamp authority that was known. So the statement was made after it.
//     That of a run is over its run-start where one came in time; from it follows
//     $MSP_RUN_NONCE (Nonce).
//   - trust, of a run-start, is the digest of the newest trust statement's
//     envelope.
//   - approvals, of a step of the kind approval, are the digests of the approvals
//     that decided it. round is how often the run was pushed back before, in the
//     step and in the approval, so that an old approval decides nothing new; to is
//     the step that a push back goes to.
//   - shown, of an approval, is a blob with the page that was shown and the
//     digests of the segments on it.
//
// # Who may sign
//
// A history has the trust statements follow on each other (trust.Chain), and
// tells as a problem of one that doesn't. Only those that do say who is who, who
// decides, and which erasures count. A copy of each lies in the folder trust, by
// its number, so that one that is missing in the logs is noticed.
//
// # What is erased
//
// An erasure is logged before its blobs are removed, so that a crash leaves blobs
// that are still there and never one that is missing without a word. What a
// legal hold keeps that nobody released is not erased. How long blobs are kept
// goes by their class and by the time that their statement claims.
//
// # What is personal
//
// Statements hold ids, digests, times, numbers and the tool's own words. Free
// text (inputs, text outputs, answers, reasons, login and host names) stands
// in blobs: JSON objects behind 32 random bytes, of which the statement has
// the digest. A blob can be erased and the statement still verifies. A key's
// fingerprint is who signed; names of people are not in a statement.
//
// # What is recomputed
//
// The verdict of a run is a function of what its statements pin: Judge. A
// verifier computes it again, and a stored verdict that differs is a finding.
//
// # Versions
//
// A statement of another version has another predicateType. Fields are never
// removed from v1, and one that is added may be left out: what was signed before
// reads as it did. The decoder is strict, and a reader refuses what it doesn't
// know.
package record

import (
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
)

// The names of the statements.
const (
	KindRunStart = "run-start"
	KindSegment  = "segment"
	KindRun      = "run"
)

const (
	predicateBase    = "https://msp-runbook.github.io/"
	predicateVersion = "/v1"
)

// PredicateType is the type of a statement.
func PredicateType(kind string) string { return predicateBase + kind + predicateVersion }

// RunStart says that a run begins, and under which terms.
type RunStart struct {
	Run     string  `json:"run"`  // a UUIDv7
	Salt    string  `json:"salt"` // 16 random bytes, hex
	Client  string  `json:"client"`
	Runbook Runbook `json:"runbook"`
	Writer  Signer  `json:"writer"`
	// Operator is who answers for the run; Trigger how it came to be.
	Operator Signer    `json:"operator"`
	Trigger  string    `json:"trigger"`         // "manual" or "catch-up"
	Change   string    `json:"change,omitzero"` // the reference of the change that asks for it
	Started  time.Time `json:"started"`

	Steps    []PinnedStep     `json:"steps"`
	Inputs   string           `json:"inputs"` // a blob: Inputs
	Where    string           `json:"where"`  // a blob: Where
	SLA      *agreement.Terms `json:"sla,omitzero"`
	Deadline *time.Time       `json:"deadline,omitzero"`
	FinishBy time.Time        `json:"finish_by"`
	// NotBefore is the digest of the newest token that was known, so that the
	// statement was made after it; Trust the envelope of the newest trust
	// statement.
	NotBefore string `json:"not_before,omitzero"`
	Trust     string `json:"trust,omitzero"`

	Occurrence *Occurrence `json:"occurrence,omitzero"` // nil: unscheduled, no plan asks for the run
	CatchesUp  string      `json:"catches_up,omitzero"` // the missed occurrence that the run makes good; it satisfies none

	Tools      []Tool      `json:"tools,omitzero"` // that the runbook requires
	Deviations []Deviation `json:"deviations,omitzero"`
	Software   Software    `json:"software"`
}

// ValidReference reports whether text may be the reference of a change, an alert
// or a ticket: an identifier, no free text.
func ValidReference(text string) bool {
	if text == "" || len(text) > 64 {
		return false
	}
	for _, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("._/#-", r) {
			return false
		}
	}
	return true
}

// finishWithin is how long a run without a deadline may stay open.
const finishWithin = 24 * time.Hour

// FinishBy is until when a run may be open: its deadline, where that lies ahead
// of its start, else a day. A run that has no end then counts as failed.
func FinishBy(started time.Time, deadline *time.Time) time.Time {
	if deadline != nil && deadline.After(started) {
		return *deadline
	}
	return started.Round(0).Add(finishWithin)
}

// Runbook names the procedure that a run follows.
type Runbook struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Digest  string `json:"digest"` // of the exact bytes
	Source  string `json:"source"` // the blob that holds them
}

// Signer is a key, in the form of an authorized_keys line.
type Signer struct {
	ID  string `json:"id"`  // a key's SHA256: fingerprint, or a writer's id
	Key string `json:"key"` // "ssh-ed25519 AAAA…"
}

// Software says what made the statement.
type Software struct {
	MSP      string `json:"msp"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	TZData   string `json:"tzdata"`
}

// PinnedStep is one step as it is judged at the end.
type PinnedStep struct {
	ID          string              `json:"id"`
	Kind        string              `json:"kind"`
	Priority    runbook.Priority    `json:"priority"`
	Person      bool                `json:"person,omitzero"`      // only a person's answer satisfies it
	Conditional bool                `json:"conditional,omitzero"` // it has an if or needs, so it may turn out not to be needed
	MinDuration runbook.Nanoseconds `json:"min_duration_ns,omitzero"`
	Normal      []PinnedNormal      `json:"normal,omitzero"`
	Approval    *PinnedApproval     `json:"approval,omitzero"` // somebody else decides it
}

// PinnedNormal is what a step's output is compared with.
type PinnedNormal struct {
	Output     string             `json:"output"`
	Value      *float64           `json:"value,omitzero"`
	Over       int                `json:"over,omitzero"`
	Within     runbook.Tolerance  `json:"within"`
	FailBeyond *runbook.Tolerance `json:"fail_beyond,omitzero"`
}

// Normal is the comparison that the pinned terms stand for.
func (p PinnedNormal) Normal() runbook.Normal {
	return runbook.Normal{Output: p.Output, Value: p.Value, Over: p.Over, Within: p.Within, FailBeyond: p.FailBeyond}
}

// Pin takes from a runbook's steps what they are judged by.
func Pin(steps []*runbook.Step) []PinnedStep {
	pinned := make([]PinnedStep, len(steps))
	for i, s := range steps {
		_, person := s.Action.(runbook.AsksPerson)
		pinned[i] = PinnedStep{
			ID: s.ID, Kind: s.Kind, Priority: s.Priority, Person: person, Conditional: s.If != nil || len(s.Needs) > 0,
			MinDuration: runbook.Nanoseconds(s.MinDuration.Span), Approval: pinApproval(s),
		}
		for _, n := range s.Normal {
			pinned[i].Normal = append(pinned[i].Normal, PinnedNormal{Output: n.Output, Value: n.Value, Over: n.Over, Within: n.Within, FailBeyond: n.FailBeyond})
		}
	}
	return pinned
}

// Segment is a part of a run.
type Segment struct {
	Run      string    `json:"run"`
	Start    string    `json:"start"`  // digest of the run-start's envelope
	Number   int       `json:"number"` // 1 is the first
	Previous string    `json:"previous,omitzero"`
	Writer   Signer    `json:"writer"`
	Operator Signer    `json:"operator"`
	Until    time.Time `json:"until"`
	Waiting  string    `json:"waiting,omitzero"` // the step that waits for a person
	Steps    []Step    `json:"steps"`
	Tools    []Tool    `json:"tools,omitzero"`
}

// RunEnd is the end of a run.
type RunEnd struct {
	Run       string          `json:"run"`
	Start     string          `json:"start"`
	Segments  []string        `json:"segments,omitzero"` // digests, in order
	Writer    Signer          `json:"writer"`
	Operator  Signer          `json:"operator"`
	Ended     time.Time       `json:"ended"`
	Aborted   bool            `json:"aborted,omitzero"` // by a person, before its end
	Steps     []Step          `json:"steps"`            // that no segment tells
	Tools     []Tool          `json:"tools,omitzero"`
	SLA       agreement.Facts `json:"sla"`
	Holds     []string        `json:"holds,omitzero"`      // digests of the holds of its clock that count, and of what released them
	ClockSync string          `json:"clock_sync"`          // "unknown"
	NotBefore string          `json:"not_before,omitzero"` // digest of the newest token known: the one over the run-start's checkpoint, if any came
	Verdict   Verdict         `json:"verdict"`
}

// Outcome is how a step ended.
type Outcome string

// The outcomes. NotNeeded is a false if, or a need that was itself not needed;
// Skipped is a person's choice, or a need that did not pass; LeftOut stood
// before --start-at; Interrupted was cut off and given up. PushedBack is an
// approver's word: the run went back to an earlier step.
const (
	Passed      Outcome = "passed"
	Failed      Outcome = "failed"
	Skipped     Outcome = "skipped"
	NotNeeded   Outcome = "not_needed"
	LeftOut     Outcome = "left_out"
	Interrupted Outcome = "interrupted"
	PushedBack  Outcome = "pushed_back"
)

// Step is what became of one step.
type Step struct {
	ID        string              `json:"id"`
	Outcome   Outcome             `json:"outcome"`
	Proof     runbook.Proof       `json:"proof,omitzero"`
	Started   time.Time           `json:"started"`
	Ended     time.Time           `json:"ended"`
	Duration  runbook.Nanoseconds `json:"duration_ns"` // by the monotonic clock
	Attempts  int                 `json:"attempts,omitzero"`
	Cause     Cause               `json:"cause,omitzero"` // of anything but passed
	Exit      *int                `json:"exit,omitzero"`
	Outputs   Numbers             `json:"outputs,omitzero"` // that are no free text
	Facts     string              `json:"facts,omitzero"`   // a blob: Facts
	Stdout    *Stream             `json:"stdout,omitzero"`
	Stderr    *Stream             `json:"stderr,omitzero"`
	Evidence  []Evidence          `json:"evidence,omitzero"`
	Approvals []string            `json:"approvals,omitzero"` // digests of the approval statements that decided the step
	Round     int                 `json:"round,omitzero"`     // how often the run was pushed back before the step was done
	To        string              `json:"to,omitzero"`        // the step that the run was pushed back to from here
	Normal    []Judged            `json:"normal,omitzero"`
	CutOff    bool                `json:"cut_off,omitzero"`   // an attempt was cut off by a crash
	Recovered bool                `json:"recovered,omitzero"` // read from the journal of a crashed process
	Flagged   bool                `json:"flagged,omitzero"`   // a person says that the step itself is wrong
	Deviates  []Deviation         `json:"deviations,omitzero"`
}

// Numbers are outputs by name, as they are written: "1200", "true", "1h30m".
type Numbers map[string]string

// Cause is why a step did not pass, without free text.
type Cause string

// The causes.
const (
	CauseExit         Cause = "exit"         // the program's exit code
	CauseExpectation  Cause = "expectation"  // what was found is not what was expected
	CauseTimeout      Cause = "timeout"      // an attempt took too long
	CauseError        Cause = "error"        // it could not be done
	CauseNormal       Cause = "normal"       // a value lies beyond what may pass
	CausePrecondition Cause = "precondition" // a precondition did not hold
	CauseCondition    Cause = "condition"    // its if is false
	CauseNeed         Cause = "need"         // a step that it needs did not pass
	CausePerson       Cause = "person"       // a person said so
	CauseAbort        Cause = "abort"        // the run was aborted
	CauseCutOff       Cause = "cut_off"      // a crash, and its effect is in doubt
	CauseStartAt      Cause = "start_at"     // it stands before --start-at
	CauseRejected     Cause = "rejected"     // an approver said no
	CausePushedBack   Cause = "pushed_back"  // an approver wants earlier steps done again
)

// Deviation is something that was not done as agreed.
type Deviation string

// The deviations.
const (
	DeviatedNormal      Deviation = "outside_normal"   // a value is not what it usually is
	DeviatedStartAt     Deviation = "start_at"         // steps were left out
	DeviatedChecklist   Deviation = "checklist"        // a person in place of automation
	DeviatedDifferently Deviation = "done_differently" // not as the step says
	DeviatedTooFast     Deviation = "too_fast"         // under the step's min_duration
	DeviatedCutOff      Deviation = "cut_off"          // a person says that a cut-off step was done
	DeviatedInputs      Deviation = "other_inputs"     // than the plan asks for
	DeviatedRunbook     Deviation = "other_runbook"    // than the one that the plan was signed for
)

// Stream is a program's output as it was kept.
type Stream struct {
	Digest   string         `json:"digest"` // of the blob
	Size     int64          `json:"size"`
	Written  int64          `json:"written"`           // what the step printed, masked
	LeftOut  int64          `json:"left_out,omitzero"` // cut from the middle
	Replaced map[string]int `json:"replaced,omitzero"` // how often each secret was masked
}

// Evidence is a file that a person gave.
type Evidence struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
}

// Judged is a value against what is normal. From holds the digests of the
// run statements whose values made the baseline, newest first.
type Judged struct {
	Output   string           `json:"output"`
	Value    float64          `json:"value"`
	Unit     string           `json:"unit,omitzero"`
	Standing runbook.Standing `json:"standing"`
	Normal   *float64         `json:"normal,omitzero"`
	From     []string         `json:"from,omitzero"`
}

// Tool is a program that was started.
type Tool struct {
	Name    string `json:"name"`
	Path    string `json:"path"`
	Digest  string `json:"digest"`
	Version string `json:"version,omitzero"`
}

// The blobs that hold what may be personal.

// Inputs is the content of a run-start's inputs blob. Folder is where steps
// work, Settings what the run was asked to do beside its inputs.
type Inputs struct {
	Folder    string            `json:"folder"`
	Values    map[string]string `json:"values,omitzero"`
	Named     string            `json:"named,omitzero"` // the id or the file that the runbook was asked for by
	StartAt   string            `json:"start_at,omitzero"`
	Checklist bool              `json:"checklist,omitzero"`
}

// Where is the content of a run-start's where blob.
type Where struct {
	Host   string `json:"host,omitzero"`
	Login  string `json:"login,omitzero"`
	Origin string `json:"origin,omitzero"` // "terminal", "pipe", "ssh 192.0.2.7"
}

// Facts is the content of a step's facts blob.
type Facts struct {
	Detail   string            `json:"detail,omitzero"`
	Found    string            `json:"found,omitzero"`
	Expected string            `json:"expected,omitzero"`
	Outputs  map[string]string `json:"outputs,omitzero"`
	Answer   *Answer           `json:"answer,omitzero"`
}

// IsZero reports whether there is nothing to keep.
func (f Facts) IsZero() bool {
	return f.Detail+f.Found+f.Expected == "" && len(f.Outputs) == 0 && f.Answer == nil
}

// Answer is what a person said.
type Answer struct {
	Door        string            `json:"door"`
	Checked     []string          `json:"checked,omitzero"`
	Values      map[string]string `json:"values,omitzero"`
	Reason      string            `json:"reason,omitzero"`
	Flag        string            `json:"flag,omitzero"`
	Differently string            `json:"differently,omitzero"`
}

// UnmarshalFacts reads a facts blob.
func UnmarshalFacts(content []byte) (Facts, error) {
	var f Facts
	err := evidence.DecodeStrict(content, &f)
	return f, err
}

// NamedBlob is a blob that a step names.
type NamedBlob struct{ Name, Digest string }

// BlobsOf are the blobs that a step names.
func BlobsOf(s *Step) []NamedBlob {
	var blobs []NamedBlob
	if s.Facts != "" {
		blobs = append(blobs, NamedBlob{"facts", s.Facts})
	}
	if s.Stdout != nil {
		blobs = append(blobs, NamedBlob{"stdout", s.Stdout.Digest})
	}
	if s.Stderr != nil {
		blobs = append(blobs, NamedBlob{"stderr", s.Stderr.Digest})
	}
	for _, e := range s.Evidence {
		blobs = append(blobs, NamedBlob{e.Name, e.Digest})
	}
	return blobs
}
