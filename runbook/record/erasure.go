package record

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/trust"
)

// The grounds of an erasure.
const (
	GroundRequest   = "request"   // somebody asked for it
	GroundRetention = "retention" // it was kept as long as it had to be
)

// The classes of blobs, as the retention of a trust statement names them. What
// has no class is never erased by retention.
const (
	ClassOutput  = "output"  // what a program wrote
	ClassAnswers = "answers" // what was found, and what a person answered
	ClassFiles   = "files"   // that were attached
	ClassInputs  = "inputs"
	ClassWhere   = "where" // host, login, and where it came from
	ClassSource  = "source"
	ClassWords   = "words" // of a later statement
)

// A Naming is a blob as a statement names it.
type Naming struct {
	NamedBlob
	Class string
	Run   string    // "" when it belongs to none
	Step  string    // "" when it belongs to none
	Made  time.Time // that the statement claims
}

// Namings are the blobs that the statements of a history name, in their order.
func (h *History) Namings() []Naming {
	var all []Naming
	for _, a := range h.Accounts {
		all = append(all, a.Namings()...)
	}
	for _, p := range h.Plans {
		all = append(all, namings(p.Body.Head(), ClassSource)...)
	}
	for _, t := range h.Trusts {
		all = append(all, namings(t.Body.Head(), ClassWords)...)
	}
	for _, said := range h.said {
		if s, ok := said.(anySigned); ok {
			all = append(all, namings(s.Head(), ClassWords)...)
		}
	}
	return all
}

// anySigned is a Signed of any kind.
type anySigned interface {
	Head() Head
	Name() string
}

// Head is what the statement says of itself.
func (s Signed[T]) Head() Head {
	if body, ok := any(s.Body).(Statement); ok {
		return body.Head()
	}
	return Head{}
}

// Name is the digest of the statement's envelope.
func (s Signed[T]) Name() string { return s.Digest }

func namings(head Head, class string) []Naming {
	var all []Naming
	for _, b := range head.Blobs {
		all = append(all, Naming{NamedBlob: b, Class: class, Run: head.Run, Made: head.Made})
	}
	return all
}

// Namings are the blobs that the statements of a run name.
func (a *Account) Namings() []Naming {
	start := a.Start.Body
	all := []Naming{
		{NamedBlob{"runbook source", start.Runbook.Source}, ClassSource, a.Run, "", start.Started},
		{NamedBlob{"inputs", start.Inputs}, ClassInputs, a.Run, "", start.Started},
		{NamedBlob{"where", start.Where}, ClassWhere, a.Run, "", start.Started},
	}
	for _, step := range a.Steps() {
		for _, b := range BlobsOf(&step) {
			all = append(all, Naming{NamedBlob{step.ID + " " + b.Name, b.Digest}, classOf(step, b.Digest), a.Run, step.ID, step.Ended})
		}
	}
	return all
}

func classOf(step Step, digest string) string {
	switch {
	case digest == step.Facts:
		return ClassAnswers
	case step.Stdout != nil && step.Stdout.Digest == digest, step.Stderr != nil && step.Stderr.Digest == digest:
		return ClassOutput
	default:
		return ClassFiles
	}
}

// Covers reports whether a hold keeps the blobs of a run; "" is what belongs to
// none. A hold that names no run keeps all blobs of its client.
func (s Hold) Covers(run string) bool {
	return s.Kind == HoldLegal && s.Occurrence == "" && (s.Run == "" || s.Run == run)
}

// LegalHolds are the legal holds that nobody released who might.
func (h *History) LegalHolds() []Signed[Hold] {
	releases := map[string][]Signed[Release]{}
	for _, r := range Said[Release](h) {
		releases[r.Body.Hold] = append(releases[r.Body.Hold], r)
	}
	return slices.DeleteFunc(Said[Hold](h), func(s Signed[Hold]) bool {
		return s.Body.Kind != HoldLegal || slices.ContainsFunc(releases[s.Digest], func(r Signed[Release]) bool { return h.ends(r, s) })
	})
}

// ends reports whether a release ends a hold. What was released before anything
// said who may is held to the first version all the same: when it was made is its
// own word here.
func (h *History) ends(r Signed[Release], hold Signed[Hold]) bool {
	return len(h.chain) == 0 || h.chain.MayRelease(hold.Key, r.Key, trust.When{Claimed: r.Body.Signed}).Standing != trust.Refused
}

// Erased gives the erasures that count, by the digest of the blob: the first
// one that is signed as the trust in force asks.
func (h *History) Erased() map[string]Signed[Erasure] {
	erased := map[string]Signed[Erasure]{}
	for _, e := range Said[Erasure](h) {
		if !h.rightlySigned(e) {
			continue
		}
		for _, digest := range e.Body.Erased {
			if _, before := erased[digest]; !before {
				erased[digest] = e
			}
		}
	}
	return erased
}

// rightlySigned holds an erasure to the versions of who may sign. A machine that
// worked offline may not have known the newest.
func (h *History) rightlySigned(e Signed[Erasure]) bool {
	return h.SignedByRoots(e) || len(h.chain) == 0 || h.chain[0].Signed.After(e.Body.Signed)
}

// SignedByRoots reports whether enough roots of a version that is known signed an
// erasure.
func (h *History) SignedByRoots(e Signed[Erasure]) bool {
	return slices.ContainsFunc(h.chain, func(l trust.Link) bool { return l.Version.SignedBy(e.Keys...) })
}

// HeldBlobs says of each blob whether a legal hold keeps it, by the digest of the
// hold.
func (h *History) HeldBlobs() map[string]string {
	held := map[string]string{}
	holds := h.LegalHolds()
	if len(holds) == 0 {
		return held
	}
	for _, n := range h.Namings() {
		for _, hold := range holds {
			if hold.Body.Covers(n.Run) {
				held[n.Digest] = hold.Digest
			}
		}
	}
	return held
}

// Signers are the keys that signed statements, by their ids.
func (h *History) Signers() map[string]bool {
	keys := map[string]bool{}
	for _, a := range h.Accounts {
		keys[a.Start.Key.ID()] = true
	}
	for _, p := range h.Plans {
		keys[p.Key.ID()] = true
	}
	return keys
}
