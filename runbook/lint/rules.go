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
		adHocInSchedule,
		calendarRunsOut,
		calendarWithoutHolidays,
		creditWithoutCap,
		duplicateID,
		kpiNotSMART,
		escalationAfterBreach,
		escalationUnreachable,
		intervalShorterThanSLA,
		noEscalation,
		noGrace,
		noOwner,
		noSLA,
		reportWithoutRunbook,
		responderMissing,
		retentionTooShort,
		reviewOverdue,
		scheduleInDSTGap,
		scheduleNeverFires,
		slaInfeasible,
		slaUnrealistic,
		unknownReference,
		waiverRule,
	},
)

func sorted(lists ...[]Rule) []Rule {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
