package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The endings of the files of an excerpt, and their bounds.
const (
	leafSuffix        = ".leaf"
	proofSuffix       = ".tlog-proof"
	consistencySuffix = ".consistency"

	proofHeader = "c2sp.org/tlog-proof@v1"
	proofLimit  = checkpointLimit + 64*64
	maxHashes   = 63
)

// excerpt is what a view knows of a log that isn't there as a whole.
type excerpt struct {
	earlier map[int64]tlog.TreeProof // by the size of the earlier head
}

// Whole says whether the view is of a whole log, and not of a part of it.
func (v *LogView) Whole() bool { return v.indexes == nil }

// All gives the leaves by their index in the log.
func (v *LogView) All() iter.Seq2[int64, *Leaf] {
	return func(yield func(int64, *Leaf) bool) {
		for i := range v.Leaves {
			index := int64(i)
			if v.indexes != nil {
				index = v.indexes[i]
			}
			if !yield(index, &v.Leaves[i]) {
				return
			}
		}
	}
}

// Files are the files of a whole log as they are named below its folder, for
// its checkpoint and nothing else: the same bytes whatever lay there before.
func (v *LogView) Files() []File {
	size := v.Checkpoint.Size
	files := []File{{"checkpoint", v.Checkpoint.Text}}
	for n := int64(0); n*tileWidth < size; n++ {
		t := newTile(entryLevel, n, size)
		files = append(files, File{filepath.ToSlash(tilePath(t)), encodeBundle(v.RawLeaves(n*tileWidth, n*tileWidth+int64(t.W)))})
	}
	for level := 0; levelLength(level, size) > 0; level++ {
		length := levelLength(level, size)
		for n := int64(0); n*tileWidth < length; n++ {
			t := newTile(level, n, length)
			hashes := make([]tlog.Hash, t.W)
			for i := range hashes {
				hashes[i] = v.hashes[tlog.StoredHashIndex(level*tileHeight, n*tileWidth+int64(i))]
			}
			files = append(files, File{filepath.ToSlash(tilePath(t)), encodeHashes(hashes)})
		}
	}
	return files
}

// Excerpt gives the files of an excerpt: these leaves, and for each earlier
// size the proof that a head of that size is a state of this log.
func (v *LogView) Excerpt(indexes, sizes []int64) ([]File, error) {
	files := []File{{"checkpoint", v.Checkpoint.Text}}
	for _, i := range indexes {
		proof, err := v.InclusionProof(i)
		if err != nil {
			return nil, err
		}
		name := strconv.FormatInt(i, 10)
		header := fmt.Sprintf("%s\nindex %d\n", proofHeader, i)
		files = append(files, File{name + leafSuffix, v.Leaves[i].spell()}, File{name + proofSuffix, v.proofText(header, proof)})
	}
	for _, size := range sizes {
		if size <= 0 || size > v.Checkpoint.Size {
			return nil, fmt.Errorf("the log has %d entries: it had no head of %d", v.Checkpoint.Size, size)
		}
		proof, err := tlog.ProveTree(v.Checkpoint.Size, size, v.reader())
		if err != nil {
			return nil, err
		}
		header := fmt.Sprintf("old %d\n", size)
		files = append(files, File{strconv.FormatInt(size, 10) + consistencySuffix, v.proofText(header, proof)})
	}
	return files, nil
}

// proofText is how C2SP writes proofs: a header, the hashes, an empty line and
// the checkpoint.
func (v *LogView) proofText(header string, hashes []tlog.Hash) []byte {
	b := []byte(header)
	for _, h := range hashes {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), v.Checkpoint.Text...)
}

// ReadExcerpt reads an excerpt in place of a whole log, and holds each leaf to
// the checkpoint. A FileError names the file at fault, as with ReadLog.
func (s *Store) ReadExcerpt(client, writer string, key PublicKey) (*LogView, error) {
	cp, err := s.readCheckpoint(client, writer, key)
	if err != nil {
		return nil, err
	}
	v := &LogView{Checkpoint: cp, dir: s.Path("logs", writer), part: &excerpt{earlier: map[int64]tlog.TreeProof{}}}
	files, err := s.excerptFiles(writer)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		switch f.suffix {
		case leafSuffix:
			err = v.readLeaf(s.Path("logs", writer), f)
		case consistencySuffix:
			err = v.readConsistency(s.Path("logs", writer, f.name()), f)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(v.Leaves) == 0 {
		return nil, &FileError{v.dir, "the excerpt has no leaf", ErrEmptyLog}
	}
	return v, nil
}

// An excerptFile is one of the files of an excerpt but the checkpoint.
type excerptFile struct {
	number int64
	suffix string
}

func (f excerptFile) name() string { return strconv.FormatInt(f.number, 10) + f.suffix }

// excerptFiles lists the files by their number, and refuses any other.
func (s *Store) excerptFiles(writer string) ([]excerptFile, error) {
	entries, err := os.ReadDir(s.Path("logs", writer))
	if err != nil {
		return nil, err
	}
	var files []excerptFile
	leaves, proofs := 0, 0
	for _, e := range entries {
		if e.Name() == "checkpoint" {
			continue
		}
		number, suffix, _ := strings.Cut(e.Name(), ".")
		n, err := strconv.ParseInt(number, 10, 64)
		f := excerptFile{n, "." + suffix}
		if err != nil || n < 0 || f.name() != e.Name() || !slices.Contains([]string{leafSuffix, proofSuffix, consistencySuffix}, f.suffix) {
			return nil, corrupt(s.Path("logs", writer, e.Name()), "not a file of an excerpt")
		}
		switch f.suffix {
		case leafSuffix:
			leaves++
		case proofSuffix:
			proofs++
		}
		files = append(files, f)
	}
	if leaves != proofs { // a leaf without a proof is found when it is read
		return nil, corrupt(s.Path("logs", writer), fmt.Sprintf("%d leaves and %d proofs", leaves, proofs))
	}
	slices.SortFunc(files, func(a, b excerptFile) int {
		return int(min(1, max(-1, a.number-b.number)))
	})
	return files, nil
}

func (v *LogView) readLeaf(dir string, f excerptFile) error {
	path := filepath.Join(dir, f.name())
	raw, err := readFile(path, leafLimit)
	if err != nil {
		return err
	}
	leaf, err := ParseLeaf(raw)
	if err != nil {
		return corrupt(path, err.Error())
	}
	path = strings.TrimSuffix(path, leafSuffix) + proofSuffix
	hashes, err := v.readProof(path, fmt.Sprintf("%s\nindex %d\n", proofHeader, f.number))
	if err != nil {
		return err
	}
	if f.number >= v.Checkpoint.Size {
		return corrupt(path, fmt.Sprintf("the checkpoint is of %d entries and has no entry %d", v.Checkpoint.Size, f.number))
	}
	if err := tlog.CheckRecord(hashes, v.Checkpoint.Size, v.Checkpoint.Root, f.number, tlog.RecordHash(raw)); err != nil {
		return corrupt(path, fmt.Sprintf("it doesn't prove that entry %d is in the log: the leaf, the proof or the checkpoint was changed", f.number))
	}
	v.Leaves = append(v.Leaves, leaf)
	v.indexes = append(v.indexes, f.number)
	return nil
}

func (v *LogView) readConsistency(path string, f excerptFile) error {
	hashes, err := v.readProof(path, fmt.Sprintf("old %d\n", f.number))
	if err != nil {
		return err
	}
	v.part.earlier[f.number] = hashes
	return nil
}

// readProof reads a proof of this view's checkpoint, of which there is one
// spelling.
func (v *LogView) readProof(path, header string) ([]tlog.Hash, error) {
	data, err := readFile(path, proofLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(path, "this proof is missing")
	}
	if err != nil {
		return nil, err
	}
	hashes, err := decodeProof(data, header)
	if err != nil {
		return nil, corrupt(path, err.Error())
	}
	if !bytes.Equal(v.proofText(header, hashes), data) {
		return nil, corrupt(path, "the proof isn't for the checkpoint beside it, or isn't spelt as msp does")
	}
	return hashes, nil
}

func decodeProof(data []byte, header string) ([]tlog.Hash, error) {
	rest, ok := bytes.CutPrefix(data, []byte(header))
	if !ok {
		return nil, fmt.Errorf("it doesn't begin with %q", header)
	}
	var hashes []tlog.Hash
	for {
		line, after, ok := bytes.Cut(rest, []byte{'\n'})
		if !ok {
			return nil, errors.New("it has no checkpoint")
		}
		if len(line) == 0 {
			return hashes, nil
		}
		h, err := base64.StdEncoding.Strict().DecodeString(string(line))
		if err != nil || len(h) != tlog.HashSize || len(hashes) == maxHashes {
			return nil, errors.New("not a proof: a line is no hash, or there are too many")
		}
		hashes, rest = append(hashes, tlog.Hash(h)), after
	}
}

// consistent is Consistent for an excerpt, which can show it only for the heads
// that it has a proof for.
func (e *excerpt) consistent(cp, other Checkpoint) error {
	if other.Size == cp.Size {
		if other.Root != cp.Root {
			return fmt.Errorf("%w: someone holds another checkpoint of %d entries", ErrRewritten, cp.Size)
		}
		return nil
	}
	proof, ok := e.earlier[other.Size]
	if !ok {
		return fmt.Errorf("%w: the excerpt, made at %d entries, has no proof for a checkpoint of %d", ErrNotWhole, cp.Size, other.Size)
	}
	if err := tlog.CheckTree(proof, cp.Size, cp.Root, other.Size, other.Root); err != nil {
		return fmt.Errorf("%w: someone holds a checkpoint of %d entries that the proof doesn't lead to", ErrRewritten, other.Size)
	}
	return nil
}

// FirstOfExcerpt is FirstLeaf for an excerpt: the first leaf that is there, unverified.
func (s *Store) FirstOfExcerpt(writer string) (Leaf, error) {
	if !ValidID(writer) {
		return Leaf{}, fmt.Errorf("no writer can be called %q", writer)
	}
	files, err := s.excerptFiles(writer)
	if err != nil {
		return Leaf{}, err
	}
	for _, f := range files {
		if f.suffix != leafSuffix {
			continue
		}
		path := s.Path("logs", writer, f.name())
		raw, err := readFile(path, leafLimit)
		if err != nil {
			return Leaf{}, err
		}
		leaf, err := ParseLeaf(raw)
		if err != nil {
			return Leaf{}, corrupt(path, err.Error())
		}
		return leaf, nil
	}
	return Leaf{}, &FileError{s.Path("logs", writer), "the excerpt has no leaf", ErrEmptyLog}
}
