package lint

import (
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

var reviewOverdue = Rule{
	ID: "review-overdue", Severity: Warning,
	Summary: "the day by which a runbook was to be reviewed has passed",
	Why: `A procedure that nobody has looked at describes what used to be there. An auditor asks
for the review by the day that the document itself names.`,
	Source: "ISO/IEC 27001:2022, 7.5.2 and 7.5.3",
	Bad:    `review_by: 2026-08-20`,
	Good:   `review_by: 2026-11-22`,
	runbook: func(p *pass, r *runbook.Runbook) {
		today := p.Known.today()
		if !r.ReviewBy.IsZero() && r.ReviewBy.Before(today) {
			p.report(p.at("review_by"), "review it, and set review_by to the day of the next review", "the review was due on %s, %s", r.ReviewBy.Format(time.DateOnly), ago(r.ReviewBy, today))
		}
	},
}

// ago is how long a day lies back, in whole calendar months, or in days where that is
// none.
func ago(day, today time.Time) string {
	months := 12*(today.Year()-day.Year()) + int(today.Month()) - int(day.Month())
	if today.Day() < day.Day() && today.AddDate(0, 0, 1).Day() != 1 {
		months-- // but on a month's last day it is full
	}
	switch {
	case months >= 24:
		return fmt.Sprintf("%d years ago", months/12)
	case months > 1:
		return fmt.Sprintf("%d months ago", months)
	case months == 1:
		return "a month ago"
	}
	if days := int(today.Sub(day) / (24 * time.Hour)); days > 1 {
		return fmt.Sprintf("%d days ago", days)
	}
	return "yesterday"
}
