package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/record"
)

// levels are all levels, the least first.
var levels = []Level{None, Signed, Logged, Anchored, Bracketed, Witnessed}

// reaches reports whether a level is as much as another.
func (l Level) reaches(want Level) bool { return slices.Index(levels, l) >= slices.Index(levels, want) }

// demands is the most that has to be shown of a run, and who asks for that.
type demands struct {
	level Level
	by    string
	at    place
}

// demand adds to what is demanded of the run.
func (r *runResult) demand(level, by string, at place) {
	if level == "" || r.demands != nil && r.demands.level.reaches(Level(level)) {
		return
	}
	at.cause = level + " " + by
	r.demands = &demands{Level(level), by, at}
}

// demandOfPlan adds the level that the plan asks for to what is demanded.
func (v *runAudit) demandOfPlan(start *statement) {
	if v.plan != nil {
		v.result.demand(v.plan.plan.Level, "its plan", start.place())
	}
}

// finished says whether a run has an end that says how it stands.
func (l RunLine) finished() bool {
	return slices.Contains([]string{string(record.RunDone), string(record.RunFailed), string(record.RunAborted)}, l.State)
}

// checkLevel holds a run that has ended to the level that was demanded when it began. Of
// a run of which nothing can be shown it is said why.
func (a *audit) checkLevel(r runResult) {
	want := r.demands
	if want == nil || !r.line.finished() || r.line.Level == None || r.line.Level.reaches(want.level) {
		return
	}
	a.broken(ruleLevel, want.at, "the run %s is %s, and %s demands %s", r.line.Run, r.line.Level, want.by, want.level)
}

// checkDemanded counts the runs that reach less than the reader demands, whatever
// else is wrong with them.
func (a *audit) checkDemanded() {
	if a.pins.Level == "" {
		return
	}
	finished, below := 0, 0
	var parts []string
	for _, level := range levels {
		n := a.tally.finished[level]
		finished += n
		if n > 0 && !level.reaches(a.pins.Level) {
			below += n
			parts = append(parts, fmt.Sprintf("%d %s", n, level))
		}
	}
	if below > 0 {
		a.broken(ruleDemanded, place{}, "less than %s, the level demanded, is shown of %d of %s: %s",
			a.pins.Level, below, plural(finished, "finished run"), strings.Join(parts, ", "))
	}
}
