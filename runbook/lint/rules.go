package lint

import (
	"cmp"
	"slices"
	"sync"
)

// Rules are all rules, by id.
func Rules() []Rule { return rules() }

// rules are put in order when they are asked for: every start would take that time.
var rules = sync.OnceValue(func() []Rule {
	return sorted(
		readingRules,
		readingAgreementRules,
		readingStepRules,
		readingTimeRules,
		readingYAMLRules,
		sinceRules,
		[]Rule{
			adHocInSchedule,
			approvalByRunner,
			calendarRunsOut,
			calendarWithoutHolidays,
			creditWithoutCap,
			destructiveWithoutConfirmation,
			duplicateID,
			duplicateRunbook,
			escalationAfterBreach,
			escalationUnreachable,
			humanStepWithoutEvidence,
			interactiveCommand,
			intervalShorterThanSLA,
			kpiNotSMART,
			noEscalation,
			noExpectedResult,
			noGrace,
			noOwner,
			noRationale,
			noSLA,
			ownerIsAPerson,
			placeholderLeft,
			reportWithoutRunbook,
			responderMissing,
			retentionTooShort,
			reviewOverdue,
			scheduleInDSTGap,
			scheduleNeverFires,
			scriptWithoutOwnership,
			secretInCommand,
			shellcheckRule,
			shellFault,
			shellSyntax,
			slaInfeasible,
			slaUnrealistic,
			stepNeverRuns,
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
})

func sorted(lists ...[]Rule) []Rule {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
