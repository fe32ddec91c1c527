package runbook

import (
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// AsksApproval is implemented by the actions that other people than the one at
// work decide. Such an action is never run: the engine seals what was done so
// far, and goes on when the approvals are there.
type AsksApproval interface {
	AsksPerson
	Approval() Approval
}

// Approval is who decides, and until when.
type Approval struct {
	Roles        []string // any of them may; never empty
	Min          int      // how many people have to agree, at least 1
	Timeout      Duration // from when the run waits; without one it waits
	Instructions string   // fixed text for who approves
	Show         []string // steps of which the output is shown
}

// Words are what is asked for: "2 approvals, each by a lead or an auditor".
func (a Approval) Words() string {
	roles := make([]string, len(a.Roles))
	for i, role := range a.Roles {
		roles[i] = "a " + role
		if strings.ContainsAny(role[:1], "aeiou") {
			roles[i] = "an " + role
		}
	}
	by := strings.Join(roles, " or ")
	if a.Min == 1 {
		return "1 approval by " + by
	}
	return strconv.Itoa(a.Min) + " approvals, each by " + by
}

// HasStep reports whether a step stands before the one whose scope it is, or may.
func (s *Scope) HasStep(id string) bool {
	_, known := s.steps[id]
	return known || s.anyStep
}

// checkApprovalStep refuses what belongs to steps that are run.
func checkApprovalStep(n *document.Node, m *document.Map, d *document.Decoder) {
	if m.Has("timeout") {
		d.Report(keyPosition(n, "timeout"), "misplaced-key", "approval: {roles: [lead], timeout: 30m}", "the timeout of an approval stands in it")
	}
	for _, key := range []string{"retry", "outputs", "expect", "normal", "env", "dir", "requires", "interrupted", "min_duration"} {
		if m.Has(key) {
			d.Report(keyPosition(n, key), "misplaced-key", "give it to a step before", "%q doesn't go with a step that somebody else decides: nothing is run", key)
		}
	}
}
