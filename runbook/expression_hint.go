package runbook

import (
	"regexp"
	"strings"
	"sync"
)

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
