package record

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

// Verdict is the answer of a run.
type Verdict struct {
	Outcome    RunOutcome  `json:"outcome"`
	Late       bool        `json:"late,omitzero"` // done or not, outside its SLA
	Deviations []Deviation `json:"deviations,omitzero"`
}

// RunOutcome is how a run ended.
type RunOutcome string

// The outcomes of a run.
const (
	RunDone    RunOutcome = "done"
	RunFailed  RunOutcome = "failed"
	RunAborted RunOutcome = "aborted"
)

// Judge computes the verdict of a run from what was pinned at its start and
// what became of its steps: the engine writes it down, and a verifier computes
// it again.
//
// A run is done when every must step passed or was not needed. A step that was
// never reached, skipped, failed or given up is no green; a step left out by
// --start-at is a deviation. Of a step that was done again after a push back the
// last telling counts. The pauses are those of its clock.
func Judge(start RunStart, steps []Step, aborted bool, ended time.Time, pauses ...agreement.Pause) Verdict {
	v := Verdict{
		Outcome:    RunDone,
		Late:       start.SLA.Judge(start.Started, ended, pauses...).Late(),
		Deviations: slices.Clone(start.Deviations),
	}
	outcomes := make(map[string]Outcome, len(start.Steps))
	standing := StandingSteps(start, steps)
	for i := range standing {
		s := &standing[i]
		outcomes[s.ID] = s.Outcome
		v.Deviations = append(v.Deviations, s.Deviates...)
	}
	for i := range start.Steps {
		pinned := &start.Steps[i]
		outcome, reached := outcomes[pinned.ID]
		if pinned.Priority == runbook.Must && !(reached && fine(&start, pinned, outcome)) {
			v.Outcome = RunFailed
		}
	}
	if aborted {
		v.Outcome = RunAborted
	}
	slices.Sort(v.Deviations)
	v.Deviations = slices.Compact(v.Deviations)
	return v
}

// fine says whether a must step ended well. That it was not needed, or was left
// out, counts only where the start says that this can be.
func fine(start *RunStart, pinned *PinnedStep, outcome Outcome) bool {
	switch outcome {
	case Passed:
		return true
	case NotNeeded:
		return pinned.Conditional
	case LeftOut:
		return slices.Contains(start.Deviations, DeviatedStartAt)
	default:
		return false
	}
}

// StepDeviations computes what a step did not do as agreed, from its own
// record and what was pinned.
func StepDeviations(pinned *PinnedStep, s *Step, said Answer) []Deviation {
	var all []Deviation
	if slices.ContainsFunc(s.Normal, func(j Judged) bool { return j.Standing == runbook.Outside }) {
		all = append(all, DeviatedNormal)
	}
	if said.Differently != "" {
		all = append(all, DeviatedDifferently)
	}
	if pinned.Person && s.Outcome == Passed && s.Duration < pinned.MinDuration {
		all = append(all, DeviatedTooFast)
	}
	return all
}
