package cmd

import (
	"fmt"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/lint"
)

// fix mends in the files what can be mended without a decision, and looks at them
// again. A file whose edits don't go together is left as it is.
func (a *app) fix(linter *lint.Linter, files []runbook.File, r lint.Report) ([]runbook.File, lint.Report, error) {
	edits, counts := map[string][]document.Edit{}, map[string]int{}
	for _, f := range r.Findings {
		if len(f.Fix) > 0 {
			edits[f.File] = append(edits[f.File], f.Fix...)
			counts[f.File]++
		}
	}
	if len(edits) == 0 {
		return files, r, nil
	}
	mended := make([]runbook.File, len(files))
	for i, f := range files {
		mended[i] = f
		source, err := document.Apply(f.Source, edits[f.Name])
		if len(edits[f.Name]) == 0 || err != nil {
			continue
		}
		if err := a.rewrite(f, source); err != nil {
			return nil, r, err
		}
		mended[i].Source = source
		fmt.Fprintf(a.Stderr, "mended %s in %s\n", count(counts[f.Name], "finding"), terminal.Sanitize(f.Name, false))
	}
	return mended, linter.Lint(mended), nil
}
