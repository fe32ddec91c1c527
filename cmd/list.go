package cmd

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// listedRunbook is one line of msp list.
type listedRunbook struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Title   string `json:"title"`
	Source  string `json:"source"`
	Steps   int    `json:"steps"`
}

type listing struct {
	V        int             `json:"v"`
	Runbooks []listedRunbook `json:"runbooks"`
}

func (a *app) listCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", GroupID: groupWrite, Short: "list the runbooks of the workspace and those that ship with msp",
		Example: "  msp list", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.list(p, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) list(p *place, asJSON bool) error {
	own, err := workspaceLibrary(p)
	if err != nil {
		return err
	}
	builtin, err := builtinLibrary()
	if err != nil {
		return err
	}
	var all []*runbook.Runbook
	var problems document.Problems
	shadowed := map[string]bool{}
	for _, library := range []*runbook.Library{own, builtin} {
		found, wrong := library.Load()
		problems = append(problems, wrong...)
		for _, r := range found {
			if !shadowed[r.ID] {
				all = append(all, r)
			}
		}
		for _, id := range library.IDs() {
			shadowed[id] = true
		}
	}
	if asJSON {
		l := listing{V: 1, Runbooks: []listedRunbook{}}
		for _, r := range all {
			l.Runbooks = append(l.Runbooks, listedRunbook{r.ID, r.Version, r.Title, r.File, len(r.Steps)})
		}
		return a.printJSON(l)
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 3, ' ', 0)
	for _, r := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Version, terminal.Sanitize(r.Title, false), r.File)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(problems) > 0 {
		fmt.Fprintf(a.Stderr, "msp: %d problems; msp lint shows them\n", len(problems))
		return ended(exitNo)
	}
	return nil
}
