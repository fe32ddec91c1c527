package lint_test

import (
	"fmt"
	"runtime"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/runbooktest"
	"github.com/msp-runbook/msp/steps"
)

// BenchmarkLint looks at runbooks with all rules, against the YAML library alone; 300
// are to take less than a second. Kept is what a runbook's document holds of memory
// until all have been looked at together.
func BenchmarkLint(b *testing.B) {
	for _, n := range []int{300, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			files := runbooktest.Many(n)
			bare := func(source []byte) error { return yaml.Unmarshal(source, new(yaml.Node)) }
			runbooktest.AgainstBare(b, files, 3, bare, func() {
				if report := linter(files, lint.Settings{}).Lint(files); len(report.Files) != len(files) || report.Worst() == lint.Error {
					b.Fatal(report.Findings)
				}
			})
			if n == 300 {
				b.ReportMetric(1000, "most-ms")
			}
			b.ReportMetric(kept(b, n)/1000, "kept-kB/runbook")
		})
	}
}

// kept is how many bytes of the heap a runbook takes once it is read.
func kept(b *testing.B, n int) float64 {
	b.Helper()
	files := runbooktest.Many(n)
	books := make([]any, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i, f := range files {
		books[i], _ = runbook.Load(f.Name, f.Source, steps.Kinds())
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(books)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}
