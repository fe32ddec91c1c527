package evidence

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// TestCheckpointsThatAreSignedButWrong: the key's holder can't make a
// checkpoint say the same in two ways, or more than it should.
func TestCheckpointsThatAreSignedButWrong(t *testing.T) {
	key, origin := newKey(t, Ed25519), Origin("acme", "laptop")
	signer := must(newNoteKey(origin, key.Public()))
	signer.private = key
	root := "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for text, want := range map[string]string{
		origin + "\n5\n" + root + "\n":                "",
		origin + "\n5\n" + root + "\nmore\n":          "and no more",
		origin + "\n5\n":                              "and no more",
		origin + "\n-5\n" + root + "\n":               "is no size",
		origin + "\nfive\n" + root + "\n":             "is no size",
		origin + "\n05\n" + root + "\n":               "aren't spelt",
		origin + "\n+5\n" + root + "\n":               "aren't spelt",
		origin + "\n5\n" + root[:40] + "\n":           "is no root hash",
		origin + "\n5\n" + root[:42] + "B=\n":         "aren't spelt",
		Origin("globex", "x") + "\n5\n" + root + "\n": "not of",
	} {
		data := must(note.Sign(&note.Note{Text: text}, signer))
		cp, err := ParseCheckpoint(data, key.Public(), origin)
		if want == "" && (err != nil || cp.Size != 5 || cp.Root != [32]byte{1} || string(cp.Text) != string(data)) {
			t.Errorf("%q: %+v, %v", text, cp, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := ParseCheckpoint(make([]byte, checkpointLimit+1), key.Public(), origin); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a long one: %v", err)
	}
	if _, err := ParseCheckpoint(nil, newKey(t, ECDSAP256).Public(), origin); err == nil || !strings.Contains(err.Error(), "must be Ed25519") {
		t.Errorf("an ECDSA key: %v", err)
	}
	if _, err := ParseCheckpoint(nil, PublicKey{}, origin); err == nil {
		t.Error("no key was taken")
	}
}

// TestWitnessesAreLetBe: a signature of somebody else beside the log's own.
func TestWitnessesAreLetBe(t *testing.T) {
	key, witness, origin := newKey(t, Ed25519), newKey(t, Ed25519), Origin("acme", "laptop")
	cp := must(signCheckpoint(origin, 5, [32]byte{1}, key))
	signer := must(newNoteKey("witness.example/w", witness.Public()))
	signer.private = witness
	n := must(note.Open(cp.Text, note.VerifierList(must(note.NewVerifier(VerifierString(origin, key.Public()))))))
	both := must(note.Sign(n, signer))
	got, err := ParseCheckpoint(both, key.Public(), origin)
	if err != nil || got.Size != 5 || string(got.Text) != string(both) {
		t.Errorf("%+v, %v", got, err)
	}
}
