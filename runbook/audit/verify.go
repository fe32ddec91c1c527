package audit

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/parallel"
	"github.com/msp-runbook/msp/runbook/record"
)

// An audit is one verification under way.
type audit struct {
	finder
	store  *evidence.Store
	client string
	pins   Pins
	at     time.Time
	limit  int
	memory memory
	part   bool   // the evidence is a part of the logs: see excerpt.go
	since  []Head // what came before them is not looked at; nil is all: see since.go

	logs   []*writerLog
	index  index
	gaps   bool // what isn't in the leaves at hand may be in a log all the same
	unread bool // a log can't be read
	failed failure

	books   memo[*writtenBook]       // by the digest of the runbook; nil for one that can't be read
	keys    memo[evidence.PublicKey] // by the line that names it
	answers memo[remains]            // by the run
	times   times                    // from outside

	trusted   trusted
	plans     []*plan // that can be relied on, in the order in which they took effect
	lostPlans []ref   // that can't

	stated    stated
	clocks    clockHolds
	erasures  []*erasure
	erased    map[string]*erasure   // the blobs that may be missing, by digest
	released  map[string]*statement // what ended a legal hold, by the digest of the hold
	approvals approvals
	tally     tally
}

// A failure is the first error of reading again what was read before.
type failure struct {
	mutex sync.Mutex
	err   error
}

func (a *audit) fail(err error) {
	a.failed.mutex.Lock()
	defer a.failed.mutex.Unlock()
	a.failed.err = cmp.Or(a.failed.err, err)
}

// Verify checks all evidence of a client. Open runs and
// occurrences are judged at an instant;
// limit is the most bytes of an envelope, 0 is record.MaxStatement. All that
// is wrong with the evidence is in the report: an error is a file that can't
// be read, or a client's name that can't be one.
func Verify(store *evidence.Store, client string, pins Pins, at time.Time, limit int) (*Report, error) {
	a, err := newAudit(store, client, pins, at, limit)
	if err != nil {
		return nil, err
	}
	return a.verify()
}

func newAudit(store *evidence.Store, client string, pins Pins, at time.Time, limit int) (*audit, error) {
	if !evidence.ValidID(client) {
		return nil, fmt.Errorf("%q can't be the id of a client", client)
	}
	if limit == 0 {
		limit = record.MaxStatement
	}
	return &audit{store: store, client: client, pins: pins, at: at, limit: limit, memory: usualMemory, index: newIndex(usualMemory.sorted)}, nil
}

// A memory is how much of what there may be more of lies in memory.
type memory struct {
	sorted int // bytes of what is sorted, of each kind
	recent int // finished runs of a runbook, beside those that its runs are compared with
	runs   int // that are audited side by side, before their results are taken in
}

var usualMemory = memory{sorted: 1 << 18, recent: 64, runs: 512}

// gcPercent is how much the heap may grow between two collections. Reading a statement
// makes much that is not kept.
const gcPercent = 200

func (a *audit) verify() (report *Report, err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	defer func() {
		if err = cmp.Or(err, a.close()); err != nil {
			_ = a.tally.lines.sorted.Close() // what was wrong is said
			report = nil
		}
	}()
	client := a.client
	if err := a.readLogs(); err != nil {
		return nil, fmt.Errorf("reading the logs of %s: %w", client, err)
	}
	if err := a.reachBack(); err != nil {
		return nil, fmt.Errorf("reading the logs of %s: %w", client, err)
	}
	seen, agreed := a.checkHeads()
	if err := a.readAnchors(); err != nil {
		return nil, fmt.Errorf("reading the anchors of %s: %w", client, err)
	}
	if err := a.checkKeptHeads(); err != nil {
		return nil, fmt.Errorf("reading the checkpoints of %s: %w", client, err)
	}
	planRefs, saidRefs, err := a.indexLogs()
	if err != nil {
		return nil, fmt.Errorf("reading the logs of %s: %w", client, err)
	}
	said := parallel.Map(len(saidRefs), func(i int) saidResult { return a.auditSaid(saidRefs[i]) })
	a.checkAnchors(said)
	if err := a.readTrust(said); err != nil {
		return nil, fmt.Errorf("reading who may sign for %s: %w", client, err)
	}
	a.readErasures(said)
	said = parallel.Map(len(said), func(i int) saidResult { return a.auditSaidBlobs(said[i]) })
	plans := parallel.Map(len(planRefs), func(i int) planResult { return a.auditPlan(planRefs[i]) })
	a.rank(plans)
	a.readStated(said)
	a.readClockHolds(said)
	a.approvals = gatherApprovals(said)
	var leftovers finder
	var unread error
	parallel.Both(func() { unread = a.checkRecords(&leftovers) }, func() { err = a.collect(said, plans) })
	if err == nil && unread == nil {
		parallel.Both(func() { unread = a.checkBlobs(&leftovers) }, func() { err = a.compare(said) })
	}
	if err = cmp.Or(err, a.failed.err); err != nil {
		return nil, fmt.Errorf("reading the records of %s: %w", client, err)
	}
	if unread != nil {
		return nil, fmt.Errorf("reading the files of %s: %w", client, unread)
	}
	a.finder.take(leftovers.found)
	report = a.report(said, len(plans), seen, agreed)
	return report, a.failed.err
}

func (a *audit) close() error { return errors.Join(a.index.close(), a.tally.close()) }

// collect takes in every statement, those of runs last, by the runs' ids.
func (a *audit) collect(said []saidResult, plans []planResult) error {
	a.tally = newTally(a.memory.sorted, a.erasures, said)
	a.tally.baseline = newBaseline(a)
	a.tally.claims = newClaims(said, plans)
	if err := a.takeAll(said, plans); err != nil {
		return err
	}
	return a.auditRuns()
}

// compare holds what was read to each other.
func (a *audit) compare(said []saidResult) error {
	a.checkBackdated()
	a.checkPlanOrder()
	if err := a.judgeHeld(); err != nil {
		return err
	}
	if err := a.checkChoices(a.tally.baseline.choices); err != nil {
		return err
	}
	if err := a.checkRepeats(); err != nil {
		return err
	}
	a.checkErasures(said)
	a.checkHolds(said)
	a.checkClockHolds(said)
	a.checkLater(said)
	a.checkDemanded()
	return nil
}

func (a *audit) report(said []saidResult, plans int, seen map[string]int64, heads int) *Report {
	r := &Report{Client: a.client, At: a.at, Pinned: len(a.pins.Signers) > 0 || a.trusted.pinned, Trust: a.trustLine(), Since: a.sinceLines()}
	r.Counts, r.Runs = a.tally.counts, a.tally.lines.whole()
	r.Counts.Heads, r.Counts.Approvals, r.Counts.Plans = heads, len(a.approvals.byDigest), plans
	r.Counts.Signers = len(a.tally.signers)
	for _, l := range a.logs {
		r.Writers = append(r.Writers, a.writerLine(l))
		if l.view != nil {
			r.Counts.Statements += l.looked()
		}
	}
	r.Erased, r.Later = a.erasedLines(), a.laterLines(said)
	r.countLater()
	r.Counts.Stated = len(a.stated.unmet)
	expected := a.expectWhole()
	r.Missed, r.Waived, r.Held = expected.listed, expected.waived, a.heldLines(said)
	expected.count(&r.Counts)
	r.Findings, r.Unshown = split(slices.Concat(a.standing(r, a.tally.signers, seen), a.trustStanding(), a.found))
	r.Checks = a.checks(r, expected)
	return r
}

func (a *audit) writerLine(l *writerLog) WriterLine {
	w := WriterLine{ID: l.writer, Pinned: l.pinned}
	if l.pinned {
		w.Key = a.pins.Logs[l.writer].ID()
	}
	if l.view == nil {
		return w
	}
	w.Key, w.Leaves, w.Newest = l.key.ID(), l.view.Checkpoint.Size, l.newest
	w.Checkpoint = string(l.view.Checkpoint.Text)
	return w
}
