package record

import (
	"slices"
	"time"
)

// A Statement is the predicate of one kind of statement.
type Statement interface {
	// Signers are who say that they signed: every one of them has, and nobody
	// else.
	Signers() []Signer
	// WrittenFor is the writer for whose log the statement was made.
	WrittenFor() Signer
	// Made is when the statement claims to have been made.
	Made() time.Time
	// OfRun is the run that the statement belongs to, "" when it belongs to none.
	OfRun() string
	// Blobs are the blobs that the statement names.
	Blobs() []NamedBlob
	// Documents are what else it is about: its subjects, beside the blobs.
	Documents() []NamedBlob
}

// statements makes an empty statement of each kind.
var statements = map[string]func() Statement{
	KindRunStart:   func() Statement { return &RunStart{} },
	KindSegment:    func() Statement { return &Segment{} },
	KindRun:        func() Statement { return &RunEnd{} },
	KindPlan:       func() Statement { return &Plan{} },
	KindTrust:      func() Statement { return &Trust{} },
	KindApproval:   func() Statement { return &Approval{} },
	KindAnchor:     func() Statement { return &Anchor{} },
	KindHold:       func() Statement { return &Hold{} },
	KindRelease:    func() Statement { return &Release{} },
	KindAck:        func() Statement { return &Ack{} },
	KindWaiver:     func() Statement { return &Waiver{} },
	KindCorrection: func() Statement { return &Correction{} },
	KindResponse:   func() Statement { return &Response{} },
	KindErasure:    func() Statement { return &Erasure{} },
}

// Kinds are the names of the statements that this version reads, sorted.
func Kinds() []string {
	var kinds []string
	for kind := range statements {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// New makes an empty statement of a kind, to be decoded into; nil for a kind
// that this version doesn't know.
func New(kind string) Statement {
	if make := statements[kind]; make != nil {
		return make()
	}
	return nil
}

func (s RunStart) Signers() []Signer  { return []Signer{s.Operator} }
func (s RunStart) WrittenFor() Signer { return s.Writer }
func (s RunStart) Made() time.Time    { return s.Started }
func (s RunStart) OfRun() string      { return s.Run }

// Documents are the runbook's bytes.
func (s RunStart) Documents() []NamedBlob { return []NamedBlob{{"the runbook", s.Runbook.Digest}} }

// Blobs are the runbook's source, the inputs and where it runs.
func (s RunStart) Blobs() []NamedBlob {
	return []NamedBlob{{"runbook source", s.Runbook.Source}, {"inputs", s.Inputs}, {"where", s.Where}}
}

func (s Segment) Signers() []Signer      { return []Signer{s.Operator} }
func (s Segment) WrittenFor() Signer     { return s.Writer }
func (s Segment) Made() time.Time        { return s.Until }
func (s Segment) OfRun() string          { return s.Run }
func (s Segment) Documents() []NamedBlob { return nil } // the runbook of its start
func (s Segment) Blobs() []NamedBlob     { return blobsOfSteps(s.Steps) }

func (s RunEnd) Signers() []Signer      { return []Signer{s.Operator} }
func (s RunEnd) WrittenFor() Signer     { return s.Writer }
func (s RunEnd) Made() time.Time        { return s.Ended }
func (s RunEnd) OfRun() string          { return s.Run }
func (s RunEnd) Documents() []NamedBlob { return nil } // the runbook of its start
func (s RunEnd) Blobs() []NamedBlob     { return blobsOfSteps(s.Steps) }

func blobsOfSteps(steps []Step) []NamedBlob {
	var blobs []NamedBlob
	for _, step := range steps {
		for _, b := range BlobsOf(step) {
			blobs = append(blobs, NamedBlob{step.ID + " " + b.Name, b.Digest})
		}
	}
	return blobs
}

func (p Plan) Signers() []Signer  { return []Signer{p.Operator} }
func (p Plan) WrittenFor() Signer { return p.Writer }
func (p Plan) Made() time.Time    { return p.Signed }
func (p Plan) OfRun() string      { return "" }

// Documents are the plan's bytes and those of its runbooks.
func (p Plan) Documents() []NamedBlob {
	all := []NamedBlob{{"the plan", p.Digest}}
	for _, planned := range p.Runbooks {
		all = append(all, NamedBlob{"the runbook " + planned.Runbook.ID, planned.Runbook.Digest})
	}
	return all
}

// Blobs are the plan's source and those of its runbooks.
func (p Plan) Blobs() []NamedBlob {
	all := []NamedBlob{{"plan source", p.Source}}
	for _, planned := range p.Runbooks {
		all = append(all, NamedBlob{"the source of the runbook " + planned.Runbook.ID, planned.Runbook.Source})
	}
	return all
}
