package audit

import (
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
	part   bool   // the evidence is a part of the logs: see excerpt.go
	since  []Head // what came before them is not looked at; nil is all: see since.go

	logs   []*writerLog
	named  map[string]ref // the first leaf that names an envelope, by its digest
	kept   digestSet      // the blobs that statements name
	gaps   bool           // what isn't in the leaves at hand may be in a log all the same
	unread bool           // a log can't be read

	books sync.Map // *writtenBook by the digest of the runbook, nil for one that can't be read
	keys  sync.Map // evidence.PublicKey by the line that names it
	times times    // from outside

	trusted   trusted
	plans     []*plan // that can be relied on, in the order in which they took effect
	lostPlans []ref   // that can't

	stated    stated
	clocks    clockHolds
	erasures  []*erasure
	erased    map[string]*erasure   // the blobs that may be missing, by digest
	released  map[string]*statement // what ended a legal hold, by the digest of the hold
	approvals approvals
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
	return &audit{store: store, client: client, pins: pins, at: at, limit: limit}, nil
}

// gcPercent is how much the heap may grow between two collections. Reading a statement
// makes much that is not kept.
const gcPercent = 200

func (a *audit) verify() (*Report, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
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
	groups, planRefs, saidRefs, err := a.index()
	if err != nil {
		return nil, fmt.Errorf("reading who may sign for %s: %w", client, err)
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
	results := parallel.Map(len(groups), func(i int) runResult { return a.auditRun(groups[i]) })
	var files stored
	parallel.Both(func() { files = a.listFiles() }, func() { err = a.compare(groups, said, plans, results) })
	if err != nil {
		return nil, fmt.Errorf("reading the records of %s: %w", client, err)
	}
	if err := a.checkLeftovers(files, said, results, plans); err != nil {
		return nil, fmt.Errorf("reading the files of %s: %w", client, err)
	}
	return a.report(said, plans, results, seen, agreed), nil
}

// compare holds what was read to each other.
func (a *audit) compare(groups []*group, said []saidResult, plans []planResult, results []runResult) error {
	if err := a.collect(said, plans, results); err != nil {
		return err
	}
	a.judgeHeld(results)
	a.checkBaselines(results)
	a.checkRepeats(results)
	a.checkErasures(groups, said, plans, results)
	a.checkHolds(said)
	a.checkClockHolds(said, results)
	a.checkLater(said)
	return nil
}

// collect takes over what was found in statements of every sort.
func (a *audit) collect(said []saidResult, plans []planResult, results []runResult) error {
	n := 0
	for _, r := range results {
		n += len(r.newest)
	}
	claims := make([]newest, 0, n+len(said)+len(plans))
	for _, s := range said {
		if s.err != nil {
			return s.err
		}
		a.found, claims = append(a.found, s.found...), append(claims, s.newest...)
	}
	for _, p := range plans {
		if p.err != nil {
			return p.err
		}
		a.found, claims = append(a.found, p.found...), append(claims, p.newest...)
	}
	for i, r := range results {
		if r.err != nil {
			return r.err
		}
		a.found, claims = append(a.found, r.found...), append(claims, r.newest...)
		results[i].newest = nil // there may be many
	}
	for _, n := range claims {
		if n.at.After(n.log.newest) {
			n.log.newest = n.at
		}
	}
	a.checkBackdated(claims)
	a.claimHolds(claims)
	a.checkClaims(claims)
	a.checkPlanOrder()
	return nil
}

func (a *audit) checkBaselines(results []runResult) {
	base := a.newBaseline(results)
	for _, found := range parallel.Map(len(results), func(i int) []found {
		f := &finder{}
		for _, c := range results[i].compare {
			base.check(f, c)
		}
		return f.found
	}) {
		a.found = append(a.found, found...)
	}
}

func (a *audit) report(said []saidResult, plans []planResult, results []runResult, seen map[string]int64, heads int) *Report {
	r := &Report{Client: a.client, At: a.at, Pinned: len(a.pins.Signers) > 0 || a.trusted.pinned, Trust: a.trustLine(), Since: a.sinceLines()}
	r.Counts.Heads, r.Counts.Approvals = heads, len(a.approvals.byDigest)
	signers := map[string]bool{}
	for _, result := range results {
		r.count(result)
		for _, s := range result.signers {
			signers[s] = true
		}
	}
	for _, s := range said {
		r.Counts.Blobs += s.whole
		for _, id := range s.signers {
			signers[id] = true
		}
	}
	for _, p := range plans {
		r.Counts.Plans++
		r.Counts.Blobs += p.whole
		for _, s := range p.signers {
			signers[s] = true
		}
	}
	r.Counts.Signers = len(signers)
	slices.SortFunc(r.Runs, func(x, y RunLine) int {
		return byStart(&pastRun{started: x.Started, run: x.Run}, &pastRun{started: y.Started, run: y.Run})
	})
	for _, l := range a.logs {
		r.Writers = append(r.Writers, a.writerLine(l))
		if l.view != nil {
			r.Counts.Statements += l.looked()
		}
	}
	r.Erased, r.Later = a.erasedLines(said, plans, results), a.laterLines(said)
	r.countLater()
	r.Counts.Stated = len(a.stated.unmet)
	expected := a.expectWhole(results)
	r.Missed, r.Waived, r.Held = expected.listed, expected.waived, a.heldLines(said)
	expected.count(&r.Counts)
	r.Findings, r.Unshown = split(slices.Concat(a.standing(r, signers, seen), a.trustStanding(), a.found, a.checkLevels(r, results)))
	r.Checks = a.checks(r, expected)
	return r
}

func (r *Report) count(result runResult) {
	c := &r.Counts
	c.Blobs += result.whole
	if result.line == nil {
		return
	}
	r.Runs = append(r.Runs, *result.line)
	c.Runs++
	switch result.line.State {
	case string(record.RunDone):
		c.Done++
	case string(record.RunFailed):
		c.Failed++
	case string(record.RunAborted):
		c.Aborted++
	case stateOpen:
		c.Open++
	case stateNeverFinished:
		c.NeverFinished++
	default:
		c.Unknown++
	}
	if result.provenMet {
		c.ProvenMet++
	}
	switch {
	case result.verdict == nil:
	case !result.judged:
		c.NotJudged++
	case result.verdict.Late, result.verdict.Outcome != record.RunDone: // what failed in time kept no promise
		c.Missed++
	default:
		c.Met++
	}
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
