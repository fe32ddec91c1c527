package evidence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// A Log is the log of one writer of a client, open to append to. Several may
// be open on one log, in one process or many: they take turns.
type Log struct {
	store          *Store
	client, writer string
	key            *PrivateKey
	heads          string
}

// OpenLog opens a writer's log, or one to be, with the writer's own Ed25519
// key. The folder heads lies beside the key, not in the store: there the
// newest checkpoint is kept as <client>.ckpt, so that a store that was
// restored from an older copy is noticed. It touches no file.
func (s *Store) OpenLog(client, writer string, key *PrivateKey, heads string) *Log {
	return &Log{s, client, writer, key, heads}
}

// Key is the writer's key, which also signs what the installation states by
// itself.
func (l *Log) Key() Signer { return l.key }

func (l *Log) origin() string { return Origin(l.client, l.writer) }

func (l *Log) path(elem ...string) string {
	return l.store.Path(append([]string{"logs", l.writer}, elem...)...)
}

func (l *Log) headPath() string { return filepath.Join(l.heads, l.client+".ckpt") }

func (l *Log) checkNames() error {
	switch {
	case !ValidID(l.client):
		return fmt.Errorf("%q can't be the id of a client", l.client)
	case !ValidID(l.writer):
		return fmt.Errorf("%q can't be the id of a writer", l.writer)
	case l.key == nil:
		return errors.New("a log needs the key of its writer")
	case l.heads == "":
		return errors.New("a log needs a folder beside its key for the newest checkpoint")
	}
	return nil
}

// Check says whether it is safe to append. ErrOlder: the store is older than
// the newest checkpoint beside the key, or contradicts it. ErrForeign: the
// log in the store was signed by another key. In both cases going on would
// make two histories: start a new writer, and say so.
func (l *Log) Check() error {
	if err := l.checkNames(); err != nil {
		return err
	}
	_, err := l.current()
	return err
}

// current reads the log's checkpoint, of size 0 when there is no log yet,
// and holds it to the one beside the key. That one is read first: it is
// written last.
func (l *Log) current() (Checkpoint, error) {
	head, haveHead, err := l.readHead()
	if err != nil {
		return Checkpoint{}, err
	}
	cp, have, err := l.readState()
	if err != nil {
		return Checkpoint{}, err
	}
	older := func(format string, args ...any) error {
		return &FileError{l.path(), fmt.Sprintf(format, args...), ErrOlder}
	}
	switch {
	case !haveHead:
		return cp, nil
	case !have:
		return cp, older("no log is here, but its writer has signed %d entries: it was deleted, or the folder was restored from an older copy", head.Size)
	case cp.Size < head.Size:
		return cp, older("the log has %d entries, but its writer has signed %d: it was cut, or restored from an older copy", cp.Size, head.Size)
	case cp.Size == head.Size && cp.Root != head.Root:
		return cp, older("the log contradicts what its writer signed last: it was restored from another copy")
	case cp.Size > head.Size:
		return cp, l.extends(head)
	}
	return cp, nil
}

// extends checks the rare case that the store is ahead of the copy beside
// the key: a crash came between the two.
func (l *Log) extends(head Checkpoint) error {
	view, err := l.store.ReadLog(l.client, l.writer, l.key.Public())
	if err != nil {
		return err
	}
	if err := view.Consistent(head); err != nil {
		return &FileError{l.path(), "the log contradicts what its writer signed before: " + err.Error(), ErrOlder}
	}
	return nil
}

func (l *Log) readHead() (cp Checkpoint, ok bool, err error) {
	path := l.headPath()
	data, err := readFile(path, checkpointLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, false, nil
	}
	if err != nil {
		return Checkpoint{}, false, err
	}
	cp, err = ParseCheckpoint(data, l.key.Public(), l.origin())
	if errors.Is(err, ErrWrongKey) || errors.Is(err, ErrWrongOrigin) {
		return Checkpoint{}, false, &FileError{path, err.Error(), ErrForeign}
	}
	if err != nil {
		return Checkpoint{}, false, corrupt(path, err.Error())
	}
	return cp, true, nil
}

func (l *Log) readState() (cp Checkpoint, ok bool, err error) {
	cp, err = l.store.readCheckpoint(l.client, l.writer, l.key.Public())
	switch {
	case errors.Is(err, ErrEmptyLog):
		return Checkpoint{Origin: l.origin(), Root: edge{}.root()}, false, nil
	case errors.Is(err, ErrWrongKey) || errors.Is(err, ErrWrongOrigin):
		return Checkpoint{}, false, &FileError{l.path("checkpoint"), "somebody else's log: " + err.Error(), ErrForeign}
	}
	return cp, err == nil, err
}

// Append adds leaves to the log, all or none, and returns the index of the
// first of them and the checkpoint that holds them, which is durable by
// then. It refuses to build on a log that isn't what its checkpoint says
// (ErrCorrupt) and on one that Check refuses. After any other error the
// leaves may be in the log or not; the log is valid in either case.
func (l *Log) Append(ctx context.Context, leaves ...Leaf) (first int64, cp Checkpoint, err error) {
	entries, err := encodeLeaves(leaves)
	if err != nil {
		return 0, Checkpoint{}, err
	}
	if err := l.checkNames(); err != nil {
		return 0, Checkpoint{}, err
	}
	lock, err := l.store.disk.Lock(ctx, l.store.Path("locks", l.writer+".lock"))
	if err != nil {
		return 0, Checkpoint{}, err
	}
	defer lock.Unlock()

	before, err := l.current()
	if err != nil {
		return 0, Checkpoint{}, err
	}
	tree, last, err := l.readEdge(before)
	if err != nil {
		return 0, Checkpoint{}, err
	}
	cp, err = l.grow(before, tree, last, entries)
	if err != nil {
		return 0, Checkpoint{}, fmt.Errorf("appending to the log %s: %w", l.path(), err)
	}
	l.tidy(before.Size, cp.Size)
	return before.Size, cp, nil
}

func encodeLeaves(leaves []Leaf) ([][]byte, error) {
	if len(leaves) == 0 {
		return nil, errors.New("no leaf to append")
	}
	entries := make([][]byte, len(leaves))
	for i, leaf := range leaves {
		b, err := leaf.encode()
		if err != nil {
			return nil, err
		}
		entries[i] = b
	}
	return entries, nil
}

// readEdge reads the tiles that aren't full and holds them to the checkpoint:
// the hashes to its root, the entries to their hashes.
func (l *Log) readEdge(cp Checkpoint) (edge, [][]byte, error) {
	var tree edge
	for level := 0; levelLength(level, cp.Size) > 0; level++ {
		data, path, err := l.readLast(level, cp.Size)
		if err != nil {
			return nil, nil, err
		}
		hashes, err := decodeHashes(data, int(levelLength(level, cp.Size)%tileWidth))
		if err != nil {
			return nil, nil, corrupt(path, err.Error())
		}
		tree = append(tree, hashes)
	}
	if tree.root() != tlog.Hash(cp.Root) {
		return nil, nil, corrupt(l.path("tile"), "the last tiles don't give the root that the checkpoint signed: nothing is appended to a log that was changed")
	}
	data, path, err := l.readLast(entryLevel, cp.Size)
	if err != nil {
		return nil, nil, err
	}
	entries, err := decodeBundle(data, int(cp.Size%tileWidth))
	if err != nil {
		return nil, nil, corrupt(path, err.Error())
	}
	for i, e := range entries {
		if tlog.RecordHash(e) != tree[0][i] {
			return nil, nil, corrupt(path, fmt.Sprintf("entry %d was changed: it isn't the one that was hashed into the log", cp.Size-cp.Size%tileWidth+int64(i)))
		}
	}
	return tree, entries, nil
}

// readLast reads the tile of a level that isn't full, if there is one.
func (l *Log) readLast(level int, size int64) (data []byte, path string, err error) {
	length := levelLength(level, size)
	t := newTile(level, length/tileWidth, length)
	if t.W == 0 {
		return nil, "", nil
	}
	path = l.path(tilePath(t))
	data, err = readFile(path, bundleLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, path, missing(path, "this file of the log is missing")
	}
	return data, path, err
}

// grow writes first what is new, then the checkpoint, then the copy of the
// checkpoint beside the key. Until the checkpoint is in place, nobody looks
// at the rest.
func (l *Log) grow(before Checkpoint, tree edge, last, entries [][]byte) (Checkpoint, error) {
	var files []File
	size := before.Size + int64(len(entries))
	for n, bundle := before.Size/tileWidth, append(last, entries...); len(bundle) > 0; n++ {
		w := min(tileWidth, len(bundle))
		files = append(files, File{l.path(tilePath(newTile(entryLevel, n, size))), encodeBundle(bundle[:w])})
		bundle = bundle[w:]
	}
	files = append(files, l.growTiles(before.Size, &tree, entries)...)
	if err := l.store.disk.WriteFiles(files...); err != nil {
		return Checkpoint{}, err
	}
	return l.publish(size, tree)
}

// growTiles gives the hash tiles that the entries fill or lengthen.
func (l *Log) growTiles(size int64, tree *edge, entries [][]byte) []File {
	before := size
	var files []File
	for _, e := range entries {
		size++
		tree.push(tlog.RecordHash(e), func(level int, hashes []tlog.Hash) {
			length := levelLength(level, size)
			files = append(files, File{l.path(tilePath(newTile(level, length/tileWidth-1, length))), encodeHashes(hashes)})
		})
	}
	for level, hashes := range *tree {
		length := levelLength(level, size)
		t := newTile(level, length/tileWidth, length)
		if t.W == 0 || length == levelLength(level, before) {
			continue
		}
		files = append(files, File{l.path(tilePath(t)), encodeHashes(hashes)})
	}
	return files
}

func (l *Log) publish(size int64, tree edge) (Checkpoint, error) {
	cp, err := signCheckpoint(l.origin(), size, tree.root(), l.key)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := l.store.disk.WriteFile(l.path("checkpoint"), cp.Text); err != nil {
		return Checkpoint{}, err
	}
	if err := l.store.disk.WriteFile(l.headPath(), cp.Text); err != nil {
		return Checkpoint{}, fmt.Errorf("keeping the checkpoint beside the key: %w", err)
	}
	return cp, nil
}

// tidy removes the partial tiles that neither the last checkpoint nor the
// one before it needs, and what crashes left beside them. The append has
// succeeded by then, so what can't be removed stays: it does no harm.
func (l *Log) tidy(before, after int64) {
	l.tidyFolder(l.path(), isTemp)
	for level := entryLevel; levelLength(level, before) > 0; level++ {
		from, to := levelLength(level, before), levelLength(level, after)
		n := from / tileWidth
		keep := []int{newTile(level, n, from).W, newTile(level, n, to).W}
		l.tidyFolder(l.partials(level, n), func(name string) bool {
			w, err := strconv.Atoi(name)
			return isTemp(name) || err == nil && !slices.Contains(keep, w)
		})
		if n > 0 {
			dir := l.partials(level, n-1)
			l.tidyFolder(dir, func(string) bool { return true })
			_ = l.store.disk.Remove(dir)
		}
	}
}

// partials is the folder with the partial versions of a tile.
func (l *Log) partials(level int, n int64) string {
	return filepath.Dir(l.path(tilePath(tlog.Tile{H: tileHeight, L: level, N: n, W: 1})))
}

func (l *Log) tidyFolder(dir string, unwanted func(name string) bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if unwanted(e.Name()) {
			_ = l.store.disk.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
