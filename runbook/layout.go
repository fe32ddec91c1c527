package runbook

import (
	"slices"

	"github.com/msp-runbook/msp/runbook/document"
)

// The keys of each kind of document, in the order in which they are written: what
// it is, why it is, who answers for it, what was promised, and then the work.
var documentKeys = map[string][]string{
	KindRunbook: {
		"title", "class", "rationale", "references", "decisions", "owner", "review_by", "scripts", "lint",
		"schedule", "sla", "escalation", "requires", "inputs", "secrets", "defaults", "steps",
	},
	KindPlan: {"ticker", "level", "lint", "runbooks"},
	KindAgreement: {
		"title", "timezone", "effective_from", "until", "contacts", "parties", "lint", "services", "targets", "supported_by",
		"holds", "credits", "exclusions", "kpis", "reports", "communication", "scripts", "retention", "trial", "exit",
	},
	KindCalendar: {"timezone", "hours", "business_day", "holidays", "valid_until", "lint"},
	KindContacts: {"timezone", "lint", "contacts", "rosters"},
}

// headerKeys stand first in every document.
var headerKeys = []string{"apiVersion", "kind", "id", "client", "version"}

// The keys of a step, before and after the one that says what it does.
var (
	stepKeysBefore = []string{"id", "title", "rationale", "if", "needs", "preconditions", "by", "hosts", "for_each", "max_parallel"}
	stepKeysAfter  = []string{
		"dir", "env", "requires", "min_duration", "timeout", "retry", "interrupted", "priority",
		"outputs", "expect", "normal", "on_failure", "rollback",
	}
)

// Layout is the order of the keys in a document, for document.Format: those of the
// document itself and of the steps of a runbook. Other maps stay as they are.
func Layout(f File, kinds []Kind) document.Order {
	kind := KindOf(f)
	top, ok := documentKeys[kind]
	if ok {
		top = slices.Concat(headerKeys, top)
	}
	steps := slices.Clone(stepKeysBefore)
	for _, k := range kinds {
		steps = append(steps, k.Name())
	}
	steps = slices.Concat(steps, laterKinds, stepKeysAfter)
	return func(path []string) []string {
		switch {
		case len(path) == 0:
			return top
		case kind == KindRunbook && len(path) == 1 && path[0] == "steps":
			return steps
		}
		return nil
	}
}
