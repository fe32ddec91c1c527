package audit

import (
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// Pins are what the reader knows from outside of the evidence.
type Pins struct {
	// Signers are the operators whose statements are accepted. Empty: not
	// pinned, and each statement is held to the key that it names.
	Signers []evidence.PublicKey
	// Logs are the keys of writers' logs, by the writer's id. A log that isn't
	// among them is held to the key that it names for itself.
	Logs map[string]evidence.PublicKey
	// Heads are checkpoints that somebody holds.
	Heads []Head
}

// Head is a checkpoint that somebody holds. Name says who or where, for
// messages; Note is the signed note, to the byte.
type Head struct {
	Name string
	Note []byte
}

// Level is how much is shown about a run.
type Level string

// The levels. None: a statement of the run is missing, unreadable or wrongly
// signed.
const (
	None   Level = "none"
	Signed Level = "signed"
	Logged Level = "logged"
)

// Report is what was found. Its lists have a fixed order.
type Report struct {
	Client string
	At     time.Time // the instant at which open runs were judged
	Pinned bool      // whether signers were pinned; to be said first

	Writers  []WriterLine // by id
	Checks   []Check      // log, signatures, runs, sla, blobs
	Findings []Finding    // what is broken, by file
	Unshown  []Finding    // what could not be shown, the general before the particular
	Runs     []RunLine    // by the start that they claim, oldest first
	Counts   Counts
}

// OK reports whether nothing is broken.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// Finding is one thing that is wrong, or that could not be shown.
type Finding struct {
	Broken    bool
	Rule      string // stable; see the constants
	Check     string // the check that it belongs to
	File      string // slash-separated, below the client's folder; may be empty
	Run       string // id, where it is about one
	Statement string // digest of an envelope, where it is about one
	What      string // what is so
	Means     string // what that means for the reader
}

// WriterLine is one log.
type WriterLine struct {
	ID         string
	Key        string // fingerprint; empty when no key is known
	Pinned     bool   // whether the key is known from outside
	Leaves     int64  // 0 when the log can't be read
	Newest     time.Time
	Checkpoint string // the signed note, for whoever will hold it; empty when the log can't be read
}

// State is how a check ended.
type State string

// The states.
const (
	OK      State = "ok"
	Broken  State = "broken"
	Unshown State = "unshown"
)

// Check is one line of the summary.
type Check struct {
	Name  string
	State State
	Text  string
}

// RunLine is one run as it was computed again, not as it says of itself.
type RunLine struct {
	Run        string
	Runbook    string
	State      string // done, failed, aborted, open, "failed: never finished", or unknown
	Level      Level
	Started    time.Time // claimed
	FinishBy   time.Time // until when it may be open
	Late       bool
	Deviations []record.Deviation
}

// Counts are totals.
type Counts struct {
	Statements int // leaves of all logs that can be read
	Signers    int // keys that signed them
	Blobs      int // that statements name and that are whole
	Heads      int // held checkpoints that agree with a log

	Runs          int // started
	Done          int
	Failed        int
	Aborted       int
	Open          int
	NeverFinished int
	Unknown       int // can't be told

	Met, Missed, NotJudged int // SLA of finished runs
}
