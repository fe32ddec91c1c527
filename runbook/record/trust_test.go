package record

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/trust"
)

// TestTrustThatDoesNotFollow holds that a version that its predecessor's roots
// didn't sign is no version: it says neither who is who nor what was erased.
func TestTrustThatDoesNotFollow(t *testing.T) {
	base := t.TempDir()
	store := evidence.OpenStore(nil, filepath.Join(base, "acme"))
	ledger := newLedger(t, store, base, "laptop")
	blob := "sha256:" + strings.Repeat("12", 32)
	say := func(kind string, s Statement, keys ...evidence.Signer) string {
		t.Helper()
		digest, _, err := ledger.Say(t.Context(), kind, s, keys...)
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	version := func(number int, previous string) (*evidence.PrivateKey, string) {
		root, err := evidence.GenerateKey("ed25519")
		if err != nil {
			t.Fatal(err)
		}
		signer := SignerOf(root.Public())
		return root, say(KindTrust, Trust{
			Client: "acme", Writer: ledger.Writer, Roots: []Signer{signer}, Signed: asked, Roster: blob,
			Version: trust.Version{Number: number, Previous: previous, Threshold: 1, Roots: []trust.Root{{Principal: "root", Key: signer.Key}}},
		}, root)
	}
	erasing := func(root *evidence.PrivateKey) {
		say(KindErasure, Erasure{
			Client: "acme", Writer: ledger.Writer, Operator: ledger.Signer(), Roots: []Signer{SignerOf(root.Public())},
			Signed: asked.Add(time.Hour), Erased: []string{blob}, Ground: GroundRequest, Why: blob,
		}, ledger.Operator, root)
	}
	read := func() *History {
		t.Helper()
		h, err := ReadHistory(store, "acme", MaxStatement)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	first, digest := version(1, "")
	mallory, _ := version(2, digest)
	erasing(mallory)
	h := read()
	if len(h.Problems) != 1 || !errors.Is(h.Problems[0], ErrTrust) {
		t.Errorf("the problems are %v", h.Problems)
	}
	if h.Trust().Digest != digest || h.Trusted().Number != 1 || len(h.Erased()) != 0 {
		t.Errorf("version %d, %v erased", h.Trusted().Number, h.Erased())
	}
	erasing(first)
	if h := read(); len(h.Erased()) != 1 {
		t.Errorf("%v erased", h.Erased())
	}
}
