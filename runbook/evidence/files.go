package evidence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// An Op is one step of a durable operation, as a test sees it.
type Op string

// The steps that a Disk takes.
const (
	OpMkdir   Op = "mkdir"
	OpCreate  Op = "create"
	OpWrite   Op = "write"
	OpSync    Op = "sync"
	OpRename  Op = "rename"
	OpSyncDir Op = "syncdir"
	OpRemove  Op = "remove"
	OpLock    Op = "lock"
)

const (
	tempPrefix = ".msp-"
	tempSuffix = ".tmp"
)

// A Disk does every durable file operation of msp. What it reports as done
// survives a loss of power; what it reports as failed left the old file.
// The zero Disk and a nil *Disk are ready for use.
type Disk struct {
	// Fault, if set, is asked before each step, and an error that it returns
	// makes the step fail with it. For OpWrite and an ErrTorn, half of the
	// bytes reach the file first. Clean-up after a failure asks as well. Files
	// are written side by side; it is asked about one step at a time.
	Fault func(op Op, path string) error
	// Patience is how long Lock waits for a lock that somebody else holds; 0
	// is a minute.
	Patience time.Duration

	asking sync.Mutex
}

func (d *Disk) patience() time.Duration {
	if d == nil || d.Patience == 0 {
		return time.Minute
	}
	return d.Patience
}

func (d *Disk) ask(op Op, path string) error {
	if d == nil || d.Fault == nil {
		return nil
	}
	d.asking.Lock()
	defer d.asking.Unlock()
	if err := d.Fault(op, path); err != nil {
		return &fs.PathError{Op: string(op), Path: path, Err: err}
	}
	return nil
}

// write gives b to put, or half of it where a test tears the write.
func (d *Disk) write(path string, b []byte, put func([]byte) (int, error)) (int, error) {
	if err := d.ask(OpWrite, path); err != nil {
		if errors.Is(err, ErrTorn) {
			n, _ := put(b[:len(b)/2])
			return n, err
		}
		return 0, err
	}
	return put(b)
}

// mkdirAll makes dir and what is missing above it, each of them durably.
func (d *Disk) mkdirAll(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := d.mkdirAll(parent); err != nil {
		return err
	}
	if err := d.ask(OpMkdir, dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.syncDir(parent)
}

func (d *Disk) syncDir(dir string) error {
	if err := d.ask(OpSyncDir, dir); err != nil {
		return err
	}
	return syncDir(dir)
}

// WriteFile puts data at path, whole or not at all, making the folders above
// it (0700) where needed. The file is readable by its owner only.
func (d *Disk) WriteFile(path string, data []byte) error {
	t, err := d.tempOf(filepath.Dir(path), data)
	if err != nil {
		return err
	}
	return t.Commit(path)
}

// A File is the content of a file and where it belongs.
type File struct {
	Name string // a path, or with slashes a name below some folder
	Data []byte
}

// WriteFiles writes files between which there is no order. It writes them side
// by side: a disk makes many durable in little more than the time of one. On a
// failure some may be there.
func (d *Disk) WriteFiles(files ...File) error {
	failed := make([]error, len(files))
	var all sync.WaitGroup
	for i, f := range files {
		all.Go(func() { failed[i] = d.WriteFile(f.Name, f.Data) })
	}
	all.Wait()
	return cmp.Or(failed...)
}

// A TempFile is a file that doesn't count until it is committed.
type TempFile struct {
	disk *Disk
	file *os.File // nil once committed or discarded
}

// CreateTemp makes a temporary file in dir, and dir where needed.
func (d *Disk) CreateTemp(dir string) (*TempFile, error) {
	if err := d.mkdirAll(dir); err != nil {
		return nil, err
	}
	if err := d.ask(OpCreate, filepath.Join(dir, tempPrefix+"*"+tempSuffix)); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, tempPrefix+"*"+tempSuffix)
	if err != nil {
		return nil, err
	}
	return &TempFile{disk: d, file: f}, nil
}

// isTemp says whether a file of this name was left over by a crash.
func isTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

func (t *TempFile) Write(b []byte) (int, error) {
	return t.disk.write(t.file.Name(), b, t.file.Write)
}

// WriteAt writes at a place of its own and leaves the one of Write alone.
func (t *TempFile) WriteAt(b []byte, offset int64) (int, error) {
	return t.disk.write(t.file.Name(), b, func(b []byte) (int, error) { return t.file.WriteAt(b, offset) })
}

// ReadAt reads back what was written.
func (t *TempFile) ReadAt(b []byte, offset int64) (int, error) { return t.file.ReadAt(b, offset) }

// Commit makes the file durable under the name path, on the same file
// system, replacing what was there. On failure the temporary file is removed
// and path is what it was, unless only the last step failed, the folder's
// fsync: then path holds the new bytes and may lose them with the power.
func (t *TempFile) Commit(path string) error {
	if err := t.place(path); err != nil {
		t.Discard()
		return err
	}
	return t.disk.syncDir(filepath.Dir(path))
}

func (t *TempFile) place(path string) error {
	d, name := t.disk, t.file.Name()
	if err := d.ask(OpSync, name); err != nil {
		return err
	}
	if err := t.file.Sync(); err != nil {
		return err
	}
	if err := t.file.Close(); err != nil { // Windows renames closed files only
		return err
	}
	if err := d.mkdirAll(filepath.Dir(path)); err != nil {
		return err
	}
	if err := d.ask(OpRename, path); err != nil {
		return err
	}
	if err := rename(name, path); err != nil {
		return err
	}
	t.file = nil
	return nil
}

// Discard removes the file, unless it was committed.
func (t *TempFile) Discard() {
	if t.file == nil {
		return
	}
	name := t.file.Name()
	_ = t.file.Close() // may be closed already; there is nothing left to lose
	t.file = nil
	_ = t.disk.Remove(name)
}

// An Appender adds to the end of a file. What was added is durable when Append
// returns.
type Appender struct {
	disk *Disk
	file *os.File
	err  error
}

// OpenAppend opens the file at path to add to it, making it and the folders
// above it where needed.
func (d *Disk) OpenAppend(path string) (*Appender, error) {
	dir := filepath.Dir(path)
	if err := d.mkdirAll(dir); err != nil {
		return nil, err
	}
	if err := d.ask(OpCreate, path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := d.syncDir(dir); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &Appender{disk: d, file: f}, nil
}

// Add adds b with one write; it is durable with the next Append. After a
// failure the file may end in part of b, so all that follows fails too, with
// ErrBroken.
func (a *Appender) Add(b []byte) error {
	if a.err != nil {
		return &FileError{a.file.Name(), "not written to again: " + a.err.Error(), ErrBroken}
	}
	_, a.err = a.disk.write(a.file.Name(), b, a.file.Write)
	return a.err
}

// Append adds b and returns when it and all before it is durable.
func (a *Appender) Append(b []byte) error {
	if err := a.Add(b); err != nil {
		return err
	}
	a.err = a.sync()
	return a.err
}

func (a *Appender) sync() error {
	if err := a.disk.ask(OpSync, a.file.Name()); err != nil {
		return err
	}
	return syncData(a.file)
}

// Close closes the file.
func (a *Appender) Close() error { return a.file.Close() }

// Remove removes a file that does no harm where a loss of power brings it
// back. It is no error when there is none.
func (d *Disk) Remove(path string) error {
	if err := d.ask(OpRemove, path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Erase removes a file durably: when it returns, a loss of power doesn't bring
// the file back. It is no error when there is none.
func (d *Disk) Erase(path string) error {
	if err := d.Remove(path); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(path))
}

// RemoveAll removes a folder, with all that is in it, that does no harm where a
// loss of power brings it back. It is no error when there is none.
func (d *Disk) RemoveAll(dir string) error {
	if err := d.ask(OpRemove, dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// A Lock keeps others out until it is unlocked or its process ends.
type Lock struct{ flock *flock.Flock }

// TryLock takes the lock at path or returns ErrLocked at once. The lock
// excludes every other Lock on the path, in this process and in others.
func (d *Disk) TryLock(path string) (*Lock, error) {
	if err := d.mkdirAll(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := d.ask(OpLock, path); err != nil {
		return nil, err
	}
	f := flock.New(path, flock.SetPermissions(0o600))
	ok, err := f.TryLock()
	if err != nil {
		return nil, fmt.Errorf("taking the lock %s: %w", path, err)
	}
	if !ok {
		return nil, &FileError{path, ErrLocked.Error(), ErrLocked}
	}
	return &Lock{f}, nil
}

// Lock takes the lock at path and waits for it as long as ctx and the disk's
// patience allow. It returns ErrLocked when the patience is at its end.
func (d *Disk) Lock(ctx context.Context, path string) (*Lock, error) {
	enough := time.After(d.patience())
	wait := time.Millisecond
	for {
		l, err := d.TryLock(path)
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the lock %s: %w", path, ctx.Err())
		case <-enough:
			return nil, &FileError{path, fmt.Sprintf("locked by somebody else for more than %s", d.patience()), ErrLocked}
		case <-time.After(wait):
		}
		wait = min(2*wait, 20*time.Millisecond)
	}
}

// Unlock lets the next one in. The file stays: removing it would let two in.
func (l *Lock) Unlock() error { return l.flock.Unlock() }

// readFile reads a file that others may have put there: it refuses what
// isn't a regular file and what is longer than limit.
func readFile(path string, limit int64) ([]byte, error) { return readInto(nil, path, limit) }

// readInto is readFile into a buffer, or a longer one in its place.
func readInto(buffer []byte, path string, limit int64) ([]byte, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > limit {
		return nil, tooLong(path, limit)
	}
	data := slices.Grow(buffer[:0], int(size)+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err != nil:
			return nil, err
		case int64(len(data)) > limit:
			return nil, tooLong(path, limit)
		case n == 0, int64(len(data)) == size && len(data) < cap(data): // a regular file gives less at its end only
			return data, nil
		case len(data) == cap(data):
			data = slices.Grow(data, len(data))
		}
	}
}

// errTooLong is an ErrCorrupt.
var errTooLong = fmt.Errorf("%w: too long", ErrCorrupt)

func tooLong(path string, limit int64) error {
	return &FileError{path, fmt.Sprintf("longer than %d bytes", limit), errTooLong}
}
