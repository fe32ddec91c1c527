package schedule

import (
	"slices"
	"time"
)

// Attempts are the runs of one runbook, in the order of their starts, so that
// those that decide about an occurrence are found without looking at all.
type Attempts struct{ all, done []Attempt }

// NewAttempts takes the runs that say when they started.
func NewAttempts(runs []Attempt) Attempts {
	var a Attempts
	for _, run := range runs {
		if run.Started != nil {
			a.all = append(a.all, run)
		}
	}
	if byStart := func(x, y Attempt) int { return x.Started.Compare(*y.Started) }; !slices.IsSortedFunc(a.all, byStart) {
		slices.SortStableFunc(a.all, byStart)
	}
	for _, run := range a.all {
		if run.clear() && run.Outcome == outcomeDone {
			a.done = append(a.done, run)
		}
	}
	return a
}

// Near are the attempts that decide about an occurrence: those in its window,
// and behind it the successes up to the first that can recover it. Judge says of
// them what it says of all.
func (a Attempts) Near(o Occurrence) []Attempt {
	near := slices.Clip(a.all[startedBy(a.all, o.Opens):startedBy(a.all, o.Closes)])
	after := o.Closes // the latest instant behind which a success can be a recovery
	for _, run := range near {
		if run.Ended != nil {
			after = latest(after, *run.Ended)
		}
	}
	var first *time.Time
	for _, run := range a.done[startedBy(a.done, o.Closes):] {
		if first != nil && run.Started.After(*first) {
			break
		}
		near = append(near, run)
		if run.Ended.After(after) && (first == nil || run.Ended.Before(*first)) {
			first = run.Ended
		}
	}
	return near
}

// Recovered is the end of the first success that started in the occurrence's
// window or later, and ended behind one instant and by another; nil when there is
// none.
func Recovered(o Occurrence, attempts []Attempt, after, at time.Time) *time.Time {
	return recovery(o, attempts, after, at)
}

// startedBy counts the attempts that started before an instant.
func startedBy(all []Attempt, t time.Time) int {
	n, _ := slices.BinarySearchFunc(all, t, func(a Attempt, t time.Time) int { return a.Started.Compare(t) })
	return n
}
