package change

import (
	"maps"
	"slices"

	"github.com/msp-runbook/msp/runbook"
)

// Keys are the keys of which something is known.
func Keys() []string { return slices.Sorted(maps.Keys(rows())) }

// Said are the keys that a runbook says.
func Said(r *runbook.Runbook) map[string]bool {
	said := map[string]bool{}
	b := readRunbook(r)
	b.top.note(said)
	for _, s := range b.steps {
		said["steps"] = true
		s.note(said)
	}
	return said
}

func (v *value) note(said map[string]bool) {
	said[v.path] = true
	for _, part := range v.parts {
		part.note(said)
	}
}
