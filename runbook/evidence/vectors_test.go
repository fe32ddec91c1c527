package evidence

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// TestDSSEExample is the example of secure-systems-lab/dsse, protocol.md.
func TestDSSEExample(t *testing.T) {
	pae := PAE("http://example.com/HelloWorld", []byte("hello world"))
	if got, want := string(pae), "DSSEv1 29 http://example.com/HelloWorld 11 hello world"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	x, _ := new(big.Int).SetString("46950820868899156662930047687818585632848591499744589407958293238635476079160", 10)
	y, _ := new(big.Int).SetString("5640078356564379163099075877009565129882514886557779369047442380624545832820", 10)
	sig := must(base64.StdEncoding.DecodeString("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="))
	point := append([]byte{4}, append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)...)
	key := must(ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point))
	sum := sha256.Sum256(pae)
	// The example writes r and s behind each other, which is no way of ours.
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Error("the example's signature isn't over our PAE")
	}
}

// TestMerkleVectors holds the proofs that an excerpt rests on to the cases of
// transparency-dev/merkle.
func TestMerkleVectors(t *testing.T) {
	var cases []struct {
		Name               string
		LeafIdx, TreeSize  uint64
		Size1, Size2       uint64
		LeafHash           []byte
		Root, Root1, Root2 []byte
		Proof              [][]byte
		WantErr            bool
	}
	if err := json.Unmarshal(must(os.ReadFile("testdata/merkle.json")), &cases); err != nil {
		t.Fatal(err)
	}
	right, wrong := 0, 0
	for _, c := range cases {
		ok := true
		hash := func(b []byte) (h tlog.Hash) {
			ok = ok && len(b) == tlog.HashSize
			copy(h[:], b)
			return h
		}
		var proof []tlog.Hash
		for _, b := range c.Proof {
			proof = append(proof, hash(b))
		}
		var err error
		if strings.HasPrefix(c.Name, "inclusion/") {
			err = tlog.CheckRecord(proof, int64(c.TreeSize), hash(c.Root), int64(c.LeafIdx), hash(c.LeafHash))
		} else {
			err = tlog.CheckTree(proof, int64(c.Size2), hash(c.Root2), int64(c.Size1), hash(c.Root1))
		}
		if !ok && !c.WantErr {
			continue // of roots that are no SHA-256, which tlog can't even be given
		}
		if got := err != nil || !ok; got != c.WantErr {
			t.Errorf("%s: refused is %v, want %v (%v)", c.Name, got, c.WantErr, err)
		}
		if c.WantErr {
			wrong++
		} else {
			right++
		}
	}
	if right < 10 || wrong < 150 {
		t.Errorf("only %d right and %d wrong cases were read", right, wrong)
	}
}

// TestSignedNoteExample is the example of C2SP's signed-note.md.
func TestSignedNoteExample(t *testing.T) {
	const vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
	const text = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
	_, encoded, _ := strings.Cut(strings.TrimPrefix(vkey, "example.com/foo+"), "+")
	key, err := newPublicKey(ed25519.PublicKey(must(base64.StdEncoding.DecodeString(encoded))[1:]))
	if err != nil {
		t.Fatal(err)
	}
	if got := VerifierString("example.com/foo", key); got != vkey {
		t.Errorf("%s, want %s", got, vkey)
	}
	verifier := must(newNoteKey("example.com/foo", key))
	if _, err := note.Open([]byte(text), note.VerifierList(verifier)); err != nil {
		t.Error(err)
	}
	if _, err := note.Open([]byte(strings.Replace(text, "message", "massage", 1)), note.VerifierList(verifier)); err == nil {
		t.Error("another message passes")
	}
}

// TestCCTVKeys refuses every key of CCTV's Ed25519 vectors that has low order or
// a second encoding, and no other.
func TestCCTVKeys(t *testing.T) {
	refused, taken := 0, 0
	for line := range strings.Lines(string(must(os.ReadFile("testdata/ed25519keys.txt")))) {
		hexKey, flags, _ := strings.Cut(strings.TrimSpace(line), " ")
		_, err := newPublicKey(ed25519.PublicKey(must(hex.DecodeString(hexKey))))
		if weak := errors.Is(err, ErrWeakKey); weak != (flags != "sound") {
			t.Errorf("%s is %s, and we say %v", hexKey, flags, err)
		}
		if err != nil {
			refused++
		} else {
			taken++
		}
	}
	if refused < 14 || taken < 4 {
		t.Errorf("%d keys were refused and %d taken", refused, taken)
	}
}
