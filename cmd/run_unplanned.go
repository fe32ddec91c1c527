package cmd

import (
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// near is how far is looked for the occurrences around a run.
const near = 366 * 24 * time.Hour

// saySatisfies says on standard error what a run that satisfies no occurrence is,
// where the plan in force asks for its runbook: a catch-up, too early or too late.
func (a *app) saySatisfies(p *place, job engine.Job) error {
	if job.CatchesUp != "" {
		fmt.Fprintf(a.Stderr, "msp: this run makes good %s, and satisfies none\n     hint: msp run %s without --catch-up is for what is due now\n", job.CatchesUp, job.Runbook.ID)
		return nil
	}
	logs, err := a.readLogs(p, p.Client)
	if err != nil {
		return err
	}
	what, todo, err := notNow(logs.Kinds(record.KindPlan), job.Runbook.ID, a.Now())
	if err == nil && what != "" {
		fmt.Fprintf(a.Stderr, "msp: %s; this run satisfies nothing\n     hint: %s\n", what, todo)
	}
	return err
}

// notNow says how an instant lies to the windows of a runbook that the plan in
// force asks for; "" where a window is open, or none is asked for.
func notNow(h *record.History, runbookID string, at time.Time) (what, todo string, err error) {
	plan := h.PlanAt(at)
	if plan == nil {
		return "", "", nil
	}
	for _, item := range plan.Body.Runbooks {
		if item.Runbook.ID != runbookID {
			continue
		}
		population, err := plan.Body.Population(item, time.Time{})
		if err != nil {
			return "", "", err
		}
		if _, open := population.At(at); open {
			return "", "", nil
		}
		if what == "" {
			what, todo = apart(population, at)
		}
	}
	return what, todo, nil
}

// apart says what an instant without an open window is nearer to: the end of the
// window before, or the begin of the next.
func apart(p schedule.Planned, at time.Time) (what, todo string) {
	var next *schedule.Occurrence
	for o := range p.Between(at, at.Add(near)) {
		next = &o
		break
	}
	slot, ok := p.Recurrence.Rule.Previous(at)
	if ok {
		for before := range p.Between(slot.Due, slot.Due.Add(1)) {
			if next == nil || at.Sub(before.Closes) < next.Opens.Sub(at) {
				zone := zoneOf(before.Name)
				return fmt.Sprintf("too late: %s was due %s and counted until %s", before.Name, clockIn(before.Due, zone), clockIn(before.Closes, zone)),
					"msp schedule next " + p.Runbook + " shows when it counts again"
			}
		}
	}
	if next == nil {
		return "", ""
	}
	zone := zoneOf(next.Name)
	return fmt.Sprintf("too early: %s is due %s and counts from %s", next.Name, clockIn(next.Due, zone), clockIn(next.Opens, zone)),
		"run it again when its window is open; msp due shows when"
}

func clockIn(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04") }
