package audit

import (
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/stamp"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/spill"
)

// Pins are what the reader knows from outside of the evidence.
type Pins struct {
	// Signers are the operators whose statements are accepted. Empty: not
	// pinned, and each statement is held to the key that it names.
	Signers []evidence.PublicKey
	// Logs are the keys of writers' logs, by the writer's id. A log that isn't
	// among them is held to the key that it names for itself.
	Logs map[string]evidence.PublicKey
	// TrustRoots are what the first trust statement is known by: "sha256:" and
	// the digest of its envelope, or the fingerprint of a root's key that signed
	// it. One that fits is enough. Empty: trust is not pinned.
	TrustRoots []string
	// Heads are checkpoints that somebody holds.
	Heads []Head
	// Level is the least that has to be shown of each finished run; "" demands
	// nothing.
	Level Level
	// TSAs are the roots of timestamp authorities, by the names that their tokens
	// have. The tokens of others aren't verified, and prove nothing.
	TSAs map[string]*stamp.Roots
	// Witnesses are those whose cosignatures count.
	Witnesses []witness.Verifier
}

// Head is a checkpoint that somebody holds. Name says who or where, for
// messages; Note is the signed note, to the byte.
type Head struct {
	Name string
	Note []byte
}

// Level is how much is shown about a run.
type Level string

// The levels. None: a statement of the run is missing, unreadable, wrongly
// signed or bound to another run. Signed alone is what an envelope outside of
// the logs is; such a one makes no run.
const (
	None   Level = "none"
	Signed Level = "signed"
	Logged Level = "logged"
	// Anchored: a token is over a checkpoint that holds the run's end, which
	// existed by then. Bracketed: beside that the end names a token over a
	// checkpoint that holds the run's start, and so was made between the two.
	// Witnessed: beside that a witness saw the start before the end was there, and
	// the end.
	Anchored  Level = "anchored"
	Bracketed Level = "bracketed"
	Witnessed Level = "witnessed"
)

// Report is what was found. Its lists have a fixed order.
type Report struct {
	Client string    `json:"client"`
	At     time.Time `json:"at"`     // the instant at which open runs were judged
	Pinned bool      `json:"pinned"` // whether signers were pinned; to be said first
	// Trust is who may sign, as the evidence says it; nil when it says nothing.
	Trust *TrustLine `json:"trust,omitempty"`

	// Since is where the audit of each log began; null when it was of all there is.
	Since []SinceLine `json:"since,omitempty"`

	Writers  []WriterLine `json:"writers"`  // by id
	Checks   []Check      `json:"checks"`   // log, signatures, runs, sla, plan, blobs, erasures and trust, where there are any
	Findings []Finding    `json:"findings"` // what is broken, by file
	Unshown  []Finding    `json:"unshown"`  // what could not be shown, the general before the particular
	Runs     RunLines     `json:"runs"`     // by the start that they claim, oldest first
	// Missed are the occurrences that were missed or failed, or done late, the
	// oldest first; of more than a thousand the newest. They are what happened,
	// and nothing broken.
	Missed []ExpectedLine `json:"missed"`
	// Waived are the occurrences that nobody did and a waiver excuses, as Missed
	// is; Held the holds of clocks.
	Waived []WaivedLine `json:"waived,omitempty"`
	Held   []HeldLine   `json:"held,omitempty"`
	Erased []ErasedLine `json:"erased"` // by when they claim to have been signed
	Later  []LaterLine  `json:"later"`  // corrections, late entries and responses, the oldest first
	Counts Counts       `json:"counts"`
}

// ErrSort is what is wrong with a temporary file in which something is sorted.
var ErrSort = spill.ErrFile

// Close gives up what the report holds beside memory.
func (r *Report) Close() error { return r.Runs.sorted.Close() }

// OK reports whether nothing is broken.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// Finding is one thing that is wrong, or that could not be shown.
type Finding struct {
	Broken    bool   `json:"broken"`
	Rule      string `json:"rule"`      // stable; see the constants
	Check     string `json:"check"`     // the check that it belongs to
	File      string `json:"file"`      // slash-separated, below the client's folder; may be empty
	Run       string `json:"run"`       // id, where it is about one
	Statement string `json:"statement"` // digest of an envelope, where it is about one
	What      string `json:"what"`      // what is so
	Means     string `json:"means"`     // what that means for the reader
}

// TrustLine is the chain of trust statements.
type TrustLine struct {
	Version int    `json:"version"` // the newest that can be relied on; 0 when none can
	First   string `json:"first"`   // digest of the first one's envelope
	Pinned  bool   `json:"pinned"`  // whether it is known from outside
	Client  bool   `json:"client"`  // whether no version comes about without the client
}

// WriterLine is one log.
type WriterLine struct {
	ID         string    `json:"id"`
	Key        string    `json:"key"`    // fingerprint; empty when no key is known
	Pinned     bool      `json:"pinned"` // whether the key is known from outside
	Leaves     int64     `json:"leaves"` // 0 when the log can't be read
	Newest     time.Time `json:"newest"`
	Checkpoint string    `json:"checkpoint"` // the signed note, for whoever will hold it; empty when the log can't be read
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
	Name  string `json:"name"`
	State State  `json:"state"`
	Text  string `json:"text"`
}

// RunLine is one run as it was computed again, not as it says of itself.
type RunLine struct {
	Run        string             `json:"run"`
	Runbook    string             `json:"runbook"`
	State      string             `json:"state"` // done, failed, aborted, open, "failed: never finished", or unknown
	Level      Level              `json:"level"`
	Started    time.Time          `json:"started"`   // claimed
	FinishBy   time.Time          `json:"finish_by"` // until when it may be open
	Late       bool               `json:"late"`
	Deviations []record.Deviation `json:"deviations"`
	// NotBefore and ExistedBy are proven: the run began after the one, and its end
	// existed by the other. Null where nothing shows it.
	NotBefore *time.Time `json:"not_before"`
	ExistedBy *time.Time `json:"existed_by"`
}

// ExpectedLine is an occurrence that a plan asked for, as it was computed.
type ExpectedLine struct {
	Name        string     `json:"name"` // <client>/<runbook>/<nominal>
	Due         time.Time  `json:"due"`
	State       string     `json:"state"`        // missed, late or failed
	Run         string     `json:"run"`          // that decided it; empty when it was missed
	RecoveredAt *time.Time `json:"recovered_at"` // the end of the first success after that
}

// Counts are totals.
type Counts struct {
	Statements int `json:"statements"` // leaves of all logs that can be read, and that are looked at
	Signers    int `json:"signers"`    // keys that signed them
	Blobs      int `json:"blobs"`      // that statements name and that are whole
	Heads      int `json:"heads"`      // held checkpoints that agree with a log

	Runs          int `json:"runs"` // started
	Done          int `json:"done"`
	Failed        int `json:"failed"`
	Aborted       int `json:"aborted"`
	Open          int `json:"open"`
	NeverFinished int `json:"never_finished"`
	Unknown       int `json:"unknown"` // can't be told

	Met       int `json:"met"`
	Missed    int `json:"missed"`
	NotJudged int `json:"not_judged"` // SLA of finished runs
	ProvenMet int `json:"proven_met"` // of those met, that tokens show to be

	Erasures    int `json:"erasures"`    // signed
	Erased      int `json:"erased"`      // blobs that statements name, and that are missing for an erasure
	Corrections int `json:"corrections"` // late entries too
	Responses   int `json:"responses"`

	Approvals int `json:"approvals"` // of runs and of runbooks, also those that decided nothing

	Plans int `json:"plans"` // signed
	// Expected is how many occurrences the plans asked for until the instant of
	// the audit. It is the sum of those below.
	Expected        int `json:"expected"`
	ExpectedOnTime  int `json:"expected_on_time"`
	ExpectedLate    int `json:"expected_late"`
	ExpectedFailed  int `json:"expected_failed"`
	ExpectedMissed  int `json:"expected_missed"`
	ExpectedOpen    int `json:"expected_open"`    // due, running or waiting
	ExpectedUnknown int `json:"expected_unknown"` // what would tell can't be read

	ExpectedWaived        int `json:"expected_waived"`
	ExpectedNotApplicable int `json:"expected_not_applicable"`

	Stated int `json:"stated"` // occurrences of which a statement that can be relied on says that nobody did them
}
