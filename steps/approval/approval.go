// Package approval is the step that somebody else decides than the person at
// work.
//
//	approval:
//	  roles: [lead]                 # any of operator, approver, author, lead, auditor
//	  min_approvals: 2              # how many people have to agree; 1 unless said
//	  timeout: 30m                  # from when the run waits; without one it waits
//	  on_timeout: reject            # which is all that a timeout can do
//	  instructions: |               # fixed text for who approves
//	    Compare the size with the invoice.
//	  show: [size]                  # steps of which the output is shown whole
//
// Only the roles are required. Roles are given to people by the client's trust
// statement; without one, anybody may approve who has another key than those
// who ran the run.
//
// The step is never run: the engine seals what was done so far and parks the
// run, also when somebody sits at the terminal. msp approve shows it and signs
// the decision, and msp resume goes on. The first decision counts: so many
// approvals that they are enough, one rejection, or a push back to an earlier
// step. The proof is "approved".
package approval

import (
	"context"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Kind is the step kind "approval".
type Kind struct{}

// Name is the key of the kind in YAML.
func (Kind) Name() string { return "approval" }

type action struct {
	terms runbook.Approval
	show  []*document.Node
}

var _ runbook.AsksApproval = (*action)(nil)

// Check holds the steps that are shown to those that stand before this one.
func (a *action) Check(s *runbook.Scope, d *document.Decoder) {
	for _, n := range a.show {
		if !s.HasStep(n.Text()) {
			d.Report(n.Position(), "unknown-reference", "show names steps that stand before it", "there is no step %s before this one", document.Quote(n.Text()))
		}
	}
}

// Outputs are none.
func (a *action) Outputs() map[string]runbook.Type { return nil }

// Repeatable is true: to wait again does no harm.
func (a *action) Repeatable() bool { return true }

// AsksPerson marks the step as a person's. Who runs the runbook is asked nothing.
func (a *action) AsksPerson() runbook.Task { return runbook.Task{} }

// Approval is who decides.
func (a *action) Approval() runbook.Approval { return a.terms }

// Describe says what is asked for.
func (a *action) Describe() string { return "wait for " + a.terms.Words() }

// Wording is the text for who approves.
func (a *action) Wording() runbook.Wording {
	return runbook.Wording{Instructions: a.terms.Instructions}
}

// Run waits for somebody else, whoever is there.
func (a *action) Run(ctx context.Context, _ runbook.Env) (runbook.Result, error) {
	if err := ctx.Err(); err != nil {
		return runbook.Result{}, err
	}
	return runbook.Result{}, runbook.ErrPark
}
