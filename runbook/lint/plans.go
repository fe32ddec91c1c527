package lint

import (
	"errors"
	"maps"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// HoldPlan finds the runbooks that a plan asks for, and reports what they can't do of
// it. A runbook that can't be taken is nil.
func (k Known) HoldPlan(plan *schedule.Plan, promised shelf.Promises, d *document.Decoder) []*runbook.Runbook {
	books := make([]*runbook.Runbook, len(plan.Items))
	for i, item := range plan.Items {
		book, err := k.Runbook(item.Runbook)
		var problems document.Problems
		switch {
		case errors.As(err, &problems):
			d.Report(item.Position, "unknown-reference", "msp lint shows them", "the runbook %s has problems", item.Runbook)
		case err != nil:
			d.Report(item.Position, "unknown-reference", hintOf(err), "%s", err)
		default:
			books[i] = book
			if with := promised.Agreement; with != nil && !with.Covers(book.ID) {
				d.Report(item.Position, "out-of-scope", "add it to in_scope of the agreement, or take it out of the plan", "the runbook %s is outside the scope of the agreement %s", book.ID, with.ID)
			}
			k.holdItem(item, book, promised.Lookup(), d)
		}
	}
	return books
}

// holdItem reports what a runbook can't do of what a plan asks.
func (k Known) holdItem(item schedule.Item, r *runbook.Runbook, promised agreement.Lookup, d *document.Decoder) {
	if r.Schedule == nil {
		d.Report(item.Position, "schedule", "add a schedule to the runbook", "the runbook %s has no schedule, so nothing of it is ever due", r.ID)
	} else {
		sla, err := promised.SLA(r.SLA)
		if err == nil {
			_, err = schedule.Of(r.Schedule, sla, promised.Calendar)
		}
		addError(err, item.Position, d)
	}
	for _, name := range slices.Sorted(maps.Keys(item.Inputs)) {
		field, ok := r.Input(name)
		if !ok {
			d.Report(item.Position, "unknown-reference", "its inputs are "+r.InputNames(), "the runbook %s has no input %q", r.ID, name)
			continue
		}
		if _, err := field.Parse(item.Inputs[name], k.Folder); err != nil {
			d.Report(item.Position, "bad-value", "", "the input %s of %s: %s", name, r.ID, err)
		}
	}
	for _, field := range r.Inputs {
		if _, given := item.Inputs[field.Name]; field.Required && !given {
			d.Report(item.Position, "missing-key", "inputs: {"+field.Name+": …}", "the runbook %s needs the input %s", r.ID, field.Name)
		}
	}
}

// addError takes the problems out of an error, or makes one of it.
func addError(err error, at document.Position, d *document.Decoder) {
	var problems document.Problems
	if errors.As(err, &problems) {
		d.Add(problems)
	} else if err != nil {
		d.Report(at, "schedule", hintOf(err), "%s", err)
	}
}

// hintOf is what an error says to do about it.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
