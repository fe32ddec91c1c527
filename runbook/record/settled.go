package record

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// keptFor is how long settled runs are kept in detail: more than a quarter.
const keptFor = 100 * 24 * time.Hour

// settled is what is decided for good, so that nobody computes it again: for each
// runbook the occurrences due before an instant, whose windows have closed and
// whose runs have ended.
type settled struct {
	At       time.Time                  `json:"at,omitzero"`
	KeptFrom time.Time                  `json:"kept_from,omitzero"` // runs that started earlier were dropped
	Runbooks map[string]*settledRunbook `json:"runbooks"`
}

type settledRunbook struct {
	Before time.Time   `json:"before"`
	Closes time.Time   `json:"closes"` // of the last window
	Fine   int         `json:"fine"`   // on time and as agreed
	Lines  []Exception `json:"lines"`  // the others
}

// An Exception is an occurrence that was not on time, or not done as agreed.
type Exception struct {
	Name        string         `json:"name"`
	Plan        string         `json:"plan"` // digest of the plan that asks for it
	Due         time.Time      `json:"due"`
	Opens       time.Time      `json:"opens"`
	Closes      time.Time      `json:"closes"`
	State       schedule.State `json:"state"`
	DecidedBy   string         `json:"decided_by,omitzero"` // a run
	Ended       *time.Time     `json:"ended,omitzero"`      // that run
	RecoveredAt *time.Time     `json:"recovered_at,omitzero"`
	Waiver      string         `json:"waiver,omitzero"`
	Step        string         `json:"step,omitzero"` // that failed
	Deviations  []Deviation    `json:"deviations,omitzero"`
}

// Runbook is the id of the runbook, which the name holds.
func (e Exception) Runbook() string {
	_, rest, _ := strings.Cut(e.Name, "/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// before is the instant before which a runbook's occurrences are settled.
func (s settled) before(runbookID string) time.Time {
	if r := s.Runbooks[runbookID]; r != nil {
		return r.Before
	}
	return time.Time{}
}

// reaches reports whether occurrences due from an instant on are settled.
func (s settled) reaches(from time.Time) bool {
	for _, r := range s.Runbooks {
		if from.Before(r.Before) {
			return true
		}
	}
	return false
}

// keeps reports whether the runs that decide about an occurrence are all there.
func (s *Standing) keeps(o schedule.Occurrence) bool { return !o.Opens.Before(s.settled.KeptFrom) }

// eachPast reads the settled runs that are kept.
func (s *Standing) eachPast(take func(*Attempt)) error {
	for line := range bytes.Lines(s.past) {
		a := &Attempt{}
		if err := evidence.DecodeStrict(line, a); err != nil {
			return fmt.Errorf("the settled runs: %w", err)
		}
		take(a)
	}
	return nil
}

// fine reports whether nobody has to look at an occurrence.
func (e Exception) fine() bool { return e.State == schedule.OnTime && len(e.Deviations) == 0 }

// exception tells of an occurrence what is needed when its runs are gone.
func (s *Standing) exception(e Expected) Exception {
	x := Exception{
		Name: e.Name, Plan: e.Plan, Due: e.Due, Opens: e.Opens, Closes: e.Closes,
		State: e.State, DecidedBy: e.DecidedBy, RecoveredAt: e.RecoveredAt, Waiver: e.Waiver,
	}
	if a := s.Runs[e.DecidedBy]; a != nil && e.DecidedBy != "" {
		ended := a.Until()
		if a.Ended != nil {
			ended = *a.Ended
		}
		x.Ended, x.Step, x.Deviations = &ended, a.Step, a.Deviations
	}
	return x
}

// Exceptions are all occurrences due until an instant that were or are not on
// time, or not done as agreed, the oldest first, and the count of all that were
// due. What is settled isn't computed again.
func (s *Standing) Exceptions(at time.Time) ([]Exception, Tally, error) {
	var all []Exception
	tally, err := s.eachException(at, func(e Exception) error {
		all = append(all, e)
		return nil
	})
	slices.SortFunc(all, compareExceptions)
	return all, tally, err
}

func compareExceptions(a, b Exception) int {
	if order := a.Due.Compare(b.Due); order != 0 {
		return order
	}
	return strings.Compare(a.Name, b.Name)
}

// eachException goes through the exceptions, the settled ones first, as long as
// take gives no error. The tally counts all that were due.
func (s *Standing) eachException(at time.Time, take func(Exception) error) (Tally, error) {
	if at.Before(s.settled.At) {
		return Tally{}, ErrSettled
	}
	byRunbook, err := s.attempts(at, at)
	if err != nil {
		return Tally{}, err
	}
	var t Tally
	for id, r := range s.settled.Runbooks {
		t.Expected, t.OnTime = t.Expected+r.Fine, t.OnTime+r.Fine
		for _, line := range r.Lines {
			line = s.revisit(line, byRunbook[id], at)
			t.Add(line.State)
			if err := take(line); err != nil {
				return t, err
			}
		}
	}
	var stopped error
	err = s.each(s.settled.before, at.Add(1), func(plan *Fact[Plan], o schedule.Occurrence) bool {
		if stopped != nil {
			return false
		}
		x := s.exception(s.judge(plan, o, byRunbook[o.Runbook], at))
		t.Add(x.State)
		if !x.fine() {
			stopped = take(x)
		}
		return stopped == nil
	})
	return t, cmp.Or(stopped, err)
}

// revisit looks at a settled line for what may still change: a success that
// recovers it, and a waiver.
func (s *Standing) revisit(line Exception, attempts schedule.Attempts, at time.Time) Exception {
	e := Expected{Occurrence: schedule.Occurrence{Name: line.Name, Due: line.Due}, State: line.State}
	s.waive(&e, at)
	after := line.Closes
	if line.Ended != nil {
		after = *line.Ended
	}
	lost := line.State == schedule.Failed || line.State == schedule.Missed
	if lost && line.RecoveredAt == nil {
		o := schedule.Occurrence{Opens: line.Opens, Closes: line.Closes}
		line.RecoveredAt = schedule.Recovered(o, attempts.Near(o), after, at)
	}
	line.State, line.Waiver = e.State, e.Waiver
	return line
}

// Settle takes what is decided at an instant out of what is computed each time.
// It changes no answer for that instant or a later one. The instant is the time
// of day, never one that somebody asks about.
func (s *Standing) Settle(at time.Time) error {
	if at.Before(s.settled.At) {
		return nil
	}
	byRunbook, err := s.attempts(at, at)
	if err != nil {
		return err
	}
	waivers := s.Waivers
	s.Waivers = nil // they are looked at each time
	defer func() { s.Waivers = waivers }()
	x := &settling{Standing: s, at: at, next: map[string]time.Time{}, open: s.openSince(at)}
	if s.settled.Runbooks == nil {
		s.settled.Runbooks = map[string]*settledRunbook{}
	}
	for id, r := range s.settled.Runbooks {
		for i := range r.Lines { // what recovers it may be settled now
			r.Lines[i] = s.revisit(r.Lines[i], byRunbook[id], at)
		}
	}
	err = s.each(s.settled.before, at.AddDate(1, 0, 0), func(plan *Fact[Plan], o schedule.Occurrence) bool {
		return x.take(o, func() Expected { return s.judge(plan, o, byRunbook[o.Runbook], at) })
	})
	if err != nil {
		return err
	}
	s.settled.At = at
	return errors.Join(x.movePast(), s.dropPast(at.Add(-keptFor)))
}

// A settling is one pass over what is not settled yet.
type settling struct {
	*Standing
	at   time.Time
	next map[string]time.Time // when the first window opens that isn't settled, by runbook
	open map[string]time.Time // the first start of a run that is under way, by runbook
}

// openSince is when the oldest run of each runbook that is under way began.
func (s *Standing) openSince(at time.Time) map[string]time.Time {
	open := map[string]time.Time{}
	s.holdRuns(at)
	for _, a := range s.Runs {
		if first, known := open[a.Runbook]; a.Start != "" && a.Open(at) && (!known || a.Started.Before(first)) {
			open[a.Runbook] = a.Started
		}
	}
	return open
}

// take settles an occurrence, or finds that it is the first of its runbook that
// isn't decided.
func (x *settling) take(o schedule.Occurrence, judge func() Expected) bool {
	if _, stopped := x.next[o.Runbook]; stopped {
		return false
	}
	r := x.settled.Runbooks[o.Runbook]
	if r == nil {
		r = &settledRunbook{}
	}
	since, underway := x.open[o.Runbook]
	if o.Closes.After(x.at) || o.Due.Before(r.Before) || underway && since.Before(o.Closes) {
		x.next[o.Runbook] = o.Opens
		return false
	}
	e := x.exception(judge())
	if e.fine() {
		r.Fine++
	} else {
		r.Lines = append(r.Lines, e)
	}
	r.Before, r.Closes = o.Due.Add(time.Second), latestOf(r.Closes, o.Closes)
	x.settled.Runbooks[o.Runbook] = r
	return true
}

func latestOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// movePast takes out the runs that decide about nothing any more.
func (x *settling) movePast() error {
	var moved []*Attempt
	for _, a := range x.Runs {
		if x.decided(a) {
			moved = append(moved, a)
		}
	}
	slices.SortFunc(moved, byStart)
	for _, a := range moved {
		line, err := evidence.EncodeJSON(a)
		if err != nil {
			return err
		}
		x.past = append(append(x.past, line...), '\n')
		delete(x.Runs, a.Run)
	}
	return nil
}

func (x *settling) decided(a *Attempt) bool {
	r := x.settled.Runbooks[a.Runbook]
	if a.Start == "" || r == nil || a.Open(x.at) || !a.Started.Before(r.Closes) {
		return false
	}
	next, known := x.next[a.Runbook]
	return !known || a.Started.Before(next)
}

// dropPast forgets settled runs from before an instant. They lie in the order in
// which they were settled, so that what is older than one that is kept may stay.
func (s *Standing) dropPast(before time.Time) error {
	for line := range bytes.Lines(s.past) {
		a := &Attempt{}
		if err := evidence.DecodeStrict(line, a); err != nil {
			return fmt.Errorf("the settled runs: %w", err)
		}
		if !a.Started.Before(before) {
			return nil
		}
		s.past = s.past[len(line):]
		s.settled.KeptFrom = latestOf(s.settled.KeptFrom, before)
	}
	return nil
}

// upset reports whether what was read just now, and the plans that weren't there
// before, change what is settled.
func (s *Standing) upset(before []string) bool {
	for run := range s.touched {
		a := s.Runs[run]
		r := s.settled.Runbooks[a.Runbook]
		if a.Start == "" && len(s.settled.Runbooks) > 0 || r != nil && a.Started.Before(r.Closes) {
			return true
		}
	}
	return slices.ContainsFunc(s.Plans, func(plan Fact[Plan]) bool {
		return !slices.Contains(before, plan.Digest) && s.settled.reaches(plan.Body.Signed)
	})
}
