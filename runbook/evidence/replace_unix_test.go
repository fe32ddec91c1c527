//go:build unix

package evidence

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
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

// TestReadNoFile: nobody waits for what isn't a regular file.
func TestReadNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir()) // the path of a socket must be short
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := os.Symlink(path, "link"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, os.DevNull, t.TempDir(), "socket", "link"} {
		if data, err := readFile(path, 10); !errors.Is(err, ErrCorrupt) || !strings.HasSuffix(err.Error(), ": not a regular file") {
			t.Errorf("%s gives %q, %v", path, data, err)
		}
	}
	if _, err := readFile(filepath.Join(t.TempDir(), "none"), 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestReadLink: a link to a regular file is read as the file.
func TestReadLink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("linked"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if data, err := readFile(link, 10); err != nil || string(data) != "linked" {
		t.Errorf("%q, %v", data, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(link, 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nothing: %v", err)
	}
}

// TestReadUpTo reads files whose lengths are around the limit.
func TestReadUpTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for size := range 12 {
		want := []byte("0123456789ab")[:size]
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		data, err := readInto(make([]byte, 3), path, 10)
		if size > 10 {
			if !errors.Is(err, errTooLong) || !errors.Is(err, ErrCorrupt) {
				t.Errorf("%d bytes: %v", size, err)
			}
		} else if err != nil || string(data) != string(want) {
			t.Errorf("%d bytes are read as %q, %v", size, data, err)
		}
	}
}
