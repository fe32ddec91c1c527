package lint

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var approvalByRunner = Rule{
	ID: "approval-by-runner", Severity: Warning,
	Summary: "an approval that only those may give who do the work",
	Why: `A second pair of eyes is worth something when it is not the same pair. msp takes no
approval from whoever runs the runbook; where the role that approves is the role that
does the work, two people of one desk agree with each other, and nobody above them looks.`,
	Source: "ISO/IEC 27001:2022, A.5.3 (segregation of duties)",
	Bad: `steps:
  - {id: count, title: Few letters wait, run: test -d /var/spool/mail}
  - {id: agree, title: Somebody agrees, approval: {roles: [operator]}}`,
	Good: `steps:
  - {id: count, title: Few letters wait, run: test -d /var/spool/mail}
  - {id: agree, title: A lead agrees, approval: {roles: [lead]}}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for i, step := range r.Steps {
			asks, ok := step.Action.(runbook.AsksApproval)
			if !ok {
				continue
			}
			doers := []string{"operator", strings.TrimPrefix(r.Owner.Role, "client:")}
			for _, before := range r.Steps[:i] {
				doers = append(doers, before.By)
			}
			roles := asks.Approval().Roles
			if slices.ContainsFunc(roles, func(role string) bool { return !slices.Contains(doers, role) }) {
				continue
			}
			p.report(p.step(i).Value("approval", "roles").Position(), "name a role that does none of the work",
				"the step %s may be approved only by %s, who does the work", step.ID, aRole(roles))
		}
	},
}

// aRole is one of some roles in words: an operator, a lead.
func aRole(roles []string) string {
	words := make([]string, len(roles))
	for i, role := range roles {
		words[i] = "a " + document.Quote(role)
		if strings.ContainsAny(role[:1], "aeiou") {
			words[i] = "an " + document.Quote(role)
		}
	}
	return strings.Join(words, " or ")
}
