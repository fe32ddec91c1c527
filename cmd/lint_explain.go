package cmd

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/lint"
)

// lintRule is a line of msp lint --rules --json.
type lintRule struct {
	ID       string        `json:"id"`
	Severity lint.Severity `json:"severity"`
	Summary  string        `json:"summary"`
}

func (a *app) listRules(asJSON bool) error {
	if asJSON {
		all := []lintRule{}
		for _, r := range lint.Rules() {
			all = append(all, lintRule{r.ID, r.Severity, r.Summary})
		}
		return a.printJSON(all)
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 4, 2, ' ', 0)
	for _, r := range lint.Rules() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, r.Severity, r.Summary)
	}
	return w.Flush()
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
	fmt.Fprintf(a.Stdout, "%s (%s): %s\n\n%s\n", rule.ID, rule.Severity, rule.Summary, rule.Why)
	if rule.Source != "" {
		fmt.Fprintf(a.Stdout, "\nFrom: %s\n", rule.Source)
	}
	fmt.Fprintf(a.Stdout, "\nBad:\n\n%s\n\nGood:\n\n%s\n", indent(rule.Bad), indent(rule.Good))
	return nil
}

// indent moves a text to the right.
func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }
