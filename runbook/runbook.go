// Package runbook says what a runbook is: its model, its values and
// expressions, and the contract of a step kind.
//
// A runbook is one YAML document under runbooks/. It names who owns it, why it
// exists, when it is due, what was promised about it, and the steps that do
// the work. Load reads one, strictly: every problem of the file is reported at
// once with file, line and column, and a runbook with a problem is never run.
//
// Nothing here runs a step, touches a network or writes a file. What a step
// does lives in the packages under steps, each of which implements Kind and
// Action; who runs it lives in runbook/engine.
package runbook

import (
	"cmp"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/document"
)

// APIVersion is what every document says on its first line.
const APIVersion = "msp/v1"

// Runbook is one loaded document. It is not changed after Load.
type Runbook struct {
	File string // as it was named to Load
	Document

	ID      string // [a-z0-9][a-z0-9-]{0,62}
	Version string // major.minor.patch
	Title   string
	Class   Class

	Rationale  string
	References []Reference
	Decisions  []Decision
	Owner      Owner
	ReviewBy   time.Time // midnight UTC, zero when not said
	Scripts    Scripts
	Schedule   *Schedule
	SLA        *SLA
	Escalation Escalation

	Requires []Requirement
	Inputs   []Field // in the order of the file
	Secrets  []Secret
	Steps    []*Step
}

// Step returns the step with this id, or nil.
func (r *Runbook) Step(id string) *Step {
	for _, s := range r.Steps {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// Input returns the declared input of this name.
func (r *Runbook) Input(name string) (Field, bool) {
	for _, f := range r.Inputs {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// InputNames lists the inputs: "backup_dir, max_age", or "none".
func (r *Runbook) InputNames() string {
	names := make([]string, len(r.Inputs))
	for i, f := range r.Inputs {
		names[i] = f.Name
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// Class says whether a runbook is done by schedule or on request.
type Class string

// The classes of a runbook.
const (
	Routine Class = "routine"
	AdHoc   Class = "ad_hoc"
)

// Reference is a clause of a standard that asks for the procedure.
type Reference struct{ Authority, Clause string }

// Decision is one thing that was agreed about the procedure, and why.
type Decision struct {
	Date    time.Time
	By      string
	Decided string
	Because string
}

// Owner is who answers for a runbook.
type Owner struct{ Team, Role, Contact string }

// Scripts says who keeps the runbook's scripts when the contract ends.
type Scripts struct{ Owner, Licence string }

// Schedule is when a runbook is due, as its author wrote it.
type Schedule struct {
	document.Position
	Cron, RRule   string // exactly one is set
	Shift         Duration
	Timezone      string // an IANA name
	Calendar      string
	OnHoliday     string // next_working_day | run | "" (skip)
	Early         Duration
	Grace         Duration
	CloseAfter    Duration
	OnMissed      string // record | run_once
	EffectiveFrom time.Time
}

// Clock is the moment from which an SLA counts.
type Clock string

// The clocks.
const (
	ClockScheduled Clock = "scheduled"
	ClockStarted   Clock = "started"
	ClockReported  Clock = "reported"
)

// SLA is what was promised about one run: from when the clock runs, and how
// long each part may take. A zero Duration was not promised.
type SLA struct {
	document.Position
	Agreement string // a target's name in the client's agreement, instead of all below
	Clock     Clock
	Calendar  string

	StartWithin       Duration
	CompleteWithin    Duration
	AcknowledgeWithin Duration
	RespondWithin     Duration
	UpdateEvery       Duration
	ResolveWithin     Duration

	Target float64 // percent of runs; 0 when not said
}

// Escalation is who is told, and when: two ladders, each from the first rung.
type Escalation struct {
	NotAcknowledged []Rung
	NotResolved     []Rung
}

// Rung is one step of an escalation ladder.
type Rung struct {
	document.Position
	After  Duration // either After
	Share  float64  // or a share of the SLA, in percent
	Notify string
	Repeat Duration
}

// Requirement is a program that has to be present before a run starts.
type Requirement struct {
	document.Position
	Tool    string
	Version string   // "", or a comparison such as ">= 5.1"
	Args    []string // that make the tool print its version; --version unless said
}

// Secret names a value that must never be written down, and where it comes
// from: exactly one of Env, File and Command is set. File and Command are
// names that the user's own configuration gives a meaning.
type Secret struct {
	document.Position
	Name               string
	Env, File, Command string
}

// Step is one thing to do.
type Step struct {
	document.Position
	ID        string
	Title     string
	Rationale string

	Kind   string // the step's kind key
	Action Action

	If            *Expression
	Needs         []string
	Preconditions []*Expression
	Timeout       Duration // of one attempt
	Retry         Retry
	Env           []Variable
	Dir           *Template
	Requires      []Requirement
	Outputs       []Output
	Expect        *Expect
	Normal        []Normal
	OnFailure     OnFailure
	Interrupted   Interrupted
	Priority      Priority
	By            string
	MinDuration   Duration
}

// Retry says how often, and after which pauses, a failed step is tried again.
type Retry struct {
	MaxAttempts int // counts all tries; at least 1
	Delay       Duration
	Backoff     float64 // each pause is this many times the one before; at least 1
	MaxDelay    Duration
}

// longestPause keeps a pause that doubles again and again a length of time.
const longestPause = 365 * 24 * time.Hour

// Pause is the wait before attempt n (2 is the first repeat).
func (r Retry) Pause(n int) time.Duration {
	limit := r.MaxDelay.Span
	if limit == 0 {
		limit = longestPause
	}
	pause := float64(r.Delay.Span)
	for ; n > 2 && pause < float64(limit); n-- {
		pause *= r.Backoff
	}
	return time.Duration(min(pause, float64(limit)))
}

// Variable is one entry of a step's environment.
type Variable struct {
	Name  string
	Value *Template
}

// OnFailure says what a failed step does to the steps behind it.
type OnFailure string

// What a failure may do.
const (
	Abort    OnFailure = "abort"
	Continue OnFailure = "continue"
)

// Interrupted says what resume does with a step whose effect is in doubt.
type Interrupted string

// What resume may do.
const (
	AskPerson Interrupted = "ask"
	Rerun     Interrupted = "rerun"
	Fail      Interrupted = "fail"
)

// Priority says whether a run can succeed without a step.
type Priority string

// The priorities.
const (
	Must   Priority = "must"
	Should Priority = "should"
)
