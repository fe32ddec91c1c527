package audit

import (
	"cmp"
	"iter"

	"github.com/msp-runbook/msp/runbook/parallel"
	"github.com/msp-runbook/msp/runbook/record"
)

// auditRuns audits every run. While some are audited, those before are taken in and the
// next are read.
func (a *audit) auditRuns() error {
	next, stop := iter.Pull2(a.batches())
	defer stop()
	batch, err, more := next()
	var done []runResult
	for more && err == nil {
		var results []runResult
		current := batch
		parallel.Both(func() {
			err = a.takeRuns(done)
			if err == nil {
				batch, err, more = next()
			}
		}, func() {
			results = parallel.Map(len(current), func(i int) runResult { return a.auditRun(current[i]) })
		})
		done = results
	}
	return cmp.Or(err, a.takeRuns(done))
}

func (a *audit) takeRuns(all []runResult) error {
	for _, r := range all {
		if err := a.takeRun(r); err != nil {
			return err
		}
	}
	return nil
}

// batches are the groups, as many as are audited side by side.
func (a *audit) batches() iter.Seq2[[]*group, error] {
	return func(yield func([]*group, error) bool) {
		var batch []*group
		for g, err := range a.groups() {
			if err != nil {
				yield(nil, err)
				return
			}
			if batch = append(batch, g); len(batch) < a.memory.runs {
				continue
			}
			if !yield(batch, nil) {
				return
			}
			batch = nil
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}

// takeRun takes in what was found of a run. One whose clock was held is judged when all
// statements are known.
func (a *audit) takeRun(r runResult) error {
	if r.err != nil {
		return r.err
	}
	a.finder.take(r.found)
	if err := a.take(r.traces, r.run, r.line == nil || r.line.Level == None); err != nil {
		return err
	}
	if err := a.tally.baseline.take(r); err != nil {
		return err
	}
	if r.held != nil {
		a.tally.held = append(a.tally.held, r)
		return nil
	}
	return a.count(r)
}

// count counts a run, and keeps what the report and its occurrence need of it.
func (a *audit) count(r runResult) error {
	a.tally.counts.count(r)
	if err := a.tally.bind(r.bound); err != nil {
		return err
	}
	if r.line == nil {
		return nil
	}
	if r.bound == nil {
		a.tally.unplaced = append(a.tally.unplaced, r.line.Run)
	}
	if r.line.finished() {
		a.tally.finished[r.line.Level]++
	}
	if r.line.State == stateOpen {
		a.tally.open = r.line.FinishBy
	}
	a.checkLevel(r)
	return a.tally.lines.add(r.line)
}

// judgeHeld judges the runs whose clocks were held: a hold pauses nothing before
// it was logged, nor behind its release.
func (a *audit) judgeHeld() error {
	for _, r := range a.tally.held {
		r.held.judgeAgain(&r)
		if err := a.count(r); err != nil {
			return err
		}
	}
	return nil
}

func (c *Counts) count(result runResult) {
	if result.line == nil {
		return
	}
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
