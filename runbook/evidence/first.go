package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

// FirstLeaf reads the first leaf of a writer's log without verifying
// anything: it is how a reader without pins finds the statement in which a
// writer names its own key, to read the log with. The error is ErrEmptyLog
// when there is no checkpoint.
func (s *Store) FirstLeaf(writer string) (Leaf, error) {
	if !ValidID(writer) {
		return Leaf{}, fmt.Errorf("no writer can be called %q", writer)
	}
	for try := 0; ; try++ {
		size, err := s.claimedSize(writer)
		if err != nil {
			return Leaf{}, err
		}
		leaf, err := s.firstEntry(writer, size)
		if !errors.Is(err, ErrMissing) || try == rereads {
			return leaf, err
		}
		// An append removes tiles that its own have replaced.
		if now, changed := s.claimedSize(writer); changed != nil || now == size {
			return leaf, err
		}
	}
}

// claimedSize is how many entries a checkpoint claims that nobody has verified.
func (s *Store) claimedSize(writer string) (int64, error) {
	path := s.Path("logs", writer, "checkpoint")
	note, err := readFile(path, checkpointLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, &FileError{path, "the log is empty: it has no checkpoint, so nothing in it can be verified", ErrEmptyLog}
	}
	if err != nil {
		return 0, err
	}
	lines := bytes.SplitN(note, []byte{'\n'}, 3)
	if len(lines) < 3 {
		return 0, corrupt(path, "not a checkpoint")
	}
	size, err := strconv.ParseInt(string(lines[1]), 10, 64)
	if err != nil || size < 0 {
		return 0, corrupt(path, fmt.Sprintf("not a checkpoint: %q is no number of entries", lines[1]))
	}
	if size == 0 {
		return 0, &FileError{path, "the log is empty: its checkpoint is of no entries", ErrEmptyLog}
	}
	return size, nil
}

func (s *Store) firstEntry(writer string, size int64) (Leaf, error) {
	tile := newTile(entryLevel, 0, size)
	path := s.Path("logs", writer, tilePath(tile))
	data, err := readFile(path, bundleLimit)
	if errors.Is(err, fs.ErrNotExist) && tile.W < tileWidth { // the full one has taken its place
		tile.W = tileWidth
		data, err = readFile(s.Path("logs", writer, tilePath(tile)), bundleLimit)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Leaf{}, missing(path, "the first entries of the log are missing")
	}
	if err != nil {
		return Leaf{}, err
	}
	entries, err := decodeBundle(data, tile.W)
	if err != nil {
		return Leaf{}, corrupt(path, "malformed entries: "+err.Error())
	}
	leaf, err := ParseLeaf(entries[0])
	if err != nil {
		return Leaf{}, corrupt(path, "entry 0 is malformed: "+err.Error())
	}
	return leaf, nil
}
