package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/anchor"
	"github.com/msp-runbook/msp/runbook/record"
)

// The levels that a run can have when it ends; see package audit.
const (
	levelLogged    = "logged"
	levelAnchored  = "anchored"
	levelBracketed = "bracketed"
	levelWitnessed = "witnessed"
)

// ErrUnwitnessed says that nobody outside has seen the start of a run that must
// be seen before its first step.
var ErrUnwitnessed = errors.New("no witness has seen the start of the run yet, which the client's policy asks for before its first step")

// checkWitnessed holds the run back until enough witnesses have seen its start.
// Its start is in the log, so it goes on when they have. A run that another
// machine began was held back there.
func (r *runner) checkWitnessed(ctx context.Context) error {
	if r.job.Witnesses == 0 {
		return nil
	}
	n, mine, err := r.job.Outside.Witnessed(r.startRef)
	if err == nil && mine && n < r.job.Witnesses && !r.shown {
		if _, err = r.anchor(ctx); err == nil {
			n, mine, err = r.job.Outside.Witnessed(r.startRef)
		}
	}
	if err != nil || !mine || n >= r.job.Witnesses {
		return err
	}
	return fmt.Errorf("the run %s: %w", record.ShortID(r.id), ErrUnwitnessed)
}

// anchorStart takes the log's head, which holds the run-start by now, to those
// outside. What they give is T1: the run goes on after it. When they are out of
// reach it goes on as well.
func (r *runner) anchorStart(ctx context.Context) error {
	words, err := r.anchor(ctx)
	r.stamped, r.seen = words.Stamp(), words.Witnessed()
	return err
}

// anchorAgain finds T1 for a run that goes on: what was given when it began, or
// what is given now.
func (r *runner) anchorAgain(ctx context.Context) (err error) {
	if r.stamped, err = r.job.Outside.Over(r.startRef); err != nil || r.stamped != "" {
		return err
	}
	if _, err = r.anchor(ctx); err != nil {
		return err
	}
	r.stamped, err = r.job.Outside.Over(r.startRef)
	return err
}

// anchor takes the log's head to those outside, and says who owes a word.
func (r *runner) anchor(ctx context.Context) (anchor.Words, error) {
	words, err := r.job.Outside.Anchor(ctx)
	r.shown = true
	if owed := words.Owed(); err == nil && owed != "" {
		r.emit(runbook.Event{
			Kind: runbook.Notice, Message: "unanchored: " + owed + "; kept in pending",
			Hint: "the next command that writes asks again, and so does msp anchor",
		})
	}
	return words, err
}

// notBefore is what bounds the end of the run from below: T1, or else the newest
// token that is known.
func (r *runner) notBefore() (string, error) {
	if r.stamped != "" {
		return r.stamped, nil
	}
	return r.job.Outside.Newest()
}

// level is how much is shown about the run when its end was taken outside.
func (r *runner) level(words anchor.Words) string {
	switch {
	case words.Stamp() == "":
		return levelLogged
	case r.stamped == "":
		return levelAnchored
	case words.Witnessed() && r.seen:
		return levelWitnessed
	default:
		return levelBracketed
	}
}

// nonce is what a step's programs get to echo; "" without T1.
func (r *runner) nonce() string {
	if r.stamped == "" {
		return ""
	}
	return record.Nonce(r.stamped, r.id)
}
