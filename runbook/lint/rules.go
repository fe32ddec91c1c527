package lint

import (
	"cmp"
	"slices"
)

// Rules are all rules, by id.
func Rules() []Rule { return rules }

var rules = sorted(
	readingRules,
	readingAgreementRules,
	readingStepRules,
	readingTimeRules,
	readingYAMLRules,
	sinceRules,
	[]Rule{
		adHocInSchedule,
		calendarRunsOut,
		calendarWithoutHolidays,
		creditWithoutCap,
		duplicateID,
		duplicateRunbook,
		escalationAfterBreach,
		escalationUnreachable,
		intervalShorterThanSLA,
		kpiNotSMART,
		noEscalation,
		noGrace,
		noOwner,
		noRationale,
		noSLA,
		ownerIsAPerson,
		reportWithoutRunbook,
		responderMissing,
		retentionTooShort,
		reviewOverdue,
		scheduleInDSTGap,
		scheduleNeverFires,
		slaInfeasible,
		slaUnrealistic,
		unknownReference,
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
