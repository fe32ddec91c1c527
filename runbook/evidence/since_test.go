package evidence

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadSince: what is read behind an entry is what the whole log has there,
// and its tiles show what the whole tree shows.
func TestReadSince(t *testing.T) {
	b := newBench(t)
	earlier := []Checkpoint{b.append(leaves(0, 5)...), b.append(leaves(5, 251)...), b.append(leaves(256, 344)...)}
	b.append(leaves(600, 100)...)
	whole := b.read()
	for _, from := range []int64{0, 1, 255, 256, 257, 600, 699, 700, 9000} {
		v, err := b.store.ReadSince("acme", "laptop", b.key.Public(), from)
		if err != nil {
			t.Fatal(err)
		}
		at := min(from, 700)
		if diff := cmp.Diff(whole.Leaves[at:], v.Leaves, cmp.Transformer("nil", func(l []Leaf) []Leaf { return append([]Leaf{}, l...) })); diff != "" || v.Whole() || v.From() != at {
			t.Errorf("from %d: %s", from, diff)
		}
		for i, leaf := range v.All() {
			if whole.Leaves[i] != *leaf {
				t.Fatalf("from %d: the entry %d is another", from, i)
			}
		}
		for _, cp := range earlier {
			if err := v.Consistent(cp); err != nil {
				t.Errorf("from %d, %d entries: %v", from, cp.Size, err)
			}
		}
	}
}

// TestBefore: going back finds what was asked for, in the order of the log.
func TestBefore(t *testing.T) {
	b := newBench(t)
	b.append(leaves(0, 700)...)
	v, err := b.store.ReadSince("acme", "laptop", b.key.Public(), 690)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	if err := v.Before(func(l Leaf) (keep, enough bool) {
		asked++
		return l == leaf(600) || l == leaf(300), l == leaf(300)
	}); err != nil {
		t.Fatal(err)
	}
	var indexes []int64
	for i := range v.All() {
		indexes = append(indexes, i)
	}
	if diff := cmp.Diff([]int64{300, 600, 690, 691, 692, 693, 694, 695, 696, 697, 698, 699}, indexes); diff != "" || asked != 390 {
		t.Errorf("%d asked: %s", asked, diff)
	}
}

// TestReadSinceAttacked: what lies behind is held to the checkpoint, and so is an
// earlier head; what lies before is not looked at.
func TestReadSinceAttacked(t *testing.T) {
	flip := func(at int) func([]byte) []byte {
		return func(data []byte) []byte { data[at] ^= 1; return data }
	}
	swap := func(data []byte) []byte { return []byte(strings.Replace(string(data), "sha256:", "sha256;", 1)) }
	for _, c := range []struct {
		name, file string
		change     func([]byte) []byte
		kind       error
		phrase     string
	}{
		{"an entry behind", "tile/entries/002.p/188", func(data []byte) []byte { return flip(len(data) - 10)(data) }, ErrCorrupt, "entry 699 was changed"},
		{"the hash of an entry behind", "tile/0/002.p/188", flip(187 * 32), ErrCorrupt, "tile mismatch"},
		{"a hash that leads to the root", "tile/1/000.p/2", flip(0), ErrCorrupt, "tile mismatch"},
		{"a tile cut short", "tile/1/000.p/2", func(data []byte) []byte { return data[:40] }, ErrCorrupt, "malformed tile"},
		{"an entry before", "tile/entries/000", swap, nil, ""},
		{"the hash of an entry before", "tile/0/000", flip(0), nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.append(leaves(0, 700)...)
			b.edit(c.file, c.change)
			_, err := b.store.ReadSince("acme", "laptop", b.key.Public(), 650)
			if c.kind == nil && err != nil || c.kind != nil && (!errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.phrase)) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("a missing tile", func(t *testing.T) {
		b := newBench(t)
		b.append(leaves(0, 700)...)
		if err := os.Remove(b.path("tile/0/002.p/188")); err != nil {
			t.Fatal(err)
		}
		if _, err := b.store.ReadSince("acme", "laptop", b.key.Public(), 700); !errors.Is(err, ErrMissing) {
			t.Errorf("%v", err)
		}
	})
	t.Run("another history", func(t *testing.T) {
		b := newBench(t)
		held := b.append(leaves(0, 300)...)
		b.rewrite(b.key, "acme", append(leaves(1000, 300), leaves(300, 50)...))
		v, err := b.store.ReadSince("acme", "laptop", b.key.Public(), held.Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Consistent(held); !errors.Is(err, ErrRewritten) {
			t.Errorf("%v", err)
		}
	})
}

// BenchmarkReadSince reads the last hundred entries of logs of several sizes.
func BenchmarkReadSince(b *testing.B) {
	for _, size := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w := newBench(b)
			held := w.append(leaves(0, size-100)...)
			w.append(leaves(size-100, 100)...)
			for b.Loop() {
				v, err := w.store.ReadSince("acme", "laptop", w.key.Public(), held.Size)
				if err != nil || v.Consistent(held) != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
