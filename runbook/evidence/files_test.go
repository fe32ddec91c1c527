package evidence

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var errFault = errors.New("the disk is full")

// A breaker fails the step number `at` of a Disk, and all after it when the
// whole machine is to go down.
type breaker struct {
	mu    sync.Mutex
	at    int
	err   error
	crash bool
	count int
	hit   Op
}

func (b *breaker) disk() *Disk { return &Disk{Fault: b.fault} }

func (b *breaker) fault(op Op, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.count
	b.count++
	if n == b.at {
		b.hit = op
	}
	if n == b.at || b.crash && n > b.at {
		return b.err
	}
	return nil
}

func TestWriteFileFailsAtEachStep(t *testing.T) {
	for _, crash := range []bool{false, true} {
		for _, fault := range []error{errFault, ErrTorn} {
			done := false
			for n := 0; !done; n++ {
				dir := t.TempDir()
				path := filepath.Join(dir, "a", "b", "file")
				if n%2 == 1 { // with and without an older file
					if err := (*Disk)(nil).WriteFile(path, []byte("old")); err != nil {
						t.Fatal(err)
					}
				}
				b := &breaker{at: n / 2, err: fault, crash: crash}
				err := b.disk().WriteFile(path, []byte("the new content"))
				got, _ := os.ReadFile(path)
				switch {
				case err == nil:
					done = b.hit == ""
					if string(got) != "the new content" {
						t.Errorf("no error, and the file holds %q", got)
					}
				case !errors.Is(err, fault):
					t.Errorf("step %s failed with %v", b.hit, err)
				case string(got) == "the new content" && b.hit == OpSyncDir:
				case string(got) != "" && string(got) != "old":
					t.Errorf("step %s: the file holds %q", b.hit, got)
				}
				if files, _ := filepath.Glob(filepath.Join(dir, "a", "b", ".msp-*")); len(files) > 0 && !crash {
					t.Errorf("step %s left %v", b.hit, files)
				}
			}
		}
	}
}

func TestWriteFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b", "file")
	if err := (&Disk{}).WriteFile(path, nil); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Join(dir, "a"): 0o700} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", p, got, want)
		}
	}
}

func TestWriteFileWhereAFileIsAFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := (*Disk)(nil).WriteFile(filepath.Join(dir, "a", "file"), nil)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "a")) {
		t.Errorf("got %v", err)
	}
}

func TestAppender(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "journal")
	for _, line := range []string{"one\n", "two\n"} {
		a, err := (*Disk)(nil).OpenAppend(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Append([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := os.ReadFile(path); string(got) != "one\ntwo\n" {
		t.Errorf("the file holds %q", got)
	}
}

func TestAppenderSyncsWhatWasAdded(t *testing.T) {
	var ops []Op
	disk := &Disk{}
	a, err := disk.OpenAppend(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	disk.Fault = func(op Op, _ string) error {
		ops = append(ops, op)
		return nil
	}
	if err := errors.Join(a.Add([]byte("one\n")), a.Append([]byte("two\n"))); err != nil {
		t.Fatal(err)
	}
	if want := []Op{OpWrite, OpWrite, OpSync}; !slices.Equal(ops, want) {
		t.Errorf("got the steps %v, want %v", ops, want)
	}
}

func TestAppenderStaysBroken(t *testing.T) {
	for op, want := range map[Op]string{OpWrite: "one\ntw", OpSync: "one\ntwo\n"} {
		path := filepath.Join(t.TempDir(), "journal")
		var fault error
		disk := &Disk{Fault: func(o Op, _ string) error {
			if o == op {
				return fault
			}
			return nil
		}}
		a, err := disk.OpenAppend(path)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if err := a.Append([]byte("one\n")); err != nil {
			t.Fatal(err)
		}
		fault = ErrTorn
		if err := a.Append([]byte("two\n")); !errors.Is(err, ErrTorn) {
			t.Errorf("%s: got %v", op, err)
		}
		fault = nil
		if err := a.Append([]byte("three\n")); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: an appender went on after a failed write: %v", op, err)
		}
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("%s: the file holds %q, want %q", op, got, want)
		}
	}
}

func TestRemove(t *testing.T) {
	dir := t.TempDir()
	disk := &Disk{}
	path := filepath.Join(dir, "a", "file")
	if err := disk.WriteFile(path, nil); err != nil {
		t.Fatal(err)
	}
	if err := disk.Remove(filepath.Dir(path)); err == nil {
		t.Error("a folder with a file in it was removed")
	}
	for range 2 {
		if err := disk.Remove(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	disk.Fault = func(op Op, _ string) error { return errFault }
	if err := disk.Remove(path); !errors.Is(err, errFault) {
		t.Errorf("got %v", err)
	}
}

func TestWriteFilesFailsAtEachStep(t *testing.T) {
	for n := 0; ; n++ {
		dir := t.TempDir()
		files := []File{
			{filepath.Join(dir, "a", "x"), []byte("one")}, {filepath.Join(dir, "a", "y"), []byte("two")}, {filepath.Join(dir, "b", "x"), []byte("three")},
		}
		br := &breaker{at: n, err: errFault}
		err := br.disk().WriteFiles(files...)
		if br.hit != "" && !errors.Is(err, errFault) || br.hit == "" && err != nil {
			t.Fatalf("step %d, %s: %v", n, br.hit, err)
		}
		for _, f := range files {
			got, err := os.ReadFile(f.Path)
			if br.hit == "" && err != nil || err == nil && string(got) != string(f.Data) {
				t.Errorf("step %d, %s: %s holds %q, %v", n, br.hit, f.Path, got, err)
			}
		}
		if br.hit == "" {
			break
		}
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "locks", "x.lock")
	disk := &Disk{}
	first, err := disk.TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := disk.TryLock(path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second lock in this process: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	if _, err := disk.Lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for it: %v", err)
	}
	hasty := &Disk{Patience: 5 * time.Millisecond}
	if _, err := hasty.Lock(context.Background(), path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path+": locked by somebody else for more than 5ms") {
		t.Errorf("waiting for it without end: %v", err)
	}
	waited := make(chan error, 1)
	go func() {
		l, err := disk.Lock(context.Background(), path)
		if err == nil {
			err = l.Unlock()
		}
		waited <- err
	}()
	if err := first.Unlock(); err != nil {
		t.Error(err)
	}
	if err := <-waited; err != nil {
		t.Error(err)
	}
	disk.Fault = func(op Op, _ string) error {
		if op == OpLock {
			return errFault
		}
		return nil
	}
	if _, err := disk.Lock(context.Background(), path); !errors.Is(err, errFault) {
		t.Errorf("got %v", err)
	}
}

func TestReadFileRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, size := range []int{0, 1, 511, 512, 513, 100_000} {
		want := bytes.Repeat([]byte{7}, size)
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readFile(path, int64(size)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("reading %d bytes gave %d, %v", size, len(got), err)
		}
		if _, err := readFile(path, int64(size)-1); size > 0 && !errors.Is(err, ErrCorrupt) {
			t.Errorf("reading %d bytes against a lower limit: %v", size, err)
		}
	}
	if _, err := readFile(dir, 10); !errors.Is(err, ErrCorrupt) {
		t.Errorf("reading a folder: %v", err)
	}
}

func TestOpenAppendFailsAtEachStep(t *testing.T) {
	for n := 0; ; n++ {
		b := &breaker{at: n, err: errFault}
		a, err := b.disk().OpenAppend(filepath.Join(t.TempDir(), "runs", "journal"))
		if b.hit == "" {
			a.Close()
			break
		}
		if !errors.Is(err, errFault) {
			t.Errorf("%s: %v", b.hit, err)
		}
	}
}
