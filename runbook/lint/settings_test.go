package lint_test

import (
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/lint"
)

// TestOffHidesNoOther holds that a rule which is off takes with it nothing of what is
// found on its way: what can't be lowered can't be lowered so either.
func TestOffHidesNoOther(t *testing.T) {
	off := lint.Settings{Rules: map[string]string{"unknown-reference": "off"}}
	if err := off.Check(); err != nil {
		t.Fatal(err)
	}
	uncounted := runbook.File{Name: "base/runbook.yaml", Source: swapped(t, "Runbook", "complete_within: 2h", "complete_within: 1 business day")}
	forty := runbook.File{Name: "base/plan.yaml", Source: swapped(t, "Plan", "most: 40", "most: forty")}
	files := []runbook.File{uncounted, forty, base(t)["Calendar"]}
	r := linter(files, off).Lint(files)
	if !told(r, "sla") || !told(r, "bad-value") || told(r, "unknown-reference") {
		t.Errorf("told is:\n%s", describe(r))
	}
}

// TestOffButForSome holds that a rule which looks at all documents together does so
// where it is off but for some of them.
func TestOffButForSome(t *testing.T) {
	book := base(t)["Runbook"]
	files := []runbook.File{book, {Name: "again/runbook.yaml", Source: book.Source}}
	for pattern, want := range map[string]bool{"again/": true, "elsewhere/": false} {
		some := lint.Settings{
			Rules: map[string]string{"duplicate-id": "off"},
			Paths: []lint.PathSettings{{Path: pattern, Rules: map[string]string{"duplicate-id": "warning"}}},
		}
		if err := some.Check(); err != nil {
			t.Fatal(err)
		}
		if r := linter(files, some).Lint(files); told(r, "duplicate-id") != want {
			t.Errorf("on for %s:\n%s", pattern, describe(r))
		}
	}
}
