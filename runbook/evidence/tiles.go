package evidence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight  = 8
	tileWidth   = 1 << tileHeight
	entryLevel  = -1 // of the tiles that hold entries; hash tiles are on 0 and above
	bundleLimit = tileWidth * (2 + leafLimit)
)

// newTile names the tile n of a level, with the hashes or entries that a
// level of the length given has in it; W is 0 when there are none.
func newTile(level int, n, length int64) tlog.Tile {
	w := max(0, min(tileWidth, length-n*tileWidth))
	return tlog.Tile{H: tileHeight, L: level, N: n, W: int(w)}
}

// levelLength is how many hashes (or entries) a level holds in a log of a size.
func levelLength(level int, size int64) int64 {
	return size >> (tileHeight * max(0, level))
}

// tilePath is a tile's path below the log's folder, named as C2SP's tlog-tiles
// wants it; x/mod names the same tiles with the height in front.
func tilePath(t tlog.Tile) string {
	rest, _ := strings.CutPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if after, ok := strings.CutPrefix(rest, "data/"); ok {
		rest = "entries/" + after
	}
	return filepath.FromSlash("tile/" + rest)
}

// parseTilePath is the reverse of tilePath.
func parseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(filepath.ToSlash(path), "tile/")
	if !ok || strings.HasPrefix(rest, "data/") {
		return tlog.Tile{}, errors.New("not a file of a log")
	}
	if after, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + after
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if err != nil || filepath.ToSlash(tilePath(t)) != filepath.ToSlash(path) {
		return tlog.Tile{}, errors.New("not a file of a log")
	}
	return t, nil
}

// encodeBundle writes entries as tlog-tiles does: each after its length in
// two bytes.
func encodeBundle(entries [][]byte) []byte {
	var b []byte
	for _, e := range entries {
		b = binary.BigEndian.AppendUint16(b, uint16(len(e))) //nolint:gosec // a leaf has under 200 bytes
		b = append(b, e...)
	}
	return b
}

// decodeBundle reads exactly n entries.
func decodeBundle(data []byte, n int) ([][]byte, error) {
	entries := make([][]byte, 0, n)
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("entry %d stops half-way", len(entries))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end:end])
		data = data[end:]
	}
	if len(entries) != n {
		return nil, fmt.Errorf("%d entries where %d belong", len(entries), n)
	}
	return entries, nil
}

func encodeHashes(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

// decodeHashes reads exactly n hashes.
func decodeHashes(data []byte, n int) ([]tlog.Hash, error) {
	if len(data) != n*tlog.HashSize {
		return nil, fmt.Errorf("%d bytes where %d hashes belong", len(data), n)
	}
	hashes := make([]tlog.Hash, n)
	for i := range hashes {
		copy(hashes[i][:], data[i*tlog.HashSize:])
	}
	return hashes, nil
}

// An edge is the right-hand border of a tree: on each level the hashes of
// the tile that isn't full yet. It is all that is needed to go on, and the
// root follows from it.
type edge [][]tlog.Hash

// push adds the hash of an entry, and calls full with each tile that this
// completes.
func (e *edge) push(h tlog.Hash, full func(level int, hashes []tlog.Hash)) {
	for level := 0; ; level++ {
		if level == len(*e) {
			*e = append(*e, nil)
		}
		hashes := append((*e)[level], h)
		(*e)[level] = hashes
		if len(hashes) < tileWidth {
			return
		}
		(*e)[level] = nil
		full(level, hashes)
		h = subtree(hashes)
	}
}

// root folds the border's complete subtrees from the right, smallest first.
func (e edge) root() tlog.Hash {
	var root tlog.Hash
	empty := true
	for _, hashes := range e {
		for len(hashes) > 0 {
			block := len(hashes) & -len(hashes)
			h := subtree(hashes[len(hashes)-block:])
			if !empty {
				h = tlog.NodeHash(h, root)
			}
			root, empty = h, false
			hashes = hashes[:len(hashes)-block]
		}
	}
	if empty {
		root, _ = tlog.TreeHash(0, nil)
	}
	return root
}

// subtree hashes a complete subtree; the number of hashes is a power of two.
func subtree(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(subtree(hashes[:half]), subtree(hashes[half:]))
}
