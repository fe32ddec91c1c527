//go:build !windows

package evidence

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func rename(from, to string) error { return os.Rename(from, to) }

// A regularFile is a file that is read from its beginning. It is a bare descriptor:
// evidence lies in many small files, and an os.File has calls and memory of its own.
type regularFile struct {
	descriptor int
	path       string
}

// openRegular opens a regular file and says how long it is. It doesn't wait for
// anybody to open the other end of a pipe, which is refused.
func openRegular(path string) (f regularFile, size int64, err error) {
	descriptor, err := openAs(path, syscall.O_NONBLOCK|syscall.O_NOFOLLOW)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		descriptor, err = openLooked(path)
	}
	if err != nil {
		return f, 0, err
	}
	var info syscall.Stat_t
	_, err = uninterrupted(func() (int, error) { return 0, syscall.Fstat(descriptor, &info) })
	if err != nil {
		err = &fs.PathError{Op: "stat", Path: path, Err: err}
	} else if info.Mode&syscall.S_IFMT != syscall.S_IFREG {
		err = corrupt(path, "not a regular file")
	}
	f = regularFile{descriptor, path}
	if err != nil {
		f.Close()
		return f, 0, err
	}
	return f, info.Size, nil
}

// openLooked looks at what can't be opened at once before it opens it: a socket; a file
// that somebody leases, for whom it waits; a link, behind which may lie a device that
// does something when it is opened.
func openLooked(path string) (descriptor int, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, corrupt(path, "not a regular file")
	}
	return openAs(path, 0)
}

func openAs(path string, mode int) (descriptor int, err error) {
	descriptor, err = uninterrupted(func() (int, error) {
		return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|mode, 0)
	})
	if err != nil {
		err = &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return descriptor, err
}

// Read gives no bytes and no error at the end.
func (f regularFile) Read(p []byte) (int, error) {
	n, err := uninterrupted(func() (int, error) { return syscall.Read(f.descriptor, p) })
	if err != nil {
		return 0, &fs.PathError{Op: "read", Path: f.path, Err: err}
	}
	return n, nil
}

// Close can't fail in a way that matters for what was read.
func (f regularFile) Close() { _ = syscall.Close(f.descriptor) }

// uninterrupted calls again what a signal interrupted.
func uninterrupted(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err == nil || !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
