package audit

import (
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// VerifyExcerpt is Verify for evidence that has excerpts in place of whole logs:
// leaves with proofs that they are in the log. What is there is checked as in a
// whole log. That something isn't there shows nothing, neither in favour nor
// against.
func VerifyExcerpt(store *evidence.Store, client string, pins Pins, at time.Time, limit int) (*Report, error) {
	a, err := newAudit(store, client, pins, at, limit)
	if err != nil {
		return nil, err
	}
	a.part, a.gaps = true, true
	return a.verify()
}

func (a *audit) readView(writer string, key evidence.PublicKey) (*evidence.LogView, error) {
	switch {
	case a.since != nil:
		return a.store.ReadSince(a.client, writer, key, a.from(writer, key))
	case a.part:
		return a.store.ReadExcerpt(a.client, writer, key)
	}
	return a.store.ScanLog(a.client, writer, key)
}

func (a *audit) firstLeaf(writer string) (evidence.Leaf, error) {
	if a.part && a.since == nil {
		return a.store.FirstOfExcerpt(writer)
	}
	return a.store.FirstLeaf(writer)
}

// expectWhole judges occurrences where all runs are at hand; an excerpt shows
// none that was missed.
func (a *audit) expectWhole() expectation {
	if a.part {
		return expectation{}
	}
	return a.expect()
}

// gap is why something that no log at hand holds may be there all the same.
func (a *audit) gap() string {
	switch {
	case a.since != nil && !a.unread:
		return "what came before the checkpoint was not looked at"
	case a.part:
		return "this is an excerpt of the log"
	}
	return "a log can't be read"
}

// lost is why another run can't be looked at.
func (a *audit) lost() string {
	switch {
	case a.since != nil:
		return "may lie before the checkpoint"
	case a.part:
		return "is not in this excerpt"
	}
	return "can't be relied on"
}
