// Package lint finds mistakes in documents before a run does: runbooks without an
// owner, promises that can't be kept, schedules that never fire, scripts that don't
// parse.
//
// Each rule is a file rule_*.go and a line in rules.go. It has a stable id, says why
// it matters, and has a bad and a good example, which `msp lint --explain` shows and
// a test lints. Its cases lie in testdata under its id.
//
// What a document's own reader refuses, such as an unknown key, is a finding too; its
// rules are listed in reading.go. A document that can't be read is not looked at by
// any other rule.
package lint

import (
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Severity is how much a finding matters.
type Severity int

// The severities. An error keeps a runbook from being run, unless its rule says
// RunsAnyway; Off is said in settings only.
const (
	Off Severity = iota
	Info
	Warning
	Error
)

var severityWords = []string{"off", "info", "warning", "error"}

func (s Severity) String() string { return severityWords[s] }

// MarshalText writes the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeverity reads "off", "info", "warning" or "error".
func ParseSeverity(word string) (Severity, error) {
	if i := slices.Index(severityWords, word); i >= 0 {
		return Severity(i), nil
	}
	return Off, fmt.Errorf("%q is not one of off, info, warning, error", word)
}

// Rule is one kind of mistake. Exactly the functions for the documents that it looks
// at are set; none for what the readers of documents report themselves.
type Rule struct {
	ID       string
	Severity Severity // unless settings say otherwise
	Summary  string   // what is found, as a line
	Why      string   // why it matters, in some sentences
	Source   string   // the standard or practice that it comes from; may be empty

	// RunsAnyway says that what is found spoils no run: it is about when, for whom and
	// what was promised, and a run made in spite of it is judged as it went; or about a
	// waiver, and what that hid speaks for itself.
	RunsAnyway bool

	// Bad and Good are examples: the keys that matter, of a document that has all
	// others. "# without: owner" stands for a key that isn't there.
	Bad, Good string

	document  func(*pass, *runbook.Document) // of any kind
	runbook   func(*pass, *runbook.Runbook)
	plan      func(*pass, *schedule.Plan)
	agreement func(*pass, *agreement.Agreement)
	calendar  func(*pass, *schedule.CalendarDocument)
	contacts  func(*pass, *agreement.Contacts)
	all       func(*pass, *Documents) // looks at all documents together
	since     func(*pass, *Documents) // looks at what they were before, where that is known

	// forOthers says that what it finds on its way keeps the rules of its own, so that it
	// looks even where it is off itself.
	forOthers bool
}

// Reading says whether the rule is one of the readers of documents: it can't be
// waived, lowered or switched off.
func (r Rule) Reading() bool {
	return r.document == nil && r.runbook == nil && r.plan == nil && r.agreement == nil && r.calendar == nil && r.contacts == nil && r.all == nil && r.since == nil && !r.waiving()
}

// Finding is one mistake at one place.
type Finding struct {
	document.Problem
	Severity Severity
	Fix      []document.Edit // that mends it and changes nothing else; none where a person has to decide
}

// Report is what was found.
type Report struct {
	Files    []string  // that were looked at
	Findings []Finding // by file, line and column
	Waived   []Waived
	Before   *Before // what they were compared with; nil where that wasn't asked for
}

// Waived is a finding that somebody decided to live with.
type Waived struct {
	Finding
	By runbook.Waiver
}

// Count is how many findings are of a severity.
func (r Report) Count(s Severity) int {
	count := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			count++
		}
	}
	return count
}

// Worst is the highest severity among the findings; Off for none.
func (r Report) Worst() Severity {
	worst := Off
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return a.Position.Compare(b.Position) })
	slices.SortStableFunc(r.Waived, func(a, b Waived) int { return a.Position.Compare(b.Position) })
}
