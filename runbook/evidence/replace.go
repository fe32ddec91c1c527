package evidence

import (
	"os"
	"path/filepath"
)

// ReplaceFile puts data in the place of a file that is there, whole or not at all.
// The file keeps its mode. A symbolic link stays one: what it leads to is replaced.
// What may not be written is not replaced either, nor what is no regular file: a
// pipe, or a device.
func (d *Disk) ReplaceFile(path string, data []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return notFile{path}
	}
	old, err := os.OpenFile(target, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_ = old.Close() // nothing was written
	t, err := d.tempOf(filepath.Dir(target), data)
	if err != nil {
		return err
	}
	if err := t.file.Chmod(info.Mode().Perm()); err != nil {
		t.Discard()
		return err
	}
	return t.Commit(target)
}

// tempOf makes a temporary file in dir that holds data.
func (d *Disk) tempOf(dir string, data []byte) (*TempFile, error) {
	t, err := d.CreateTemp(dir)
	if err != nil {
		return nil, err
	}
	if _, err := t.Write(data); err != nil {
		t.Discard()
		return nil, err
	}
	return t, nil
}

// notFile says that something else stands where a file is to be replaced.
type notFile struct{ path string }

func (e notFile) Error() string { return e.path + ": not a regular file" }

// Hint is what to do about it.
func (notFile) Hint() string { return "name a file: a folder, a pipe or a device stays what it is" }
