// Package tessera holds what msp seals to the judgement of others: its logs to
// Tessera's fsck, its keys to the vectors of Wycheproof. It is a module of its
// own so that msp doesn't depend on either.
package tessera

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

// newLog makes a log that grew to the last of these sizes, and gives its folder.
func newLog(t *testing.T, key *evidence.PrivateKey, sizes ...int) string {
	t.Helper()
	dir := t.TempDir()
	store := evidence.OpenStore(nil, filepath.Join(dir, "clients", "acme"))
	log := store.OpenLog("acme", "laptop", key, filepath.Join(dir, "heads"))
	size := 0
	for _, next := range sizes {
		var leaves []evidence.Leaf
		for ; size < next; size++ {
			leaves = append(leaves, evidence.Leaf{Kind: "run", Envelope: fmt.Sprintf("sha256:%064x", size)})
		}
		if _, _, err := log.Append(t.Context(), leaves...); err != nil {
			t.Fatal(err)
		}
	}
	return store.Path("logs", "laptop")
}

func newKey(t *testing.T) *evidence.PrivateKey {
	t.Helper()
	key, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// check is what a stranger with Tessera's fsck and the writer's key does. It
// gets more workers than there are tiles: one that finds a fault ends, and fsck
// waits for ever when none is left to take the next tile.
func check(t *testing.T, dir string, key evidence.PublicKey) error {
	t.Helper()
	origin := evidence.Origin("acme", "laptop")
	verifier, err := note.NewVerifier(evidence.VerifierString(origin, key))
	if err != nil {
		t.Fatal(err)
	}
	return fsck.New(origin, verifier, client.FileFetcher{Root: dir}, hashBundle, fsck.Opts{N: 16}).Check(context.Background())
}

func hashBundle(data []byte) ([][]byte, error) {
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(data); err != nil {
		return nil, err
	}
	var hashes [][]byte
	for _, e := range bundle.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return hashes, nil
}

func TestFsckPasses(t *testing.T) {
	for _, sizes := range [][]int{{1}, {255}, {256}, {300}, {700}, {1, 2, 3}, {1, 255, 256, 257, 300, 700}, {250, 600}, {65_537}} {
		t.Run(strings.Trim(fmt.Sprint(sizes), "[]"), func(t *testing.T) {
			key := newKey(t)
			if err := check(t, newLog(t, key, sizes...), key.Public()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFsckRefuses(t *testing.T) {
	key := newKey(t)
	dir := newLog(t, key, 300)
	if err := check(t, dir, newKey(t).Public()); err == nil {
		t.Error("a log passes under another key")
	}
	for _, name := range []string{"checkpoint", "tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"} {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[20] ^= 1
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := check(t, dir, key.Public()); err == nil {
			t.Errorf("%s was changed, and the log passes", name)
		}
		data[20] ^= 1
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWycheproof holds the verification of signatures to vectors made to trip
// implementations.
func TestWycheproof(t *testing.T) {
	for _, name := range []string{"ed25519_test.json", "ecdsa_secp256r1_sha256_test.json"} {
		t.Run(name, func(t *testing.T) {
			data, err := fs.ReadFile(wycheproof.TestVectors, name)
			if err != nil {
				t.Fatal(err)
			}
			checked := 0
			for _, g := range parseVectors(t, data).TestGroups {
				key, err := evidence.ParsePublicKeyPEM(g.pem(t))
				if err != nil {
					t.Fatalf("%s: %v", g.PublicKeyDER, err)
				}
				for _, v := range g.Tests {
					checked++
					err := key.Verify(unhex(t, v.Msg), unhex(t, v.Sig))
					if valid := err == nil; valid != (v.Result == "valid") && v.Result != "acceptable" {
						t.Errorf("%d, %s: %s, and we say %v", v.ID, v.Comment, v.Result, err)
					}
				}
			}
			if checked < 100 {
				t.Errorf("only %d vectors were read", checked)
			}
		})
	}
}

type vectors struct {
	TestGroups []group `json:"testGroups"`
}

type group struct {
	PublicKeyDER string `json:"publicKeyDer"`
	Tests        []struct {
		ID      int    `json:"tcId"`
		Comment string `json:"comment"`
		Msg     string `json:"msg"`
		Sig     string `json:"sig"`
		Result  string `json:"result"`
	} `json:"tests"`
}

func (g group) pem(t *testing.T) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: unhex(t, g.PublicKeyDER)})
}

func parseVectors(t *testing.T, data []byte) vectors {
	t.Helper()
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestProofs holds the proofs of an excerpt to transparency-dev's verifier.
func TestProofs(t *testing.T) {
	key := newKey(t)
	dir := newLog(t, key, 7, 257, 300)
	store := evidence.OpenStore(nil, filepath.Dir(filepath.Dir(dir)))
	view, err := store.ReadLog("acme", "laptop", key.Public())
	if err != nil {
		t.Fatal(err)
	}
	files, err := view.Excerpt([]int64{0, 6, 256, 299}, []int64{7, 257})
	if err != nil {
		t.Fatal(err)
	}
	hasher, checked := rfc6962.DefaultHasher, 0
	for _, f := range files {
		number, suffix, _ := strings.Cut(f.Name, ".")
		n, _ := strconv.ParseUint(number, 10, 64)
		head, note, _ := strings.Cut(string(f.Data), "\n\n")
		if suffix != "tlog-proof" && suffix != "consistency" {
			continue
		}
		if note != string(view.Checkpoint.Text) {
			t.Errorf("%s is not of the checkpoint", f.Name)
		}
		lines := strings.Split(head, "\n")
		check := func(hashes [][]byte) error {
			if suffix == "tlog-proof" {
				return proof.VerifyInclusion(hasher, n, 300, hasher.HashLeaf(view.RawLeaves(int64(n), int64(n)+1)[0]), hashes, view.Checkpoint.Root[:])
			}
			return proof.VerifyConsistency(hasher, n, 300, hashes, root(t, view.RawLeaves(0, int64(n))), view.Checkpoint.Root[:])
		}
		skip := map[string]int{"tlog-proof": 2, "consistency": 1}[suffix]
		hashes := decode(t, lines[skip:])
		if err := check(hashes); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		hashes[0][0] ^= 1
		if err := check(hashes); err == nil {
			t.Errorf("%s was changed, and it passes", f.Name)
		}
		checked++
	}
	if checked != 6 {
		t.Errorf("%d proofs were checked", checked)
	}
}

func decode(t *testing.T, lines []string) [][]byte {
	t.Helper()
	var hashes [][]byte
	for _, line := range lines {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	return hashes
}

// root is the root of a tree of these entries, as transparency-dev computes it.
func root(t *testing.T, entries [][]byte) []byte {
	t.Helper()
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, e := range entries {
		if err := tree.Append(rfc6962.DefaultHasher.HashLeaf(e), nil); err != nil {
			t.Fatal(err)
		}
	}
	hash, err := tree.GetRootHash(nil)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}
