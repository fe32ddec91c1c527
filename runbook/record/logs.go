package record

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// Logs are the leaves of all logs of a client, as they were read once. Their
// statements are read when they are asked for.
type Logs struct {
	store    *evidence.Store
	limit    int
	leaves   []writtenLeaf
	problems []error // of whole logs
}

// writtenLeaf is a leaf, whose log it stands in, and where.
type writtenLeaf struct {
	evidence.Leaf
	writer string
	index  int64
}

// ReadLogs reads the logs of a client. A log that can't be read is a problem of
// every history that is made of them. An envelope has at most limit bytes; 0 is
// MaxStatement.
func ReadLogs(store *evidence.Store, client string, limit int) (*Logs, error) {
	writers, err := store.Writers()
	if err != nil {
		return nil, err
	}
	l := newLogs(store, limit)
	for _, writer := range writers {
		switch err := l.read(client, writer); {
		case errors.Is(err, evidence.ErrEmptyLog): // made by an append that a crash cut off
		case err != nil:
			l.problems = append(l.problems, err)
		}
	}
	return l, nil
}

func newLogs(store *evidence.Store, limit int) *Logs {
	if limit == 0 {
		limit = MaxStatement
	}
	return &Logs{store: store, limit: limit}
}

func (l *Logs) read(client, writer string) error {
	key, err := WriterKey(l.store, writer, l.limit)
	if err != nil {
		return err
	}
	view, err := l.store.ReadLog(client, writer, key)
	if err != nil {
		return err
	}
	l.add(writer, view)
	return nil
}

func (l *Logs) add(writer string, view *evidence.LogView) {
	for i, leaf := range view.All() {
		l.leaves = append(l.leaves, writtenLeaf{*leaf, writer, i})
	}
}

// HistoryOf reads the statements of logs that were read already, by writer.
func HistoryOf(store *evidence.Store, views map[string]*evidence.LogView, limit int) *History {
	l := newLogs(store, limit)
	for _, writer := range slices.Sorted(maps.Keys(views)) {
		l.add(writer, views[writer])
	}
	return l.History()
}

// History reads all statements.
func (l *Logs) History() *History { return l.only(func(writtenLeaf) bool { return true }) }

// Kinds reads only the statements of some kinds, none of which belongs to a
// run: who is trusted and what was approved is known without reading all runs.
func (l *Logs) Kinds(kinds ...string) *History {
	return l.only(func(leaf writtenLeaf) bool { return slices.Contains(kinds, leaf.Kind) })
}

func (l *Logs) only(fits func(writtenLeaf) bool) *History {
	h := newHistory(l)
	for _, leaf := range l.leaves {
		if fits(leaf) {
			h.take(l.store, leaf)
		}
	}
	h.sort()
	return h
}

// Bind finds the occurrence of a runbook whose window holds an instant. Nil: no
// plan asks for the runbook then, and a run is unscheduled. An occurrence that
// an open run holds can't be had (ErrClaimed); one that is decided can only be
// repeated.
//
// It reads the plans and the runs since the window opened, not the whole
// history: a run's id tells when it was made.
func (l *Logs) Bind(runbookID string, at time.Time) (*Bound, error) {
	bound, err := l.Kinds(KindPlan).find(l.store, runbookID, at)
	if bound == nil || err != nil {
		return nil, err
	}
	since := bound.Occurrence.Opens.Add(-time.Minute)
	recent := l.only(func(leaf writtenLeaf) bool {
		return leaf.Run != "" && !madeBefore(leaf.Run, since) || slices.Contains(heldKinds, leaf.Kind)
	})
	return bound, recent.claim(bound, at)
}

// CatchUp makes sure that no run has made a missed occurrence good, or tried to.
func (l *Logs) CatchUp(occurrence string) error {
	h := l.only(func(leaf writtenLeaf) bool { return leaf.Kind == KindRunStart })
	for _, account := range h.Accounts {
		if account.Start.Body.CatchesUp == occurrence {
			return fmt.Errorf("%s: %w, %s", occurrence, ErrClaimed, ShortID(account.Run))
		}
	}
	return nil
}

// Asked are the inputs that the plan in force asks for a runbook with, whether it is
// due or not; nil where no plan asks for it.
func (l *Logs) Asked(runbookID string, at time.Time) (map[string]string, error) {
	return l.Kinds(KindPlan).asked(l.store, runbookID, at)
}

// ReadHistory reads the logs of a client and all their statements. The error is
// of reading at all; what is wrong with single logs and statements stands in the
// history's Problems.
func ReadHistory(store *evidence.Store, client string, limit int) (*History, error) {
	logs, err := ReadLogs(store, client, limit)
	if err != nil {
		return nil, err
	}
	return logs.History(), nil
}
