package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/shelf"
)

type lintProblem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

type lintReport struct {
	V        int           `json:"v"`
	Files    int           `json:"files"`
	Problems []lintProblem `json:"problems"`
}

func (a *app) lintCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "lint [FILE or FOLDER]…", GroupID: groupWrite, Short: "find the mistakes in runbooks before a run does",
		Long: `Check runbooks: every problem of a file at once, each with file, line and column.
Without arguments, all runbooks of the workspace. Exit code 1 when there are
problems, syntax included.`,
		Example: "  msp lint\n  msp lint runbooks/backup-verify.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			files, err := lintFiles(p, args)
			if err != nil {
				return err
			}
			return a.lint(p, files, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func lintFiles(p *place, args []string) ([]runbook.File, error) {
	if len(args) == 0 {
		if p.Workspace == "" {
			return nil, usageError(errors.New("there is no workspace here to check"), "name the files: msp lint FILE, or start one: msp init")
		}
		return workspaceFiles(p)
	}
	var files []runbook.File
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			file, err := readRunbookFile(arg)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
			continue
		}
		inside, err := filesBelow(arg)
		if err != nil {
			return nil, err
		}
		files = append(files, inside...)
	}
	return files, nil
}

// filesBelow reads the documents of a folder and the folders in it.
func filesBelow(folder string) ([]runbook.File, error) {
	var files []runbook.File
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		found, err := runbook.ReadFiles(os.DirFS(path), ".", filepath.ToSlash(path))
		files = append(files, found...)
		return err
	})
	return files, err
}

// scheduleProblems are what keeps a schedule from ever being due or an SLA from
// being counted, and calendars that end too soon. An agreement's terms are not
// known here.
func (a *app) scheduleProblems(r *runbook.Runbook, known shelf.Promises) document.Problems {
	var found document.Problems
	if r.Schedule == nil {
		_, _, err := schedule.PlainSLA(r.SLA, known.Find)
		errors.As(err, &found)
		return found
	}
	if _, err := schedule.Of(r.Schedule, r.SLA, known.Find); !errors.As(err, &found) {
		return endingProblems(r, r.Schedule.Position, time.Time{}, known, a.Now())
	}
	return slices.DeleteFunc(found, func(p document.Problem) bool { return p.Rule == "not-yet" })
}

// planProblems hold a plan to the runbooks that it asks for, as signing does.
func (a *app) planProblems(p *place, f runbook.File, known shelf.Promises) document.Problems {
	plan, problems := schedule.LoadPlan(f.Name, f.Source)
	if len(problems) > 0 {
		return problems
	}
	d := document.NewDecoder()
	var err error
	if known.Agreement, err = p.agreementWith(plan.Client, a.Now()); err != nil {
		withProblems(err, plan.Position, d)
		return d.Problems()
	}
	for i, book := range a.holdPlan(p, plan, known, d) {
		if item := plan.Items[i]; book != nil && !item.Until.IsZero() {
			d.Add(endingProblems(book, item.Position, item.Until, known, a.Now()))
		}
	}
	return d.Problems()
}

func (a *app) lint(p *place, files []runbook.File, asJSON bool) error {
	books, problems := runbook.NewLibrary(kinds(), files).Load()
	known := shelf.Promises{Calendars: p.calendars()}
	problems = append(problems, shelf.CalendarProblems(files)...)
	for _, r := range books {
		problems = append(problems, a.scheduleProblems(r, known)...)
	}
	for _, f := range files {
		switch {
		case f.Is(runbook.KindPlan):
			problems = append(problems, a.planProblems(p, f, known)...)
		case f.Is(runbook.KindAgreement):
			problems = append(problems, a.agreementProblems(p, f, known)...)
		}
	}
	more, err := contactsProblems(p, files, books, known.Calendars)
	if err != nil {
		return err
	}
	problems = append(problems, more...)
	problems.Sort()
	if asJSON {
		report := lintReport{V: 1, Files: len(files), Problems: []lintProblem{}}
		for _, p := range problems {
			report.Problems = append(report.Problems, lintProblem{p.File, p.Line, p.Column, p.Rule, p.Message, p.Hint})
		}
		if err := a.printJSON(report); err != nil {
			return err
		}
	} else {
		a.printProblems(problems)
		fmt.Fprintf(a.Stderr, "%s in %s\n", count(len(problems), "problem"), count(len(files), "file"))
	}
	if len(problems) > 0 {
		return ended(exitNo)
	}
	return nil
}

// mostProblems bounds what a screen is flooded with.
const mostProblems = 200

func (a *app) printProblems(problems document.Problems) {
	for i, p := range problems {
		if i == mostProblems {
			fmt.Fprintf(a.Stdout, "… and %d more\n", len(problems)-mostProblems)
			return
		}
		fmt.Fprintln(a.Stdout, terminal.Sanitize(p.Error(), true))
	}
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
