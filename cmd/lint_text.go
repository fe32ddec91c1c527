package cmd

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/lint/format"
)

// lintReport is what msp lint --json prints.
type lintReport struct {
	V        int           `json:"v"`
	Files    int           `json:"files"`
	Problems []lintFinding `json:"problems"`
	Waived   []lintWaived  `json:"waived,omitempty"`
	Since    *toldSince    `json:"since,omitempty"`
}

type lintFinding struct {
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Column   int           `json:"column"`
	Rule     string        `json:"rule"`
	Severity lint.Severity `json:"severity"`
	Message  string        `json:"message"`
	Hint     string        `json:"hint,omitempty"`
}

type lintWaived struct {
	lintFinding
	Because string `json:"because"`
	Until   string `json:"until"`
}

func lintReportOf(r lint.Report) lintReport {
	report := lintReport{V: 1, Files: len(r.Files), Problems: []lintFinding{}, Since: sinceThen(r.Before)}
	for _, f := range r.Findings {
		report.Problems = append(report.Problems, lintFindingOf(f))
	}
	for _, w := range r.Waived {
		report.Waived = append(report.Waived, lintWaived{lintFindingOf(w.Finding), w.By.Because, w.By.Until.Format(time.DateOnly)})
	}
	return report
}

func lintFindingOf(f lint.Finding) lintFinding {
	return lintFinding{f.File, f.Line, f.Column, f.Rule, f.Severity, f.Message, f.Hint}
}

// sources are the lines of files by name, to show where a finding stands.
type sources map[string][]string

func sourcesOf(files []runbook.File) sources {
	lines := sources{}
	for _, f := range files {
		lines[f.Name] = nil
		if len(f.Source) <= document.DefaultLimits.Bytes {
			lines[f.Name] = strings.Split(string(f.Source), "\n")
		}
	}
	return lines
}

// line is the line of a place; "" where it isn't known.
func (s sources) line(at document.Position) string {
	lines := s[at.File]
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	return lines[at.Line-1]
}

// mostFindings bounds what a screen is flooded with.
const mostFindings = 200

// findingPrinter prints a report in a format, and in what people read, what the
// runbooks were before.
func (a *app) findingPrinter(name string, failOn lint.Severity) (func(lint.Report, sources) error, error) {
	switch name {
	case "text":
		return a.printFindings, nil
	case "json":
		return func(r lint.Report, _ sources) error { return a.printJSON(lintReportOf(r)) }, nil
	}
	write, err := format.Find(name)
	if err != nil {
		return nil, usageError(fmt.Errorf("--format: %w", err), "text, json, "+strings.Join(format.Names(), ", "))
	}
	options := format.Options{Version: version(), FailOn: failOn}
	return func(r lint.Report, _ sources) error { return write(a.Stdout, r, options) }, nil
}

func (a *app) printFindings(r lint.Report, lines sources) error {
	a.printSince(r.Before)
	show := terminal.FindingPrinter(terminal.Detect(a.Stdout, os.Getenv))
	for i, f := range r.Findings {
		if i == mostFindings {
			fmt.Fprintf(a.Stdout, "… and %d more\n", len(r.Findings)-mostFindings)
			break
		}
		source := lines.line(f.Position)
		if r.Hides(f.Position) {
			source = ""
		}
		show(terminal.Finding{
			Where: f.Position.String(), Severity: f.Severity.String(), Rule: f.Rule, Message: f.Message, Hint: f.Hint,
			Line: f.Line, Column: f.Column, Source: source,
		})
	}
	return nil
}

// lintSummary counts what was found: "2 errors, 1 warning in 3 files".
func lintSummary(r lint.Report, known int) string {
	words := []string{count(r.Count(lint.Error), "error"), count(r.Count(lint.Warning), "warning")}
	if n := r.Count(lint.Info); n > 0 {
		words = append(words, fmt.Sprintf("%d info", n))
	}
	text := strings.Join(words, ", ") + " in " + count(len(r.Files), "file")
	if n := len(r.Waived); n > 0 {
		text += fmt.Sprintf("; %d waived", n)
	}
	if known > 0 {
		text += fmt.Sprintf("; %d known to the baseline", known)
	}
	return text
}
