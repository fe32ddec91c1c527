package lint_test

import (
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/lint/shellcheck"
)

// shellcheckHere asks the shellcheck of this machine; without one the test is skipped,
// except where it has to be there.
func shellcheckHere(t testing.TB) func([]lint.Script) [][]lint.ShellFinding {
	t.Helper()
	program, ok := shellcheck.Find(os.Getenv("PATH"))
	if !ok {
		if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
			t.Fatal("no shellcheck")
		}
		t.Skip("no shellcheck")
	}
	return func(scripts []lint.Script) [][]lint.ShellFinding {
		found, err := program.Check(t.Context(), scripts)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
}

// TestShellcheckOnce tells once of what shell-fault finds too.
func TestShellcheckOnce(t *testing.T) {
	ask := shellcheckHere(t)
	source := append(readFile(t, "testdata/cases/shell-fault/bad.yaml"), "  - {id: more, title: More, run: cat /etc/hosts | grep --quiet mail}\n"...)
	l := linter(nil, lint.Settings{})
	l.Known.Shellcheck = ask
	findings := l.Lint([]runbook.File{{Name: "bad.yaml", Source: source}}).Findings
	alone := 0
	for _, f := range findings {
		if f.Rule == "shellcheck" && slices.ContainsFunc(findings, func(o lint.Finding) bool { return o.Rule == "shell-fault" && o.Position == f.Position }) {
			t.Errorf("twice: %s", f.Problem)
		}
		if f.Rule == "shellcheck" {
			alone++
		}
	}
	if alone != 1 {
		t.Errorf("shellcheck found %d things that shell-fault doesn't know", alone)
	}
}
