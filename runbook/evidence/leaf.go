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

// encode writes the leaf as JSON. None of its words can need an escape.
func (l Leaf) encode() ([]byte, error) {
	if l.V == 0 {
		l.V = leafVersion
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	b := fmt.Appendf(nil, `{"v":%d,"kind":"%s"`, l.V, l.Kind)
	if l.Run != "" {
		b = fmt.Appendf(b, `,"run":"%s"`, l.Run)
	}
	b = fmt.Appendf(b, `,"envelope":"%s"}`, l.Envelope)
	if len(b) >= leafLimit {
		return nil, fmt.Errorf("a leaf of %d bytes: it must be shorter than %d", len(b), leafLimit)
	}
	return b, nil
}

// ParseLeaf reads a leaf, of which there is one spelling only.
func ParseLeaf(data []byte) (Leaf, error) {
	if len(data) >= leafLimit {
		return Leaf{}, fmt.Errorf("a leaf of %d bytes: it must be shorter than %d", len(data), leafLimit)
	}
	var l Leaf
	if err := DecodeStrict(data, &l); err != nil {
		return Leaf{}, fmt.Errorf("a leaf: %w", err)
	}
	again, err := l.encode()
	if err != nil {
		return Leaf{}, err
	}
	if !bytes.Equal(again, data) {
		return Leaf{}, errors.New("a leaf that isn't spelt as msp does")
	}
	return l, nil
}
