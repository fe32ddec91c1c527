package lint

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
)

var slaInfeasible = Rule{
	ID: "sla-infeasible", Severity: Error, RunsAnyway: true,
	Summary: "the steps may take longer than the time in which they are promised to be done",
	Why: `A run of which every step keeps its own limit must keep the promise too: else it breaks
in the night in which everything is slow, and nobody did anything wrong. The sum is
that of the way through the runbook that takes longest: each timeout, once for each
attempt, the pauses between attempts, what a person needs by the estimate, and how long
an approval may take. Where the clock runs before the work begins, so does the time for
which a run may wait and still start in time. Steps whose conditions exclude each other
are not on one way, where the conditions ask only whether steps passed, failed, were
skipped or deviated.`,
	Source: "ISO/IEC 20000-1:2018, 8.3.3; ITIL 4, service level management",
	Bad: `schedule: {cron: "0 7 * * *", timezone: Europe/London}
sla: {clock: scheduled, start_within: 30m, complete_within: 1h, target: 95%}
escalation: {not_resolved: [{after: 50%, notify: owner}]}
steps:
  - {id: count, title: Few letters wait, run: "true", timeout: 10m, retry: {max_attempts: 3, delay: 5m}}`,
	Good: `schedule: {cron: "0 7 * * *", timezone: Europe/London}
sla: {clock: scheduled, start_within: 15m, complete_within: 1h, target: 95%}
escalation: {not_resolved: [{after: 50%, notify: owner}]}
steps:
  - {id: count, title: Few letters wait, run: "true", timeout: 10m, retry: {max_attempts: 3, delay: 5m}}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		promises := p.promises(r)
		if len(promises) == 0 {
			return
		}
		way := p.way(r)
		for _, m := range promises {
			if key, within := m.completion(); !within.IsZero() {
				p.infeasible(m, key, within, way)
			}
		}
	},
}

// way is what the steps on one way through a runbook may take.
type way struct {
	length time.Duration
	words  []string // by step
	open   []string // why it may take longer
}

// way is the one that takes longest.
func (p *pass) way(r *runbook.Runbook) way {
	all := make([]stepLength, len(r.Steps))
	lengths := make([]time.Duration, len(r.Steps))
	for i, s := range r.Steps {
		all[i] = p.stepLength(s, i)
		lengths[i] = all[i].length
	}
	var w way
	for _, i := range longestWay(r.Steps, lengths) {
		w.length = add(w.length, lengths[i])
		if all[i].open != "" {
			w.open = append(w.open, all[i].open)
		} else {
			w.words = append(w.words, all[i].words)
		}
	}
	return w
}

// infeasible reports that a way may take longer than what is promised.
func (p *pass) infeasible(m promise, key string, within runbook.Duration, w way) {
	target, total := m.span(within), w.length
	words := w.words
	waits, allowed := m.allowance()
	if !allowed.IsZero() {
		total = add(m.span(allowed), total)
		words = append([]string{waits + " " + allowed.String()}, words...)
	}
	sum := strings.Join(words, " + ") + " = " + exact(total)
	counted := total
	if m.calendar != nil {
		var when time.Time
		counted, when = m.longestWorked(w.length, p.Known.Now)
		sum += fmt.Sprintf(", of which %s are working time of %s from %s on", exact(counted), m.calendar.ID, localTime(when, m.calendar))
	}
	if counted <= target {
		return
	}
	for _, open := range w.open {
		sum += ", and " + open
	}
	hint := "shorten the timeouts, or promise " + key + ": " + exact(counted)
	switch {
	case counted == math.MaxInt64:
		hint = "shorten the timeouts"
	case m.with != nil:
		hint = "shorten the timeouts, or agree on another " + key
	}
	p.report(p.place(m, key), hint, "%s, and %s", sum, m.says(key, within))
}

// localTime is an instant on a calendar's clock.
func localTime(at time.Time, c *schedule.Calendar) string {
	if zone, err := runbook.Zone(c.Timezone); err == nil {
		at = at.In(zone)
	}
	return at.Format("Mon 2006-01-02 15:04")
}

// Of the coming year, so many times at which the work may begin are looked at; fewer
// where it takes so long that one says as much as another.
const (
	mostBegins = 400
	longWork   = 60 * 24 * time.Hour
)

// longestWorked is the most working time that passes on the clock of a promise while
// the work waits as long as it may and then takes so long, and from when on.
func (m promise) longestWorked(length time.Duration, now time.Time) (longest time.Duration, when time.Time) {
	_, allowed := m.allowance()
	waits, left := m.span(allowed), mostBegins
	if add(waits, length) > longWork {
		left = 1
	}
	for from := range m.begins(now, now.AddDate(1, 0, 0)) {
		if worked := m.worked(from, waits, length); worked > longest {
			longest, when = worked, from
		}
		if left--; left == 0 {
			break
		}
	}
	return longest, when
}

// worked is the working time that passes from an instant on. Work that isn't due at
// it waits up to when most of what follows is working time.
func (m promise) worked(from time.Time, waits, length time.Duration) time.Duration {
	if !m.due || m.Clock != runbook.ClockScheduled {
		return add(waits, m.calendar.Between(from, from.Add(length)))
	}
	start, ok := m.calendar.Add(from, waits)
	if ok && waits > 0 {
		start, ok = m.calendar.NextOpen(start)
	}
	if !ok {
		return 0
	}
	return m.calendar.Between(from, start.Add(length))
}

// begins are the instants at which the clock of a promise may begin: when the work is
// due, or else when working time begins, behind which most of it passes.
func (m promise) begins(a, b time.Time) iter.Seq[time.Time] {
	if m.Clock == runbook.ClockScheduled {
		return m.instants(a, b)
	}
	return m.calendar.Openings(a, b)
}
