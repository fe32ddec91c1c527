package lint_test

import (
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/steps"
)

// waiving is the small library's runbook with a waiver, and with other words in place
// of some.
func waiving(t *testing.T, waiver string, replace ...string) runbook.File {
	t.Helper()
	return runbook.File{Name: "base/runbook.yaml", Source: append(swapped(t, "Runbook", replace...), "lint: [{"+waiver+"}]\n"...)}
}

// swapped is the small library's document of a kind with other words in place of some.
func swapped(t *testing.T, kind string, replace ...string) []byte {
	t.Helper()
	return []byte(strings.NewReplacer(replace...).Replace(string(base(t)[kind].Source)))
}

// TestWaiverOfWhatCannotBe holds that a waiver hides nothing that can't be waived, even
// where nobody is told of the waiver.
func TestWaiverOfWhatCannotBe(t *testing.T) {
	f := waiving(t, "waive: sla, because: nobody counts, until: 2027-01-31", "complete_within: 2h", "complete_within: 1 business day")
	settings := lint.Settings{Rules: map[string]string{"waiver": "off"}}
	if err := settings.Check(); err != nil {
		t.Fatal(err)
	}
	if r := linter([]runbook.File{f}, settings).Lint([]runbook.File{f}); !told(r, "sla") || len(r.Waived) > 0 {
		t.Errorf("%d waived, and told is:\n%s", len(r.Waived), describe(r))
	}
}

// TestWaiverNobodyAskedFor tells nothing of a waiver of a rule that didn't look, or not
// at all that it compares.
func TestWaiverNobodyAskedFor(t *testing.T) {
	off := lint.Settings{Rules: map[string]string{"no-owner": "off"}}
	if err := off.Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule     string
		settings lint.Settings
		files    int // that are looked at
		told     bool
	}{
		{"no-owner", lint.Settings{}, 1, true},
		{"no-owner", off, 1, false},
		{"shellcheck", lint.Settings{}, 2, false},
		{"version-not-bumped", lint.Settings{}, 2, false},
		{"duplicate-runbook", lint.Settings{}, 1, false},
		{"duplicate-runbook", lint.Settings{}, 2, true},
	} {
		files := []runbook.File{waiving(t, "waive: "+c.rule+", because: it is known, until: 2027-01-31"), base(t)["Contacts"]}
		if r := linter(files, c.settings).Lint(files[:c.files]); told(r, "waiver") != c.told {
			t.Errorf("a waiver of %s, %d files:\n%s", c.rule, c.files, describe(r))
		}
	}
}

// TestWaiverRefusesNoRun holds that a run is refused for what a waiver hid, and not for
// the waiver.
func TestWaiverRefusesNoRun(t *testing.T) {
	for name, c := range map[string]struct {
		file runbook.File
		want string
	}{
		"an expired one of a warning": {waiving(t, "waive: no-owner, because: it is known, until: 2026-01-31", "\nowner:", "\n# "), ""},
		"an expired one of a secret":  {waiving(t, "waive: secret-in-command, because: it is known, until: 2026-01-31", "run: ", "env: {TOKEN: "+madeUpToken+"}\n    run: "), "secret-in-command"},
		"one of a secret":             {waiving(t, "waive: secret-in-command, because: it is known, until: 2027-01-31", "run: ", "env: {TOKEN: "+madeUpToken+"}\n    run: "), ""},
	} {
		r, problems := runbook.Load(c.file.Name, c.file.Source, steps.Kinds())
		if r == nil {
			t.Fatalf("%s: %v", name, problems)
		}
		rules := ""
		for _, p := range linter([]runbook.File{c.file}, lint.Settings{}).Refusals(r) {
			rules += p.Rule
		}
		if rules != c.want {
			t.Errorf("%s: %q refuses it, not %q", name, rules, c.want)
		}
	}
}

// TestWaiverReach holds that a waiver reaches to the end of its day, and one of a step no
// further than the step.
func TestWaiverReach(t *testing.T) {
	for _, c := range []struct {
		waiver       string
		waived, left int
	}{
		{"waive: vague-verb, because: it is known, until: 2026-11-22", 3, 0},
		{"waive: vague-verb, because: it is known, until: 2026-11-21", 0, 3},
		{"waive: vague-verb, step: look, because: it is known, until: 2026-11-22", 1, 2},
		{"waive: vague-verb, step: count, because: it is known, until: 2026-11-22", 1, 2},
	} {
		f := waiving(t, c.waiver, "title: Look after", "title: Handle", "title: Few", "title: Ensure few", "title: Look at", "title: Manage")
		r := linter([]runbook.File{f, base(t)["Calendar"], base(t)["Contacts"]}, lint.Settings{}).Lint([]runbook.File{f})
		if left := strings.Count(describe(r), ": vague-verb: "); len(r.Waived) != c.waived || left != c.left {
			t.Errorf("%s: %d waived, %d left:\n%s", c.waiver, len(r.Waived), left, describe(r))
		}
	}
}
