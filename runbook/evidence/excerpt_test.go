package evidence

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// excerptOf makes a store with an excerpt of a log of 300 entries.
func excerptOf(t *testing.T) (*bench, []Checkpoint, *Store) {
	t.Helper()
	b := newBench(t)
	heads := []Checkpoint{b.append(leaves(0, 7)...), b.append(leaves(7, 250)...), b.append(leaves(257, 43)...)}
	view := must(b.store.ReadLog("acme", "laptop", b.key.Public()))
	part := OpenStore(nil, t.TempDir())
	for _, f := range must(view.Excerpt([]int64{3, 256, 299}, []int64{7})) {
		if err := part.disk.WriteFile(part.Path("logs", "laptop", f.Name), f.Data); err != nil {
			t.Fatal(err)
		}
	}
	return b, heads, part
}

func TestExcerpt(t *testing.T) {
	b, heads, part := excerptOf(t)
	view, err := part.ReadExcerpt("acme", "laptop", b.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	var indexes []int64
	for i, l := range view.All() {
		indexes = append(indexes, i)
		if *l != leaf(int(i)) {
			t.Errorf("entry %d is %+v", i, l)
		}
	}
	if len(indexes) != 3 || indexes[0] != 3 || indexes[1] != 256 || indexes[2] != 299 || view.Whole() {
		t.Errorf("the excerpt has %v", indexes)
	}
	if first := must(part.FirstOfExcerpt("laptop")); first != leaf(3) {
		t.Errorf("the first leaf is %+v", first)
	}
	for i, want := range []error{nil, ErrNotWhole, nil} {
		if err := view.Consistent(heads[i]); !errors.Is(err, want) {
			t.Errorf("the head of %d: %v, want %v", heads[i].Size, err, want)
		}
	}
	forged := heads[0]
	forged.Root[0] ^= 1
	if err := view.Consistent(forged); !errors.Is(err, ErrRewritten) {
		t.Errorf("another head of 7: %v", err)
	}
	forged = heads[2]
	forged.Root[0] ^= 1
	if err := view.Consistent(forged); !errors.Is(err, ErrRewritten) {
		t.Errorf("another head of 300: %v", err)
	}
}

// TestExcerptChanged: no byte of an excerpt can be changed. The proof of an
// earlier head is held to that head. Every third byte is tried, for time.
func TestExcerptChanged(t *testing.T) {
	b, heads, part := excerptOf(t)
	names := must(os.ReadDir(part.Path("logs", "laptop")))
	if len(names) != 8 {
		t.Fatalf("the excerpt has %d files", len(names))
	}
	for _, n := range names {
		path := part.Path("logs", "laptop", n.Name())
		data := must(os.ReadFile(path))
		for i := 0; i < len(data); i += 3 {
			changed := append([]byte(nil), data...)
			changed[i] ^= 1
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			view, err := part.ReadExcerpt("acme", "laptop", b.key.Public())
			if err == nil {
				err = view.Consistent(heads[0])
			}
			if err == nil {
				t.Errorf("byte %d of %s was changed, and nobody sees it", i, n.Name())
			}
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if view, err := part.ReadExcerpt("acme", "laptop", b.key.Public()); err == nil && view.Consistent(heads[0]) == nil {
			t.Errorf("%s is gone, and nobody sees it", n.Name())
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExcerptOtherFiles(t *testing.T) {
	b, _, part := excerptOf(t)
	for _, name := range []string{"x", "03.leaf", "3.Leaf", "-1.leaf", "9.leaf", "3.leaf.tmp", "9.tlog-proof"} {
		path := put(t, part.Path("logs", "laptop"), name, []byte("x"))
		if _, err := part.ReadExcerpt("acme", "laptop", b.key.Public()); err == nil {
			t.Errorf("%s is taken", name)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLogFiles: the files of a view are a log again, for us and for whoever reads
// the tiles.
func TestLogFiles(t *testing.T) {
	b := newBench(t)
	b.append(leaves(0, 7)...)
	b.append(leaves(7, 600)...)
	view := must(b.store.ReadLog("acme", "laptop", b.key.Public()))
	again := OpenStore(nil, t.TempDir())
	for _, f := range view.Files() {
		if err := again.disk.WriteFile(again.Path("logs", "laptop", f.Name), f.Data); err != nil {
			t.Fatal(err)
		}
		original, err := os.ReadFile(b.log.path(filepath.FromSlash(f.Name)))
		if err != nil || string(original) != string(f.Data) {
			t.Errorf("%s isn't what the log has: %v", f.Name, err)
		}
	}
	if copied, err := again.ReadLog("acme", "laptop", b.key.Public()); err != nil || len(copied.Leaves) != 607 {
		t.Error(err)
	}
}

func TestTempFolder(t *testing.T) {
	steps := 0
	folder := func(fail int) (dir string, err error) {
		dir = t.TempDir()
		n := 0
		disk := &Disk{Fault: func(Op, string) error {
			n++
			if n == fail {
				return ErrTorn
			}
			return nil
		}}
		f, err := disk.CreateTempFolder(dir)
		if err == nil {
			for _, name := range []string{"a", "b/c/d", "b/e"} {
				if err == nil {
					err = f.Put(name, strings.NewReader("content of "+name))
				}
			}
			if err == nil {
				err = f.Commit(filepath.Join(dir, "done"))
			} else {
				f.Discard()
			}
		}
		steps = max(steps, n)
		return dir, err
	}
	if dir, err := folder(0); err != nil || string(must(os.ReadFile(filepath.Join(dir, "done/b/c/d")))) != "content of b/c/d" {
		t.Fatal(err)
	}
	for i := 1; i < steps; i++ { // the last is the sync of the folder above
		dir, err := folder(i)
		if err == nil {
			t.Fatalf("step %d failed unnoticed", i)
		}
		if left := must(os.ReadDir(dir)); len(left) > 0 {
			t.Errorf("step %d left %s", i, left[0].Name())
		}
	}
}

func TestTempFolderRefuses(t *testing.T) {
	dir := t.TempDir()
	f, err := (*Disk)(nil).CreateTempFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../x", "/x", "a/../../x", ""} {
		if err := f.Put(name, strings.NewReader("x")); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if err := f.Put("a", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if err := f.Put("a", strings.NewReader("y")); err == nil {
		t.Error("a file is written twice")
	}
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(filepath.Join(dir, "there")); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a folder: %v", err)
	}
	if left := must(os.ReadDir(dir)); len(left) != 1 {
		t.Errorf("%d entries are left", len(left))
	}
}
