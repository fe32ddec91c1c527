package audit

import (
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// Proven gives the times that tokens prove for a statement, by the digest of its
// envelope.
func Proven(store *evidence.Store, client string, pins Pins, digest string) (after, before time.Time, err error) {
	a := &audit{store: store, client: client, pins: pins, limit: record.MaxStatement}
	if err := a.readLogs(); err != nil {
		return after, before, err
	}
	if err := a.readAnchors(); err != nil {
		return after, before, err
	}
	a.index()
	s, err := (&reader{audit: a}).readStatement(a.named[digest])
	if err != nil {
		return after, before, err
	}
	p := a.around(s)
	return p.after, p.before, nil
}
