package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/msp-runbook/msp/runbook/lint"
)

// writeBaseline writes what was found to a file, to begin from.
func (a *app) writeBaseline(path string, r lint.Report) error {
	data, err := json.MarshalIndent(lint.NewBaseline(r.Findings), "", "  ")
	if err != nil {
		return err
	}
	if err := a.writeOver(path, append(data, '\n')); err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s\n", path)
	fmt.Fprintf(a.Stderr, "%s; tell only what is new from now on: msp lint --baseline %s\n", lintSummary(r, 0), path)
	return nil
}

// writeOver writes a file, also in the place of one that is there.
func (a *app) writeOver(path string, data []byte) error {
	err := writeNew(path, string(data))
	if errors.Is(err, fs.ErrExist) {
		return a.Disk.ReplaceFile(path, data)
	}
	return err
}

// subtractBaseline takes out what a baseline knows, and says what of it is mended.
func (a *app) subtractBaseline(path string, r *lint.Report) (known int, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, hint(err, "write it first: msp lint --write-baseline %s", path)
	}
	b, err := lint.ParseBaseline(data)
	if err != nil {
		return 0, hint(fmt.Errorf("%s: %w", path, err), "write it again: msp lint --write-baseline %s", path)
	}
	known, mended := b.Subtract(r)
	if len(mended) > 0 {
		fmt.Fprintf(a.Stderr, "%s of the baseline no longer found: write it again with --write-baseline, so that they don't come back\n", count(len(mended), "finding"))
	}
	return known, nil
}
