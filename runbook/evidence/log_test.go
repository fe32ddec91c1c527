package evidence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func newKey(t testing.TB, algorithm string) *PrivateKey {
	t.Helper()
	k, err := GenerateKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func leaf(i int) Leaf {
	return Leaf{V: 1, Kind: "run", Run: fmt.Sprintf("run-%d", i), Envelope: digestOf(fmt.Appendf(nil, "envelope %d", i))}
}

func leaves(from, n int) []Leaf {
	list := make([]Leaf, n)
	for i := range list {
		list[i] = leaf(from + i)
	}
	return list
}

// A bench is a store with a writer, for a test.
type bench struct {
	t     testing.TB
	dir   string
	store *Store
	key   *PrivateKey
	log   *Log
}

func newBench(t testing.TB) *bench {
	dir := t.TempDir()
	b := &bench{t: t, dir: dir, store: OpenStore(nil, filepath.Join(dir, "clients", "acme")), key: newKey(t, Ed25519)}
	b.log = b.store.OpenLog("acme", "laptop", b.key, filepath.Join(dir, "heads"))
	return b
}

// tryRead reads the log in both ways, which have to find the same wrong with it.
func (b *bench) tryRead() error {
	b.t.Helper()
	_, err := b.store.ReadLog("acme", "laptop", b.key.Public())
	_, scanned := b.store.ScanLog("acme", "laptop", b.key.Public())
	if fmt.Sprint(err) != fmt.Sprint(scanned) {
		b.t.Errorf("read: %v\nscanned: %v", err, scanned)
	}
	return err
}

func (b *bench) append(leaves ...Leaf) Checkpoint {
	b.t.Helper()
	_, cp, err := b.log.Append(context.Background(), leaves...)
	if err != nil {
		b.t.Fatal(err)
	}
	return cp
}

func (b *bench) read() *LogView {
	b.t.Helper()
	v, err := b.store.ReadLog("acme", "laptop", b.key.Public())
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *bench) path(elem ...string) string { return b.log.path(elem...) }

func TestAppendAndRead(t *testing.T) {
	b := newBench(t)
	first, cp, err := b.log.Append(context.Background(), leaf(0), leaf(1))
	if err != nil || first != 0 || cp.Size != 2 || cp.Origin != "msp-runbook.github.io/log/acme/laptop" {
		t.Fatalf("%d, %+v, %v", first, cp, err)
	}
	first, cp, err = b.log.Append(context.Background(), Leaf{Kind: "plan", Envelope: leaf(2).Envelope})
	if err != nil || first != 2 || cp.Size != 3 {
		t.Fatalf("%d, %+v, %v", first, cp, err)
	}
	v := b.read()
	if diff := cmp.Diff([]Leaf{leaf(0), leaf(1), {1, "plan", "", leaf(2).Envelope}}, v.Leaves); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(cp, v.Checkpoint); diff != "" {
		t.Error(diff)
	}
	if want := `{"v":1,"kind":"plan","envelope":"` + leaf(2).Envelope + `"}`; string(v.RawLeaves(2, 3)[0]) != want {
		t.Errorf("the leaf reads %s", v.RawLeaves(2, 3)[0])
	}
	if got, _ := os.ReadFile(filepath.Join(b.dir, "heads", "acme.ckpt")); string(got) != string(cp.Text) {
		t.Errorf("beside the key lies %q", got)
	}
	want := []string{"checkpoint", "tile/0/000.p/2", "tile/0/000.p/3", "tile/entries/000.p/2", "tile/entries/000.p/3"}
	if diff := cmp.Diff(want, files(t, b.path())); diff != "" {
		t.Error(diff)
	}
	if writers, err := b.store.Writers(); err != nil || !cmp.Equal(writers, []string{"laptop"}) {
		t.Errorf("writers %v, %v", writers, err)
	}
}

func TestOtherToolsReadTheCheckpoint(t *testing.T) {
	b := newBench(t)
	cp := b.append(leaf(0))
	v, err := note.NewVerifier(VerifierString(cp.Origin, b.key.Public()))
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(cp.Text, note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	if want := cp.Origin + "\n1\n" + tlog.Hash(cp.Root).String() + "\n"; n.Text != want {
		t.Errorf("got %q, want %q", n.Text, want)
	}
	if VerifierString(cp.Origin, newKey(t, ECDSAP256).Public()) != "" {
		t.Error("an ECDSA key has no such form")
	}
}

// TestSizes grows a log across the places where tiles fill up, and has x/mod
// compute everything again.
func TestSizes(t *testing.T) {
	b := newBench(t)
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			list[i] = hashes[x]
		}
		return list, nil
	})
	var before Checkpoint
	size := 0
	for _, next := range []int{1, 2, 3, 254, 255, 256, 257, 511, 513, 1000, 65_535, 65_536, 65_537, 65_800} {
		cp := b.append(leaves(size, next-size)...)
		for ; size < next; size++ {
			raw, err := leaf(size).encode()
			if err != nil {
				t.Fatal(err)
			}
			more, err := tlog.StoredHashes(int64(size), raw, reader)
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, more...)
		}
		root, err := tlog.TreeHash(int64(size), reader)
		if err != nil {
			t.Fatal(err)
		}
		if cp.Size != int64(size) || tlog.Hash(cp.Root) != root {
			t.Fatalf("size %d: the checkpoint says %d, %x, want %v", size, cp.Size, cp.Root, root)
		}
		v := b.read()
		if err := v.Consistent(cp); err != nil {
			t.Error(err)
		}
		if before.Size > 0 {
			if err := v.Consistent(before); err != nil {
				t.Error(err)
			}
		}
		for _, i := range []int64{0, cp.Size / 2, cp.Size - 1} {
			proof, err := v.InclusionProof(i)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(proof, cp.Size, cp.Root, i, tlog.RecordHash(v.RawLeaves(i, i+1)[0])); err != nil {
				t.Errorf("leaf %d of %d: %v", i, cp.Size, err)
			}
		}
		before = cp
	}
	for _, name := range []string{"tile/0/256", "tile/0/255", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "tile/entries/000"} {
		if _, err := os.Stat(b.path(name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.read().InclusionProof(int64(size)); err == nil {
		t.Error("a leaf beyond the log was proven")
	}
}

// TestPartialTiles: after each append only the partial tiles of the last two
// checkpoints are there.
func TestPartialTiles(t *testing.T) {
	b := newBench(t)
	b.append(leaves(0, 254)...)
	for size, want := range [][]string{
		255: {"000.p/254", "000.p/255"},
		256: {"000", "000.p/255"},
		257: {"000", "001.p/1"},
		258: {"000", "001.p/1", "001.p/2"},
		259: {"000", "001.p/2", "001.p/3"},
	} {
		if want == nil {
			continue
		}
		b.append(leaf(size))
		for _, level := range []string{"0", "entries"} {
			if diff := cmp.Diff(want, files(t, b.path("tile", level))); diff != "" {
				t.Errorf("size %d, level %s: %s", size, level, diff)
			}
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	good := b.key
	for name, c := range map[string]struct {
		log  *Log
		leaf []Leaf
		want string
	}{
		"no leaf":        {b.log, nil, "no leaf"},
		"no kind":        {b.log, []Leaf{{Envelope: leaf(0).Envelope}}, "of kind"},
		"kind":           {b.log, []Leaf{{Kind: `ru"n`, Envelope: leaf(0).Envelope}}, "of kind"},
		"run":            {b.log, []Leaf{{Kind: "run", Run: "A B", Envelope: leaf(0).Envelope}}, "of run"},
		"envelope":       {b.log, []Leaf{leaf(0), {Kind: "run", Envelope: zeros}}, "is no digest"},
		"version":        {b.log, []Leaf{{V: 2, Kind: "run", Envelope: leaf(0).Envelope}}, "version 2"},
		"long":           {b.log, []Leaf{{Kind: strings.Repeat("k", 60), Run: strings.Repeat("r", 60), Envelope: leaf(0).Envelope}}, "shorter than 200"},
		"client":         {b.store.OpenLog("../x", "laptop", good, b.dir), []Leaf{leaf(0)}, "id of a client"},
		"writer":         {b.store.OpenLog("acme", "a/b", good, b.dir), []Leaf{leaf(0)}, "id of a writer"},
		"no key":         {b.store.OpenLog("acme", "laptop", nil, b.dir), []Leaf{leaf(0)}, "key"},
		"key of a kind":  {b.store.OpenLog("acme", "laptop", newKey(t, ECDSAP256), b.dir), []Leaf{leaf(0)}, "must be Ed25519"},
		"no head folder": {b.store.OpenLog("acme", "laptop", good, ""), []Leaf{leaf(0)}, "beside its key"},
	} {
		if _, _, err := c.log.Append(ctx, c.leaf...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := os.Stat(b.path("checkpoint")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}

func TestAppendWaitsForItsTurn(t *testing.T) {
	b := newBench(t)
	lock, err := (*Disk)(nil).TryLock(b.store.Path("locks", "laptop.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := b.log.Append(ctx, leaf(0)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestEdge: however leaves are grouped into appends, and whatever the tree's
// size, the border gives the root that x/mod computes.
func TestEdge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 1500).Draw(t, "size")
		var e edge
		var hashes []tlog.Hash
		read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			var list []tlog.Hash
			for _, x := range indexes {
				list = append(list, hashes[x])
			}
			return list, nil
		})
		for i := range size {
			data := fmt.Appendf(nil, "%d", i)
			e.push(tlog.RecordHash(data), func(int, []tlog.Hash) {})
			more, err := tlog.StoredHashes(int64(i), data, read)
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, more...)
		}
		want, err := tlog.TreeHash(int64(size), read)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.root(); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestTilePaths(t *testing.T) {
	for path, tile := range map[string]tlog.Tile{
		"tile/entries/000":               {H: 8, L: -1, N: 0, W: 256},
		"tile/entries/x001/x234/067.p/8": {H: 8, L: -1, N: 1234067, W: 8},
		"tile/0/255":                     {H: 8, L: 0, N: 255, W: 256},
		"tile/2/x001/000.p/255":          {H: 8, L: 2, N: 1000, W: 255},
	} {
		if got := filepath.ToSlash(tilePath(tile)); got != path {
			t.Errorf("%+v is %s, want %s", tile, got, path)
		}
		if got, err := parseTilePath(filepath.FromSlash(path)); err != nil || got != tile {
			t.Errorf("%s is %+v, %v", path, got, err)
		}
	}
	for _, path := range []string{"", "tile", "checkpoint", "tile/entries", "tile/data/000", "tile/0/0", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/000.p/01", "tile/8/0/000", "tile/00/000", "tile/0/x000/001", "tile/0/999999"} {
		if got, err := parseTilePath(filepath.FromSlash(path)); err == nil {
			t.Errorf("%s was read as %+v", path, got)
		}
	}
}

func TestFirstLeaf(t *testing.T) {
	b := newBench(t)
	if _, err := b.store.FirstLeaf("laptop"); !errors.Is(err, ErrEmptyLog) {
		t.Errorf("no log: %v", err)
	}
	cp := b.append(leaves(0, 255)...)
	b.append(leaf(255))
	if got, err := b.store.FirstLeaf("laptop"); err != nil || got != leaf(0) {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := os.WriteFile(b.path("checkpoint"), cp.Text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(b.path("tile", "entries", "000.p")); err != nil {
		t.Fatal(err)
	}
	if got, err := b.store.FirstLeaf("laptop"); err != nil || got != leaf(0) {
		t.Errorf("from the full tile: %+v, %v", got, err)
	}
	if err := os.Remove(b.path("tile", "entries", "000")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.FirstLeaf("laptop"); !errors.Is(err, ErrMissing) {
		t.Errorf("no entries: %v", err)
	}
	for text, want := range map[string]error{"": ErrCorrupt, "a\nb\nc\n": ErrCorrupt, "a\n-1\nc\n": ErrCorrupt, "a\n0\nc\n": ErrEmptyLog} {
		if err := os.WriteFile(b.path("checkpoint"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b.store.FirstLeaf("laptop"); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := b.store.FirstLeaf("../x"); err == nil {
		t.Error("a path was taken for a writer")
	}
}
