package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// runOnce is what a schedule says that wants a miss made good.
const runOnce = "run_once"

const (
	// startLimit is how long a tick waits for a catch-up to start.
	startLimit = 30 * time.Second
	// startLook is how often it looks meanwhile.
	startLook = 50 * time.Millisecond
)

// makeGood has a job name the missed occurrence that it makes good, and refuses
// what was not missed.
func (a *app) makeGood(p *place, job *engine.Job, occurrence string) error {
	if occurrence == "" {
		return nil
	}
	id := job.Runbook.ID
	if !strings.HasPrefix(occurrence, p.Client+"/"+id+"/") {
		return usageError(fmt.Errorf("%q is no occurrence of %s for %s", occurrence, id, p.Client), "msp overdue names them")
	}
	job.CatchesUp, job.Trigger = occurrence, "catch-up"
	standing, err := a.standingAt(p, p.Client, a.Now(), false)
	if err != nil {
		return err
	}
	exceptions, _, err := standing.Exceptions(a.Now())
	if err != nil {
		return err
	}
	missed := slices.ContainsFunc(exceptions, func(e record.Exception) bool {
		plan, item := plannedOf(standing, e)
		return e.Name == occurrence && e.State == schedule.Missed && plan != nil && item.Schedule.OnMissed == runOnce
	})
	if !missed {
		return usageError(fmt.Errorf("%s is not missed, or its schedule doesn't want it made good", occurrence), "on_missed: run_once in the schedule; a run without --catch-up is for what is due now")
	}
	return nil
}

// catchUp starts a run for the newest miss of each runbook whose schedule wants it
// and that needs nobody, unless one was started or refused for it, or one is under
// way. The run is a process of its own: a tick waits until it has started, and no
// longer.
func (c *clientTick) catchUp(ctx context.Context) error {
	exceptions, _, err := c.standing.Exceptions(c.at)
	if err != nil {
		return err
	}
	newest := map[string]record.Exception{}
	for _, e := range exceptions { // the oldest first
		if e.State == schedule.Missed {
			newest[e.Runbook()] = e
		}
	}
	var faults []error
	for _, id := range sortedNames(newest) {
		e := newest[id]
		plan, item := plannedOf(c.standing, e)
		if plan == nil || item.Schedule.OnMissed != runOnce || e.RecoveredAt != nil || e.Waiver != "" || c.underWay(e) || needsPerson(c.book(*item)) {
			continue
		}
		c.line("%s · catch-up of %s", c.client, e.Name)
		if c.ledger != nil {
			c.remember(e)
			if err := c.startRun(ctx, id, e.Name); err != nil {
				faults = append(faults, err)
				continue
			}
		}
		c.tally.started++
	}
	return errors.Join(faults...)
}

// remember keeps which miss of a runbook was the last to be made good, or tried to.
func (c *clientTick) remember(e record.Exception) {
	of := c.client + "/" + e.Runbook() + "/"
	c.started = append(slices.DeleteFunc(c.started, func(old string) bool { return strings.HasPrefix(old, of) }), e.Name)
}

// underWay reports whether a run of the runbook is open, or was started or refused
// for the miss.
func (c *clientTick) underWay(e record.Exception) bool {
	started, err := c.standing.CaughtUp(e.Name)
	open := slices.ContainsFunc(c.standing.OpenRuns(c.at), func(run *record.Attempt) bool { return run.Runbook == e.Runbook() })
	return open || started || slices.Contains(c.started, e.Name) || err != nil
}

// needsPerson reports whether a runbook has a step that a person does or decides.
func needsPerson(book *runbook.Runbook) bool {
	return len(book.Steps) == 0 || slices.ContainsFunc(book.Steps, func(s *runbook.Step) bool {
		_, asks := s.Action.(runbook.AsksPerson)
		return asks
	})
}

// startRun starts msp run as a process that outlives the tick, and waits until it
// has started. What it prints goes where the tick complains.
func (c *clientTick) startRun(ctx context.Context, id, occurrence string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"msp", "run", id, "--client", c.client, "--no-input", "--plain", "--catch-up", occurrence}
	if c.flags.state != "" {
		args = append(args, "--state", c.p.State)
	}
	run := &exec.Cmd{Path: self, Args: args}
	if out, ok := c.Stderr.(*os.File); ok {
		run.Stdout, run.Stderr = out, out
	}
	if err := run.Start(); err != nil {
		return fmt.Errorf("the catch-up of %s couldn't be started: %w", occurrence, err)
	}
	if err := c.awaitStart(ctx, run, occurrence); err != nil {
		return hint(err, "msp run %s --client %s --catch-up '%s' once that is mended; no tick tries it again", id, c.client, occurrence)
	}
	return nil
}

// awaitStart waits until the start of a run is in the log. A run that ended without
// one was refused.
func (c *clientTick) awaitStart(ctx context.Context, run *exec.Cmd, occurrence string) error {
	ended := make(chan struct{})
	go func() {
		_ = run.Wait() // how it ended stands in its state
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	look := time.NewTicker(startLook)
	defer look.Stop()
	for {
		over := false
		select {
		case <-ended:
			over = true
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("the catch-up of %s has not started within %s", occurrence, startLimit)
		}
		begun, err := c.begun(occurrence)
		switch {
		case begun:
			return nil
		case over && err != nil:
			return err
		case over:
			return fmt.Errorf("the catch-up of %s didn't start: msp run ended with %s, and says why above", occurrence, run.ProcessState)
		}
	}
}

// begun reports whether the start of a catch-up is in the log by now.
func (c *clientTick) begun(occurrence string) (bool, error) {
	standing, err := c.standingAt(c.p, c.client, c.at, false)
	if err != nil {
		return false, err
	}
	return standing.CaughtUp(occurrence)
}
