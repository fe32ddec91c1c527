package evidence

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	leafVersion = 1
	leafLimit   = 200 // a leaf is shorter
)

// A Leaf is an entry of a log. It holds nothing personal, since nothing can
// be taken out of a log.
type Leaf struct {
	V        int    `json:"v"` // 1; Append fills it in
	Kind     string `json:"kind"`
	Run      string `json:"run,omitempty"` // the id of the run it belongs to, if any
	Envelope string `json:"envelope"`      // "sha256:…"
}

func (l Leaf) check() error {
	if l.V != leafVersion {
		return fmt.Errorf("a leaf of version %d: this msp reads version %d", l.V, leafVersion)
	}
	if !ValidID(l.Kind) {
		return fmt.Errorf("a leaf of kind %q: want lower-case letters, digits and dashes", l.Kind)
	}
	if l.Run != "" && !ValidID(l.Run) {
		return fmt.Errorf("a leaf of run %q: want lower-case letters, digits and dashes", l.Run)
	}
	if _, err := hexOf(l.Envelope); err != nil {
		return fmt.Errorf("a leaf: %w", err)
	}
	return nil
}

// What a leaf is spelt of, but for its words. None of them can need an escape.
const (
	leafKind     = `{"v":1,"kind":"`
	leafRun      = `","run":"`
	leafEnvelope = `","envelope":"`
	leafEnd      = `"}`
)

// encode writes the leaf as JSON.
func (l Leaf) encode() ([]byte, error) {
	if l.V == 0 {
		l.V = leafVersion
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	b := l.spell()
	if len(b) >= leafLimit {
		return nil, fmt.Errorf("a leaf of %d bytes: it must be shorter than %d", len(b), leafLimit)
	}
	return b, nil
}

// spell is the one spelling of a leaf.
func (l Leaf) spell() []byte {
	b := append(make([]byte, 0, leafLimit), leafKind...)
	b = append(b, l.Kind...)
	if l.Run != "" {
		b = append(append(b, leafRun...), l.Run...)
	}
	return append(append(append(b, leafEnvelope...), l.Envelope...), leafEnd...)
}

// ParseLeaf reads a leaf, of which there is one spelling only.
func ParseLeaf(data []byte) (Leaf, error) {
	if len(data) >= leafLimit {
		return Leaf{}, fmt.Errorf("a leaf of %d bytes: it must be shorter than %d", len(data), leafLimit)
	}
	if l, ok := cutLeaf(data); ok {
		return l, nil
	}
	return Leaf{}, leafFault(data)
}

// leafFault says what is wrong with a leaf.
func leafFault(data []byte) error {
	var l Leaf
	if err := DecodeStrict(data, &l); err != nil {
		return fmt.Errorf("a leaf: %w", err)
	}
	if err := l.check(); err != nil {
		return err
	}
	return errors.New("a leaf that isn't spelt as msp does")
}

// cutLeaf takes a leaf apart that is spelt as it must be.
func cutLeaf(data []byte) (Leaf, bool) {
	rest, begun := bytes.CutPrefix(data, []byte(leafKind))
	words, envelope, named := bytes.Cut(rest, []byte(leafEnvelope))
	envelope, ended := bytes.CutSuffix(envelope, []byte(leafEnd))
	kind, run, ofRun := bytes.Cut(words, []byte(leafRun))
	all := string(kind) + string(run) + string(envelope) // in one piece: there are many leaves
	l := Leaf{V: leafVersion, Kind: all[:len(kind)], Run: all[len(kind) : len(kind)+len(run)], Envelope: all[len(kind)+len(run):]}
	return l, begun && named && ended && ofRun == (l.Run != "") && l.check() == nil
}
