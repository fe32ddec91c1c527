//go:build unix

package evidence

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestReplaceNoFile: a pipe stays one, and so does a device such as /dev/null.
func TestReplaceNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDWR, 0) // lest whoever opens it to write waits for one
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := new(Disk).ReplaceFile(path, []byte("new")); err == nil {
		t.Error("it was replaced")
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		t.Errorf("the pipe became %v, %v", info.Mode(), err)
	}
}
