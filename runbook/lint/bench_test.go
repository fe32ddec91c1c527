package lint_test

import (
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/runbooktest"
)

// BenchmarkLint looks at 1,000 runbooks with all rules, against the YAML library
// alone.
func BenchmarkLint(b *testing.B) {
	files := runbooktest.Many(1000)
	bare := func(source []byte) error { return yaml.Unmarshal(source, new(yaml.Node)) }
	runbooktest.AgainstBare(b, files, 3, bare, func() {
		if report := linter(files, lint.Settings{}).Lint(files); len(report.Files) != len(files) || report.Worst() == lint.Error {
			b.Fatal(report.Findings)
		}
	})
}
