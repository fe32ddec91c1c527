package record

import (
	"slices"
	"time"
)

// A Statement is the predicate of one kind of statement.
type Statement interface {
	// Head is what all statements say.
	Head() Head
}

// Head is what a statement says of itself, of whichever kind it is.
type Head struct {
	Client  string   // "" for a segment and an end, which belong to the client of their start
	Run     string   // that it belongs to; "" when it belongs to none
	Writer  Signer   // for whose log it was made
	Signers []Signer // every one of them has signed, and nobody else
	Enough  int      // how many of them must have signed; 0 is all
	Made    time.Time
	// Documents and Blobs are the subjects: what it is about, by digest, and
	// what is kept.
	Documents, Blobs []NamedBlob
}

// fewSteps is how many steps most runs have: room for so many is made at once.
const fewSteps = 4

// statements makes an empty statement of each kind.
var statements = map[string]func() Statement{
	KindRunStart:   func() Statement { return &RunStart{Steps: make([]PinnedStep, 0, fewSteps)} },
	KindSegment:    func() Statement { return &Segment{} },
	KindRun:        func() Statement { return &RunEnd{Steps: make([]Step, 0, fewSteps)} },
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
	KindOccurrence: func() Statement { return &Unmet{} },
	KindNotice:     func() Statement { return &Notice{} },
	KindItem:       func() Statement { return &Item{} },
	KindClosing:    func() Statement { return &Closing{} },
	KindHandoff:    func() Statement { return &Handoff{} },
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

// Known says whether this version reads statements of a kind.
func Known(kind string) bool { return statements[kind] != nil }

// New makes an empty statement of a kind, to be decoded into; nil for a kind
// that this version doesn't know.
func New(kind string) Statement {
	if make := statements[kind]; make != nil {
		return make()
	}
	return nil
}

// Head is what all statements say.
func (s RunStart) Head() Head {
	return Head{
		Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Started,
		Documents: []NamedBlob{{"the runbook", s.Runbook.Digest}},
		Blobs:     []NamedBlob{{"runbook source", s.Runbook.Source}, {"inputs", s.Inputs}, {"where", s.Where}},
	}
}

// Head is what all statements say. The document of a segment is its start's.
func (s Segment) Head() Head {
	return Head{Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Until, Blobs: blobsOfSteps(s.Steps)}
}

// Head is what all statements say. The document of an end is its start's.
func (s RunEnd) Head() Head {
	return Head{Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Ended, Blobs: blobsOfSteps(s.Steps)}
}

func blobsOfSteps(steps []Step) []NamedBlob {
	var blobs []NamedBlob
	for i := range steps {
		step := &steps[i]
		for _, b := range BlobsOf(step) {
			blobs = append(blobs, NamedBlob{step.ID + " " + b.Name, b.Digest})
		}
	}
	return blobs
}

// Head is what all statements say.
func (p Plan) Head() Head {
	head := Head{
		Client: p.Client, Writer: p.Writer, Signers: []Signer{p.Operator}, Made: p.Signed,
		Documents: []NamedBlob{{"the plan", p.Digest}}, Blobs: []NamedBlob{{"plan source", p.Source}},
	}
	for _, planned := range p.Runbooks {
		head.Documents = append(head.Documents, NamedBlob{"the runbook " + planned.Runbook.ID, planned.Runbook.Digest})
		head.Blobs = append(head.Blobs, NamedBlob{"the source of the runbook " + planned.Runbook.ID, planned.Runbook.Source})
	}
	for _, pinned := range p.Calendars {
		head.Documents = append(head.Documents, NamedBlob{"the calendar " + pinned.Calendar.ID, pinned.Digest})
		head.Blobs = append(head.Blobs, NamedBlob{"the source of the calendar " + pinned.Calendar.ID, pinned.Source})
	}
	if a := p.Agreement; a != nil {
		head.Documents = append(head.Documents, NamedBlob{"the agreement " + a.ID, a.Digest})
		head.Blobs = append(head.Blobs, NamedBlob{"the source of the agreement " + a.ID, a.Source})
	}
	return head
}
