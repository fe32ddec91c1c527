package runbook_test

import (
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/runbooktest"
	"github.com/msp-runbook/msp/steps"
)

// BenchmarkLibrary loads 1,000 runbooks, against the YAML library alone.
func BenchmarkLibrary(b *testing.B) {
	files := runbooktest.Many(1000)
	bare := func(source []byte) error { return yaml.Unmarshal(source, new(yaml.Node)) }
	runbooktest.AgainstBare(b, files, 2, bare, func() {
		books, problems := runbook.NewLibrary(steps.Kinds(), files).Load()
		if len(books) != len(files) || len(problems) > 0 {
			b.Fatal(problems)
		}
	})
}
