package lint

import (
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
)

var reportWithoutRunbook = Rule{
	ID: "report-without-runbook", Severity: Error,
	Summary: "an agreement promises a report behind which no runbook stands",
	Why: `A report that was promised is work that is due, and only the runs of a runbook of its
id show that it was made. Without one nothing tells when it is missed.`,
	Bad: `kind: Agreement
reports:
  - id: quarterly-review
    title: The quarter in review
    to: it-director
    owner: service-manager
    schedule: {cron: "0 9 5 1,4,7,10 *", timezone: Europe/London}`,
	Good: `kind: Agreement
# without: reports`,
	agreement: func(p *pass, with *agreement.Agreement) {
		for _, r := range with.Reports {
			book, err := p.Known.Runbook(r.ID)
			switch {
			case err != nil:
				p.report(r.Position, "write a runbook "+r.ID+" with the report's schedule, and let the plan ask for it",
					"no runbook stands behind the report %s, so nothing tells when it is missed", document.Quote(r.ID))
			case r.Schedule != nil && !sameTimes(r.Schedule, book.Schedule):
				p.report(r.Position, "give the runbook the report's schedule",
					"the runbook %s is due at other times than the report, so it doesn't stand behind it", document.Quote(r.ID))
			}
		}
	},
}

// sameTimes reports whether two schedules are due at the same times, as they are
// written.
func sameTimes(x, y *runbook.Schedule) bool {
	return y != nil && x.Cron == y.Cron && x.RRule == y.RRule && x.Shift == y.Shift && x.Timezone == y.Timezone &&
		x.Calendar == y.Calendar && x.OnHoliday == y.OnHoliday
}
