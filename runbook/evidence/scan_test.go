package evidence

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

// What is known of a log that was scanned is what is known of one that was read.
func TestScan(t *testing.T) {
	b := newBench(t)
	var heads []Checkpoint
	for size := 0; size < 700; {
		for _, n := range []int{1, 2, 45, 208} {
			heads = append(heads, b.append(leaves(size, n)...))
			size += n
			b.compareScan(heads)
		}
	}
}

func (b *bench) compareScan(heads []Checkpoint) {
	b.t.Helper()
	read := b.read()
	scanned := must(b.store.ScanLog("acme", "laptop", b.key.Public()))
	var all []Leaf
	if err := scanned.Each(func(i int64, leaf *Leaf) {
		if i != int64(len(all)) || *must(scanned.Leaf(i)) != *leaf {
			b.t.Errorf("entry %d: %v", i, leaf)
		}
		all = append(all, *leaf)
	}); err != nil {
		b.t.Fatal(err)
	}
	if diff := cmp.Diff(read.Leaves, all); diff != "" || scanned.Leaves != nil || !scanned.Whole() {
		b.t.Error(diff)
	}
	for _, head := range heads {
		if err := scanned.Consistent(head); err != nil {
			b.t.Error(err)
		}
	}
	size := read.Checkpoint.Size
	for _, i := range []int64{0, 1, 254, 255, 256, 257, 400, size - 2, size - 1} {
		if i < 0 || i >= size {
			if _, err := scanned.Leaf(i); err == nil {
				b.t.Errorf("there is an entry %d of %d", i, size)
			}
			continue
		}
		if diff := cmp.Diff(must(read.InclusionProof(i)), must(scanned.InclusionProof(i))); diff != "" {
			b.t.Error(diff)
		}
	}
}

// Entries that are changed after the log was scanned are noticed.
func TestScannedLogChanges(t *testing.T) {
	b := newBench(t)
	b.append(leaves(0, 300)...)
	v := must(b.store.ScanLog("acme", "laptop", b.key.Public()))
	b.append(leaves(300, 3)...) // takes the place of the last bundle
	if err := v.Each(func(int64, *Leaf) {}); err != nil {
		t.Error(err)
	}
	other := leaves(0, 256)
	other[7] = leaf(1000)
	var raw [][]byte
	for _, l := range other {
		raw = append(raw, l.spell())
	}
	b.edit("tile/entries/000", func([]byte) []byte { return encodeBundle(raw) })
	for _, err := range []error{
		v.Each(func(int64, *Leaf) {}), second(v.Leaf(3)), second(v.InclusionProof(3)), v.Consistent(Checkpoint{Origin: v.Checkpoint.Origin, Size: 7}),
	} {
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "changed while they were read") {
			t.Errorf("got %v", err)
		}
	}
	os.Remove(b.path("tile/entries/000"))
	if _, err := v.Leaf(3); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
	if _, err := v.Leaf(299); err != nil {
		t.Error(err)
	}
}

// Wrong hashes in tiles of every level are found, and told as those of a log that is
// read are.
func TestScanTiles(t *testing.T) {
	b := newBench(t)
	b.append(leaves(0, 256)...)
	b.append(leaves(256, 300)...)
	for _, name := range slices.DeleteFunc(files(t, b.path()), func(name string) bool { return name == "checkpoint" }) {
		for _, change := range []func([]byte) []byte{
			func(d []byte) []byte { d[len(d)-1] ^= 1; return d },
			func(d []byte) []byte { return d[:len(d)-1] },
			func(d []byte) []byte { return append(d, d[:tlog.HashSize]...) },
		} {
			data := must(os.ReadFile(b.path(name)))
			b.edit(name, change)
			if err := b.tryRead(); err == nil {
				t.Errorf("%s can be changed", name)
			}
			if err := os.WriteFile(b.path(name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.tryRead(); err != nil {
		t.Error(fmt.Sprint(err))
	}
}
