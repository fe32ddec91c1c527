package evidence

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// The endings of the files in anchors and pending.
const (
	CheckpointFile  = "ckpt"
	TimestampFile   = "tsr"   // a timestamp authority's
	CosignatureFile = "cosig" // a witness's
)

// anchorLimit bounds what a party outside may give.
const anchorLimit = 64 << 10

// An AnchorFile is one file of an anchor: a checkpoint of a log, or what somebody
// said of it.
type AnchorFile struct {
	Writer string
	Size   int64  // of the checkpoint
	By     string // who said it; "" for the checkpoint itself
	Ending string
}

func (f AnchorFile) name() string {
	if f.By == "" {
		return fmt.Sprintf("%d.%s", f.Size, f.Ending)
	}
	return fmt.Sprintf("%d.%s.%s", f.Size, f.By, f.Ending)
}

// Path is the file's path below the client's folder, with slashes.
func (f AnchorFile) Path() string { return "anchors/" + f.Writer + "/" + f.name() }

// parseAnchorFile reads a name of which there is one spelling.
func parseAnchorFile(writer, name string) (f AnchorFile, ok bool) {
	parts := strings.Split(name, ".")
	size, err := strconv.ParseInt(parts[0], 10, 64)
	f = AnchorFile{Writer: writer, Size: size, Ending: parts[len(parts)-1]}
	said := f.Ending == TimestampFile || f.Ending == CosignatureFile
	switch {
	case err != nil || size <= 0:
		return f, false
	case len(parts) == 3 && said && ValidID(parts[1]):
		f.By = parts[1]
	case len(parts) != 2 || f.Ending != CheckpointFile:
		return f, false
	}
	return f, f.name() == name
}

func (s *Store) anchorPath(f AnchorFile) string { return s.Path("anchors", f.Writer, f.name()) }

// AnchoredWriters lists whose checkpoints were anchored, sorted.
func (s *Store) AnchoredWriters() ([]string, error) {
	entries, err := readFolder(s.Path("anchors"))
	var writers []string
	for _, e := range entries {
		if e.IsDir() && ValidID(e.Name()) {
			writers = append(writers, e.Name())
		}
	}
	return writers, err
}

// AnchorFiles lists the anchors of a writer's log by their size: the checkpoint
// of a size comes before what was said of it. Foreign are the names of files that
// are no part of an anchor.
func (s *Store) AnchorFiles(writer string) (files []AnchorFile, foreign []string, err error) {
	return listAnchors(s.Path("anchors", writer), writer)
}

func listAnchors(dir, writer string) (files []AnchorFile, foreign []string, err error) {
	entries, err := readFolder(dir)
	for _, e := range entries {
		f, ok := parseAnchorFile(writer, e.Name())
		switch {
		case ok && !e.IsDir():
			files = append(files, f)
		case !strings.HasPrefix(e.Name(), "."): // a dot: temporary, or a file manager's
			foreign = append(foreign, e.Name())
		}
	}
	slices.SortFunc(files, func(x, y AnchorFile) int {
		return cmp.Or(cmp.Compare(x.Size, y.Size), cmp.Compare(x.By, y.By), cmp.Compare(x.Ending, y.Ending))
	})
	return files, foreign, err
}

// readFolder lists a folder; one that isn't there is empty.
func readFolder(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// ReadAnchor reads one file of an anchor.
func (s *Store) ReadAnchor(f AnchorFile) ([]byte, error) {
	data, err := readFile(s.anchorPath(f), anchorLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(s.anchorPath(f), "this part of an anchor is missing")
	}
	return data, err
}

// PutAnchor keeps what somebody said of a checkpoint, and before it the
// checkpoint. What was kept under the name is never written over: the error is
// ErrCorrupt when it is something else.
func (s *Store) PutAnchor(writer string, cp Checkpoint, by, ending string, token []byte) error {
	f := AnchorFile{Writer: writer, Size: cp.Size, By: by, Ending: ending}
	if _, ok := parseAnchorFile(writer, f.name()); !ok || by == "" || !ValidID(writer) {
		return fmt.Errorf("no anchor can be called %q", f.Path())
	}
	if len(token) == 0 || len(token) > anchorLimit {
		return fmt.Errorf("%d bytes can't be what %s said: between 1 and %d are kept", len(token), by, anchorLimit)
	}
	if err := s.putOnce(AnchorFile{Writer: writer, Size: cp.Size, Ending: CheckpointFile}, cp.Text); err != nil {
		return err
	}
	return s.putOnce(f, token)
}

func (s *Store) putOnce(f AnchorFile, data []byte) error {
	have, err := s.ReadAnchor(f)
	switch {
	case err == nil && bytes.Equal(have, data):
		return s.disk.syncDir(s.Path("anchors", f.Writer)) // it may have been stored just before a crash
	case err == nil:
		return corrupt(s.anchorPath(f), "something else than this was kept here before")
	case !errors.Is(err, ErrMissing):
		return err
	}
	if err := s.disk.WriteFile(s.anchorPath(f), data); err != nil {
		return fmt.Errorf("keeping an anchor: %w", err)
	}
	return nil
}

// PutPending remembers a checkpoint that somebody outside has yet to see.
func (s *Store) PutPending(writer string, cp Checkpoint) error {
	f := AnchorFile{Writer: writer, Size: cp.Size, Ending: CheckpointFile}
	if err := s.disk.WriteFile(s.Path("pending", writer, f.name()), cp.Text); err != nil {
		return fmt.Errorf("remembering what is to be anchored: %w", err)
	}
	return nil
}

// Pending lists the sizes of the checkpoints of a writer's log that somebody has
// yet to see, the smallest first.
func (s *Store) Pending(writer string) ([]int64, error) {
	files, _, err := listAnchors(s.Path("pending", writer), writer)
	var sizes []int64
	for _, f := range files {
		if f.Ending == CheckpointFile {
			sizes = append(sizes, f.Size)
		}
	}
	return sizes, err
}

// DropPending forgets the pending checkpoints up to a size: they were seen, or a
// later one that covers them.
func (s *Store) DropPending(writer string, size int64) error {
	sizes, err := s.Pending(writer)
	if err != nil {
		return err
	}
	for _, n := range sizes {
		if n > size {
			continue
		}
		path := s.Path("pending", writer, AnchorFile{Size: n, Ending: CheckpointFile}.name())
		if err := s.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Head is the log's newest checkpoint, of size 0 when there is none yet. The
// errors are those of Check.
func (l *Log) Head() (Checkpoint, error) {
	if err := l.checkNames(); err != nil {
		return Checkpoint{}, err
	}
	return l.current()
}

// View reads the log whole; see ReadLog.
func (l *Log) View() (*LogView, error) { return l.store.ReadLog(l.client, l.writer, l.key.Public()) }
