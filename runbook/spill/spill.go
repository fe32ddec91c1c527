// Package spill sorts more rows than memory should hold.
package spill

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
)

const (
	// DefaultMemory is how many bytes a Sorter holds in memory if nobody says
	// otherwise.
	DefaultMemory = 4 << 20

	mostMemory = 1 << 30 // spans have 32 bits, and a row may come on top
	longestRow = 1 << 30
	runsInTier = 64
)

// ErrFile is what is wrong with a temporary file. They lie in the folder of
// os.TempDir.
var ErrFile = errors.New("sorting in a temporary file")

var (
	errRead   = errors.New("the rows are being read, and none can be added any more")
	errClosed = errors.New("the rows are given up")
)

// A Sorter takes rows of bytes in any order and gives them back in the order of
// their bytes; equal rows are all kept. Up to a limit they lie in memory. What is
// more lies in temporary files, as runs that are sorted each for itself, and is
// merged when it is read.
type Sorter struct {
	limit  int
	length int
	memory memory
	tiers  []*tier
	err    error // after it nothing works

	sort   sync.Once
	sorted atomic.Bool
}

// NewSorter makes a Sorter that holds up to so many bytes of rows and their
// bookkeeping in memory; 0 is DefaultMemory. What lies in files needs at most a few
// hundredths of its size in memory, to find the way there, and a block of 8 KiB for
// each run while it is read.
func NewSorter(memory int) *Sorter {
	if memory <= 0 {
		memory = DefaultMemory
	}
	return &Sorter{limit: min(memory, mostMemory)}
}

// Add takes a copy of a row. It is for one goroutine at a time, and no longer
// possible once Sorted or Find was called. After an error, which is one of the
// temporary files, the rows are incomplete, and all else gives it too.
func (s *Sorter) Add(row []byte) error {
	switch {
	case s.err != nil:
		return s.err
	case s.sorted.Load():
		return errRead
	case len(row) > longestRow:
		return fmt.Errorf("a row of %d bytes is too long to be sorted", len(row))
	}
	if !s.memory.fits(row, s.limit) {
		if s.err = s.spill(); s.err != nil {
			return s.err
		}
	}
	s.memory.add(row)
	s.length++
	return nil
}

// Len is how many rows were added.
func (s *Sorter) Len() int {
	return s.length
}

// Sorted gives all rows in their order. Each is valid until the next. Once nothing
// is added any more it may be called many times, by many goroutines side by side.
// An error is the last that it gives.
func (s *Sorter) Sorted() iter.Seq2[[]byte, error] {
	return s.Find(nil)
}

// Find gives the rows that begin with a prefix, as Sorted does. Of each run it
// reads only the blocks that may have some.
func (s *Sorter) Find(prefix []byte) iter.Seq2[[]byte, error] {
	return s.FindFrom(prefix, nil)
}

// FindFrom gives those of them that aren't less than a row.
func (s *Sorter) FindFrom(prefix, row []byte) iter.Seq2[[]byte, error] {
	s.sort.Do(func() {
		s.sorted.Store(true)
		s.memory.sort()
	})
	of := stretch{bytes.Clone(prefix), bytes.Clone(prefix)}
	if bytes.Compare(row, prefix) > 0 {
		of.from = bytes.Clone(row)
	}
	return func(yield func([]byte, error) bool) {
		cursors, err := s.open(of)
		if err != nil {
			yield(nil, err)
			return
		}
		merge(cursors)(yield)
	}
}

// open begins to read what has rows of a stretch.
func (s *Sorter) open(of stretch) ([]*cursor, error) {
	if s.err != nil {
		return nil, s.err
	}
	var runs []run
	for _, t := range s.tiers {
		runs = append(runs, t.runs...)
	}
	cursors, err := openRuns(runs, of)
	if err != nil {
		return nil, err
	}
	last := &cursor{source: s.memory.from(of.from), stretch: of}
	if err := last.start(); err != nil {
		return nil, err
	}
	if !last.done {
		cursors = append(cursors, last)
	}
	return cursors, nil
}

// Compact makes one run of what lies in files and in memory, for many who read at
// once: each holds a block of every run. It is for when nobody reads yet.
func (s *Sorter) Compact() error {
	if s.err != nil || len(s.tiers) == 0 {
		return s.err
	}
	t, err := newTier()
	if err != nil {
		return err
	}
	if err := t.write(s.Sorted()); err != nil {
		return errors.Join(err, t.close())
	}
	old := s.tiers
	s.tiers, s.memory = []*tier{t}, memory{}
	var errs []error
	for _, t := range old {
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}

// Close gives up the rows, in memory and on disk. It is for when nobody reads
// them any more.
func (s *Sorter) Close() error {
	if s == nil {
		return nil
	}
	var errs []error
	for _, t := range s.tiers {
		errs = append(errs, t.close())
	}
	s.memory, s.tiers, s.err = memory{}, nil, errClosed
	return errors.Join(errs...)
}

// spill writes what lies in memory as a run. When a tier is full, its runs become
// one of the next tier: so there are few to read at once, however many rows there
// are, and each row is written again only when there are 64 times as many.
func (s *Sorter) spill() error {
	s.memory.sort()
	err := s.write(0, s.memory.all())
	s.memory.empty(s.limit)
	for i := 0; err == nil && len(s.tiers[i].runs) == runsInTier; i++ {
		err = s.promote(i)
	}
	return err
}

// promote makes one run of those of a tier.
func (s *Sorter) promote(i int) error {
	cursors, err := openRuns(s.tiers[i].runs, stretch{})
	if err != nil {
		return err
	}
	if err := s.write(i+1, merge(cursors)); err != nil {
		return err
	}
	return s.tiers[i].empty()
}

// write adds a run to a tier.
func (s *Sorter) write(i int, rows iter.Seq2[[]byte, error]) error {
	if i == len(s.tiers) {
		t, err := newTier()
		if err != nil {
			return err
		}
		s.tiers = append(s.tiers, t)
	}
	return s.tiers[i].write(rows)
}
