package schedule

import (
	"cmp"
	"slices"
	"time"
)

// State is how an occurrence stands. States are never merged into each other.
type State string

// The states. Waived and NotApplicable are a person's statements, which Judge
// never makes.
const (
	Upcoming      State = "upcoming" // the window hasn't opened
	Due           State = "due"      // it is open, and no run has started
	Running       State = "running"  // a run is under way
	Waiting       State = "waiting"  // a run waits for a person
	OnTime        State = "on_time"
	Late          State = "late" // done, but not within what was promised
	Failed        State = "failed"
	Missed        State = "missed" // the window has closed without a run
	Waived        State = "waived"
	NotApplicable State = "not_applicable"
	Unknown       State = "unknown" // there are runs that say too little
)

// Attempt is a run as far as it is known. An instant that isn't known is nil.
type Attempt struct {
	Run            string
	Started, Ended *time.Time
	Outcome        string // done | failed | aborted | open | parked
	Late           *bool  // done outside what was promised, where its clock was held; nil: the times of the occurrence say
}

// The outcomes of an attempt.
const (
	outcomeDone    = "done"
	outcomeFailed  = "failed"
	outcomeAborted = "aborted"
	outcomeOpen    = "open"
	outcomeParked  = "parked"
)

// Judge says how an occurrence stood at an instant. Attempts are the runs of
// its client and runbook that name it or may have started in its window, in any
// order; what happened behind the instant isn't seen.
//
// The first run to end whose start lies in the window decides, as OnTime, Late
// or Failed, and decidedBy names it; the others are duplicates. A later success
// changes nothing: it is recoveredAt of a failed or a missed occurrence.
//
// A run with an end but without what is needed to order or to place it (its
// start or its end isn't known, the end is before the start, the outcome is no
// word of Attempt) might be the one that decides. The answer is Unknown then,
// where it would otherwise have been an answer for good.
func Judge(o Occurrence, attempts []Attempt, at time.Time) (state State, decidedBy string, recoveredAt *time.Time) {
	seen := look(o, attempts, at)
	closed := !at.Before(o.Closes)
	switch {
	case seen.unclear && seen.first != nil:
		return Unknown, "", nil
	case seen.first != nil:
		state = verdict(o, *seen.first)
		if state == Failed {
			recoveredAt = recovery(o, attempts, *seen.first.Ended, at)
		}
		return state, seen.first.Run, recoveredAt
	case seen.open:
		return Running, "", nil
	case seen.parked:
		return Waiting, "", nil
	case closed && seen.unclear:
		return Unknown, "", nil
	case closed:
		return Missed, "", recovery(o, attempts, o.Closes, at)
	case at.Before(o.Opens):
		return Upcoming, "", nil
	default:
		return Due, "", nil
	}
}

// sight is what can be seen of the runs in a window.
type sight struct {
	first        *Attempt // the first to end
	open, parked bool     // there is one that hasn't ended
	unclear      bool     // there is one that can't be placed
}

func look(o Occurrence, attempts []Attempt, at time.Time) sight {
	var seen sight
	for _, a := range attempts {
		switch {
		case a.outside(o, at):
		case a.Outcome == outcomeParked && a.Started != nil:
			seen.parked = true
		case a.Outcome == outcomeOpen && a.Started != nil, a.underway(at):
			seen.open = true
		case !a.clear():
			seen.unclear = true
		case seen.first == nil || before(a, *seen.first) < 0:
			seen.first = &a
		}
	}
	return seen
}

// outside reports that the run is known not to have started in the window, or
// not to have started yet.
func (a Attempt) outside(o Occurrence, at time.Time) bool {
	if a.Started == nil {
		return a.Ended != nil && a.Ended.Before(o.Opens)
	}
	return !o.Holds(*a.Started) || a.Started.After(at)
}

// underway reports that the run has started and ends only after the instant.
func (a Attempt) underway(at time.Time) bool {
	return a.Started != nil && a.Ended != nil && a.Ended.After(at)
}

// clear reports whether the run says all that is needed to judge it.
func (a Attempt) clear() bool {
	ended := a.Outcome == outcomeDone || a.Outcome == outcomeFailed || a.Outcome == outcomeAborted
	return ended && a.Started != nil && a.Ended != nil && !a.Ended.Before(*a.Started)
}

// before orders ended runs: by end, then by start, then by id, so that the
// answer never depends on the order in which they are given.
func before(a, b Attempt) int {
	return cmp.Or(a.Ended.Compare(*b.Ended), a.Started.Compare(*b.Started), cmp.Compare(a.Run, b.Run))
}

// verdict judges the run that decides. Exactly the target is met.
func verdict(o Occurrence, a Attempt) State {
	switch {
	case a.Outcome != outcomeDone:
		return Failed
	case a.Late != nil && *a.Late:
		return Late
	case a.Late != nil:
		return OnTime
	case o.StartBy != nil && a.Started.After(*o.StartBy),
		o.CompleteBy != nil && a.Ended.After(*o.CompleteBy),
		o.CompleteWithin > 0 && o.Calendar.Between(*a.Started, *a.Ended) > o.CompleteWithin:
		return Late
	default:
		return OnTime
	}
}

// recovery is the end of the first success that started in the window or later
// and ended behind an instant.
func recovery(o Occurrence, attempts []Attempt, after, at time.Time) *time.Time {
	var ends []time.Time
	for _, a := range attempts {
		if a.clear() && a.Outcome == outcomeDone && !a.Started.Before(o.Opens) && a.Ended.After(after) && !a.Ended.After(at) {
			ends = append(ends, *a.Ended)
		}
	}
	if len(ends) == 0 {
		return nil
	}
	first := slices.MinFunc(ends, time.Time.Compare)
	return &first
}
