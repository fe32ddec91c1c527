package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
)

// mostOffered is how many occurrences are offered to whoever names no runbook.
const mostOffered = 20

// offer finds what msp run does when no runbook is named: what is due now and no
// run holds. A person at a terminal chooses; a program gets the list as an error.
func (a *app) offer(ctx context.Context, p *place, f runFlags) (client, runbookID string, err error) {
	d, err := a.due(ctx, p, a.Now(), true, 0)
	if err != nil {
		return "", "", err
	}
	if err := incomplete(d.problems); err != nil {
		a.complain(err)
	}
	rows := slices.DeleteFunc(slices.Clone(d.Rows), func(r terminal.DueRow) bool { return !startable(r) })
	if len(rows) == 0 {
		return "", "", usageError(errors.New("no runbook is named, and nothing is due now"), "msp due shows what comes next; msp run RUNBOOK does one all the same")
	}
	screen := f.screen(a)
	var items []string
	for _, r := range rows[:min(mostOffered, len(rows))] {
		items = append(items, screen.DueText(r, d.At))
	}
	if more := len(rows) - len(items); more > 0 {
		fmt.Fprintf(a.Stderr, "msp: %d more are due; msp due --all shows them\n", more)
	}
	if f.noInput || !terminal.IsTerminal(a.Stdin) {
		return "", "", usageError(fmt.Errorf("no runbook is named, and nobody is there to choose; due now:\n  %s", strings.Join(items, "\n  ")),
			fmt.Sprintf("msp run %s --client %s", rows[0].Runbook, rows[0].Client))
	}
	prompter := terminal.NewPrompter(screen, a.Stdin, nil)
	defer prompter.Close()
	i, err := prompter.Choose(ctx, "Due now, the greatest risk first:", items)
	if errors.Is(err, runbook.ErrPark) {
		return "", "", usageError(errors.New("none was chosen"), "msp run RUNBOOK names one")
	}
	return rows[i].Client, rows[i].Runbook, err
}

// chosen is the place with the client of what was chosen, and the runbook.
func (a *app) chosen(ctx context.Context, p *place, f runFlags, args []string) (word string, err error) {
	if len(args) == 1 {
		return args[0], nil
	}
	p.Client, word, err = a.offer(ctx, p, f)
	return word, err
}
