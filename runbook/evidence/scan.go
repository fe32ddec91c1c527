package evidence

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/msp-runbook/msp/runbook/parallel"
)

// ScanLog is ReadLog for a log of any length: it keeps none of its entries, and a
// quarter of a byte for each. Each and Leaf read them again.
func (s *Store) ScanLog(client, writer string, key PublicKey) (*LogView, error) {
	return s.readSteady(client, writer, key, func(v *LogView) error {
		v.scan = &scan{view: v}
		return v.read()
	})
}

// A scan is what is kept of a log that was read through and found to be whole: by its
// hashes the entries are known again.
type scan struct {
	view   *LogView
	above  []tlog.Hash // of all complete subtrees of full bundles, by tlog.StoredHashIndex
	leaves []Leaf      // behind the last full bundle: an append puts others into the place of that file
	hashes []tlog.Hash // of these
}

func (s *scan) keep(b parsedBundle) error {
	if b.asked.W < tileWidth {
		s.leaves, s.hashes = b.leaves, b.hashes
		return nil
	}
	stored, err := tlog.StoredHashesForRecordHash(b.asked.N, subtree(b.hashes), tlog.HashReaderFunc(s.readAbove))
	s.above = append(s.above, stored...)
	return err
}

// tiled says whether the tile of a bundle's hashes is there and says the same.
func (v *LogView) tiled(b parsedBundle) bool {
	data, err := readFile(filepath.Join(v.dir, tilePath(v.lowest(b))), bundleLimit)
	return err == nil && bytes.Equal(data, encodeHashes(b.hashes))
}

// lowest is the tile of a bundle's hashes.
func (v *LogView) lowest(b parsedBundle) tlog.Tile { return newTile(0, b.asked.N, v.Checkpoint.Size) }

func (s *scan) readAbove(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(s.above)) {
			return nil, fmt.Errorf("no hash %d over the bundles of the log", x)
		}
		hashes[i] = s.above[x]
	}
	return hashes, nil
}

// full is how many full bundles the log has.
func (s *scan) full() int64 { return s.view.Checkpoint.Size / tileWidth }

// bundle reads a bundle again, which has to be the one that was found to be in the log.
func (s *scan) bundle(n int64) (leaves []Leaf, hashes []tlog.Hash, err error) {
	if n >= s.full() {
		return s.leaves, s.hashes, nil
	}
	b := s.view.parseBundle(newTile(entryLevel, n, s.view.Checkpoint.Size))
	if b.err != nil {
		return nil, nil, b.err
	}
	if subtree(b.hashes) != s.above[tlog.StoredHashIndex(0, n)] {
		return nil, nil, corrupt(filepath.Join(s.view.dir, tilePath(b.file)), "the entries were changed while they were read")
	}
	return b.leaves, b.hashes, nil
}

// ReadHashes gives hashes of the log's tree. Those below the bundles are computed from
// their entries.
func (s *scan) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(indexes))
	read, hashes := int64(-1), []tlog.Hash(nil)
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		if level >= tileHeight {
			above, err := s.readAbove([]int64{tlog.StoredHashIndex(level-tileHeight, n)})
			if err != nil {
				return nil, err
			}
			all[i] = above[0]
			continue
		}
		first := n << level
		if of := first / tileWidth; of != read {
			var err error
			if _, hashes, err = s.bundle(of); err != nil {
				return nil, err
			}
			read = of
		}
		if first %= tileWidth; first+1<<level > int64(len(hashes)) {
			return nil, fmt.Errorf("no hash %d in the log", x)
		}
		all[i] = subtree(hashes[first : first+1<<level])
	}
	return all, nil
}

// Each gives the leaves by their index in the log. Those of a log that was scanned are
// read again, and an error is of a file that isn't as it was.
func (v *LogView) Each(do func(index int64, leaf *Leaf)) error {
	if v.scan == nil {
		for i, leaf := range v.All() {
			do(i, leaf)
		}
		return nil
	}
	var before, now []rereadBundle
	bundles := (v.Checkpoint.Size-1)/tileWidth + 1
	for from := int64(0); from < bundles+bundlesAtOnce; from += bundlesAtOnce {
		var err error
		parallel.Both(func() { err = eachOf(before, do) }, func() { now = v.scan.bundles(from, min(from+bundlesAtOnce, bundles)) })
		if err != nil {
			return err
		}
		before = now
	}
	return nil
}

// A rereadBundle is a bundle that was read again.
type rereadBundle struct {
	n      int64
	leaves []Leaf
	err    error
}

func (s *scan) bundles(from, to int64) []rereadBundle {
	return parallel.Map(int(max(0, to-from)), func(i int) rereadBundle {
		b := rereadBundle{n: from + int64(i)}
		b.leaves, _, b.err = s.bundle(b.n)
		return b
	})
}

func eachOf(bundles []rereadBundle, do func(index int64, leaf *Leaf)) error {
	for _, b := range bundles {
		if b.err != nil {
			return b.err
		}
		for i := range b.leaves {
			do(b.n*tileWidth+int64(i), &b.leaves[i])
		}
	}
	return nil
}

// Leaf is the leaf with an index in the log.
func (v *LogView) Leaf(index int64) (*Leaf, error) {
	if v.scan != nil && index >= 0 && index < v.Checkpoint.Size {
		leaves, _, err := v.scan.bundle(index / tileWidth)
		if err != nil {
			return nil, err
		}
		return &leaves[index%tileWidth], nil
	}
	i, held := int(index), index >= 0 && index < int64(len(v.Leaves))
	if v.indexes != nil {
		i = slices.Index(v.indexes, index)
		held = i >= 0
	}
	if !held {
		return nil, fmt.Errorf("the entry %d isn't at hand", index)
	}
	return &v.Leaves[i], nil
}
