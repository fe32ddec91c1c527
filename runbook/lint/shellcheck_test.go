package lint_test

import (
	"os"
	"runtime"
	"testing"

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
