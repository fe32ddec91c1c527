package runbook

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Constraint is what a tool's version must be: a comparison with a version.
type Constraint struct {
	operator string
	version  []int
}

// ParseConstraint reads ">= 5.1", "= 3.2.0", "< 4" or, for "at least", "5.1".
func ParseConstraint(text string) (Constraint, error) {
	rest, operator := strings.TrimSpace(text), ">="
	for _, candidate := range []string{">=", "<=", ">", "<", "="} {
		if tail, ok := strings.CutPrefix(rest, candidate); ok {
			rest, operator = strings.TrimSpace(tail), candidate
			break
		}
	}
	version := FindVersion(rest)
	if version == "" || version != rest {
		return Constraint{}, fmt.Errorf("%q is not a version to compare with", text)
	}
	return Constraint{operator: operator, version: numbersOf(version)}, nil
}

// Allows reports whether a version meets the constraint. Missing numbers count
// as zero: 5.1 is 5.1.0.
func (c Constraint) Allows(version string) bool {
	order := compareNumbers(numbersOf(version), c.version)
	switch c.operator {
	case ">=":
		return order >= 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case "<":
		return order < 0
	default:
		return order == 0
	}
}

var (
	dottedForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+(\.\d+)+`) })
	numberForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+`) })
)

// FindVersion is the first dotted number in what a tool prints of itself, or a
// lone number when there is none with a dot; "" when there is neither.
func FindVersion(text string) string {
	if dotted := dottedForm().FindString(text); dotted != "" {
		return dotted
	}
	return numberForm().FindString(text)
}

func numbersOf(version string) []int {
	var numbers []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		numbers = append(numbers, n)
	}
	return numbers
}

func compareNumbers(a, b []int) int {
	for i := range max(len(a), len(b)) {
		if order := cmp.Compare(at(a, i), at(b, i)); order != 0 {
			return order
		}
	}
	return 0
}

func at(numbers []int, i int) int {
	if i < len(numbers) {
		return numbers[i]
	}
	return 0
}
