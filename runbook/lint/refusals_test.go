package lint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/steps"
)

func told(r lint.Report, rule string) bool { return strings.Contains(describe(r), ": "+rule+": ") }

// TestRefusals are the errors in a runbook itself: neither what is about when and for
// whom, nor what other documents have wrong.
func TestRefusals(t *testing.T) {
	people, f := base(t)["Contacts"], base(t)["Runbook"]
	again := runbook.File{Name: "again.yaml", Source: append(people.Source, "# again\n"...)}
	around := []runbook.File{f, people, again}
	if r := linter(around, lint.Settings{}).Lint(around); !told(r, "duplicate-id") {
		t.Fatalf("contacts that stand twice are no finding:\n%s", describe(r))
	}
	r, _ := runbook.Load(f.Name, f.Source, steps.Kinds())
	if refused := linter(around, lint.Settings{}).Refusals(r); len(refused) > 0 {
		t.Errorf("a run is refused: %v", refused)
	}
	strict := lint.Settings{Rules: map[string]string{"review-overdue": "error"}}
	if err := strict.Check(); err != nil {
		t.Fatal(err)
	}
	l := linter(around, strict)
	l.Known.Now = l.Known.Now.Add(365 * 24 * time.Hour)
	if refused := l.Refusals(r); len(refused) != 1 || refused[0].Rule != "review-overdue" {
		t.Errorf("settings make an error of it, and a run isn't refused: %v", refused)
	}
}
