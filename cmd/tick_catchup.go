package cmd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// runOnce is what a schedule says that wants a miss made good.
const runOnce = "run_once"

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
	standing, err := record.ReadStanding(a.store(p, p.Client), p.Client, p.standingFile(p.Client), p.StatementLimit)
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
// and that needs nobody, unless one was started for it, or one is under way. The
// run is a process of its own: a tick doesn't wait for it.
func (c *clientTick) catchUp() error {
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
		c.tally.started++
		c.line("%s · catch-up of %s", c.client, e.Name)
		if c.ledger != nil {
			faults = append(faults, c.startRun(id, e.Name))
			c.started = append(c.started, e.Name)
		}
	}
	return errors.Join(faults...)
}

// underWay reports whether a run of the runbook is open, or was started for the
// miss.
func (c *clientTick) underWay(e record.Exception) bool {
	started, err := c.standing.CaughtUp(e.Name)
	open := slices.ContainsFunc(c.standing.OpenRuns(c.at), func(run *record.Attempt) bool { return run.Runbook == e.Runbook() })
	justNow := c.before != nil && slices.Contains(c.before.Started, e.Name) // its start may not be logged yet
	return open || started || justNow || err != nil
}

// needsPerson reports whether a runbook has a step that a person does or decides.
func needsPerson(book *runbook.Runbook) bool {
	return len(book.Steps) == 0 || slices.ContainsFunc(book.Steps, func(s *runbook.Step) bool {
		_, asks := s.Action.(runbook.AsksPerson)
		return asks
	})
}

// startRun starts msp run as a process that outlives the tick. What it prints goes
// where the tick complains.
func (c *clientTick) startRun(id, occurrence string) error {
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
	return run.Process.Release()
}
