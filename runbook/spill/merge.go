package spill

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// A source gives sorted rows, each valid until the next, and io.EOF after the last.
type source interface {
	next() ([]byte, error)
}

// A stretch is the rows that begin with a prefix and aren't less than another row.
type stretch struct{ prefix, from []byte }

// A cursor stands at a row of a source, of a stretch.
type cursor struct {
	stretch
	source source
	row    []byte
	key    uint64 // of what follows the prefix
	done   bool
}

// start goes to the first row.
func (c *cursor) start() error {
	for {
		row, err := c.source.next()
		if err != nil || bytes.Compare(row, c.from) >= 0 {
			return c.stand(row, err)
		}
	}
}

// advance goes to the next row.
func (c *cursor) advance() error {
	return c.stand(c.source.next())
}

func (c *cursor) stand(row []byte, err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err != nil || !bytes.HasPrefix(row, c.prefix) {
		c.row, c.done = nil, true
		return nil
	}
	c.row, c.key = row, key(row[len(c.prefix):])
	return nil
}

// before says whether a cursor's row comes first. Those that are done come last.
func (c *cursor) before(other *cursor) bool {
	switch {
	case c.done || other.done:
		return !c.done
	case c.key != other.key:
		return c.key < other.key
	}
	return bytes.Compare(c.row, other.row) < 0
}

// A tournament finds the first of many cursors. They are the leaves of a binary
// tree in which the parent of node n is n/2; cursor i is the leaf len(cursors)+i.
// Each node keeps who lost there, so that after the winner has moved only those on
// its way up play again. Node 0 keeps the winner.
type tournament struct {
	cursors []*cursor
	losers  []int
}

const nobody = -1

func newTournament(cursors []*cursor) *tournament {
	t := &tournament{cursors: cursors, losers: make([]int, len(cursors))}
	for i := range t.losers {
		t.losers[i] = nobody
	}
	for i := range cursors {
		t.play(i)
	}
	return t
}

// play takes a cursor up the tree. Whoever comes first to a node that has seen
// nobody waits there for the other one.
func (t *tournament) play(winner int) {
	for node := (len(t.cursors) + winner) / 2; node > 0; node /= 2 {
		other := t.losers[node]
		if other == nobody {
			t.losers[node] = winner
			return
		}
		if t.cursors[other].before(t.cursors[winner]) {
			t.losers[node], winner = winner, other
		}
	}
	t.losers[0] = winner
}

// merge gives the rows of all cursors in order.
func merge(cursors []*cursor) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if len(cursors) == 0 {
			return
		}
		t := newTournament(cursors)
		for {
			first := t.cursors[t.losers[0]]
			if first.done || !yield(first.row, nil) {
				return
			}
			if err := first.advance(); err != nil {
				yield(nil, err)
				return
			}
			t.play(t.losers[0])
		}
	}
}
