package lint

import (
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
)

var retentionTooShort = Rule{
	ID: "retention-too-short", Severity: Warning,
	Summary: "records that are erased before they are needed",
	Why: `A credit is claimed in the weeks behind the month, and a service is chronically bad by
the months before: without the records of those months nobody can say who is right. An
auditor of ISO/IEC 27001 comes once a year and asks for evidence of the whole of it.
What is kept is looked at where it is called records or evidence.`,
	Source: "ISO/IEC 27001:2022, 7.5.3 and A.5.33",
	Bad: `kind: Agreement
retention: [{what: signed records, keep: 90d, then: erased}]`,
	Good: `kind: Agreement
retention: [{what: signed records, keep: 365d, then: erased}]`,
	agreement: func(p *pass, a *agreement.Agreement) {
		need, why := p.longestNeed(a)
		for i, r := range a.Retention {
			what := strings.ToLower(r.What)
			if !strings.Contains(what, "record") && !strings.Contains(what, "evidence") {
				continue
			}
			if r.Keep.Span < need {
				p.report(p.node("retention").Items()[i].Value("keep").Position(), fmt.Sprintf("keep: %dd", need/day), "what is called %s is kept for %s, and %s", document.Quote(r.What), r.Keep, why)
			}
		}
	},
}

const (
	day       = 24 * time.Hour
	month     = 31 * day
	auditYear = 365 * day
)

// longestNeed is how long records are needed behind the work that they are of, and for
// what.
func (p *pass) longestNeed(a *agreement.Agreement) (need time.Duration, why string) {
	if c := a.Credits; c != nil {
		need = add(month, c.ClaimWithin.Span)
		why = fmt.Sprintf("a credit can be claimed up to %dd behind the work: within %s of the month's end", need/day, c.ClaimWithin)
		if c.ClaimWithin.IsZero() {
			why = "the month in which they are made has to be over before credits are known"
		}
		if chronic := months(c.Chronic.Of); chronic > need {
			need, why = chronic, fmt.Sprintf("what is chronic is counted over %d months, up to %dd", c.Chronic.Of, chronic/day)
		}
	}
	if auditYear <= need {
		return need, why
	}
	for _, id := range a.InScope {
		book, err := p.Known.Runbook(id)
		if err != nil {
			continue // which unknown-reference tells
		}
		for _, ref := range book.References {
			if strings.Contains(ref.Authority, "27001") {
				return auditYear, fmt.Sprintf("%s names %s, whose auditor asks for a year", id, ref.Authority)
			}
		}
	}
	return need, why
}

// months are the most days that so many months in a row have.
func months(n int) time.Duration {
	var most time.Duration
	for first := range 48 { // of four years, one of them a leap year
		from := time.Date(2028, time.Month(1+first), 1, 0, 0, 0, 0, time.UTC)
		most = max(most, from.AddDate(0, n, 0).Sub(from))
	}
	return most
}
