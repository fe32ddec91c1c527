package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// An item is one file of a bundle to be: bytes that are at hand, or a file of
// the evidence.
type item struct {
	name string
	data []byte
	file string // below the store, slash-separated; "" for data
}

// A tree reads the files below a folder that somebody else may have filled. It
// follows no link.
type tree struct{ root string }

func (t tree) path(name string) string { return filepath.Join(t.root, filepath.FromSlash(name)) }

// check refuses a name that leads through a link, or to what is no file.
func (t tree) check(name string) (fs.FileInfo, error) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		info, err := os.Lstat(t.path(dir))
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, refused(t.path(dir), "not a folder: links are not followed")
		}
	}
	info, err := os.Lstat(t.path(name))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, refused(t.path(name), "not a regular file: links are not followed")
	}
	return info, nil
}

func refused(path, what string) error {
	return &evidence.FileError{Path: path, What: what, Kind: evidence.ErrCorrupt}
}

// open opens a file and makes sure that it is the one that was looked at.
func (t tree) open(name string) (*os.File, int64, error) {
	seen, err := t.check(name)
	if err != nil {
		return nil, 0, err
	}
	f, err := os.Open(t.path(name))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(seen, info) {
		err = refused(t.path(name), "replaced while it was read")
	}
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// read reads a small file.
func (t tree) read(name string, limit int64) ([]byte, error) {
	f, size, err := t.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > limit {
		return nil, refused(t.path(name), fmt.Sprintf("longer than %d bytes", limit))
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// walk gives every file below a folder, sorted. Temporary files, and those of a
// file manager, which begin with a dot, are passed over, and so is a folder
// that isn't there.
func (t tree) walk(folder string, do func(name string) error) error {
	return filepath.WalkDir(t.path(folder), func(found string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && found != t.path(folder) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		if !d.Type().IsRegular() {
			return refused(found, "not a regular file: links are not followed")
		}
		name, err := filepath.Rel(t.root, found)
		if err != nil {
			return err
		}
		return do(filepath.ToSlash(name))
	})
}

// content opens what an item holds.
func (i item) content(t tree) (io.ReadCloser, int64, error) {
	if i.file == "" {
		return io.NopCloser(bytes.NewReader(i.data)), int64(len(i.data)), nil
	}
	f, size, err := t.open(i.file)
	if err != nil {
		return nil, 0, err
	}
	return f, size, nil
}
