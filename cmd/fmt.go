package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/steps"
)

type formatFlags struct{ check, diff bool }

func (a *app) fmtCommand() *cobra.Command {
	var f formatFlags
	c := &cobra.Command{
		Use: "fmt [FILE or FOLDER]…", GroupID: groupWrite, Short: "lay documents out in the one way in which all are",
		Long: `Lay documents out alike: indentation, spaces, blank lines, and the keys of a
document and of its steps in one order. Comments stay with their keys, quotes and
texts as they are written, and the meaning is compared before a file is written.
Prints the names of the files that it changed.

Without arguments, all documents of the workspace; in a folder, all files that say
apiVersion: msp/v1; with - the document on standard input, written to standard
output. Exit code 1 when a file can't be read as a document, or would change and
--check is given.`,
		Example: "  msp fmt\n  msp fmt --check runbooks/backup-verify.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && args[0] == "-":
				return a.formatInput(f)
			case slices.Contains(args, "-"):
				return usageError(errors.New("- stands for standard input, and stands alone"), "format the files in another call")
			}
			files, err := a.formatted(args)
			if err != nil {
				return err
			}
			return a.formatFiles(c.Context(), files, f)
		},
	}
	c.Flags().BoolVar(&f.check, "check", false, "write nothing; exit code 1 when a file would change")
	c.Flags().BoolVar(&f.diff, "diff", false, "write nothing; print the lines that would change")
	return c
}

// formatted are the documents to format. Settings that can't be read keep no file that
// is named from it.
func (a *app) formatted(args []string) ([]runbook.File, error) {
	if len(args) > 0 {
		return namedFiles(args, saysVersion)
	}
	p, err := a.place()
	if err != nil {
		return nil, err
	}
	return ownFiles(p, "fmt", saysVersion)
}

// saysVersion says whether a file is one of msp's documents: by its own apiVersion,
// or, when it can't be read, by a line that says it.
func saysVersion(file runbook.File) bool {
	if !bytes.Contains(file.Source, []byte(runbook.APIVersion)) {
		return false
	}
	root, problems := document.Parse(file.Name, file.Source, document.DefaultLimits)
	if root.Value("apiVersion").Text() == runbook.APIVersion {
		return true
	}
	line := []byte("\napiVersion: " + runbook.APIVersion)
	return len(problems) > 0 && (bytes.Contains(file.Source, line) || bytes.HasPrefix(file.Source, line[1:]))
}

// formatFiles goes on behind a file that can't be formatted.
func (a *app) formatFiles(ctx context.Context, files []runbook.File, f formatFlags) error {
	no, cannot := false, false
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		changed, err := a.formatFile(file, f)
		var problems document.Problems
		switch {
		case errors.As(err, &problems):
			no = true
		case err != nil:
			cannot = true
		}
		a.complain(err)
		no = no || changed && f.check
	}
	switch {
	case cannot:
		return ended(exitCannot)
	case no:
		return ended(exitNo)
	}
	return nil
}

func (a *app) formatFile(file runbook.File, f formatFlags) (changed bool, err error) {
	formatted, err := formatFile(file)
	if err != nil || bytes.Equal(formatted, file.Source) {
		return false, err
	}
	if !f.check && !f.diff {
		if err := a.rewrite(file, formatted); err != nil {
			return false, err
		}
	}
	a.sayFormatted(a.Stdout, file, formatted, f)
	return true, nil
}

func (a *app) sayFormatted(to io.Writer, file runbook.File, formatted []byte, f formatFlags) {
	fmt.Fprintln(to, terminal.Sanitize(file.Name, false))
	if f.diff {
		for _, line := range differences(string(file.Source), string(formatted), math.MaxInt) {
			fmt.Fprintln(to, line)
		}
	}
}

func formatFile(file runbook.File) ([]byte, error) {
	formatted, err := document.Format(file.Name, file.Source, runbook.Layout(file, steps.Kinds()))
	if errors.Is(err, document.ErrFormat) {
		err = hint(fmt.Errorf("%s: %w", file.Name, err), "this is a fault of msp, and the file is as it was; please report it with the file")
	}
	return formatted, err
}

// formatInput formats what comes in, and writes it out.
func (a *app) formatInput(f formatFlags) error {
	source, err := io.ReadAll(io.LimitReader(a.Stdin, int64(document.DefaultLimits.Bytes)+1))
	if err != nil {
		return err
	}
	file := runbook.File{Name: "standard input", Source: source}
	formatted, err := formatFile(file)
	var problems document.Problems
	if errors.As(err, &problems) {
		return &codeError{exitNo, err}
	}
	if err != nil {
		return err
	}
	if !f.check && !f.diff {
		_, err := a.Stdout.Write(formatted)
		return err
	}
	if bytes.Equal(formatted, source) {
		return nil
	}
	a.sayFormatted(a.Stdout, file, formatted, f)
	if f.check {
		return ended(exitNo)
	}
	return nil
}
