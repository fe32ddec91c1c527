package lint

// readingAgreementRules are what the readers report about agreements, plans, calendars
// and contacts.
var readingAgreementRules = []Rule{
	{
		ID: "credits", Severity: Error,
		Summary: "service credits that can't be computed from the agreement",
		Why: `A credit is a share of a fee, for a target that was missed. Without the fee, or with tiers
that cost less for less, two readers of the agreement come to two sums.`,
		Bad: `kind: Agreement
# without: credits`,
		Good: `kind: Agreement
credits: {monthly_fee: 1000.00 GBP, cap: 30%}`,
	},
	{
		ID: "out-of-scope", Severity: Error,
		Summary: "a plan that promises what the client's agreement leaves out",
		Why: `Work outside of the agreement is neither paid nor owed. A plan that has it either does
too much for nothing, or the agreement forgot it: one of them is wrong.`,
		Source: "ISO/IEC 20000-1:2018, 8.3.3",
		Bad: `-- agreement.yaml --
kind: Agreement
services: {in_scope: [], out_of_scope: [mail-queue]}
-- plan.yaml --
kind: Plan
runbooks: [{runbook: mail-queue, from: 2026-03-01}]`,
		Good: `-- agreement.yaml --
kind: Agreement
services: {in_scope: [mail-queue]}
-- plan.yaml --
kind: Plan
runbooks: [{runbook: mail-queue, from: 2026-03-01}]`,
	},
	{
		ID: "overlap", Severity: Error,
		Summary: "two that hold at one time: hours of a weekday, items of a plan, overrides of a roster",
		Why: `Where two things hold at once nobody knows which counts: whether the desk closes at three
or at half past five, or who is on call tonight.`,
		Bad: `kind: Calendar
hours: {monday-friday: ["09:00-17:30"], friday: ["09:00-15:00"]}`,
		Good: `kind: Calendar
hours: {monday-thursday: ["09:00-17:30"], friday: ["09:00-15:00"]}`,
	},
}
