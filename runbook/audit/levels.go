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

// checkLevels holds the runs that have ended to the level that was demanded when
// they began, and to the one that the reader demands. Of a run of which nothing
// can be shown it is said why.
func (a *audit) checkLevels(r *Report, results []runResult) []found {
	f := &finder{}
	for _, result := range results {
		want := result.demands
		if result.line == nil || want == nil || !result.line.finished() || result.line.Level == None {
			continue
		}
		if !result.line.Level.reaches(want.level) {
			f.broken(ruleLevel, want.at, "the run %s is %s, and %s demands %s", result.line.Run, result.line.Level, want.by, want.level)
		}
	}
	a.checkDemanded(f, r)
	return f.found
}

// checkDemanded counts the runs that reach less than the reader demands, whatever
// else is wrong with them.
func (a *audit) checkDemanded(f *finder, r *Report) {
	if a.pins.Level == "" {
		return
	}
	finished, short := 0, map[Level]int{}
	for _, line := range r.Runs {
		if !line.finished() {
			continue
		}
		finished++
		if !line.Level.reaches(a.pins.Level) {
			short[line.Level]++
		}
	}
	var parts []string
	below := 0
	for _, level := range levels {
		if n := short[level]; n > 0 {
			below += n
			parts = append(parts, fmt.Sprintf("%d %s", n, level))
		}
	}
	if below > 0 {
		f.broken(ruleDemanded, place{}, "less than %s, the level demanded, is shown of %d of %s: %s",
			a.pins.Level, below, plural(finished, "finished run"), strings.Join(parts, ", "))
	}
}
