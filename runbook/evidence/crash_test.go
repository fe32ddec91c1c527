package evidence

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAppendFailsAtEachStep fails one step of an append after the other, as a
// full disk does, or as a crash does, after which nothing happens any more.
// Whatever was hit, the log is the old or the new one, and goes on.
func TestAppendFailsAtEachStep(t *testing.T) {
	for _, size := range []int{0, 1, 255} {
		base := newBench(t)
		if size > 0 {
			base.append(leaves(0, size)...)
		}
		for _, crash := range []bool{false, true} {
			fault := map[bool]error{false: errFault, true: ErrTorn}[crash]
			for n := 0; ; n++ {
				if hit := failAppend(t, base, size, &breaker{at: n, err: fault, crash: crash}); hit == "" {
					break
				}
			}
		}
	}
}

func failAppend(t *testing.T, base *bench, size int, br *breaker) Op {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(base.dir)); err != nil {
		t.Fatal(err)
	}
	root, heads := filepath.Join(dir, "clients", "acme"), filepath.Join(dir, "heads")
	broken := OpenStore(br.disk(), root).OpenLog("acme", "laptop", base.key, heads)
	_, _, err := broken.Append(t.Context(), leaf(size), leaf(size+1))

	b := &bench{t: t, dir: dir, store: OpenStore(nil, root), key: base.key}
	b.log = b.store.OpenLog("acme", "laptop", base.key, heads)
	got := int64(0)
	v, readErr := b.store.ReadLog("acme", "laptop", base.key.Public())
	switch {
	case readErr == nil:
		got = v.Checkpoint.Size
	case !errors.Is(readErr, ErrEmptyLog) || size > 0:
		t.Fatalf("size %d, %s: the log can't be read: %v", size, br.hit, readErr)
	}
	switch {
	case err == nil && got != int64(size)+2:
		t.Fatalf("size %d, %s: no error, and the log has %d leaves", size, br.hit, got)
	case err != nil && !errors.Is(err, br.err):
		t.Fatalf("size %d, %s: %v", size, br.hit, err)
	case got != int64(size) && got != int64(size)+2:
		t.Fatalf("size %d, %s: the log has %d leaves", size, br.hit, got)
	}
	if err := b.log.Check(); err != nil {
		t.Fatalf("size %d, %s: %v", size, br.hit, err)
	}
	cp := b.append(leaf(int(got)))
	v = b.read()
	want := leaves(0, int(got)+1)
	if diff := cmp.Diff(want, v.Leaves); diff != "" || cp.Size != got+1 {
		t.Fatalf("size %d, %s: %s", size, br.hit, diff)
	}
	return br.hit
}

// TestLeftoversDoNotStick: entries and tiles were written, their checkpoint
// wasn't, and the writer goes on with another leaf of the same index.
func TestLeftoversDoNotStick(t *testing.T) {
	b := newBench(t)
	b.append(leaves(0, 3)...)
	disk := &Disk{Fault: func(op Op, path string) error {
		if op == OpRename && filepath.Base(path) == "checkpoint" {
			return errFault
		}
		return nil
	}}
	broken := OpenStore(disk, b.store.Root()).OpenLog("acme", "laptop", b.key, filepath.Join(b.dir, "heads"))
	if _, _, err := broken.Append(t.Context(), leaf(30)); !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	if v := b.read(); v.Checkpoint.Size != 3 {
		t.Errorf("the log has %d leaves", v.Checkpoint.Size)
	}
	b.append(leaf(40))
	if diff := cmp.Diff(append(leaves(0, 3), leaf(40)), b.read().Leaves); diff != "" {
		t.Error(diff)
	}
}

func TestPutEnvelopeFailsAtEachStep(t *testing.T) {
	for n := 0; ; n++ {
		br := &breaker{at: n, err: ErrTorn}
		s := OpenStore(br.disk(), t.TempDir())
		digest, err := s.PutEnvelope([]byte("an envelope"))
		if br.hit == "" {
			break
		}
		if !errors.Is(err, ErrTorn) || digest != "" {
			t.Errorf("%s: %q, %v", br.hit, digest, err)
		}
		again, err := OpenStore(nil, s.Root()).PutEnvelope([]byte("an envelope"))
		if err != nil {
			t.Errorf("%s: %v", br.hit, err)
		}
		if _, err := s.Envelope(again); err != nil {
			t.Errorf("%s: %v", br.hit, err)
		}
	}
}
