package evidence

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// syncDir does nothing: Windows has no fsync of a folder, and NTFS journals
// its names by itself.
func syncDir(string) error { return nil }

// rename tries again for a second: a reader, or a virus scanner, that has the
// old file open makes Windows refuse to replace it.
func rename(from, to string) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := os.Rename(from, to)
		busy := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !busy || wait > 512*time.Millisecond {
			return err
		}
		time.Sleep(wait)
	}
}

// A regularFile is a file that is read from its beginning.
type regularFile struct{ file *os.File }

// openRegular opens a regular file and says how long it is.
func openRegular(path string) (f regularFile, size int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return f, 0, err
	}
	if !info.Mode().IsRegular() {
		return f, 0, corrupt(path, "not a regular file")
	}
	file, err := os.Open(path)
	return regularFile{file}, info.Size(), err
}

// Read gives no bytes and no error at the end.
func (f regularFile) Read(p []byte) (int, error) {
	n, err := f.file.Read(p)
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// Close can't fail in a way that matters for what was read.
func (f regularFile) Close() { _ = f.file.Close() }
