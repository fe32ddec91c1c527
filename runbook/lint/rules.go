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
		approvalByRunner,
		calendarRunsOut,
		destructiveWithoutConfirmation,
		duplicateID,
		humanStepWithoutEvidence,
		interactiveCommand,
		noExpectedResult,
		noOwner,
		placeholderLeft,
		reportWithoutRunbook,
		scriptWithoutOwnership,
		secretInCommand,
		shellFault,
		shellSyntax,
		todoLeft,
		unknownReference,
		unpinnedTool,
		unusedInput,
		unusedOutput,
		waiverRule,
	},
)

func sorted(lists ...[]Rule) []Rule {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
