package lint

import (
	"cmp"
	"slices"
)

// Rules are all rules, by id.
func Rules() []Rule { return rules }

var rules = sorted(
	readingRules,
	[]Rule{
		calendarRunsOut,
		duplicateID,
		noOwner,
		reportWithoutRunbook,
		slaInfeasible,
		unknownReference,
		waiverRule,
	},
)

func sorted(lists ...[]Rule) []Rule {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
