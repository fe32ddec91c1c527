package engine

import (
	"errors"
	"fmt"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// ErrFinished says that a run has its end already.
var ErrFinished = errors.New("the run has ended already")

// PinnedRunbook reads back the runbook that a run was started with, as it was then.
func PinnedRunbook(store *evidence.Store, pinned record.Runbook, kinds []runbook.Kind) (*runbook.Runbook, error) {
	source, err := record.GetBlob(store, pinned.Source)
	if err != nil {
		return nil, fmt.Errorf("the runbook that the run was started with: %w", err)
	}
	if digest := runbook.Digest(source); digest != pinned.Digest {
		return nil, fmt.Errorf("the kept runbook has the digest %s, the run was started with %s", digest, pinned.Digest)
	}
	book, problems := runbook.Load(pinned.ID+".yaml", source, kinds)
	if len(problems) > 0 {
		return nil, fmt.Errorf("this msp can't read the runbook that the run was started with: %w", problems)
	}
	return book, nil
}

// Pinned reads back what a run was started with: the runbook, and its inputs.
func Pinned(store *evidence.Store, start record.RunStart, kinds []runbook.Kind) (*runbook.Runbook, record.Inputs, error) {
	var inputs record.Inputs
	book, err := PinnedRunbook(store, start.Runbook, kinds)
	if err != nil {
		return nil, inputs, err
	}
	if err := record.GetJSON(store, start.Inputs, &inputs); err != nil {
		return nil, inputs, fmt.Errorf("the inputs that the run was started with: %w", err)
	}
	return book, inputs, nil
}

// reopen takes the run's lock and only then reads how far the run is: from the
// log, and behind it from the journal that a crash left.
func (r *runner) reopen(run string) error {
	r.id, r.values.RunID = run, run
	if err := r.takeLock(); err != nil {
		return err
	}
	if err := r.restore(); err != nil {
		r.close()
		return err
	}
	return nil
}

func (r *runner) restore() error {
	ledger := r.job.Ledger
	history, err := record.ReadHistory(ledger.Store, ledger.Client, ledger.MaxBytes())
	if err != nil {
		return err
	}
	if history.Damaged(r.id) {
		return fmt.Errorf("a statement of the run %s can't be read, so nobody can tell how far it is: %w", record.ShortID(r.id), errors.Join(history.Problems...))
	}
	account := history.Run(r.id)
	if account == nil {
		return fmt.Errorf("no log holds the start of the run %s", r.id)
	}
	r.start, r.startRef = account.Start.Body, account.Start.Digest
	r.pin()
	for _, segment := range account.Segments {
		r.segments = append(r.segments, segment.Digest)
		r.waiting, r.waitedSince = segment.Body.Waiting, segment.Body.Until
	}
	entries, _, err := record.ReadJournal(r.journalPath())
	if err != nil {
		return err
	}
	superseded := len(entries) > 0 && entries[0].Segment <= len(r.segments)
	if account.Finished() || superseded {
		if err := ledger.Disk.Remove(r.journalPath()); err != nil {
			return err
		}
		entries = nil
	}
	if r.done = account.Finished(); r.done {
		return ErrFinished
	}
	if history.Decided(r.id, ledger.Operator.Public()) {
		return ErrOwnDecision
	}
	if err := r.replaySigned(account); err != nil {
		return err
	}
	if err := r.replayJournal(entries); err != nil {
		return err
	}
	return r.openJournal()
}

func (r *runner) replaySigned(account *record.Account) error {
	for _, s := range account.Steps() {
		if err := r.replay(s, nil); err != nil {
			return err
		}
	}
	r.steps, r.unsigned = nil, 0
	return nil
}

// replayJournal takes over what a crashed process had done and not signed. A
// step that began and did not end is in doubt.
func (r *runner) replayJournal(entries []record.Entry) error {
	for _, e := range entries {
		switch {
		case e.Kind == record.EntryBegan:
			r.doubt[e.Step] = e.Attempt
		case e.Kind == record.EntryEnded && e.Result != nil:
			delete(r.doubt, e.Step)
			result := *e.Result
			result.Recovered = true
			if err := r.replay(result, e.Tools); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) replay(s record.Step, tools []record.Tool) error {
	var facts record.Facts
	if s.Facts != "" {
		err := record.GetJSON(r.job.Ledger.Store, s.Facts, &facts)
		if err != nil && !errors.Is(err, evidence.ErrMissing) {
			return err
		}
	}
	r.took(s, facts, tools)
	return nil
}
