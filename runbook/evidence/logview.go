package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/msp-runbook/msp/runbook/parallel"
)

// A LogView is a log as it was read and found to be whole: its entries give
// the root that its checkpoint signed, and its tiles say the same.
type LogView struct {
	Checkpoint Checkpoint
	Leaves     []Leaf // nil when the log was scanned

	dir     string
	hashes  []tlog.Hash // of all complete subtrees, by tlog.StoredHashIndex
	scan    *scan       // in place of leaves and hashes: see scan.go
	used    map[tlog.Tile]bool
	indexes []int64         // of the leaves; nil for a whole log
	part    *excerpt        // nil for a log that is there as a whole
	tiles   tlog.HashReader // in place of hashes, when the log wasn't read from its beginning
	from    int64           // where it was read from
}

// rereads is how often a reader starts again because a writer was faster.
const rereads = 20

// ReadLog reads a writer's log, rebuilds the tree from the entries alone and
// compares it with the checkpoint and with each tile. It takes no lock.
//
// Entries beyond the checkpoint, which a crash leaves behind, are no error,
// but must be well formed. A FileError names the file at fault: ErrEmptyLog
// when there is no checkpoint, ErrMissing, ErrCorrupt, or what
// ParseCheckpoint says.
func (s *Store) ReadLog(client, writer string, key PublicKey) (*LogView, error) {
	return s.readSteady(client, writer, key, (*LogView).read)
}

// readSteady reads a log for its checkpoint, and starts again when a writer was
// faster.
func (s *Store) readSteady(client, writer string, key PublicKey, read func(*LogView) error) (*LogView, error) {
	for try := 0; ; try++ {
		cp, err := s.readCheckpoint(client, writer, key)
		if err != nil {
			return nil, err
		}
		v := &LogView{Checkpoint: cp, dir: s.Path("logs", writer), used: make(map[tlog.Tile]bool)}
		if err = read(v); err == nil {
			return v, nil
		}
		// An append removes tiles that its own have replaced.
		now, changed := s.readCheckpoint(client, writer, key)
		if !errors.Is(err, ErrMissing) || changed != nil || now.Size == cp.Size || try == rereads {
			return nil, err
		}
	}
}

func (s *Store) readCheckpoint(client, writer string, key PublicKey) (Checkpoint, error) {
	if !ValidID(client) || !ValidID(writer) {
		return Checkpoint{}, fmt.Errorf("no log can be called %q", Origin(client, writer))
	}
	path := s.Path("logs", writer, "checkpoint")
	data, err := readFile(path, checkpointLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, &FileError{path, "the log is empty: it has no checkpoint, so nothing in it can be verified", ErrEmptyLog}
	}
	if err != nil {
		return Checkpoint{}, err
	}
	cp, err := ParseCheckpoint(data, key, Origin(client, writer))
	if err != nil {
		return Checkpoint{}, &FileError{path, err.Error(), err}
	}
	if cp.Size == 0 {
		return Checkpoint{}, &FileError{path, "the log is empty: its checkpoint is of no entries", ErrEmptyLog}
	}
	return cp, nil
}

func (v *LogView) read() error {
	for n := int64(0); n*tileWidth < v.Checkpoint.Size; n += bundlesAtOnce {
		if err := v.readBundles(n); err != nil {
			return err
		}
	}
	root, err := tlog.TreeHash(v.Checkpoint.Size, v.reader())
	if err != nil {
		return err
	}
	if root != tlog.Hash(v.Checkpoint.Root) {
		return v.blame()
	}
	return v.checkFiles()
}

// bundlesAtOnce is how many bundles are read side by side: a checkpoint can say any size,
// and the first bundle that is missing is the end.
const bundlesAtOnce = 64

func (v *LogView) readBundles(from int64) error {
	left := (v.Checkpoint.Size-1)/tileWidth + 1 - from
	for _, b := range parallel.Map(int(min(bundlesAtOnce, left)), func(i int) parsedBundle {
		b := v.parseBundle(newTile(entryLevel, from+int64(i), v.Checkpoint.Size))
		b.tiled = b.err == nil && v.scan != nil && v.tiled(b)
		return b
	}) {
		if b.err != nil {
			return b.err
		}
		v.used[b.asked], v.used[v.lowest(b)] = b.file == b.asked, b.tiled
		if err := v.keep(b); err != nil {
			return err
		}
	}
	return nil
}

// keep takes over the next bundle.
func (v *LogView) keep(b parsedBundle) error {
	if v.scan != nil {
		return v.scan.keep(b)
	}
	v.Leaves = append(v.Leaves, b.leaves...)
	for i, hash := range b.hashes {
		stored, err := tlog.StoredHashesForRecordHash(b.asked.N*tileWidth+int64(i), hash, v.reader())
		if err != nil {
			return err
		}
		v.hashes = append(v.hashes, stored...)
	}
	return nil
}

// A bundle is a file of entries. It may have more than were asked for.
type bundle struct {
	file    tlog.Tile
	path    string
	entries [][]byte
}

// openBundle reads a bundle in full or partial form. Where the partial file is
// gone the full one has taken its place.
func (v *LogView) openBundle(t tlog.Tile) (b bundle, err error) {
	b = bundle{file: t, path: filepath.Join(v.dir, tilePath(t))}
	data, err := readFile(b.path, bundleLimit)
	if errors.Is(err, fs.ErrNotExist) && t.W < tileWidth {
		b.file.W = tileWidth
		data, err = readFile(filepath.Join(v.dir, tilePath(b.file)), bundleLimit)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return b, missing(b.path, fmt.Sprintf("entries %d to %d of the log are missing", t.N*tileWidth, t.N*tileWidth+int64(t.W)-1))
	}
	if err != nil {
		return b, err
	}
	if b.entries, err = decodeBundle(data, b.file.W); err != nil {
		return b, corrupt(b.path, "malformed entries: "+err.Error())
	}
	return b, nil
}

// A parsedBundle is what a file of entries says, as far as it was asked for.
type parsedBundle struct {
	asked, file tlog.Tile
	leaves      []Leaf
	hashes      []tlog.Hash // of the leaves
	tiled       bool        // the tile with its hashes was held to them
	err         error
}

func (v *LogView) parseBundle(t tlog.Tile) (p parsedBundle) {
	b, err := v.openBundle(t)
	p = parsedBundle{asked: t, file: b.file, err: err}
	if err != nil {
		return p
	}
	p.leaves, p.hashes = make([]Leaf, t.W), make([]tlog.Hash, t.W)
	for i, entry := range b.entries[:t.W] {
		if p.leaves[i], err = ParseLeaf(entry); err != nil {
			p.err = corrupt(b.path, fmt.Sprintf("entry %d is malformed: %v", t.N*tileWidth+int64(i), err))
			return p
		}
		p.hashes[i] = tlog.RecordHash(entry)
	}
	return p
}

// RawLeaves are the bytes of some leaves, which were hashed: their one spelling.
func (v *LogView) RawLeaves(from, to int64) [][]byte {
	raw := make([][]byte, 0, to-from)
	for _, leaf := range v.Leaves[from:to] {
		raw = append(raw, leaf.spell())
	}
	return raw
}

func (v *LogView) reader() tlog.HashReader {
	switch {
	case v.tiles != nil:
		return v.tiles
	case v.scan != nil:
		return v.scan
	}
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			if x >= int64(len(v.hashes)) {
				return nil, fmt.Errorf("no hash %d in the log", x)
			}
			hashes[i] = v.hashes[x]
		}
		return hashes, nil
	})
}

// blame names the file at fault when the entries don't give the root: the
// lowest tiles tell which entry was changed, unless they were changed too.
func (v *LogView) blame() error {
	size := v.Checkpoint.Size
	for n := int64(0); n*tileWidth < size; n++ {
		t := newTile(0, n, size)
		data, err := readFile(filepath.Join(v.dir, tilePath(t)), bundleLimit)
		if err != nil {
			continue
		}
		if i, err := v.firstWrong(t, data); err == nil && i >= 0 {
			path := filepath.Join(v.dir, tilePath(newTile(entryLevel, n, size)))
			return corrupt(path, fmt.Sprintf("entry %d was changed: it isn't the one that was hashed into the log", n*tileWidth+int64(i)))
		}
	}
	return corrupt(filepath.Join(v.dir, "checkpoint"), "root mismatch: the log's entries and tiles were replaced, the checkpoint signed others")
}

// firstWrong is the first hash in a tile that the entries don't give, or -1.
// What lies beyond the checkpoint isn't judged.
func (v *LogView) firstWrong(t tlog.Tile, data []byte) (int, error) {
	length := levelLength(t.L, v.Checkpoint.Size)
	if t.N > length/tileWidth {
		return -1, nil
	}
	hashes, err := v.hashesOf(newTile(t.L, t.N, min(length, t.N*tileWidth+int64(t.W))))
	for i, want := range hashes {
		if len(data) < (i+1)*tlog.HashSize || !bytes.Equal(data[i*tlog.HashSize:(i+1)*tlog.HashSize], want[:]) {
			return i, nil
		}
	}
	return -1, err
}

// hashesOf are the hashes of a tile, or of the entries of a bundle.
func (v *LogView) hashesOf(t tlog.Tile) ([]tlog.Hash, error) {
	indexes := make([]int64, t.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(tileHeight*max(0, t.L), t.N*tileWidth+int64(i))
	}
	return v.reader().ReadHashes(indexes)
}

// checkFiles looks at each file in the log's folder, and that none is missing.
func (v *LogView) checkFiles() error {
	seen := make(map[tlog.Tile]bool)
	err := filepath.WalkDir(v.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed by an append meanwhile
		}
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err // a dot: temporary, or a file manager's
		}
		name, err := filepath.Rel(v.dir, path)
		if err != nil || name == "checkpoint" {
			return err
		}
		t, err := parseTilePath(name)
		if err != nil {
			return corrupt(path, err.Error())
		}
		seen[t] = true
		return v.checkFile(t, path)
	})
	if err != nil {
		return err
	}
	return v.checkAllThere(seen)
}

func (v *LogView) checkFile(t tlog.Tile, path string) error {
	if v.used[t] {
		return nil
	}
	data, err := readFile(path, bundleLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if t.L == entryLevel {
		return v.checkSpareBundle(t, path, data)
	}
	if _, err := decodeHashes(data, t.W); err != nil {
		return corrupt(path, "malformed tile: "+err.Error())
	}
	i, err := v.firstWrong(t, data)
	if err != nil {
		return err
	}
	if i >= 0 {
		return corrupt(path, fmt.Sprintf("tile mismatch: hash %d isn't the one that the entries give", i))
	}
	return nil
}

// checkSpareBundle checks a bundle that was not read as part of the log: an
// older partial one, or one from beyond the checkpoint.
func (v *LogView) checkSpareBundle(t tlog.Tile, path string, data []byte) error {
	entries, err := decodeBundle(data, t.W)
	if err != nil {
		return corrupt(path, "malformed entries: "+err.Error())
	}
	var hashes []tlog.Hash
	if t.N <= v.Checkpoint.Size/tileWidth {
		if hashes, err = v.hashesOf(newTile(entryLevel, t.N, min(v.Checkpoint.Size, t.N*tileWidth+int64(t.W)))); err != nil {
			return err
		}
	}
	for i, e := range entries {
		if i < len(hashes) {
			if tlog.RecordHash(e) != hashes[i] {
				return corrupt(path, fmt.Sprintf("entry %d was changed: the log has another one", t.N*tileWidth+int64(i)))
			}
			continue
		}
		if _, err := ParseLeaf(e); err != nil {
			return corrupt(path, fmt.Sprintf("an entry beyond the checkpoint is malformed: %v", err))
		}
	}
	return nil
}

func (v *LogView) checkAllThere(seen map[tlog.Tile]bool) error {
	for level := 0; levelLength(level, v.Checkpoint.Size) > 0; level++ {
		length := levelLength(level, v.Checkpoint.Size)
		for n := int64(0); n*tileWidth < length; n++ {
			t := newTile(level, n, length)
			full := t
			full.W = tileWidth
			if !seen[t] && !seen[full] {
				return missing(filepath.Join(v.dir, tilePath(t)), "this tile of the log is missing")
			}
		}
	}
	return nil
}

// Consistent checks that other, a checkpoint of the same log that somebody
// holds, is an earlier state of this log. The error is ErrCut when entries
// that it covers are gone, ErrRewritten when they were replaced.
func (v *LogView) Consistent(other Checkpoint) error {
	if other.Origin != v.Checkpoint.Origin {
		return fmt.Errorf("%w: the checkpoint is of %q, not of %q", ErrWrongOrigin, other.Origin, v.Checkpoint.Origin)
	}
	if v.part != nil {
		return v.part.consistent(v.Checkpoint, other)
	}
	if other.Size > v.Checkpoint.Size {
		return fmt.Errorf("%w: someone holds a checkpoint of %d entries, the log has %d", ErrCut, other.Size, v.Checkpoint.Size)
	}
	root, err := tlog.TreeHash(other.Size, v.reader())
	if err != nil {
		return v.blameTiles(err)
	}
	if root != tlog.Hash(other.Root) {
		return fmt.Errorf("%w: someone holds a checkpoint of %d entries that are not the log's first %d", ErrRewritten, other.Size, other.Size)
	}
	return nil
}

// InclusionProof proves, to somebody who has the checkpoint and the leaf's
// bytes only, that leaf i is in the log; tlog.CheckRecord checks it.
func (v *LogView) InclusionProof(i int64) (tlog.RecordProof, error) {
	if i < 0 || i >= v.Checkpoint.Size {
		return nil, fmt.Errorf("the log has %d entries: there is no entry %d", v.Checkpoint.Size, i)
	}
	return tlog.ProveRecord(v.Checkpoint.Size, i, v.reader())
}
