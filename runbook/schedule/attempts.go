package schedule

import (
	"iter"
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
		if run.Succeeded() {
			a.done = append(a.done, run)
		}
	}
	return a
}

// Near are the attempts that decide about an occurrence.
func (a Attempts) Near(o Occurrence) []Attempt {
	return Near(o, from(a.all), from(a.done))
}

// from gives those of attempts that started at an instant or later.
func from(all []Attempt) func(time.Time) iter.Seq[Attempt] {
	return func(t time.Time) iter.Seq[Attempt] { return slices.Values(all[startedBy(all, t):]) }
}

// Near are the attempts that decide about an occurrence: those in its window,
// and behind it the successes up to the first that can recover it. Judge says of
// them what it says of all. All gives the attempts from an instant on in the order
// of their starts, done those of them that succeeded.
func Near(o Occurrence, all, done func(from time.Time) iter.Seq[Attempt]) []Attempt {
	var near []Attempt
	after := o.Closes // the latest instant behind which a success can be a recovery
	for run := range all(o.Opens) {
		if !run.Started.Before(o.Closes) {
			break
		}
		if near = append(near, run); run.Ended != nil {
			after = latest(after, *run.Ended)
		}
	}
	var first *time.Time
	for run := range done(o.Closes) {
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

// Succeeded says whether a run is known to have done its work.
func (a Attempt) Succeeded() bool { return a.clear() && a.Outcome == outcomeDone }

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
