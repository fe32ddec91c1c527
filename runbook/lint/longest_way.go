package lint

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// A runbook's steps are done in the order of the file, and those whose conditions
// don't hold are left out. Which conditions exclude each other is known where they
// ask only whether steps passed, failed, were skipped or deviated; any other may hold.

// mostWays is how many ways through a runbook are looked at. With more, all steps are
// taken to be on one way.
const mostWays = 4096

// longestWay is the numbers of the steps on the way through a runbook that takes
// longest, when each step takes as long as it may.
func longestWay(steps []*runbook.Step, lengths []time.Duration) []int {
	w := ways{steps: steps, lengths: lengths, conditions: make([]condition, len(steps)), asked: map[string]map[string]bool{}, left: mostWays}
	for i, s := range steps {
		if s.If != nil {
			w.conditions[i] = conditionOf(s.If.Source)
			w.conditions[i].ask(w.asked)
		}
	}
	w.askNeeds()
	w.from(0, nil, 0, map[string]fate{})
	if w.left > 0 {
		return w.longest
	}
	all := make([]int, len(steps))
	for i := range all {
		all[i] = i
	}
	return all
}

// ways are those through a runbook.
type ways struct {
	steps      []*runbook.Step
	lengths    []time.Duration
	conditions []condition
	asked      map[string]map[string]bool // what conditions ask, by step
	left       int                        // that may still be looked at

	longest []int
	length  time.Duration // of the longest
}

// fate is what became of a step, as far as conditions ask.
type fate struct{ passed, failed, skipped, deviated bool }

func (f fate) is(word string) bool {
	switch word {
	case "passed":
		return f.passed
	case "failed":
		return f.failed
	case "skipped":
		return f.skipped
	default:
		return f.deviated
	}
}

// askNeeds notes that a step without a condition asks whether those passed that it
// needs, where something is asked of it.
func (w *ways) askNeeds() {
	for _, s := range slices.Backward(w.steps) {
		if s.If != nil || w.asked[s.ID] == nil {
			continue
		}
		for _, need := range s.Needs {
			ask(w.asked, need, "passed")
		}
	}
}

// from looks at all ways from a step on. A step that fails and ends the run is on no
// longer way than the same one that passes at its last moment.
func (w *ways) from(i int, taken []int, length time.Duration, fates map[string]fate) {
	if w.left <= 0 {
		return
	}
	if i == len(w.steps) {
		w.left--
		if w.longest == nil || length > w.length {
			w.longest, w.length = slices.Clone(taken), length
		}
		return
	}
	s := w.steps[i]
	may, must := w.runs(i, fates)
	if may {
		for _, f := range w.fates(s) {
			fates[s.ID] = f
			w.from(i+1, append(taken, i), add(length, w.lengths[i]), fates)
		}
	}
	if !may || !must && w.asked[s.ID] != nil {
		fates[s.ID] = fate{skipped: true}
		w.from(i+1, taken, length, fates)
	}
}

// runs says whether a step may be run behind those before it, and whether it is for
// sure.
func (w *ways) runs(i int, fates map[string]fate) (may, must bool) {
	s := w.steps[i]
	if s.If == nil {
		met := !slices.ContainsFunc(s.Needs, func(need string) bool { return !fates[need].passed })
		return met, met
	}
	return w.conditions[i].holds(fates)
}

// fates are what may become of a step that is run, as far as conditions ask.
func (w *ways) fates(s *runbook.Step) []fate {
	asked := w.asked[s.ID]
	all := []fate{{passed: true}}
	_, person := s.Action.(runbook.AsksPerson)
	_, approval := s.Action.(runbook.AsksApproval)
	if asked["passed"] || asked["failed"] || asked["skipped"] {
		if s.OnFailure == runbook.Continue {
			all = append(all, fate{failed: true})
		}
		if person && !approval {
			all = append(all, fate{skipped: true})
		}
	}
	if asked["deviated"] {
		for _, f := range all {
			f.deviated = true
			all = append(all, f)
		}
	}
	return all
}

// condition is what an if asks of the steps before: any of some rows of questions,
// all of which have the answer yes. Open is one that asks anything else.
type condition struct {
	open bool
	any  [][]question
}

type question struct {
	step, word string
	not        bool
	open       bool // it asks something else, and may have the answer yes
}

var questionForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(not +|! *)?steps\.([a-z][a-z0-9_]*)\.(passed|failed|skipped|deviated)$`)
})

// conditionOf reads a condition without brackets and texts, in which "and" binds
// before "or".
func conditionOf(source string) condition {
	if strings.ContainsAny(source, "()[]{}?:\"'`|&#") || strings.Contains(source, " let ") {
		return condition{open: true}
	}
	var c condition
	for row := range strings.SplitSeq(strings.Join(strings.Fields(source), " "), " or ") {
		var all []question
		for part := range strings.SplitSeq(row, " and ") {
			q := question{open: true}
			if found := questionForm().FindStringSubmatch(part); found != nil {
				q = question{step: found[2], word: found[3], not: found[1] != ""}
			}
			all = append(all, q)
		}
		c.any = append(c.any, all)
	}
	return c
}

// ask notes what is asked of which step.
func (c condition) ask(asked map[string]map[string]bool) {
	for _, row := range c.any {
		for _, q := range row {
			if !q.open {
				ask(asked, q.step, q.word)
			}
		}
	}
}

func ask(asked map[string]map[string]bool, step, word string) {
	if asked[step] == nil {
		asked[step] = map[string]bool{}
	}
	asked[step][word] = true
}

// holds says whether the condition may hold, and whether it does for sure.
func (c condition) holds(fates map[string]fate) (may, must bool) {
	may = c.open
	for _, row := range c.any {
		rowMay, rowMust := true, true
		for _, q := range row {
			yes := fates[q.step].is(q.word) != q.not
			rowMay, rowMust = rowMay && (q.open || yes), rowMust && !q.open && yes
		}
		may, must = may || rowMay, must || rowMust
	}
	return may, must
}

// add is the sum of two lengths of time, or the longest that there is.
func add(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
