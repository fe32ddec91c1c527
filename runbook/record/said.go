package record

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/trust"
)

// The names of the statements about who may sign, about time and about other
// statements.
const (
	KindTrust      = "trust"
	KindApproval   = "approval"
	KindAnchor     = "anchor"
	KindHold       = "hold"
	KindRelease    = "release"
	KindAck        = "ack"
	KindWaiver     = "waiver"
	KindCorrection = "correction"
	KindResponse   = "response"
	KindErasure    = "erasure"
)

// Trust says who may sign what from here on, and what is demanded of the
// evidence. It is signed by the threshold of the version before and by its own.
type Trust struct {
	Client  string        `json:"client"`
	Writer  Signer        `json:"writer"`
	Roots   []Signer      `json:"roots"` // who may sign it: the roots of the version before, and its own
	Signed  time.Time     `json:"signed"`
	Version trust.Version `json:"version"`
	Names   string        `json:"names,omitzero"` // a blob: the names of the principals, by id
	Roster  string        `json:"roster"`         // digest of the version's bytes, as they were shown to whoever signed
}

// Names is the content of a trust statement's blob: what the principals are
// called, by id.
type Names struct {
	Names map[string]string `json:"names"`
}

// What an approval decides.
const (
	Approve  = "approve"
	Reject   = "reject"
	PushBack = "push_back" // the run goes back to the step To
)

// Approval says that somebody saw a part of a run, or a runbook, and what they
// decided. It names by digest exactly what they were shown.
type Approval struct {
	Client   string    `json:"client"`
	Writer   Signer    `json:"writer"`
	Operator Signer    `json:"operator"` // who approves
	Signed   time.Time `json:"signed"`
	Decision string    `json:"decision"`
	To       string    `json:"to,omitzero"`  // the step that a push back goes to
	Why      string    `json:"why,omitzero"` // a blob: Words

	Run   string `json:"run,omitzero"`
	Start string `json:"start,omitzero"` // digest of the run-start's envelope
	Step  string `json:"step,omitzero"`  // the step of the kind approval
	Round int    `json:"round,omitzero"` // how often the run was pushed back before
	Shown string `json:"shown,omitzero"` // a blob: Shown

	Runbook *Runbook `json:"runbook,omitzero"` // that is approved to be run, in place of a run
}

// Shown is the content of an approval's blob: what its signer was shown.
type Shown struct {
	Run      string   `json:"run"`
	Start    string   `json:"start"`
	Segments []string `json:"segments"` // digests, in order
	Step     string   `json:"step"`
	Text     string   `json:"text"` // the page, as it was printed
}

// Words is the content of a blob that holds what a person said.
type Words struct {
	Text string `json:"text"`
}

// The kinds of outside parties whose word about a checkpoint is kept.
const (
	AnchorTSA     = "tsa"
	AnchorWitness = "witness"
)

// Anchor says that somebody outside has seen a checkpoint of this log: what
// they gave is named by its digest, so that what they give later stamps it
// again. It is signed by the writer.
type Anchor struct {
	Client     string     `json:"client"`
	Writer     Signer     `json:"writer"`
	Logged     time.Time  `json:"logged"`
	Size       int64      `json:"size"`       // of the checkpoint
	Checkpoint string     `json:"checkpoint"` // digest of its bytes
	Kind       string     `json:"kind"`
	By         string     `json:"by"`          // the name of the authority or the witness
	Token      string     `json:"token"`       // digest of the bytes that they gave
	At         *time.Time `json:"at,omitzero"` // that a token states
}

// What a hold stops.
const (
	HoldClock = "clock" // the SLA's clock
	HoldLegal = "legal" // the erasure of blobs
)

// Hold stops a clock, or keeps blobs from being erased, until it is released. A
// clock is held for one of HoldReasons and for Max at most.
type Hold struct {
	Client     string              `json:"client"`
	Writer     Signer              `json:"writer"`
	Operator   Signer              `json:"operator"`
	Signed     time.Time           `json:"signed"`
	Kind       string              `json:"kind"`
	Run        string              `json:"run,omitzero"`
	Occurrence string              `json:"occurrence,omitzero"`
	Reason     string              `json:"reason,omitzero"`   // of a clock's
	Max        runbook.Nanoseconds `json:"max_ns,omitzero"`   // after which it has to be confirmed; 0: never
	Confirms   string              `json:"confirms,omitzero"` // digest of the hold that a lead confirms with it
	Why        string              `json:"why"`               // a blob: Words
}

// Release ends a hold.
type Release struct {
	Client   string    `json:"client"`
	Writer   Signer    `json:"writer"`
	Operator Signer    `json:"operator"`
	Signed   time.Time `json:"signed"`
	Run      string    `json:"run,omitzero"` // of the hold
	Hold     string    `json:"hold"`         // digest of its envelope
	Why      string    `json:"why"`          // a blob: Words
}

// Ack says that somebody has taken something on.
type Ack struct {
	Client     string    `json:"client"`
	Writer     Signer    `json:"writer"`
	Operator   Signer    `json:"operator"`
	Signed     time.Time `json:"signed"`
	Run        string    `json:"run,omitzero"`
	Occurrence string    `json:"occurrence,omitzero"`
	Item       string    `json:"item,omitzero"` // one that is about neither
	Why        string    `json:"why"`           // a blob: Words
}

// Waiver says that occurrences need not happen: those that are due before an
// instant, from which on they count again. Operator is who approves it, and Why
// the justification.
type Waiver struct {
	Client        string    `json:"client"`
	Writer        Signer    `json:"writer"`
	Operator      Signer    `json:"operator"`
	Signed        time.Time `json:"signed"`
	Occurrence    string    `json:"occurrence"` // or the beginning of the names of several, which ends in /
	Until         time.Time `json:"until"`
	NotApplicable bool      `json:"not_applicable,omitzero"` // there was nothing to be done, rather than done without
	Why           string    `json:"why"`                     // a blob: Words
}

// Correction is a later word on an earlier statement, or a late entry about an
// occurrence that nobody recorded. It changes nothing of what it is about.
type Correction struct {
	Client      string     `json:"client"`
	Writer      Signer     `json:"writer"`
	Operator    Signer     `json:"operator"`
	RecordedAt  time.Time  `json:"recorded_at"`
	PerformedAt *time.Time `json:"performed_at,omitzero"` // claimed
	Run         string     `json:"run,omitzero"`
	About       string     `json:"about,omitzero"` // digest of the statement's envelope
	Occurrence  string     `json:"occurrence,omitzero"`
	What        string     `json:"what"` // a blob: Words
}

// Response is what management says to a statement: a failure, a finding, a late
// entry.
type Response struct {
	Client   string    `json:"client"`
	Writer   Signer    `json:"writer"`
	Operator Signer    `json:"operator"`
	Signed   time.Time `json:"signed"`
	Run      string    `json:"run,omitzero"`
	About    string    `json:"about"` // digest of the statement's envelope
	What     string    `json:"what"`  // a blob: Words
}

// Erasure says that blobs were erased. It is signed by an operator and, where
// there is a trust statement, by its roots.
type Erasure struct {
	Client   string    `json:"client"`
	Writer   Signer    `json:"writer"`
	Operator Signer    `json:"operator"`
	Roots    []Signer  `json:"roots,omitzero"`
	Signed   time.Time `json:"signed"`
	Erased   []string  `json:"erased"` // digests of blobs
	Ground   string    `json:"ground"` // request or retention
	Why      string    `json:"why"`    // a blob: Words
}

// named are the blobs or documents that a statement may name.
func named(name, digest string) []NamedBlob {
	if digest == "" {
		return nil
	}
	return []NamedBlob{{name, digest}}
}

// words is what the blobs are called that hold what a person said.
const words = "words"

// Head is what all statements say. Whether as many roots as it takes have
// signed is another question: here one is enough.
func (s Trust) Head() Head {
	return Head{
		Client: s.Client, Writer: s.Writer, Signers: s.Roots, Enough: 1, Made: s.Signed,
		Documents: named("the roster", s.Roster), Blobs: named("names", s.Names),
	}
}

// Head is what all statements say.
func (s Approval) Head() Head {
	head := Head{
		Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Signed,
		Documents: named("the start of the run", s.Start), Blobs: append(named("shown", s.Shown), named(words, s.Why)...),
	}
	if s.Runbook != nil {
		head.Documents = append(head.Documents, NamedBlob{"the runbook", s.Runbook.Digest})
		head.Blobs = append(head.Blobs, NamedBlob{"runbook source", s.Runbook.Source})
	}
	return head
}

// Head is what all statements say. An anchor is signed by its writer.
func (s Anchor) Head() Head {
	return Head{
		Client: s.Client, Writer: s.Writer, Signers: []Signer{s.Writer}, Made: s.Logged,
		Documents: []NamedBlob{{"the checkpoint", s.Checkpoint}, {"the token", s.Token}},
	}
}

// Head is what all statements say.
func (s Hold) Head() Head {
	return Head{
		Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Signed,
		Documents: named("the hold", s.Confirms), Blobs: named(words, s.Why),
	}
}

// Head is what all statements say.
func (s Release) Head() Head {
	return Head{
		Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Signed,
		Documents: named("the hold", s.Hold), Blobs: named(words, s.Why),
	}
}

// Head is what all statements say.
func (s Ack) Head() Head {
	return Head{
		Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Signed, Blobs: named(words, s.Why),
	}
}

// Head is what all statements say.
func (s Waiver) Head() Head {
	return Head{Client: s.Client, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Signed, Blobs: named(words, s.Why)}
}

// Head is what all statements say.
func (s Correction) Head() Head {
	return Head{
		Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.RecordedAt,
		Documents: named("the statement", s.About), Blobs: named(words, s.What),
	}
}

// Head is what all statements say.
func (s Response) Head() Head {
	return Head{
		Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Signed,
		Documents: named("the statement", s.About), Blobs: named(words, s.What),
	}
}

// Head is what all statements say. The operator may be a root too, and signs
// once.
func (s Erasure) Head() Head {
	signers := []Signer{s.Operator}
	for _, root := range s.Roots {
		if !slices.ContainsFunc(signers, func(have Signer) bool { return have.Key == root.Key }) {
			signers = append(signers, root)
		}
	}
	return Head{Client: s.Client, Writer: s.Writer, Signers: signers, Made: s.Signed, Blobs: named(words, s.Why)}
}
