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
		duplicateRunbook,
		humanStepWithoutEvidence,
		interactiveCommand,
		noExpectedResult,
		noOwner,
		noRationale,
		ownerIsAPerson,
		placeholderLeft,
		reportWithoutRunbook,
		scriptWithoutOwnership,
		secretInCommand,
		shellFault,
		shellSyntax,
		shellcheckRule,
		todoLeft,
		unknownReference,
		unpinnedTool,
		unusedInput,
		unusedOutput,
		vagueStandard,
		vagueVerb,
		waiverRule,
	},
)

func sorted(lists ...[]Rule) []Rule {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
