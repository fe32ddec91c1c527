package evidence

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// copyTo brings the copy of the log in another store forward to this one:
// entries, then tiles, then the checkpoint, so that a reader finds the old log
// or the new one. It says whether that copy grew: somebody may have been
// faster.
func (v *LogView) copyTo(ctx context.Context, store *Store, client, writer string, key PublicKey) (grew bool, err error) {
	lock, err := store.disk.Lock(ctx, store.Path("locks", writer+".lock"))
	if err != nil {
		return false, err
	}
	defer lock.Unlock()
	before, err := store.readCheckpoint(client, writer, key)
	if err != nil && !errors.Is(err, ErrEmptyLog) {
		return false, err
	}
	if before.Size >= v.Checkpoint.Size {
		return false, nil
	}
	if before.Size > 0 {
		if err := v.Consistent(before); err != nil {
			return false, &FileError{store.Path("logs", writer), err.Error(), err}
		}
	}
	root := store.Path("logs", writer)
	if _, err := os.Lstat(root); errors.Is(err, fs.ErrNotExist) {
		return true, v.copyNew(store.disk, root)
	}
	if err := v.copyFrom(store.disk, root, before.Size); err != nil {
		return false, err
	}
	(&Log{store: store, client: client, writer: writer}).tidy(before.Size, v.Checkpoint.Size)
	return true, nil
}

// copyNew writes a log that isn't there yet under a temporary name, lest
// somebody meet it without its checkpoint.
func (v *LogView) copyNew(disk *Disk, root string) error {
	temp := filepath.Join(filepath.Dir(root), tempPrefix+filepath.Base(root)+tempSuffix)
	if err := disk.RemoveAll(temp); err != nil { // that a crash left
		return err
	}
	if err := v.copyFrom(disk, temp, 0); err != nil {
		return err
	}
	if err := disk.ask(OpRename, root); err != nil {
		return err
	}
	if err := os.Rename(temp, root); err != nil {
		return err
	}
	return disk.syncDir(filepath.Dir(root))
}

// copyFrom writes what a log of the size from doesn't have.
func (v *LogView) copyFrom(disk *Disk, root string, from int64) error {
	for level := entryLevel; levelLength(level, v.Checkpoint.Size) > 0; level++ {
		if err := v.copyLevel(disk, root, level, from); err != nil {
			return err
		}
	}
	return disk.WriteFile(filepath.Join(root, "checkpoint"), v.Checkpoint.Text)
}

// copyLevel writes the tiles of a level that a log of the size from doesn't
// have.
func (v *LogView) copyLevel(disk *Disk, root string, level int, from int64) error {
	length := levelLength(level, v.Checkpoint.Size)
	for n := levelLength(level, from) / tileWidth; n*tileWidth < length; n++ {
		t := newTile(level, n, length)
		if err := disk.WriteFile(filepath.Join(root, tilePath(t)), v.tile(t)); err != nil {
			return err
		}
	}
	return nil
}

// tile gives the bytes of one of the log's tiles.
func (v *LogView) tile(t tlog.Tile) []byte {
	from := t.N * tileWidth
	if t.L == entryLevel {
		return encodeBundle(v.RawLeaves(from, from+int64(t.W)))
	}
	hashes := make([]tlog.Hash, t.W)
	for i := range hashes {
		hashes[i] = v.hashes[tlog.StoredHashIndex(t.L*tileHeight, from+int64(i))]
	}
	return encodeHashes(hashes)
}

// textOf is the signed part of a note.
func textOf(note []byte) string {
	text, _, _ := bytes.Cut(note, []byte("\n\n"))
	return string(text) + "\n"
}
