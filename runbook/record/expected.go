package record

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// Expected is one occurrence and how it stands.
type Expected struct {
	schedule.Occurrence
	State       schedule.State
	DecidedBy   string // a run
	RecoveredAt *time.Time
	Waiver      string // digest of the waiver that covers it; a run that failed has failed all the same
	Plan        string // digest of the plan that asks for it
}

// ErrSettled says that what is asked for was settled and is not kept in detail:
// the whole history has it.
var ErrSettled = errors.New("it is longer ago than is kept in detail")

// Expected lists the occurrences due in [from, to) that the plans ask for, and
// how each stands at an instant.
func (h *History) Expected(from, to, at time.Time) ([]Expected, error) {
	return h.Standing().Expected(from, to, at)
}

// Expected lists the occurrences due in [from, to) that the plans ask for, and
// how each stands at an instant. The error is ErrSettled where that isn't kept.
func (s *Standing) Expected(from, to, at time.Time) ([]Expected, error) {
	byRunbook, err := s.attempts(from, at)
	if err != nil {
		return nil, err
	}
	var all []Expected
	gone := false
	err = s.each(func(string) time.Time { return from }, to, func(plan *Fact[Plan], o schedule.Occurrence) bool {
		gone = gone || !s.keeps(o)
		all = append(all, s.judge(plan, o, byRunbook[o.Runbook], at))
		return !gone
	})
	if gone && err == nil {
		return nil, ErrSettled
	}
	return byDue(all), err
}

// byDue sorts a listing, whose lines are large, by moving each once.
func byDue(all []Expected) []Expected {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Or(all[x].Due.Compare(all[y].Due), cmp.Compare(x, y)) })
	sorted := make([]Expected, len(all))
	for i, from := range order {
		sorted[i] = all[from]
	}
	return sorted
}

// each goes through the occurrences of each runbook of each plan in order, as
// long as take wants more of the runbook. From is where a runbook's begin.
func (s *Standing) each(from func(runbook string) time.Time, to time.Time, take func(*Fact[Plan], schedule.Occurrence) bool) error {
	return s.eachPopulation(from, func(plan *Fact[Plan], p schedule.Planned) error {
		for o := range p.Between(from(p.Runbook), to) {
			if !take(plan, o) {
				break
			}
		}
		return nil
	})
}

// eachPopulation goes through what the plans ask for of each runbook. What another
// plan took the place of before the runbook's from is left out.
func (s *Standing) eachPopulation(from func(runbook string) time.Time, take func(*Fact[Plan], schedule.Planned) error) error {
	for i := range s.Plans {
		plan := &s.Plans[i]
		var until time.Time
		if i+1 < len(s.Plans) {
			until = s.Plans[i+1].Body.Signed.Round(0)
		}
		for k := range plan.Body.Runbooks {
			if !until.IsZero() && !until.After(from(plan.Body.Runbooks[k].Runbook.ID)) {
				continue
			}
			population, err := s.population(i, k, until)
			if err == nil {
				err = take(plan, population)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// population computes what a plan asks for of a runbook once.
func (s *Standing) population(plan, item int, until time.Time) (schedule.Planned, error) {
	key := [2]int{plan, item}
	if p, known := s.populations[key]; known {
		return p, nil
	}
	p, err := s.Plans[plan].Body.Population(s.Plans[plan].Body.Runbooks[item], until)
	if err == nil {
		s.populations[key] = p
	}
	return p, err
}

// judge says how an occurrence stands at an instant. A waiver excuses what nobody
// did; what was done and failed stays failed.
func (s *Standing) judge(plan *Fact[Plan], o schedule.Occurrence, attempts schedule.Attempts, at time.Time) Expected {
	state, decided, recovered := schedule.Judge(o, attempts.Near(o), at)
	e := Expected{Occurrence: o, State: state, DecidedBy: decided, RecoveredAt: recovered, Plan: plan.Digest}
	s.waive(&e, at)
	return e
}

// waive finds the waiver that covers an occurrence.
func (s *Standing) waive(e *Expected, at time.Time) {
	for i := range s.Waivers {
		w := &s.Waivers[i]
		if !w.Body.Covers(e.Name, e.Due) || w.Body.Signed.After(at) || !s.mayWaive(w) {
			continue
		}
		e.Waiver = w.Digest
		if slices.Contains([]schedule.State{schedule.Upcoming, schedule.Due, schedule.Missed}, e.State) {
			e.State = w.Body.State()
		}
		return
	}
}

// Covers reports whether an occurrence need not happen: the waiver names it, and
// it is due before the waiver's end.
func (s Waiver) Covers(occurrence string, due time.Time) bool {
	named := s.Occurrence == occurrence || strings.HasSuffix(s.Occurrence, "/") && strings.HasPrefix(occurrence, s.Occurrence)
	return named && due.Before(s.Until)
}

// State is how an occurrence stands that a waiver excuses.
func (s Waiver) State() schedule.State {
	if s.NotApplicable {
		return schedule.NotApplicable
	}
	return schedule.Waived
}

// A Tally counts occurrences by their states, none of which is merged into
// another but those that are still open.
type Tally struct {
	Expected      int `json:"expected"`
	OnTime        int `json:"on_time"`
	Late          int `json:"late"`
	Failed        int `json:"failed"`
	Missed        int `json:"missed"`
	Waived        int `json:"waived"`
	NotApplicable int `json:"not_applicable"`
	Open          int `json:"open"`    // upcoming, due, running or waiting
	Unknown       int `json:"unknown"` // there are runs that say too little
}

// TallyOf counts a listing.
func TallyOf(all []Expected) Tally {
	var t Tally
	for _, e := range all {
		t.Add(e.State)
	}
	return t
}

// Add counts one more.
func (t *Tally) Add(state schedule.State) {
	t.Expected++
	if n := t.of(state); n != nil {
		*n++
	}
}

func (t *Tally) of(state schedule.State) *int {
	switch state {
	case schedule.OnTime:
		return &t.OnTime
	case schedule.Late:
		return &t.Late
	case schedule.Failed:
		return &t.Failed
	case schedule.Missed:
		return &t.Missed
	case schedule.Waived:
		return &t.Waived
	case schedule.NotApplicable:
		return &t.NotApplicable
	case schedule.Unknown:
		return &t.Unknown
	case schedule.Upcoming, schedule.Due, schedule.Running, schedule.Waiting:
		return &t.Open
	default:
		return nil
	}
}

// Check says how a tally doesn't foot: expected is on time, late, failed, missed,
// waived, not applicable, open and unknown, and nothing else.
func (t Tally) Check() error {
	sum := t.OnTime + t.Late + t.Failed + t.Missed + t.Waived + t.NotApplicable + t.Open + t.Unknown
	if sum != t.Expected {
		return fmt.Errorf("%d occurrences are expected, and their states are %d", t.Expected, sum)
	}
	return nil
}
