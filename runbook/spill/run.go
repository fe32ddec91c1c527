package spill

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"sort"
	"strings"
)

const (
	blockSize  = 8 << 10
	bufferSize = 64 << 10
	longestKey = 256 // of a block, so that they all need little beside the blocks
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errDamaged = errors.New("it isn't as it was written")
)

func inFile(err error) error {
	return fmt.Errorf("%w: %w", ErrFile, err)
}

// A tier is a temporary file of runs. The first has those that lay in memory, each
// other has the runs that were merged from all of the tier before.
type tier struct {
	file *os.File
	left string // the file's name, where it can't be removed while it is open
	size int64
	runs []run
}

// A run is sorted rows in a file, in blocks of about the same size. A row stands
// there after its length.
type run struct {
	file   io.ReaderAt
	blocks []block
}

type block struct {
	start int64
	size  int
	sum   uint32
	key   string // at most the block's first row, and more than the rows before it or the same as the last of them
}

// newTier makes a file without a name, if the system can.
func newTier() (*tier, error) {
	file, err := os.CreateTemp("", "msp-sort-*")
	if err != nil {
		return nil, inFile(err)
	}
	t := &tier{file: file}
	if os.Remove(file.Name()) != nil {
		t.left = file.Name()
	}
	return t, nil
}

func (t *tier) close() error {
	err := t.file.Close()
	if t.left != "" {
		err = errors.Join(err, os.Remove(t.left))
	}
	if err != nil {
		return inFile(err)
	}
	return nil
}

// empty gives back the room of the runs on disk.
func (t *tier) empty() error {
	t.runs, t.size = nil, 0
	if err := t.file.Truncate(0); err != nil {
		return inFile(err)
	}
	return nil
}

// write adds sorted rows as a run.
func (t *tier) write(rows iter.Seq2[[]byte, error]) error {
	file := bufio.NewWriterSize(io.NewOffsetWriter(t.file, t.size), bufferSize)
	w := runWriter{file: file, end: t.size, run: run{file: t.file}}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := w.add(row); err != nil {
			return inFile(err)
		}
	}
	if err := errors.Join(w.flush(), file.Flush()); err != nil {
		return inFile(err)
	}
	t.size = w.end
	t.runs = append(t.runs, w.run)
	return nil
}

// A runWriter gathers a block, and writes it when the next row has no room in it.
type runWriter struct {
	file  io.Writer
	end   int64
	run   run
	block []byte
	key   string
	last  []byte // the last row, which is in the block
}

func (w *runWriter) add(row []byte) error {
	if len(w.block) > 0 && len(w.block)+binary.MaxVarintLen32+len(row) > blockSize {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if len(w.block) == 0 {
		w.key = blockKey(w.last, row)
	}
	w.block = binary.AppendUvarint(w.block, uint64(len(row)))
	w.block = append(w.block, row...)
	w.last = w.block[len(w.block)-len(row):]
	return nil
}

// flush writes the block. Its bytes, and so the last row, stay until the next.
func (w *runWriter) flush() error {
	if len(w.block) == 0 {
		return nil
	}
	w.run.blocks = append(w.run.blocks, block{
		start: w.end, size: len(w.block), sum: crc32.Checksum(w.block, castagnoli), key: w.key,
	})
	w.end += int64(len(w.block))
	_, err := w.file.Write(w.block)
	w.block = w.block[:0]
	return err
}

// blockKey is the shortest that tells a block's first row from the row before it.
func blockKey(before, first []byte) string {
	n := 0
	for n < min(len(before), len(first)) && before[n] == first[n] {
		n++
	}
	if before == nil {
		n = len(first)
	}
	return string(first[:min(n+1, len(first), longestKey)])
}

// find gives the blocks that may have rows of a stretch. No row before the last
// block whose key is less than its first is as large as that; and from the
// first on whose key is beyond the prefix, all rows are. As keys are cut off, the
// first is true of the first row cut off too.
func (r run) find(of stretch) []block {
	prefix, start := string(of.prefix), string(of.from[:min(len(of.from), longestKey)])
	first := sort.Search(len(r.blocks), func(i int) bool { return r.blocks[i].key >= start })
	beyond := sort.Search(len(r.blocks), func(i int) bool {
		return r.blocks[i].key > prefix && !strings.HasPrefix(r.blocks[i].key, prefix)
	})
	return r.blocks[min(max(0, first-1), beyond):beyond]
}

// openRuns reads the rows of a stretch in those runs that have some.
func openRuns(runs []run, of stretch) ([]*cursor, error) {
	var cursors []*cursor
	var spare []byte // a block's memory, of a run that has no such rows
	for _, r := range runs {
		reader := &runReader{file: r.file, blocks: r.find(of), block: spare}
		c := &cursor{source: reader, stretch: of}
		if err := c.start(); err != nil {
			return nil, err
		}
		spare = nil
		if c.done {
			spare = reader.block
		} else {
			cursors = append(cursors, c)
		}
	}
	return cursors, nil
}

// A runReader reads one block after the other.
type runReader struct {
	file   io.ReaderAt
	blocks []block
	block  []byte
	rest   []byte // of the block
}

func (r *runReader) next() ([]byte, error) {
	if len(r.rest) == 0 {
		if len(r.blocks) == 0 {
			return nil, io.EOF
		}
		if err := r.read(); err != nil {
			return nil, inFile(err)
		}
	}
	size, n := binary.Uvarint(r.rest)
	if n <= 0 || size > uint64(len(r.rest)-n) { //nolint:gosec // n is at most the length
		return nil, inFile(errDamaged)
	}
	end := n + int(size) //nolint:gosec // it is at most the length
	row := r.rest[n:end:end]
	r.rest = r.rest[end:]
	return row, nil
}

func (r *runReader) read() error {
	b := r.blocks[0]
	if cap(r.block) < b.size {
		r.block = make([]byte, max(b.size, blockSize))
	}
	r.block = r.block[:b.size]
	_, err := r.file.ReadAt(r.block, b.start)
	if errors.Is(err, io.EOF) || err == nil && crc32.Checksum(r.block, castagnoli) != b.sum {
		return errDamaged
	}
	r.blocks, r.rest = r.blocks[1:], r.block
	return err
}
