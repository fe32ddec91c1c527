package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbooks"
	"github.com/msp-runbook/msp/steps"
)

const runbooksFolder = "runbooks"

// calendarsFolder lies in the folder of runbooks, where calendars may also stand.
const calendarsFolder = "calendars"

// builtinLabel stands before the names of runbooks that ship with msp.
const builtinLabel = "built-in"

// workspace is what lies in the folder of runbooks, read once for all that a
// command asks of it.
type workspace struct {
	files   []runbook.File
	library *runbook.Library
}

// openWorkspace gives what reads a workspace when it is first asked for.
func openWorkspace(p *place) func() (workspace, error) {
	return sync.OnceValues(func() (workspace, error) {
		files, err := readWorkspace(p)
		return workspace{files, runbook.NewLibrary(steps.Kinds(), files)}, err
	})
}

// workspaceLibrary holds the runbooks of the workspace.
func workspaceLibrary(p *place) (*runbook.Library, error) {
	w, err := p.opened()
	return w.library, err
}

func workspaceFiles(p *place) ([]runbook.File, error) {
	w, err := p.opened()
	return w.files, err
}

func readWorkspace(p *place) ([]runbook.File, error) {
	if p.Workspace == "" {
		return nil, nil
	}
	return readLibrary(os.DirFS(p.Workspace), runbooksFolder, runbooksLabel(p))
}

// runbooksLabel is what the folder of runbooks is called from where one stands.
func runbooksLabel(p *place) string {
	return filepath.ToSlash(fromHere(filepath.Join(p.Workspace, runbooksFolder)))
}

// readLibrary reads the documents of a folder and of the calendars in it.
func readLibrary(fsys fs.FS, dir, label string) ([]runbook.File, error) {
	files, err := runbook.ReadFiles(fsys, dir, label)
	if err != nil {
		return nil, err
	}
	more, err := runbook.ReadFiles(fsys, path.Join(dir, calendarsFolder), path.Join(label, calendarsFolder))
	return append(files, more...), err
}

func builtinFiles() ([]runbook.File, error) { return readLibrary(runbooks.Files, ".", builtinLabel) }

// builtinLibrary holds the runbooks that ship with msp.
func builtinLibrary() (*runbook.Library, error) {
	files, err := builtinFiles()
	return runbook.NewLibrary(steps.Kinds(), files), err
}

// findRunbook loads the runbook that a word names: a file, an id of the
// workspace, an id of the built-in library, in this order.
func findRunbook(p *place, word string) (*runbook.Runbook, error) {
	if runbook.IsPath(word) {
		file, err := readRunbookFile(word)
		if err != nil {
			return nil, err
		}
		r, problems := runbook.Load(file.Name, file.Source, steps.Kinds())
		return r, problems.Err()
	}
	r, err := runbookOfID(p, word)
	if errors.Is(err, runbook.ErrUnknownRunbook) {
		return nil, hint(fmt.Errorf("there is no runbook %q", word), "msp list shows them; a file is named with its path: ./%s.yaml", word)
	}
	return r, err
}

// runbookOfID loads the runbook with an id; runbook.ErrUnknownRunbook where neither
// the workspace nor what ships with msp has it.
func runbookOfID(p *place, id string) (*runbook.Runbook, error) {
	own, err := workspaceLibrary(p)
	if err != nil {
		return nil, err
	}
	r, err := own.Find(id)
	if !errors.Is(err, runbook.ErrUnknownRunbook) {
		return r, err
	}
	builtin, err := builtinLibrary()
	if err != nil {
		return nil, err
	}
	return builtin.Find(id)
}

func readRunbookFile(name string) (runbook.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return runbook.File{}, err
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, int64(document.DefaultLimits.Bytes)+1))
	return runbook.File{Name: filepath.ToSlash(name), Source: source}, err
}

func (a *app) completeRunbooks(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if strings.ContainsAny(word, "./\\") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return offer(a.runbookIDs(), word)
}

func (a *app) runbookIDs() []string {
	p, err := a.place()
	if err != nil {
		return nil
	}
	var ids []string
	for _, open := range []func() (*runbook.Library, error){
		func() (*runbook.Library, error) { return workspaceLibrary(p) }, builtinLibrary,
	} {
		if library, err := open(); err == nil {
			ids = append(ids, library.IDs()...)
		}
	}
	return ids
}

// completeSteps offers the steps of the runbook that stands on the line.
func (a *app) completeSteps(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	p, err := a.place()
	if err != nil || len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	r, err := findRunbook(p, args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	for _, s := range r.Steps {
		ids = append(ids, s.ID)
	}
	return offer(ids, word)
}

func (a *app) completeClients(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	p, err := a.place()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ids, _ := p.clients()
	return offer(ids, word)
}
