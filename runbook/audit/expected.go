package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/schedule"
)

const (
	// maxExpected is how many occurrences are judged: more than a hundred
	// runbooks have in five years, if they are due every day.
	maxExpected = 200_000
	// maxListed is how many of them are listed by name.
	maxListed = 1000
)

// An expectation is what should have happened, and what became of it.
type expectation struct {
	since  time.Time // when the first plan was signed
	states map[schedule.State]int
	total  int
	listed []ExpectedLine
	waived []WaivedLine
	until  time.Time // the occurrences due from here on were not looked at; zero: all were
}

// expect judges every occurrence that was due, from the first plan on to the
// instant of the audit, by what was in force then.
func (a *audit) expect() expectation {
	e := expectation{states: map[schedule.State]int{}}
	if len(a.plans) == 0 {
		return e
	}
	e.since = a.plans[0].plan.Signed
	known := a.newAttempts()
	defer known.close()
	for i, p := range a.plans {
		until := a.at
		if i+1 < len(a.plans) && a.plans[i+1].plan.Signed.Before(until) {
			until = a.plans[i+1].plan.Signed
		}
		for o := range p.due(until) {
			if e.total == maxExpected {
				e.until = o.Due
				return e.cut()
			}
			e.take(o, known, a)
		}
	}
	return e.cut()
}

// take judges an occurrence.
func (e *expectation) take(o schedule.Occurrence, known *attempts, a *audit) {
	state, run, recovered := schedule.Judge(o, known.near(o), a.at)
	if counts := a.settle(o, state, known.decider(o, run)); counts != state {
		state, run = counts, ""
	}
	if state == schedule.Missed && a.gaps {
		state = schedule.Unknown // the run may be what can't be read
	}
	e.total++
	e.states[state]++
	switch state {
	case schedule.Missed, schedule.Late, schedule.Failed:
		e.listed = append(e.listed, ExpectedLine{Name: o.Name, Due: o.Due, State: string(state), Run: run, RecoveredAt: recovered})
	case schedule.Waived, schedule.NotApplicable:
		e.waived = append(e.waived, a.waivedLine(o, state))
	}
}

// cut leaves the newest lines.
func (e expectation) cut() expectation {
	e.listed = e.listed[max(0, len(e.listed)-maxListed):]
	e.waived = e.waived[max(0, len(e.waived)-maxListed):]
	return e
}

// due gives what the plan's runbooks were due for until an instant, in order.
func (p *plan) due(until time.Time) func(yield func(schedule.Occurrence) bool) {
	return func(yield func(schedule.Occurrence) bool) {
		var next []schedule.Occurrence // the next of each population that has one
		var of []schedule.Planned
		for _, item := range p.items {
			if o, ok := firstDue(item, time.Time{}, until); ok {
				next, of = append(next, o), append(of, item.population)
			}
		}
		for len(next) > 0 {
			i := 0
			for j := range next {
				if next[j].Due.Before(next[i].Due) {
					i = j
				}
			}
			if !yield(next[i]) {
				return
			}
			o, ok := firstDue(plannedItem{population: of[i]}, next[i].Due.Add(1), until)
			if !ok {
				next, of = slices.Delete(next, i, i+1), slices.Delete(of, i, i+1)
				continue
			}
			next[i] = o
		}
	}
}

func firstDue(item plannedItem, from, until time.Time) (schedule.Occurrence, bool) {
	if item.unreadable {
		return schedule.Occurrence{}, false
	}
	for o := range item.population.Between(from, until) {
		return o, true
	}
	return schedule.Occurrence{}, false
}

func (e expectation) count(c *Counts) {
	c.Expected, c.ExpectedOnTime, c.ExpectedLate = e.total, e.states[schedule.OnTime], e.states[schedule.Late]
	c.ExpectedFailed, c.ExpectedMissed, c.ExpectedUnknown = e.states[schedule.Failed], e.states[schedule.Missed], e.states[schedule.Unknown]
	c.ExpectedWaived, c.ExpectedNotApplicable = e.states[schedule.Waived], e.states[schedule.NotApplicable]
	c.ExpectedOpen = e.states[schedule.Due] + e.states[schedule.Running] + e.states[schedule.Waiting]
}

// planCheck sums the population up. Every part of it adds to the whole.
func (a *audit) planCheck(c Counts, e expectation) Check {
	check := Check{Name: checkPlan, State: OK}
	if len(a.plans) == 0 {
		check.State, check.Text = Unshown, "no plan that can be relied on"
		return check
	}
	parts := []string{fmt.Sprintf("%s expected since %s: %d on time, %d late, %d failed, %d missed, %d open",
		plural(c.Expected, "occurrence"), e.since.UTC().Format(time.DateOnly), c.ExpectedOnTime, c.ExpectedLate, c.ExpectedFailed, c.ExpectedMissed, c.ExpectedOpen)}
	if c.ExpectedWaived > 0 {
		parts[0] += fmt.Sprintf(", %d waived", c.ExpectedWaived)
	}
	if c.ExpectedNotApplicable > 0 {
		parts[0] += fmt.Sprintf(", %d not applicable", c.ExpectedNotApplicable)
	}
	if c.ExpectedUnknown > 0 {
		parts[0] += fmt.Sprintf(", %d unknown", c.ExpectedUnknown)
	}
	if !e.until.IsZero() {
		parts = append(parts, fmt.Sprintf("those due from %s on were not looked at, %d are the most", instant(&e.until), maxExpected))
	}
	if n := len(a.lostPlans); n > 0 {
		parts = append(parts, fmt.Sprintf("without %s that can't be relied on", plural(n, "plan")))
	}
	if a.gaps {
		parts = append(parts, "without the logs that can't be read")
	}
	check.Text = strings.Join(parts, "; ")
	if len(parts) > 1 || c.ExpectedUnknown > 0 {
		check.State = Unshown
	}
	return check
}
