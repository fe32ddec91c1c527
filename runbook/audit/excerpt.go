package audit

import (
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// VerifyExcerpt is Verify for evidence that has excerpts in place of whole logs:
// leaves with proofs that they are in the log. What is there is checked as in a
// whole log. That something isn't there shows nothing, neither in favour nor
// against.
func VerifyExcerpt(store *evidence.Store, client string, pins Pins, at time.Time, limit int) (*Report, error) {
	if !evidence.ValidID(client) {
		return nil, fmt.Errorf("%q can't be the id of a client", client)
	}
	if limit == 0 {
		limit = record.MaxStatement
	}
	a := &audit{store: store, client: client, pins: pins, at: at, limit: limit, part: true, gaps: true}
	return a.verify()
}

func (a *audit) readView(writer string, key evidence.PublicKey) (*evidence.LogView, error) {
	if a.part {
		return a.store.ReadExcerpt(a.client, writer, key)
	}
	return a.store.ReadLog(a.client, writer, key)
}

func (a *audit) firstLeaf(writer string) (evidence.Leaf, error) {
	if a.part {
		return a.store.FirstOfExcerpt(writer)
	}
	return a.store.FirstLeaf(writer)
}

// expectWhole judges occurrences where all runs are at hand; an excerpt shows
// none that was missed.
func (a *audit) expectWhole(results []runResult) expectation {
	if a.part {
		return expectation{}
	}
	return a.expect(results)
}

// gap is why something that no log at hand holds may be there all the same.
func (a *audit) gap() string {
	if a.part {
		return "this is an excerpt of the log"
	}
	return "a log can't be read"
}

// lost is why another run can't be looked at.
func (a *audit) lost() string {
	if a.part {
		return "is not in this excerpt"
	}
	return "can't be relied on"
}
