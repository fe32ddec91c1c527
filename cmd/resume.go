package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/record"
)

func (a *app) resumeCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use: "resume [RUN]", GroupID: groupDo,
		Short: "go on with a run that waits for a person or was cut off",
		Long: `Go on with an open run: one that waits for a person, or one that a crash cut off.
The runbook is the one that the run was started with, also when its file has
changed since. RUN is any unique part of the run's id; without it, the only
open run is meant.`,
		Example: "  msp resume\n  msp resume 7f3a9c --answers answers.yaml",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			part := ""
			if len(args) == 1 {
				part = args[0]
			}
			return a.resume(c.Context(), f, part)
		},
	}
	f.add(c)
	return c
}

func (a *app) resume(ctx context.Context, f runFlags, part string) error {
	p, err := a.place()
	if err != nil {
		return err
	}
	account, err := a.openRun(p, part)
	if err != nil {
		return err
	}
	job, err := a.pinnedJob(p, account)
	if err != nil {
		return err
	}
	if err := a.mayRun(ctx, p, &job); err != nil {
		return err
	}
	screen, printer := f.printer(a)
	defer printer.Close()
	people, closing, err := f.people(screen, a.Stdin, printer, job)
	if err != nil {
		return err
	}
	defer closing()
	if err := a.equip(ctx, p, &job); err != nil {
		return err
	}
	a.sayIfMoved(p, job)
	job.People, job.Emit = people, printer.Print
	outcome, err := engine.Resume(ctx, job, account)
	if errors.Is(err, engine.ErrOwnDecision) {
		return hint(err, "who ran it, or somebody else, runs: msp resume %s", record.ShortID(account.Run))
	}
	if errors.Is(err, engine.ErrFinished) {
		return hint(err, "msp show %s", record.ShortID(account.Run))
	}
	return a.close(printer, outcome, err)
}

// pinnedJob is the job that a run was started with.
func (a *app) pinnedJob(p *place, account *record.Account) (engine.Job, error) {
	start := account.Start.Body
	book, inputs, err := engine.Pinned(a.store(p, p.Client), start, kinds())
	if err != nil {
		return engine.Job{}, err
	}
	job := engine.Job{
		Runbook: book, Named: inputs.Named, Client: start.Client, Folder: inputs.Folder, StartAt: inputs.StartAt,
		Checklist: inputs.Checklist, Inputs: map[string]runbook.Value{},
	}
	for name, text := range inputs.Values {
		field, ok := book.Input(name)
		if !ok {
			return job, fmt.Errorf("the run has an input %s that its runbook doesn't declare", name)
		}
		if job.Inputs[name], err = field.Parse(text, inputs.Folder); err != nil {
			return job, fmt.Errorf("the input %s: %w", name, err)
		}
	}
	return job, nil
}

// sayIfMoved says that the runbook's file is no longer what the run follows.
func (a *app) sayIfMoved(p *place, job engine.Job) {
	pinned, named := job.Runbook, job.Named
	if named == "" {
		named = pinned.ID
	}
	if runbook.IsPath(named) && !filepath.IsAbs(named) {
		named = filepath.Join(job.Folder, named)
	}
	now, err := findRunbook(p, named)
	if err == nil && now.Digest != pinned.Digest {
		fmt.Fprintf(a.Stderr, "msp: %s has changed since the run was started (%s then, %s now); the run follows the old one\n", pinned.ID, pinned.Version, now.Version)
	}
}

// openRun finds the run that is meant among those without an end.
func (a *app) openRun(p *place, part string) (*record.Account, error) {
	history, err := a.history(p)
	if err != nil {
		return nil, err
	}
	if part != "" {
		return oneRun(history.Find(part), part, p.Client)
	}
	var open []*record.Account
	for _, account := range history.Accounts {
		if !account.Finished() {
			open = append(open, account)
		}
	}
	switch len(open) {
	case 0:
		return nil, hint(fmt.Errorf("no run of %s is open", p.Client), "msp log shows the runs; --client names another client")
	case 1:
		return open[0], nil
	default:
		return nil, usageError(fmt.Errorf("%d runs of %s are open:%s", len(open), p.Client, a.describeOpen(a.store(p, p.Client), open)), "msp resume RUN goes on with one of them")
	}
}
