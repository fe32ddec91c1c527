package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/handbook"
)

// runbookFormats are the ways to show a runbook.
var runbookFormats = []string{"text", "markdown", "html", "checklist", "checklist-html"}

// mayBeRun reports whether a word can be a part of a run's id.
func mayBeRun(word string) bool { return strings.Trim(word, "0123456789abcdef-") == "" }

// namedRunbook is the runbook that a word names which may name a run as well; nil
// where nothing is known by it.
func namedRunbook(p *place, word string) (*runbook.Runbook, error) {
	if !runbook.IsPath(word) {
		r, err := runbookOfID(p, word)
		if errors.Is(err, runbook.ErrUnknownRunbook) {
			return nil, nil //nolint:nilnil // it names a run, or nothing
		}
		return r, err
	}
	file, err := readRunbookFile(word)
	if err != nil {
		return nil, err
	}
	if err := otherKind(file); err != nil {
		return nil, err
	}
	return findRunbook(p, word)
}

// shownElsewhere are the commands that show documents of other kinds.
var shownElsewhere = map[string]string{
	runbook.KindPlan:      "msp plan show %s shows it",
	runbook.KindAgreement: "msp agreement show %s prints it",
	runbook.KindCalendar:  "msp schedule next RUNBOOK shows what it does to a schedule; msp lint %s checks it",
	runbook.KindContacts:  "msp who RUNBOOK shows whom it names; msp lint %s checks it",
	runbook.KindInventory: "msp lint %s checks it",
}

// otherKind says of a document that is no runbook which command shows it.
func otherKind(f runbook.File) error {
	kind := runbook.KindOf(f)
	elsewhere, ok := shownElsewhere[kind]
	if !ok {
		return nil
	}
	return usageError(fmt.Errorf("%s is of the kind %s, and no runbook", f.Name, kind), fmt.Sprintf(elsewhere, f.Name))
}

func (a *app) showRunbook(r *runbook.Runbook, f showFlags) error {
	switch {
	case f.output != "" || f.stderr:
		return usageError(fmt.Errorf("--output and --stderr are for runs, and %s is a runbook", r.ID), "msp log shows the runs")
	case f.json && f.format != "":
		return usageError(errors.New("--json is a format of its own"), "leave out --json or --format")
	case f.json:
		return a.printJSON(handbook.Of(r))
	}
	text, err := a.written(handbook.Of(r), f.format)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.Stdout, terminal.Sanitize(text, true))
	return err
}

// pageWidth is how many columns a page has: longer lines are hard to read.
func (a *app) pageWidth() int { return terminal.Detect(a.Stdout, os.Getenv).LayoutWidth() }

// written is a page in a format.
func (a *app) written(page *handbook.Page, format string) (string, error) {
	switch format {
	case "", "text":
		return page.Text(a.pageWidth()), nil
	case "markdown":
		return page.Markdown(), nil
	case "html":
		return page.HTML()
	case "checklist":
		return page.Checklist(), nil
	case "checklist-html":
		return page.ChecklistHTML()
	default:
		return "", usageError(fmt.Errorf("there is no format %q", format), "one of "+strings.Join(runbookFormats, ", "))
	}
}

// completeShown offers the runs, and the runbooks.
func (a *app) completeShown(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	runs, directive := a.completeRuns(c, args, word)
	if len(args) > 0 {
		return runs, directive
	}
	books, directive := a.completeRunbooks(c, args, word)
	return append(runs, books...), directive
}
