package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// ReadSince reads what a writer's log holds behind its first entries, and none of
// those before: what it costs is what is new. Its hashes come from the tiles that
// lead to the checkpoint's root, so each entry read is held to the checkpoint as
// ReadLog does, and Consistent shows that an earlier checkpoint is a state of the
// same log. Entries that weren't read may have been changed.
func (s *Store) ReadSince(client, writer string, key PublicKey, from int64) (*LogView, error) {
	return s.readSteady(client, writer, key, func(v *LogView) error {
		v.from = min(from, v.Checkpoint.Size)
		v.indexes = []int64{}
		v.tiles = tlog.TileHashReader(tlog.Tree{N: v.Checkpoint.Size, Hash: v.Checkpoint.Root}, &tileFolder{dir: v.dir, kept: map[tlog.Tile][]byte{}})
		return v.readFrom(v.from)
	})
}

func (v *LogView) readFrom(from int64) error {
	if from == v.Checkpoint.Size { // there is nothing to read, and the tiles may be wrong all the same
		_, err := v.proven(newTile(entryLevel, (from-1)/tileWidth, from))
		return err
	}
	for n := from / tileWidth; n*tileWidth < v.Checkpoint.Size; n++ {
		if err := v.readProven(n, from, v.Checkpoint.Size, v.take); err != nil {
			return err
		}
	}
	return nil
}

// A taker takes over an entry that is proven to be in the log.
type taker func(index int64, leaf Leaf)

func (v *LogView) take(index int64, leaf Leaf) {
	v.indexes, v.Leaves = append(v.indexes, index), append(v.Leaves, leaf)
}

// readProven reads the entries of a bundle that lie in a range.
func (v *LogView) readProven(n, from, to int64, take taker) error {
	t := newTile(entryLevel, n, v.Checkpoint.Size)
	b, err := v.openBundle(t)
	if err != nil {
		return err
	}
	hashes, err := v.proven(t)
	if err != nil {
		return err
	}
	for i, entry := range b.entries[:t.W] {
		index := n*tileWidth + int64(i)
		if index < from || index >= to {
			continue
		}
		if tlog.RecordHash(entry) != hashes[i] {
			return corrupt(b.path, fmt.Sprintf("entry %d was changed: it isn't the one that was hashed into the log", index))
		}
		leaf, err := ParseLeaf(entry)
		if err != nil {
			return corrupt(b.path, fmt.Sprintf("entry %d is malformed: %v", index, err))
		}
		take(index, leaf)
	}
	return nil
}

// proven are the hashes of a bundle's entries, which lead to the checkpoint's
// root.
func (v *LogView) proven(t tlog.Tile) ([]tlog.Hash, error) {
	hashes, err := v.hashesOf(t)
	return hashes, v.blameTiles(err)
}

// blameTiles says in msp's words that tiles don't lead to the root.
func (v *LogView) blameTiles(err error) error {
	var file *FileError
	if err == nil || errors.As(err, &file) {
		return err
	}
	return corrupt(filepath.Join(v.dir, "tile"), "tile mismatch: the tiles don't give the root that the checkpoint signed")
}

// Before goes back from where ReadSince began, entry by entry, until take has
// enough or the log begins. What take keeps is added to the view.
func (v *LogView) Before(take func(Leaf) (keep, enough bool)) error {
	kept := &LogView{}
	for n := (v.from - 1) / tileWidth; v.from > 0 && n >= 0; n-- {
		read := &LogView{}
		if err := v.readProven(n, 0, v.from, read.take); err != nil {
			return err
		}
		for i, leaf := range slices.Backward(read.Leaves) {
			keep, enough := take(leaf)
			if keep {
				kept.take(read.indexes[i], leaf)
			}
			if enough {
				v.prepend(kept)
				return nil
			}
		}
	}
	v.prepend(kept)
	return nil
}

// prepend puts entries in front that were read from the last to the first.
func (v *LogView) prepend(kept *LogView) {
	slices.Reverse(kept.indexes)
	slices.Reverse(kept.Leaves)
	v.indexes, v.Leaves = append(kept.indexes, v.indexes...), append(kept.Leaves, v.Leaves...)
}

// From is the first entry that ReadSince read, or would have; 0 in a whole log.
func (v *LogView) From() int64 { return v.from }

// A tileFolder gives the hash tiles of a log, and keeps those that were found to
// be right. Many may read at once.
type tileFolder struct {
	dir  string
	mu   sync.Mutex
	kept map[tlog.Tile][]byte
}

func (f *tileFolder) known(t tlog.Tile) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.kept[t]
	return data, ok
}

// Height is that of C2SP's tiles.
func (f *tileFolder) Height() int { return tileHeight }

// ReadTiles reads tiles. Where a partial one is gone the full one has taken its
// place.
func (f *tileFolder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, t := range tiles {
		if data, ok := f.known(t); ok {
			all[i] = data
			continue
		}
		path := filepath.Join(f.dir, tilePath(t))
		data, err := readFile(path, bundleLimit)
		if errors.Is(err, fs.ErrNotExist) && t.W < tileWidth {
			full := t
			full.W = tileWidth
			data, err = readFile(filepath.Join(f.dir, tilePath(full)), bundleLimit)
			data = data[:min(len(data), t.W*tlog.HashSize)]
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, missing(path, "this tile of the log is missing")
		}
		if err != nil {
			return nil, err
		}
		if _, err := decodeHashes(data, t.W); err != nil {
			return nil, corrupt(path, "malformed tile: "+err.Error())
		}
		all[i] = data
	}
	return all, nil
}

// SaveTiles keeps tiles that lead to the root.
func (f *tileFolder) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, t := range tiles {
		f.kept[t] = data[i]
	}
}
