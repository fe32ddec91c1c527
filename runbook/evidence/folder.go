package evidence

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A TempFolder is a folder that doesn't count until it is committed.
type TempFolder struct {
	disk *Disk
	path string // "" once committed or discarded
	made []string
}

// CreateTempFolder makes a temporary folder in dir, and dir where needed.
func (d *Disk) CreateTempFolder(dir string) (*TempFolder, error) {
	if err := d.mkdirAll(dir); err != nil {
		return nil, err
	}
	if err := d.ask(OpMkdir, filepath.Join(dir, tempPrefix+"*"+tempSuffix)); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(dir, tempPrefix+"*"+tempSuffix)
	if err != nil {
		return nil, err
	}
	path = filepath.Clean(path) // or the folders below would not be found under it
	return &TempFolder{disk: d, path: path, made: []string{path}}, nil
}

// Put makes a new file of a name, slash-separated, from what r holds.
func (t *TempFolder) Put(name string, r io.Reader) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("%q is no name of a file in a folder", name)
	}
	path := filepath.Join(t.path, filepath.FromSlash(name))
	if err := t.mkdir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := t.disk.ask(OpCreate, path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(diskWriter{t.disk, f}, r); err != nil {
		return err
	}
	if err := t.disk.ask(OpSync, path); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

type diskWriter struct {
	disk *Disk
	file *os.File
}

func (w diskWriter) Write(b []byte) (int, error) { return w.disk.write(w.file.Name(), b, w.file.Write) }

// mkdir makes a folder and what is missing above it; all are synced at the end.
func (t *TempFolder) mkdir(dir string) error {
	if slices.Contains(t.made, dir) {
		return nil
	}
	if err := t.mkdir(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := t.disk.ask(OpMkdir, dir); err != nil {
		return err
	}
	t.made = append(t.made, dir)
	return os.Mkdir(dir, 0o700)
}

// Commit makes the folder durable under a name that nothing has. On failure
// nothing is left under that name, unless only the last step failed, the sync of
// the folder above.
func (t *TempFolder) Commit(path string) error {
	if err := t.place(path); err != nil {
		t.Discard()
		return err
	}
	return t.disk.syncDir(filepath.Dir(path))
}

func (t *TempFolder) place(path string) error {
	for _, dir := range slices.Backward(t.made) {
		if err := t.disk.syncDir(dir); err != nil {
			return err
		}
	}
	if err := Absent(path); err != nil {
		return err
	}
	if err := t.disk.ask(OpRename, path); err != nil {
		return err
	}
	if err := rename(t.path, path); err != nil {
		return err
	}
	t.path = ""
	return nil
}

// Absent is an error when there is something at path, of whatever sort.
func Absent(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	case os.IsNotExist(err):
		return nil
	default:
		return err
	}
}

// Discard removes the folder, unless it was committed.
func (t *TempFolder) Discard() {
	if t.path == "" {
		return
	}
	path := t.path
	t.path = ""
	if t.disk.ask(OpRemove, path) == nil {
		_ = os.RemoveAll(path)
	}
}
