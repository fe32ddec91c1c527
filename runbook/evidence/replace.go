package evidence

import (
	"os"
	"path/filepath"
)

// ReplaceFile puts data in the place of a file that is there, whole or not at all.
// The file keeps its mode. A symbolic link stays one: what it leads to is replaced.
// A file that may not be written is not replaced either.
func (d *Disk) ReplaceFile(path string, data []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	old, err := os.OpenFile(target, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := old.Stat()
	_ = old.Close() // nothing was written
	if err != nil {
		return err
	}
	t, err := d.CreateTemp(filepath.Dir(target))
	if err != nil {
		return err
	}
	if _, err := t.Write(data); err != nil {
		t.Discard()
		return err
	}
	if err := t.file.Chmod(info.Mode().Perm()); err != nil {
		t.Discard()
		return err
	}
	return t.Commit(target)
}
