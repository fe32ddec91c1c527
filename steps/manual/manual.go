// Package manual is the step that a person does.
//
//	manual:
//	  instructions: |               # Markdown; may hold ${{ }}
//	    Look at the backup console. What changed?
//	  checklist:                    # each must be ticked
//	    - The console shows last night's job
//	  form:                         # values become the step's outputs
//	    cause: {type: text, required: true, description: In a sentence}
//	    ticket: {type: string, pattern: '^[A-Z]+-\d+$'}
//	  evidence:
//	    - {name: console, type: file, required: true, description: A screenshot}
//	  estimate: 5m
//
// Only the instructions are required. Form fields have the types and limits of
// inputs; a field that was left empty takes its default, or is no output.
//
// The step doesn't trust the door through which the answer came: it parses
// every value again and fails when a tick, a required value or a required file
// is missing, or when the answer holds something that wasn't asked for. A
// person may skip the step with a reason; what follows from that is not decided
// here. When nobody can be asked, the run is parked.
//
// The proof is "attached" with a file, else "stated" with a value, else
// "attested". The step is not put to a person a second time by itself.
package manual

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Kind is the step kind "manual".
type Kind struct{}

// Name is the key of the kind in YAML.
func (Kind) Name() string { return "manual" }

type action struct {
	instructions *runbook.Template
	checklist    []string
	form         []runbook.Field
	evidence     []runbook.EvidenceRequest
	estimate     time.Duration
}

// Check compiles the instructions, which hold no secrets: they are shown.
func (a *action) Check(s *runbook.Scope, d *document.Decoder) { a.instructions.Check(s, d) }

// Outputs are the form's fields.
func (a *action) Outputs() map[string]runbook.Type {
	outputs := make(map[string]runbook.Type, len(a.form))
	for _, f := range a.form {
		outputs[f.Name] = f.Type
	}
	return outputs
}

// Repeatable is true: an answer that was not written down is asked for again.
func (a *action) Repeatable() bool { return true }

// AsksPerson gives what a person is asked for.
func (a *action) AsksPerson() runbook.Task {
	return runbook.Task{Checklist: a.checklist, Form: a.form, Evidence: a.evidence, Estimate: a.estimate}
}

// Describe is the first line of the instructions.
func (a *action) Describe() string {
	if a.instructions == nil {
		return "ask a person"
	}
	first, rest, _ := strings.Cut(strings.TrimSpace(a.instructions.Source), "\n")
	if first = strings.TrimSpace(first); rest != "" {
		first += " …"
	}
	if strings.ContainsFunc(first, func(r rune) bool { return !unicode.IsPrint(r) }) {
		first = document.Quote(first)
	}
	return "ask a person: " + first
}

// Wording is the instructions.
func (a *action) Wording() runbook.Wording {
	if a.instructions == nil {
		return runbook.Wording{}
	}
	return runbook.Wording{Instructions: a.instructions.Source}
}

// Run puts the task to a person and takes the answer.
func (a *action) Run(ctx context.Context, env runbook.Env) (runbook.Result, error) {
	if err := ctx.Err(); err != nil {
		return runbook.Result{}, err
	}
	task, err := a.task(env)
	if err != nil {
		return runbook.Result{}, err
	}
	answer, err := env.People().Do(ctx, task)
	if err != nil {
		return runbook.Result{}, err
	}
	result := runbook.Result{Answer: &answer, Proof: runbook.Attested}
	if answer.Skipped {
		return result, nil
	}
	values, failure := a.take(answer, task.Folder)
	if failure != nil {
		return result, failure
	}
	answer.Values, result.Outputs = values, values
	if len(values) > 0 {
		result.Proof = runbook.Stated
	}
	result.Evidence, err = a.attach(ctx, env, answer.Files)
	if len(result.Evidence) > 0 {
		result.Proof = runbook.Attached
	}
	result.Detail = a.detail(result)
	return result, err
}

// task is the step as a person sees it.
func (a *action) task(env runbook.Env) (runbook.Task, error) {
	instructions, err := env.Expand(a.instructions)
	if err != nil {
		return runbook.Task{}, err
	}
	task, asked := env.Task(), a.AsksPerson()
	task.Instructions = instructions
	task.Checklist, task.Form, task.Evidence, task.Estimate = asked.Checklist, asked.Form, asked.Evidence, asked.Estimate
	return task, nil
}

func (a *action) detail(r runbook.Result) string {
	var parts []string
	if n := len(a.checklist); n > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d ticked", n, n))
	}
	if n := len(r.Outputs); n > 0 {
		parts = append(parts, plural(n, "value"))
	}
	if n := len(r.Evidence); n > 0 {
		parts = append(parts, plural(n, "file"))
	}
	return strings.Join(parts, " · ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
