package evidence

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	const mode = fs.FileMode(0o640)
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	} else if err != nil {
		link = path // links need a right there
	}
	for n := 0; ; n++ {
		b := &breaker{at: n, err: errFault}
		err := b.disk().ReplaceFile(link, []byte("new"))
		got, _ := os.ReadFile(path)
		if err == nil {
			if string(got) != "new" {
				t.Errorf("the file holds %q", got)
			}
			break
		}
		if want := "old"; string(got) != want && b.hit != OpSyncDir {
			t.Errorf("a fault at %s left %q", b.hit, got)
		}
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Lstat(link); err != nil || link != path && info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != mode {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 2 {
		t.Errorf("something was left: %v, %v", entries, err)
	}
	if err := new(Disk).ReplaceFile(filepath.Join(dir, "none"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that isn't there: %v", err)
	}
}
