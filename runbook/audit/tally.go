package audit

import (
	"errors"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/spill"
)

// A tally is what remains of the statements when each was read. What there is of every
// one of them lies in sorters, since there may be more than memory should hold.
type tally struct {
	counts  Counts
	signers map[string]bool
	claims  claims
	blobs   *spill.Sorter                // hashes of those that statements name
	naming  map[string][]string          // whose statements name the blobs that erasures list: ids of runs, "" for none
	gone    map[*erasure]map[string]bool // the blobs that are missing for it
	untold  bool                         // a statement can't be relied on, and may have named anything

	baseline *baseline
	held     []runResult // of the runs whose clocks were held
	lines    RunLines
	finished map[Level]int        // runs that have ended
	open     time.Time            // until when one of the open ones may be open
	repeats  *spill.Sorter        // the runs for occurrences, by the occurrence
	attempts *spill.Sorter        // the runs that occurrences are judged by, by the runbook
	unplaced []string             // the runs whose starts can't be relied on
	bound    map[string]*boundRun // the runs that holds name; nil where none was read
}

func newTally(memory int, erasures []*erasure, said []saidResult) tally {
	t := tally{
		signers: map[string]bool{}, blobs: spill.NewSorter(memory), naming: map[string][]string{}, gone: map[*erasure]map[string]bool{},
		lines: RunLines{sorted: spill.NewSorter(memory)}, finished: map[Level]int{}, bound: map[string]*boundRun{},
		repeats: spill.NewSorter(memory), attempts: spill.NewSorter(memory),
	}
	for _, e := range erasures {
		t.gone[e] = map[string]bool{}
		for _, digest := range e.body.Erased {
			t.naming[digest] = nil
		}
	}
	for _, s := range said {
		if s.statement == nil {
			continue
		}
		if hold, ok := s.statement.body.(*record.Hold); ok {
			t.bound[hold.Run] = nil
		}
	}
	return t
}

func (t *tally) close() error {
	if t.baseline == nil {
		return nil
	}
	return errors.Join(t.blobs.Close(), t.repeats.Close(), t.attempts.Close(), t.baseline.choices.sorted.Close())
}

// bind takes in a run as occurrences and other runs see it.
func (t *tally) bind(b *boundRun) error {
	if b == nil {
		return nil
	}
	if _, named := t.bound[b.Run]; named {
		t.bound[b.Run] = b
	}
	if b.satisfies() {
		if err := t.addAttempt(b); err != nil {
			return err
		}
	}
	if b.occurrence == "" || b.misplaced {
		return nil
	}
	return t.repeats.Add(b.append(spill.AppendString(nil, b.occurrence)))
}

// takeAll takes in what was found in the statements that are no part of a run.
func (a *audit) takeAll(said []saidResult, plans []planResult) error {
	for _, s := range said {
		if s.err != nil {
			return s.err
		}
		run := ""
		if s.statement != nil {
			run = s.statement.run()
		}
		a.finder.take(s.found)
		if err := a.take(s.traces, run, s.statement == nil); err != nil {
			return err
		}
	}
	for _, p := range plans {
		if p.err != nil {
			return p.err
		}
		a.finder.take(p.found)
		if err := a.take(p.traces, "", p.plan == nil); err != nil {
			return err
		}
	}
	return nil
}

// take takes in the traces of statements of a run, or of one that is of none.
func (a *audit) take(t traces, run string, untold bool) error {
	a.tally.untold = a.tally.untold || untold
	a.tally.counts.Blobs += t.whole
	for _, signer := range t.signers {
		a.tally.signers[signer] = true
	}
	for _, n := range t.newest {
		a.claim(n)
	}
	for _, digest := range t.gone {
		a.tally.gone[a.erased[digest]][digest] = true
	}
	for _, digest := range t.blobs {
		if runs, listed := a.tally.naming[digest]; listed {
			a.tally.naming[digest] = append(runs, run)
		}
		if hash := rawHash(digest); hash != nil {
			if err := a.tally.blobs.Add(hash); err != nil {
				return err
			}
		}
	}
	return nil
}
