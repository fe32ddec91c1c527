package record

import (
	"slices"
	"time"

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
	Roots   []Signer      `json:"roots"` // who signed
	Signed  time.Time     `json:"signed"`
	Version trust.Version `json:"version"`
	Names   string        `json:"names,omitzero"` // a blob: the names of the principals, by id
	Roster  string        `json:"roster"`         // digest of the version's bytes, as they were shown to whoever signed
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

// Hold stops a clock, or keeps blobs from being erased, until it is released.
type Hold struct {
	Client     string    `json:"client"`
	Writer     Signer    `json:"writer"`
	Operator   Signer    `json:"operator"`
	Signed     time.Time `json:"signed"`
	Kind       string    `json:"kind"`
	Run        string    `json:"run,omitzero"`
	Occurrence string    `json:"occurrence,omitzero"`
	Why        string    `json:"why"` // a blob: Words
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
	Why        string    `json:"why"` // a blob: Words
}

// Waiver says that an occurrence need not happen, until an instant.
type Waiver struct {
	Client     string    `json:"client"`
	Writer     Signer    `json:"writer"`
	Operator   Signer    `json:"operator"`
	Signed     time.Time `json:"signed"`
	Occurrence string    `json:"occurrence"` // or the beginning of the names of several, which ends in /
	Until      time.Time `json:"until"`
	Why        string    `json:"why"` // a blob: Words
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

// why are the words of a person, as a statement names them.
func why(digest string) []NamedBlob {
	if digest == "" {
		return nil
	}
	return []NamedBlob{{"words", digest}}
}

func (s Trust) Signers() []Signer      { return s.Roots }
func (s Trust) WrittenFor() Signer     { return s.Writer }
func (s Trust) Made() time.Time        { return s.Signed }
func (s Trust) OfRun() string          { return "" }
func (s Trust) Documents() []NamedBlob { return []NamedBlob{{"the roster", s.Roster}} }

// Blobs are the names of the principals.
func (s Trust) Blobs() []NamedBlob {
	if s.Names == "" {
		return nil
	}
	return []NamedBlob{{"names", s.Names}}
}

func (s Approval) Signers() []Signer  { return []Signer{s.Operator} }
func (s Approval) WrittenFor() Signer { return s.Writer }
func (s Approval) Made() time.Time    { return s.Signed }
func (s Approval) OfRun() string      { return s.Run }

// Documents are the runbook that is approved, or the start of the run.
func (s Approval) Documents() []NamedBlob {
	if s.Runbook != nil {
		return []NamedBlob{{"the runbook", s.Runbook.Digest}}
	}
	return []NamedBlob{{"the start of the run", s.Start}}
}

// Blobs are what was shown, and why it was decided so.
func (s Approval) Blobs() []NamedBlob {
	var all []NamedBlob
	if s.Shown != "" {
		all = append(all, NamedBlob{"shown", s.Shown})
	}
	if s.Runbook != nil {
		all = append(all, NamedBlob{"runbook source", s.Runbook.Source})
	}
	return append(all, why(s.Why)...)
}

func (s Anchor) Signers() []Signer  { return []Signer{s.Writer} }
func (s Anchor) WrittenFor() Signer { return s.Writer }
func (s Anchor) Made() time.Time    { return s.Logged }
func (s Anchor) OfRun() string      { return "" }
func (s Anchor) Blobs() []NamedBlob { return nil }

// Documents are the checkpoint and what was said of it.
func (s Anchor) Documents() []NamedBlob {
	return []NamedBlob{{"the checkpoint", s.Checkpoint}, {"the token", s.Token}}
}

func (s Hold) Signers() []Signer      { return []Signer{s.Operator} }
func (s Hold) WrittenFor() Signer     { return s.Writer }
func (s Hold) Made() time.Time        { return s.Signed }
func (s Hold) OfRun() string          { return s.Run }
func (s Hold) Documents() []NamedBlob { return nil }
func (s Hold) Blobs() []NamedBlob     { return why(s.Why) }

func (s Release) Signers() []Signer      { return []Signer{s.Operator} }
func (s Release) WrittenFor() Signer     { return s.Writer }
func (s Release) Made() time.Time        { return s.Signed }
func (s Release) OfRun() string          { return s.Run }
func (s Release) Documents() []NamedBlob { return []NamedBlob{{"the hold", s.Hold}} }
func (s Release) Blobs() []NamedBlob     { return why(s.Why) }

func (s Ack) Signers() []Signer      { return []Signer{s.Operator} }
func (s Ack) WrittenFor() Signer     { return s.Writer }
func (s Ack) Made() time.Time        { return s.Signed }
func (s Ack) OfRun() string          { return s.Run }
func (s Ack) Documents() []NamedBlob { return nil }
func (s Ack) Blobs() []NamedBlob     { return why(s.Why) }

func (s Waiver) Signers() []Signer      { return []Signer{s.Operator} }
func (s Waiver) WrittenFor() Signer     { return s.Writer }
func (s Waiver) Made() time.Time        { return s.Signed }
func (s Waiver) OfRun() string          { return "" }
func (s Waiver) Documents() []NamedBlob { return nil }
func (s Waiver) Blobs() []NamedBlob     { return why(s.Why) }

func (s Correction) Signers() []Signer  { return []Signer{s.Operator} }
func (s Correction) WrittenFor() Signer { return s.Writer }
func (s Correction) Made() time.Time    { return s.RecordedAt }
func (s Correction) OfRun() string      { return s.Run }
func (s Correction) Blobs() []NamedBlob { return why(s.What) }

// Documents are the statement that it is about.
func (s Correction) Documents() []NamedBlob { return about(s.About) }

func (s Response) Signers() []Signer      { return []Signer{s.Operator} }
func (s Response) WrittenFor() Signer     { return s.Writer }
func (s Response) Made() time.Time        { return s.Signed }
func (s Response) OfRun() string          { return s.Run }
func (s Response) Documents() []NamedBlob { return about(s.About) }
func (s Response) Blobs() []NamedBlob     { return why(s.What) }

func about(digest string) []NamedBlob {
	if digest == "" {
		return nil
	}
	return []NamedBlob{{"the statement", digest}}
}

// Signers are the operator and the roots, each once.
func (s Erasure) Signers() []Signer {
	all := []Signer{s.Operator}
	for _, root := range s.Roots {
		if !slices.ContainsFunc(all, func(have Signer) bool { return have.Key == root.Key }) {
			all = append(all, root)
		}
	}
	return all
}
func (s Erasure) WrittenFor() Signer     { return s.Writer }
func (s Erasure) Made() time.Time        { return s.Signed }
func (s Erasure) OfRun() string          { return "" }
func (s Erasure) Documents() []NamedBlob { return nil }
func (s Erasure) Blobs() []NamedBlob     { return why(s.Why) }

// Of is the client that a statement is about; "" for a segment or the end of a
// run, which belong to the client of their start.
func Of(s Statement) string {
	switch s := s.(type) {
	case *RunStart:
		return s.Client
	case *Plan:
		return s.Client
	case *Trust:
		return s.Client
	case *Approval:
		return s.Client
	case *Anchor:
		return s.Client
	case *Hold:
		return s.Client
	case *Release:
		return s.Client
	case *Ack:
		return s.Client
	case *Waiver:
		return s.Client
	case *Correction:
		return s.Client
	case *Response:
		return s.Client
	case *Erasure:
		return s.Client
	default:
		return ""
	}
}
