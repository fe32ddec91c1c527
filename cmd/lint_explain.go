package cmd

import (
	"fmt"
	"os"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/lint"
)

// lintRule is a rule in msp lint --rules --json.
type lintRule struct {
	ID       string        `json:"id"`
	Severity lint.Severity `json:"severity"`
	Reading  bool          `json:"reading,omitempty"` // it can't be lowered or waived
	Summary  string        `json:"summary"`
}

// listRules lists the rules that matter as much as one likes, and then those of
// reading.
func (a *app) listRules(asJSON bool) error {
	all := []lintRule{}
	var rules, reading []terminal.Rule
	for _, r := range lint.Rules() {
		all = append(all, lintRule{r.ID, r.Severity, r.Reading(), r.Summary})
		if r.Reading() {
			reading = append(reading, terminalRule(r))
		} else {
			rules = append(rules, terminalRule(r))
		}
	}
	if asJSON {
		return a.printJSON(struct {
			V     int        `json:"v"`
			Rules []lintRule `json:"rules"`
		}{1, all})
	}
	screen := terminal.Detect(a.Stdout, os.Getenv)
	terminal.PrintRules(screen, "what is found in documents; msp.yaml says how much a rule matters", rules)
	fmt.Fprintln(a.Stdout)
	terminal.PrintRules(screen, "what keeps a document from being read: always an error, and never waived", reading)
	return nil
}

func terminalRule(r lint.Rule) terminal.Rule {
	return terminal.Rule{ID: r.ID, Severity: r.Severity.String(), Summary: r.Summary, Why: r.Why, Source: r.Source, Bad: r.Bad, Good: r.Good}
}

func (a *app) explainRule(id string) error {
	rule, ok := lint.Find(id)
	if !ok {
		var ids []string
		for _, r := range lint.Rules() {
			ids = append(ids, r.ID)
		}
		what := "msp lint --rules lists them"
		if near := document.Nearest(id, ids); near != "" {
			what = "did you mean " + near + "?"
		}
		return usageError(fmt.Errorf("there is no rule %s", document.Quote(id)), what)
	}
	terminal.PrintRule(terminal.Detect(a.Stdout, os.Getenv), terminalRule(rule))
	return nil
}
