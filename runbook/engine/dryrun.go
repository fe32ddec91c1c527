package engine

import (
	"fmt"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// DryRun says what a job would do, a line each. It starts no process, reads no
// secret, writes nothing. The error is the first thing that would keep the run
// from starting.
func DryRun(job Job) ([]string, error) {
	book := job.Runbook
	lines := []string{fmt.Sprintf("%s %s · %s · %s", book.ID, book.Version, job.Client, book.Title)}
	for _, f := range book.Inputs {
		if v, ok := job.Inputs[f.Name]; ok {
			lines = append(lines, fmt.Sprintf("input   %s = %s", f.Name, v.Text))
		}
	}
	for _, s := range book.Secrets {
		lines = append(lines, fmt.Sprintf("secret  %s, not read now", s.Name))
	}
	tools := newToolbox(job.Environ)
	missing, problem := tools.present(book)
	lines = append(lines, missing...)
	before := job.StartAt != ""
	for i, s := range book.Steps {
		before = before && s.ID != job.StartAt
		lines = append(lines, fmt.Sprintf("%2d. %s  %s", i+1, s.ID, s.Title))
		lines = append(lines, dryStep(job, s, before)...)
	}
	if before {
		return lines, fmt.Errorf("the runbook %s has no step %q to start at", book.ID, job.StartAt)
	}
	return lines, problem
}

func dryStep(job Job, s *runbook.Step, leftOut bool) []string {
	const indent = "      "
	if leftOut {
		return []string{indent + "left out by --start-at"}
	}
	var lines []string
	_, person := s.Action.(runbook.AsksPerson)
	who := s.Kind
	if job.Checklist && !person {
		who = "by hand instead of " + s.Kind
	}
	lines = append(lines, indent+who+": "+s.Action.Describe())
	if s.If != nil {
		lines = append(lines, indent+"only if "+s.If.Source)
	}
	if len(s.Needs) > 0 {
		lines = append(lines, indent+"needs "+strings.Join(s.Needs, ", "))
	}
	var notes []string
	if !person {
		notes = append(notes, "timeout "+s.Timeout.Text)
	}
	if s.Retry.MaxAttempts > 1 {
		notes = append(notes, fmt.Sprintf("up to %d attempts", s.Retry.MaxAttempts))
	}
	for _, v := range s.Env {
		notes = append(notes, v.Name+"="+v.Value.Source)
	}
	if len(notes) > 0 {
		lines = append(lines, indent+strings.Join(notes, " · "))
	}
	return lines
}

// present looks for the required tools without starting any of them.
func (t *toolbox) present(book *runbook.Runbook) (lines []string, problem error) {
	for _, r := range requirements(book) {
		tool, err := t.find(r.Tool, "")
		switch {
		case err == nil:
			lines = append(lines, "tool    "+r.Tool+" at "+tool.Path)
		case problem == nil:
			problem = fmt.Errorf("%s: the tool %s is required: %w", r.Position, r.Tool, err)
			fallthrough
		default:
			lines = append(lines, "tool    "+r.Tool+" is missing")
		}
	}
	return lines, problem
}
