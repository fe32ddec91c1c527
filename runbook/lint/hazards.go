package lint

import (
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// hazard is what a value may do to a script that isn't careful with it.
type hazard uint8

const (
	splits   hazard = 1 << iota // it may have spaces and wildcards in it
	dashes                      // it may begin with a dash
	computes                    // it may be more than a number
)

// hazards are those of the variables that a step's env computes. A value that its
// type or its pattern keeps tame has none.
func (p *pass) hazards(r *runbook.Runbook, step *runbook.Step) map[string]hazard {
	all := map[string]hazard{}
	for _, v := range step.Env {
		found := hazard(0)
		for _, u := range templateUses(v.Value.Source) {
			found |= hazardOf(r, u)
		}
		if !strings.HasPrefix(strings.TrimSpace(v.Value.Source), "${{") {
			found &^= dashes // text of the author's stands before it
		}
		if found != 0 {
			all[v.Name] = found
		}
	}
	return all
}

func hazardOf(r *runbook.Runbook, u use) hazard {
	switch {
	case u[0] == "secrets":
		return splits | dashes | computes
	case u[0] == "inputs" && len(u) > 1:
		if field, ok := r.Input(u[1]); ok {
			return fieldHazard(field)
		}
	case u[0] == "steps" && len(u) > 3 && u[2] == "outputs":
		if step := r.Step(u[1]); step != nil {
			return typeHazard(step.OutputTypes()[u[3]])
		}
	}
	return 0
}

func typeHazard(t runbook.Type) hazard {
	switch t {
	case runbook.Number, runbook.Integer, runbook.Boolean, runbook.Span, runbook.Date:
		return 0
	case runbook.Path, runbook.FilePath: // which are made absolute
		return splits | computes
	default:
		return splits | dashes | computes
	}
}

// hostile are values that show what a pattern or a list of values lets through.
var hostile = []struct {
	hazard hazard
	values []string
}{
	{splits, []string{"a b", "a*", "*", "a  b c"}},
	{dashes, []string{"-x", "-rf", "--help", "-", "-1"}},
	{computes, []string{"a[$(id)]", "a[0]", "a", "x1", "A"}},
}

func fieldHazard(f runbook.Field) hazard {
	found := typeHazard(f.Type)
	if f.Type == runbook.Enum {
		found = 0
		for _, value := range f.Enum {
			if strings.ContainsAny(value, " \t*?[") {
				found |= splits
			}
			if strings.HasPrefix(value, "-") {
				found |= dashes
			}
		}
		return found
	}
	if f.Pattern == nil {
		return found
	}
	passes := hazard(0)
	for _, h := range hostile {
		for _, value := range h.values {
			if f.Pattern.MatchString(value) {
				passes |= h.hazard
			}
		}
	}
	return found & passes
}
