package record

import (
	"cmp"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/trust"
)

// Standing is how a client stands: what is due, what was missed, what is open.
// It gives the answers of a history without reading all of it each time.
type Standing struct {
	Client   string
	Problems []error // of logs and statements that can't be read
	Timeline

	store       *evidence.Store
	limit       int
	settled     settled
	past        []byte // the settled runs, a line of JSON each
	logs        []readLog
	unread      []writtenLeaf // that couldn't be read; they are tried again
	chain       trust.Chain
	chained     bool
	populations map[[2]int]schedule.Planned
	history     *History // that it was made of; nil: it reads what it needs from the store
}

// Standing is how the client stands by a history.
func (h *History) Standing() *Standing {
	s := &Standing{Problems: h.Problems, Timeline: timelineOf(h), limit: h.limit, chain: h.chain, chained: true, history: h}
	s.populations = map[[2]int]schedule.Planned{}
	if len(s.Plans) > 0 { // without one nothing is due that would be said of a client
		s.Client = s.Plans[0].Body.Client
	}
	return s
}

// trusted is who may sign, as far as the trust statements follow on each other.
func (s *Standing) trusted() trust.Chain {
	if s.chained {
		return s.chain
	}
	s.chained = true
	var all []Signed[Trust]
	for _, digest := range s.Trusts {
		version, err := Read[Trust](s.store, KindTrust, digest, s.limit)
		if err != nil {
			s.Problems = append(s.Problems, err)
			continue
		}
		all = append(all, version)
	}
	slices.SortStableFunc(all, func(x, y Signed[Trust]) int { return x.Body.Version.Number - y.Body.Version.Number })
	var err error
	if s.chain, err = chainOf(all); err != nil {
		s.Problems = append(s.Problems, err)
	}
	return s.chain
}

// leads says whether a lead signed a statement. Where nothing says who may, all
// may.
func (s *Standing) leads(line string, at time.Time) bool { return s.may(line, at, trust.Lead) }

func (s *Standing) may(line string, at time.Time, roles ...trust.Role) bool {
	chain := s.trusted()
	if len(chain) == 0 {
		return true
	}
	key, err := evidence.ParsePublicKey([]byte(line))
	return err == nil && chain.May(key, trust.When{Claimed: at}, trust.Right{Roles: roles}).Standing != trust.Refused
}

func (s *Standing) mayWaive(w *Fact[Waiver]) bool {
	return s.may(w.Key, w.Body.Signed, trust.Approver, trust.Lead)
}

// Ticker is the writer whom the plan in force at an instant names to sign what
// was missed; "" when it names none.
func (s *Standing) Ticker(at time.Time) string {
	if plan := s.PlanAt(at); plan != nil {
		return plan.Body.Ticker
	}
	return ""
}

// PlanAt is the plan that was in force at an instant; nil when none was.
func (s *Standing) PlanAt(at time.Time) *Fact[Plan] {
	var found *Fact[Plan]
	for i := range s.Plans {
		if !s.Plans[i].Body.Signed.After(at) {
			found = &s.Plans[i]
		}
	}
	return found
}

// attempts are the runs by runbook that decide about occurrences due from an
// instant on.
func (s *Standing) attempts(from, at time.Time) (map[string]schedule.Attempts, error) {
	all := map[string][]schedule.Attempt{}
	s.holdRuns(at)
	take := func(a *Attempt) {
		if a.Start != "" && a.Occurrence != "" { // else it satisfies nothing
			all[a.Runbook] = append(all[a.Runbook], a.judged(at))
		}
	}
	for _, a := range s.Runs {
		take(a)
	}
	if s.settled.reaches(from) {
		if err := s.eachPast(take); err != nil {
			return nil, err
		}
	}
	byRunbook := map[string]schedule.Attempts{}
	for id, runs := range all {
		byRunbook[id] = schedule.NewAttempts(runs)
	}
	return byRunbook, nil
}

// CaughtUp reports whether a run was started to make a missed occurrence good.
func (s *Standing) CaughtUp(occurrence string) (bool, error) {
	for _, a := range s.Runs {
		if a.CatchesUp == occurrence {
			return true, nil
		}
	}
	found := false
	err := s.eachPast(func(a *Attempt) { found = found || a.CatchesUp == occurrence })
	return found, err
}

// OpenRuns are the runs under way at an instant, the oldest first.
func (s *Standing) OpenRuns(at time.Time) []*Attempt {
	var open []*Attempt
	s.holdRuns(at)
	for _, a := range s.Runs {
		if a.Start != "" && a.Open(at) && !a.Started.After(at) {
			open = append(open, a)
		}
	}
	slices.SortFunc(open, byStart)
	return open
}

func byStart(x, y *Attempt) int {
	return cmp.Or(x.Started.Compare(y.Started), cmp.Compare(x.Run, y.Run))
}
