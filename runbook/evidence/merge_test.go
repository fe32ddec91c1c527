package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A merger is two copies of one client's evidence.
type merger struct {
	t           *testing.T
	here, there *bench
	erased      map[string]bool
	done, of    int // as it was told last
}

func newMerger(t *testing.T) *merger { return &merger{t: t, here: newBench(t), there: newBench(t)} }

// add logs statements that name a blob each, and gives the blobs' digests.
func (b *bench) add(n int) []string {
	b.t.Helper()
	var blobs []string
	var all []Leaf
	for i := range n {
		blob, err := b.store.PutBlob(fmt.Appendf(nil, "blob %d", i))
		if err != nil {
			b.t.Fatal(err)
		}
		payload, err := EncodeStatement("https://example.org/said/v1", []Subject{{"blob", strings.TrimPrefix(blob.Digest, "sha256:")}}, map[string]int{"n": i})
		if err != nil {
			b.t.Fatal(err)
		}
		envelope, err := Seal(payload, b.key)
		if err != nil {
			b.t.Fatal(err)
		}
		digest, err := b.store.PutEnvelope(envelope)
		if err != nil {
			b.t.Fatal(err)
		}
		all, blobs = append(all, Leaf{V: 1, Kind: "said", Envelope: digest}), append(blobs, blob.Digest)
	}
	b.append(all...)
	return blobs
}

// as makes a copy of a bench that writes another log.
func (b *bench) as(writer string) *bench {
	b.log = b.store.OpenLog("acme", writer, b.key, filepath.Join(b.dir, "heads-"+writer))
	return b
}

func (m *merger) do() *Merged {
	m.t.Helper()
	keys := map[string]PublicKey{"laptop": m.here.key.Public(), "desk": m.there.key.Public()}
	merged, err := Merge{
		Client: "acme", Here: m.here.store, There: m.there.store, BlobLimit: 1 << 20,
		Progress: func(done, of int) { m.done, m.of = done, of },
		Key:      func(writer string) (PublicKey, error) { return keys[writer], nil },
		Erased: func(map[string]*LogView) (Erasures, error) {
			return Erasures{m.erased, m.erased, m.erased}, nil
		},
	}.Do(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	return merged
}

func TestMerge(t *testing.T) {
	m := newMerger(t)
	m.there.as("desk")
	m.here.add(3)
	m.there.add(258)
	want := &Merged{Taken: Moved{Statements: 258, Blobs: 258, Logs: 1}, Given: Moved{Statements: 3, Blobs: 3, Logs: 1}}
	if diff := cmp.Diff(want, m.do()); diff != "" {
		t.Error(diff)
	}
	if m.done != 2*261 || m.of != m.done {
		t.Errorf("%d of %d files are done", m.done, m.of)
	}
	if diff := cmp.Diff(&Merged{}, m.do()); diff != "" {
		t.Errorf("the second time: %s", diff)
	}
	m.there.add(1)
	m.here.add(255)
	m.do()
	for _, b := range []*bench{m.here, m.there} {
		for writer, size := range map[string]int64{"laptop": 258, "desk": 259} {
			key := map[string]PublicKey{"laptop": m.here.key.Public(), "desk": m.there.key.Public()}[writer]
			view, err := b.store.ReadLog("acme", writer, key)
			if err != nil || view.Checkpoint.Size != size {
				t.Errorf("%s: %v", writer, err)
			}
		}
	}
}

// TestMergeHeals: statements and blobs that one copy lost come back from the
// other, and what was erased doesn't.
func TestMergeHeals(t *testing.T) {
	m := newMerger(t)
	blobs := m.here.add(3)
	m.do()
	for _, digest := range blobs {
		if removed, err := m.here.store.EraseBlob(digest); err != nil || !removed {
			t.Fatal(removed, err)
		}
	}
	if err := os.RemoveAll(m.here.store.Path("records")); err != nil {
		t.Fatal(err)
	}
	m.erased = map[string]bool{blobs[1]: true}
	want := &Merged{Taken: Moved{Statements: 3, Blobs: 2}, Given: Moved{Erased: 1}}
	if diff := cmp.Diff(want, m.do()); diff != "" {
		t.Error(diff)
	}
	if _, err := m.there.store.CheckBlob(blobs[1]); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
}

// TestMergeRefuses: what is not what it is called is not taken, and said.
func TestMergeRefuses(t *testing.T) {
	path := func(b *bench, digest string) string {
		return b.store.blobPath(strings.TrimPrefix(digest, "sha256:"))
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		do   func(m *merger, blobs []string)
		want string // a part of what is said
		logs int    // that are taken
	}{
		{"a changed blob", func(m *merger, blobs []string) { must(os.WriteFile(path(m.there, blobs[1]), []byte("x"), 0o600)) }, "its SHA-256 is not its name", 1},
		{"a huge blob", func(m *merger, blobs []string) { must(os.Truncate(path(m.there, blobs[1]), 1<<30)) }, "more than the 1048576 that are taken", 1},
		{"a link for a blob", func(m *merger, blobs []string) {
			must(os.Rename(path(m.there, blobs[1]), filepath.Join(m.there.dir, "away")))
			must(os.Symlink(filepath.Join(m.there.dir, "away"), path(m.there, blobs[1])))
		}, "blobs/", 1},
		{"a blob that nobody names", func(m *merger, _ []string) {
			_, err := m.there.store.PutBlob([]byte("planted"))
			must(err)
		}, "", 1},
		{"an envelope that no log names", func(m *merger, _ []string) {
			_, err := m.there.store.PutEnvelope([]byte("planted"))
			must(err)
		}, "", 1},
		{"a changed envelope", func(m *merger, _ []string) {
			view, err := m.there.store.ReadLog("acme", "desk", m.there.key.Public())
			must(err)
			h := strings.TrimPrefix(view.Leaves[1].Envelope, "sha256:")
			must(os.WriteFile(m.there.store.envelopePath(h), []byte("x"), 0o600))
		}, "this envelope was changed", 0},
		{"a changed tile", func(m *merger, _ []string) {
			must(os.WriteFile(m.there.store.Path("logs/desk/tile/0/000.p/3"), make([]byte, 96), 0o600))
		}, "there it can't be relied on", 0},
		{"a link in a log", func(m *merger, _ []string) {
			must(os.Symlink("/etc/passwd", m.there.store.Path("logs/desk/notes")))
		}, "a link or no regular file", 0},
		{"another key", func(m *merger, _ []string) {
			m.there.key = newKey(m.t, Ed25519) // than the one that signed
		}, "signed by another key", 0},
		{"a name of nothing", func(m *merger, _ []string) {
			must(os.MkdirAll(m.there.store.Path("blobs", "zz"), 0o700))
			must(os.WriteFile(m.there.store.Path("blobs", "zz", "name"), nil, 0o600))
		}, "blobs/zz/name", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMerger(t)
			m.there.as("desk")
			blobs := m.there.add(3)
			key := m.there.key.Public()
			c.do(m, blobs)
			merged := m.do()
			said := fmt.Sprint(merged.Damaged, merged.Ignored, merged.Conflicts)
			if !strings.Contains(said, c.want) || merged.Taken.Logs != c.logs {
				t.Errorf("%+v", merged)
			}
			if c.want == "" && !merged.OK() {
				t.Errorf("%+v", merged)
			}
			if merged.Taken.Statements > 3 || merged.Taken.Blobs > 3 {
				t.Errorf("what nobody names was taken: %+v", merged.Taken)
			}
			if c.logs == 1 {
				if _, err := m.here.store.ReadLog("acme", "desk", key); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestMergeBeside: what others said about checkpoints goes along, where it is
// about these logs.
func TestMergeBeside(t *testing.T) {
	m := newMerger(t)
	m.there.as("desk")
	m.there.add(2)
	view, err := m.there.store.ReadLog("acme", "desk", m.there.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	foreign := newBench(t).as("desk")
	foreign.add(2)
	note, err := os.ReadFile(foreign.store.Path("logs/desk/checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"anchors/desk/2.ckpt": view.Checkpoint.Text, "anchors/desk/2.free.tsr": []byte("a token"), "anchors/desk/9.free.tsr": []byte("of nothing"),
		"heads/desk/2.ckpt": note, "trust/1.dsse.json": []byte("planted"), "pending/2.ckpt": view.Checkpoint.Text, "runs/x": nil,
	} {
		if err := (&Disk{}).WriteFile(m.there.store.Path(name), data); err != nil {
			t.Fatal(err)
		}
	}
	if merged := m.do(); merged.Taken.Other != 2 || len(merged.Ignored) != 3 || !merged.OK() {
		t.Errorf("%+v", merged)
	}
	for name, want := range map[string]bool{
		"anchors/desk/2.ckpt": true, "anchors/desk/2.free.tsr": true, "anchors/desk/9.free.tsr": false,
		"heads/desk/2.ckpt": false, "trust/1.dsse.json": false, "pending": false, "runs": false,
	} {
		if _, err := os.Stat(m.here.store.Path(name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMergeForks: a log of which the copies differ is left alone on both sides,
// and each keeps the other's checkpoint.
func TestMergeForks(t *testing.T) {
	m := newMerger(t)
	m.there.key = m.here.key
	m.there.as("laptop")
	m.here.add(2)
	m.there.add(3)
	before := digestsOf(t, m.here)
	merged := m.do()
	if len(merged.Conflicts) != 1 || merged.Conflicts[0].Here.Size != 2 || merged.Conflicts[0].There.Size != 3 || merged.Conflicts[0].Here.Root == "" {
		t.Errorf("%+v", merged)
	}
	if diff := cmp.Diff(before, digestsOf(t, m.here)); diff != "" {
		t.Errorf("the log here was touched: %s", diff)
	}
	for path, b := range map[string]*bench{m.here.store.Path("heads/laptop/3.ckpt"): m.there, m.there.store.Path("heads/laptop/2.ckpt"): m.here} {
		kept, err := os.ReadFile(path)
		note, _ := os.ReadFile(b.store.Path("logs/laptop/checkpoint"))
		if err != nil || string(kept) != string(note) {
			t.Error(path, err)
		}
	}
	// What was seen is not forgotten: the fork doesn't come by another way.
	third := newBench(t)
	m.there = third
	third.key = m.here.key
	if merged := m.do(); len(merged.Conflicts) != 1 || merged.Given.Logs != 0 {
		t.Errorf("%+v", merged)
	}
}

func digestsOf(t *testing.T, b *bench) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.Walk(b.store.Path("logs"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		files[path] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
