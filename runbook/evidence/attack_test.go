package evidence

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// rewrite makes the log hold these leaves, tiles and all, as somebody who has
// the key could, and gives the checkpoint. Nothing beside the key changes.
func (b *bench) rewrite(key *PrivateKey, client string, leaves []Leaf) Checkpoint {
	b.t.Helper()
	dir := b.t.TempDir()
	other := OpenStore(nil, dir)
	l := other.OpenLog(client, "laptop", key, filepath.Join(dir, "heads"))
	_, cp, err := l.Append(b.t.Context(), leaves...)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.RemoveAll(b.path()); err != nil {
		b.t.Fatal(err)
	}
	if err := os.CopyFS(b.path(), os.DirFS(l.path())); err != nil {
		b.t.Fatal(err)
	}
	return cp
}

// edit changes a file of the log.
func (b *bench) edit(name string, change func([]byte) []byte) {
	b.t.Helper()
	data, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path(name), change(data), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) editEntries(change func([][]byte)) {
	b.edit("tile/entries/000.p/5", func(data []byte) []byte {
		entries, err := decodeBundle(data, 5)
		if err != nil {
			b.t.Fatal(err)
		}
		change(entries)
		return encodeBundle(entries)
	})
}

func forged(i int) []byte {
	l := leaf(i)
	l.Envelope = digestOf([]byte("forged"))
	b, err := l.encode()
	if err != nil {
		panic(err)
	}
	return b
}

// TestAttacks: each attack on a log of five is caught, in words of its own.
func TestAttacks(t *testing.T) {
	stranger := newKey(t, Ed25519)
	seen := make(map[string]string)
	for _, c := range []struct {
		name   string
		attack func(b *bench)
		kind   error
		text   string
	}{
		{"forged middle", func(b *bench) { b.editEntries(func(e [][]byte) { e[2] = forged(2) }) }, ErrCorrupt, "entry 2 was changed"},
		{"forged last", func(b *bench) { b.editEntries(func(e [][]byte) { e[4] = forged(4) }) }, ErrCorrupt, "entry 4 was changed"},
		{"reordered", func(b *bench) { b.editEntries(func(e [][]byte) { e[0], e[1] = e[1], e[0] }) }, ErrCorrupt, "entry 0 was changed"},
		{"malformed entry", func(b *bench) { b.editEntries(func(e [][]byte) { e[1] = []byte(`{"v":1}`) }) }, ErrCorrupt, "entry 1 is malformed"},
		{"entry of a later version", func(b *bench) {
			b.editEntries(func(e [][]byte) { e[3] = bytes.Replace(e[3], []byte(`"v":1`), []byte(`"v":2`), 1) })
		}, ErrCorrupt, "version 2"},
		{"entry removed", func(b *bench) { b.edit("tile/entries/000.p/5", func(d []byte) []byte { return d[:2*len(d)/5] }) }, ErrCorrupt, "2 entries where 5 belong"},
		{"entries cut", func(b *bench) { b.edit("tile/entries/000.p/5", func(d []byte) []byte { return d[:len(d)-1] }) }, ErrCorrupt, "entry 4 stops half-way"},
		{"entries gone", func(b *bench) { os.Remove(b.path("tile/entries/000.p/5")) }, ErrMissing, "entries 0 to 4 of the log are missing"},
		{"tile gone", func(b *bench) { os.Remove(b.path("tile/0/000.p/5")) }, ErrMissing, "this tile of the log is missing"},
		{"tile changed", func(b *bench) { flip(t, b.path("tile/0/000.p/5"), 70) }, ErrCorrupt, "tile mismatch: hash 2"},
		{"tile cut", func(b *bench) {
			b.edit("tile/0/000.p/5", func(d []byte) []byte { return d[:len(d)-1] })
		}, ErrCorrupt, "malformed tile"},
		{"older tile changed", func(b *bench) { flip(t, b.path("tile/0/000.p/4"), 10) }, ErrCorrupt, "tile mismatch: hash 0"},
		{"older entries changed", func(b *bench) {
			b.edit("tile/entries/000.p/4", func(d []byte) []byte { return encodeBundle([][]byte{forged(0), forged(1), forged(2), forged(3)}) })
		}, ErrCorrupt, "the log has another one"},
		{"rewritten without the key", func(b *bench) {
			cp := b.read().Checkpoint
			b.rewrite(stranger, "acme", leaves(100, 5))
			b.edit("checkpoint", func([]byte) []byte { return cp.Text })
		}, ErrCorrupt, "root mismatch"},
		{"rewritten with another key", func(b *bench) { b.rewrite(stranger, "acme", leaves(100, 5)) }, ErrWrongKey, "signed by another key"},
		{"another client's log", func(b *bench) { b.rewrite(b.key, "globex", leaves(0, 5)) }, ErrWrongOrigin, `log/globex/laptop"`},
		{"checkpoint edited", func(b *bench) {
			b.edit("checkpoint", func(d []byte) []byte { return bytes.Replace(d, []byte("\n5\n"), []byte("\n4\n"), 1) })
		}, ErrBadSignature, "was changed"},
		{"signature removed", func(b *bench) {
			b.edit("checkpoint", func(d []byte) []byte { return d[:bytes.Index(d, []byte("\n\n"))+1] })
		}, ErrNoSignature, "checkpoint: no signature"},
		{"signed by a witness only", func(b *bench) {
			b.edit("checkpoint", func(d []byte) []byte { return bytes.Replace(d, []byte("— msp"), []byte("— mspp"), 1) })
		}, ErrNoSignature, "by the log itself"},
		{"checkpoint empty", func(b *bench) { b.edit("checkpoint", func([]byte) []byte { return nil }) }, ErrNoSignature, "checkpoint: no signature"},
		{"signature respelt", func(b *bench) {
			b.edit("checkpoint", func(d []byte) []byte { d[len(d)-3]++; return d })
		}, ErrCorrupt, "canonical base64"},
		{"size 0", func(b *bench) {
			cp, err := signCheckpoint(b.log.origin(), 0, edge{}.root(), b.key)
			if err != nil {
				t.Fatal(err)
			}
			b.edit("checkpoint", func([]byte) []byte { return cp.Text })
		}, ErrEmptyLog, "of no entries"},
		{"a size beyond all memory", func(b *bench) {
			cp := must(signCheckpoint(b.log.origin(), 1<<63-1, edge{}.root(), b.key))
			b.edit("checkpoint", func([]byte) []byte { return cp.Text })
		}, ErrMissing, "entries 0 to 255 of the log are missing"},
		{"checkpoint gone", func(b *bench) { os.Remove(b.path("checkpoint")) }, ErrEmptyLog, "no checkpoint"},
		{"log gone", func(b *bench) { os.RemoveAll(b.path()) }, ErrEmptyLog, "no checkpoint"},
		{"a file that doesn't belong", func(b *bench) { os.WriteFile(b.path("tile/0/000 (copy)"), nil, 0o600) }, ErrCorrupt, "not a file of a log"},
		{"malformed entries beyond", func(b *bench) {
			os.WriteFile(b.path("tile/entries/000.p/6"), encodeBundle([][]byte{{}, {}, {}, {}, {}, {}}), 0o600)
		}, ErrCorrupt, "the log has another one"},
		{"malformed entry beyond", func(b *bench) {
			b.edit("tile/entries/000.p/5", func(d []byte) []byte {
				os.WriteFile(b.path("tile/entries/000.p/6"), append(bytes.Clone(d), 0, 1, 'x'), 0o600)
				return d
			})
		}, ErrCorrupt, "beyond the checkpoint is malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.append(leaves(0, 4)...)
			b.append(leaf(4))
			c.attack(b)
			err := b.tryRead()
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("got %v, want %q", err, c.text)
			}
			if !strings.Contains(err.Error(), b.dir) {
				t.Errorf("no file is named: %v", err)
			}
			seen[strings.ReplaceAll(err.Error(), b.dir, "")] = c.name
		})
	}
	if len(seen) < 22 {
		t.Errorf("attacks share too many messages: %v", seen)
	}
}

// TestCutAndRewritten: what the key's holder does to the log is caught by a
// checkpoint that somebody else holds, and by the one beside the key.
func TestCutAndRewritten(t *testing.T) {
	for _, c := range []struct {
		name   string
		leaves []Leaf
		kind   error
		text   string
		check  string
	}{
		{"cut", leaves(0, 3), ErrCut, "log was cut: someone holds a checkpoint of 5 entries, the log has 3", "the log has 3 entries, but its writer has signed 5"},
		{"rewritten", leaves(1, 5), ErrRewritten, "history was rewritten", "contradicts what its writer signed last"},
		{"rewritten and longer", leaves(1, 9), ErrRewritten, "history was rewritten", "contradicts what its writer signed before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			held := b.append(leaves(0, 5)...)
			b.rewrite(b.key, "acme", c.leaves)
			if err := b.read().Consistent(held); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v", err)
			}
			err := b.log.Check()
			if !errors.Is(err, ErrOlder) || !strings.Contains(err.Error(), c.check) {
				t.Errorf("Check: %v", err)
			}
			if _, _, err := b.log.Append(t.Context(), leaf(9)); !errors.Is(err, ErrOlder) {
				t.Errorf("Append: %v", err)
			}
		})
	}
	b := newBench(t)
	cp := b.append(leaf(0))
	cp.Origin = Origin("globex", "laptop")
	if err := b.read().Consistent(cp); !errors.Is(err, ErrWrongOrigin) {
		t.Errorf("another log's checkpoint: %v", err)
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t)
	if err := b.log.Check(); err != nil {
		t.Errorf("no log: %v", err)
	}
	old := b.append(leaf(0))
	b.append(leaf(1))
	if err := b.log.Check(); err != nil {
		t.Errorf("a good log: %v", err)
	}
	head := b.log.headPath()
	if err := os.WriteFile(head, old.Text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.log.Check(); err != nil {
		t.Errorf("a crash before the copy was written: %v", err)
	}
	if err := os.Remove(head); err != nil {
		t.Fatal(err)
	}
	if err := b.log.Check(); err != nil {
		t.Errorf("no copy: %v", err)
	}
	b.append(leaf(2))
	other := b.store.OpenLog("acme", "laptop", newKey(t, Ed25519), filepath.Join(b.dir, "heads2"))
	if err := other.Check(); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "signed by another key") {
		t.Errorf("another key: %v", err)
	}
	if _, _, err := other.Append(t.Context(), leaf(3)); !errors.Is(err, ErrForeign) {
		t.Errorf("appending with another key: %v", err)
	}
	flip(t, head, 100)
	if err := b.log.Check(); err == nil || !strings.Contains(err.Error(), head) {
		t.Errorf("the copy was changed: %v", err)
	}
	b.refuse(t, ErrCorrupt)
	if err := os.Remove(head); err != nil {
		t.Fatal(err)
	}
	b.append(leaf(3))
	if err := os.RemoveAll(b.path()); err != nil {
		t.Fatal(err)
	}
	if err := b.log.Check(); !errors.Is(err, ErrOlder) || !strings.Contains(err.Error(), "no log is here") {
		t.Errorf("the log was deleted: %v", err)
	}
}

// refuse wants an append to be refused, and to write nothing.
func (b *bench) refuse(t *testing.T, want error) {
	t.Helper()
	before := strings.Join(files(t, b.path()), "\n")
	if _, _, err := b.log.Append(t.Context(), leaf(99)); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if after := strings.Join(files(t, b.path()), "\n"); after != before {
		t.Errorf("an append that was refused wrote files: %s", after)
	}
}

// TestAppendRefusesADamagedLog: nothing is built on what was changed.
func TestAppendRefusesADamagedLog(t *testing.T) {
	for name, want := range map[string]error{
		"tile/0/000.p/5": ErrCorrupt, "tile/entries/000.p/5": ErrCorrupt, "checkpoint": ErrBadSignature,
	} {
		b := newBench(t)
		b.append(leaves(0, 5)...)
		flip(t, b.path(name), 60)
		b.refuse(t, want)

		b = newBench(t)
		b.append(leaves(0, 5)...)
		if err := os.Remove(b.path(name)); err != nil {
			t.Fatal(err)
		}
		if name == "checkpoint" {
			b.refuse(t, ErrOlder)
		} else {
			b.refuse(t, ErrMissing)
		}
	}
}

// TestEveryByteCounts flips each byte of each file of a log, and finds that
// it was noticed.
func TestEveryByteCounts(t *testing.T) {
	b := newBench(t)
	b.append(leaves(0, 2)...)
	b.append(leaf(2))
	for _, name := range files(t, b.path()) {
		path := b.path(name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range data {
			flip(t, path, i)
			if err := b.tryRead(); err == nil {
				t.Errorf("%s: byte %d can be changed", name, i)
			}
			flip(t, path, i)
		}
	}
	b.read()
}

// TestEveryFileCounts does so for some bytes of a larger log, and removes
// each file, too.
func TestEveryFileCounts(t *testing.T) {
	b := newBench(t)
	for _, n := range []int{255, 1, 44, 270} {
		b.append(leaves(0, n)...)
	}
	harmless := map[string]bool{ // a longer file has replaced them
		"tile/0/001.p/44": true, "tile/entries/001.p/44": true, "tile/1/000.p/1": true,
	}
	for _, name := range files(t, b.path()) {
		for _, i := range []int{0, 1, 2, 31, -1} {
			flip(t, b.path(name), i)
			if err := b.tryRead(); err == nil {
				t.Errorf("%s: byte %d can be changed", name, i)
			}
			flip(t, b.path(name), i)
		}
		data, err := os.ReadFile(b.path(name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(b.path(name)); err != nil {
			t.Fatal(err)
		}
		if err := b.tryRead(); err != nil == harmless[name] {
			t.Errorf("%s is gone: %v", name, err)
		}
		if err := os.WriteFile(b.path(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFullTileStandsIn: a partial tile may be gone once the full one is there.
func TestFullTileStandsIn(t *testing.T) {
	b := newBench(t)
	cp := b.append(leaves(0, 255)...)
	b.append(leaf(255))
	for _, name := range []string{"tile/0/000.p", "tile/entries/000.p"} {
		if err := os.RemoveAll(b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	b.edit("checkpoint", func([]byte) []byte { return cp.Text })
	if v := b.read(); v.Checkpoint.Size != 255 || len(v.Leaves) != 255 {
		t.Errorf("got %d leaves", len(v.Leaves))
	}
}

func TestTileHashing(t *testing.T) {
	if got, want := (edge{}).root(), must(tlog.TreeHash(0, nil)); got != want {
		t.Errorf("the empty tree hashes to %v, want %v", got, want)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
