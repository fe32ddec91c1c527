package lint

import (
	"slices"

	"github.com/msp-runbook/msp/runbook/agreement"
)

var creditWithoutCap = Rule{
	ID: "credit-without-cap", Severity: Warning,
	Summary: "credits without a limit, or above it",
	Why: `Credits are meant to cost something, and not to cost the whole fee: without a cap a bad
month is worked for nothing. A tier above the cap promises a credit that is never
given.`,
	Bad: `kind: Agreement
credits: {monthly_fee: 1000.00 GBP}`,
	Good: `kind: Agreement
credits: {monthly_fee: 1000.00 GBP, cap: 25%}`,
	agreement: func(p *pass, a *agreement.Agreement) {
		tiers := slices.ContainsFunc(a.Targets, func(t agreement.Target) bool { return len(t.Tiers) > 0 })
		if a.Credits == nil || !tiers {
			return
		}
		if p.node("credits", "cap") == nil {
			p.report(p.at("credits"), "cap: 20%", "the credits have no cap: a bad month can cost the whole fee")
			return
		}
		for _, t := range a.Targets {
			for i, tier := range t.Tiers {
				if tier.Credit > a.Credits.Cap {
					at := p.node("targets", t.Name, "credits").Items()[i].Value("credit").Position()
					p.report(at, "raise the cap, or lower the credit", "the credit of %s below %s is never given: the cap is %s", tier.Credit, tier.Below, a.Credits.Cap)
				}
			}
		}
	},
}
