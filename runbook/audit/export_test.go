package audit

import (
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/spill"
)

// VerifyWithLittle is Verify with next to nothing held in memory.
func VerifyWithLittle(store *evidence.Store, client string, pins Pins, at time.Time) (*Report, error) {
	a, err := newAudit(store, client, pins, at, 0)
	if err != nil {
		return nil, err
	}
	a.memory = memory{sorted: 500, recent: 2, runs: 3}
	a.index = newIndex(a.memory.sorted)
	return a.verify()
}

// Proven gives the times that tokens prove for a statement, by the digest of its
// envelope.
func Proven(store *evidence.Store, client string, pins Pins, digest string) (after, before time.Time, err error) {
	a, err := newAudit(store, client, pins, time.Time{}, record.MaxStatement)
	if err != nil {
		return after, before, err
	}
	defer a.close()
	if err := a.readLogs(); err != nil {
		return after, before, err
	}
	if err := a.readAnchors(); err != nil {
		return after, before, err
	}
	if _, _, err := a.indexLogs(); err != nil {
		return after, before, err
	}
	r, _ := a.find(digest)
	s, err := (&reader{audit: a}).readStatement(r)
	if err != nil {
		return after, before, err
	}
	p := a.around(s)
	return p.after, p.before, nil
}

// NewRunLines puts lines into a report's list, with so many bytes of memory.
func NewRunLines(memory int, lines ...RunLine) (RunLines, error) {
	l := RunLines{sorted: spill.NewSorter(memory)}
	for _, line := range lines {
		if err := l.add(&line); err != nil {
			return l, err
		}
	}
	return l.whole(), nil
}
