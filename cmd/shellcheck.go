package cmd

import (
	"context"
	"fmt"
	"os"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/lint/shellcheck"
)

// shellcheck is how lint asks shellcheck; nil where it isn't installed. What it can't
// be asked is told, and keeps nobody from what lint finds by itself.
func (a *app) shellcheck(ctx context.Context) func([]lint.Script) [][]lint.ShellFinding {
	program, installed := shellcheck.Find(os.Getenv("PATH"))
	if !installed {
		return nil
	}
	return func(scripts []lint.Script) [][]lint.ShellFinding {
		found, err := program.Check(ctx, scripts)
		if err != nil {
			fmt.Fprintf(a.Stderr, "msp: shellcheck wasn't asked: %s\n     hint: --no-shellcheck does without it\n", terminal.Sanitize(err.Error(), false))
		}
		return found
	}
}
