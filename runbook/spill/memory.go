package spill

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"iter"
	"slices"
	"sort"
)

// memory is rows one after the other, and where each is.
type memory struct {
	bytes []byte
	spans []span
}

type span struct {
	key         uint64 // see key
	start, size uint32
}

const spanSize = 8 + 4 + 4

// key is the first bytes of a row as a number. It compares as they do; what is
// equal by it may still differ.
func key(row []byte) uint64 {
	if len(row) >= 8 {
		return binary.BigEndian.Uint64(row)
	}
	var first [8]byte
	copy(first[:], row)
	return binary.BigEndian.Uint64(first[:])
}

// fits says whether one more row stays within a limit. A first row always does.
func (m *memory) fits(row []byte, limit int) bool {
	return len(m.spans) == 0 || len(m.bytes)+len(row)+(len(m.spans)+1)*spanSize <= limit
}

func (m *memory) add(row []byte) {
	m.spans = append(m.spans, span{key: key(row), start: uint32(len(m.bytes)), size: uint32(len(row))}) //nolint:gosec // there are at most 2 GiB
	m.bytes = append(m.bytes, row...)
}

// empty keeps the memory for the next rows, unless a huge row made it large.
func (m *memory) empty(limit int) {
	if cap(m.bytes) > 2*limit {
		m.bytes = nil
	}
	m.bytes, m.spans = m.bytes[:0], m.spans[:0]
}

func (m *memory) row(s span) []byte {
	end := s.start + s.size
	return m.bytes[s.start:end:end]
}

func (m *memory) sort() {
	slices.SortFunc(m.spans, func(a, b span) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return bytes.Compare(m.row(a), m.row(b))
	})
}

// all gives the rows as they lie there.
func (m *memory) all() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, s := range m.spans {
			if !yield(m.row(s), nil) {
				return
			}
		}
	}
}

// from reads sorted memory from the first row that isn't less than one given.
func (m *memory) from(first []byte) *memoryReader {
	i := sort.Search(len(m.spans), func(i int) bool { return bytes.Compare(m.row(m.spans[i]), first) >= 0 })
	return &memoryReader{memory{bytes: m.bytes, spans: m.spans[i:]}}
}

type memoryReader struct{ rest memory }

func (r *memoryReader) next() ([]byte, error) {
	if len(r.rest.spans) == 0 {
		return nil, io.EOF
	}
	row := r.rest.row(r.rest.spans[0])
	r.rest.spans = r.rest.spans[1:]
	return row, nil
}
