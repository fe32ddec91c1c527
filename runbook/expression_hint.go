package runbook

import (
	"regexp"
	"strings"
	"sync"
)

// misnames reports whether a source has a name that was declared and isn't of the
// form of names, as in steps.disk-free: whatever is wrong with the expression, it
// comes from that.
func (s *Scope) misnames(source string) bool {
	bad := func(name string, form *regexp.Regexp) bool {
		return !form.MatchString(name) && strings.Contains(source, name)
	}
	for name := range s.inputs {
		if bad(name, nameForm()) {
			return true
		}
	}
	for name := range s.secrets {
		if bad(name, envForm()) {
			return true
		}
	}
	for id, outputs := range s.steps {
		if bad(id, nameForm()) {
			return true
		}
		for name := range outputs {
			if bad(name, nameForm()) {
				return true
			}
		}
	}
	return false
}

var (
	stepField  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`steps\.[a-z0-9_]+\.([A-Za-z_]+)`) })
	stepHyphen = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`steps\.[a-z0-9_]+-[a-z]`) })
	asFunction = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(success|failure|always|cancelled)\(\)`) })
)

// slipHint is the hint for a slip that shows in an expression's text, beside what
// the library says of it; else the hint that there is.
func slipHint(source, message, hint string) string {
	field := stepField().FindStringSubmatch(source)
	switch {
	case asFunction().MatchString(source):
		return "write steps.NAME.passed or steps.NAME.failed; a step that is to run all the same stands behind one with on_failure: continue"
	case stepHyphen().MatchString(source):
		return "a step's id has underscores and no hyphens, which take one number from another"
	case field != nil && strings.HasSuffix(message, "unknown field "+field[1]):
		return "a step has passed, failed, skipped, deviated, outcome, exit_code and outputs"
	default:
		return hint
	}
}
