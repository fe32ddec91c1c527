package audit

import (
	"cmp"
	"fmt"
	"slices"
)

// A place is where something is wrong. Findings of one rule with the same
// cause are told as one.
type place struct{ file, run, statement, cause string }

// found is a finding on its way into the report.
type found struct {
	Finding
	cause string
	more  int
}

// A finder collects findings.
type finder struct {
	found []found
	first map[cause]int // of those taken over, by their place in found
}

// A cause is what findings have in common that are told as one.
type cause struct {
	broken      bool
	rule, cause string
}

// take takes over what another found. Of many with one cause it keeps the first.
func (f *finder) take(all []found) {
	if f.first == nil {
		f.first = map[cause]int{}
	}
	for _, x := range all {
		key := cause{x.Broken, x.Rule, x.cause}
		if i, told := f.first[key]; told {
			f.found[i].more += x.more + 1
			continue
		}
		if x.cause != "" {
			f.first[key] = len(f.found)
		}
		f.found = append(f.found, x)
	}
}

func (f *finder) broken(rule string, at place, format string, args ...any) {
	f.add(true, rule, at, fmt.Sprintf(format, args...))
}

func (f *finder) note(rule string, at place, format string, args ...any) {
	f.add(false, rule, at, fmt.Sprintf(format, args...))
}

func (f *finder) add(broken bool, rule string, at place, what string) {
	f.found = append(f.found, found{
		Finding: Finding{
			Broken: broken, Rule: rule, Check: rules[rule].check, File: at.file, Run: at.run, Statement: at.statement,
			What: what, Means: rules[rule].means,
		},
		cause: at.cause,
	})
}

// has says whether a rule was broken.
func (f *finder) has(rule string) bool {
	return slices.ContainsFunc(f.found, func(x found) bool { return x.Broken && x.Rule == rule })
}

// merge tells findings with one cause once, by the first of them.
func merge(all []found) []found {
	var f finder
	f.take(all)
	for i, x := range f.found {
		if x.more > 0 {
			f.found[i].What += fmt.Sprintf(" (and %d more like it)", x.more)
		}
	}
	return f.found
}

// split sorts findings into what is broken, by file, and what could not be
// shown: what is about everything first, in the order it was said.
func split(all []found) (broken, unshown []Finding) {
	for _, f := range merge(all) {
		if f.Broken {
			broken = append(broken, f.Finding)
		} else {
			unshown = append(unshown, f.Finding)
		}
	}
	slices.SortStableFunc(broken, byPlace)
	slices.SortStableFunc(unshown, func(a, b Finding) int {
		if a.File == "" || b.File == "" {
			return cmp.Compare(min(1, len(a.File)), min(1, len(b.File)))
		}
		return byPlace(a, b)
	})
	return broken, unshown
}

func byPlace(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.File, b.File), cmp.Compare(a.Run, b.Run), cmp.Compare(a.Statement, b.Statement),
		cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.What, b.What),
	)
}
