package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
)

const gitignoreText = "# The evidence: kept, synchronised and exported by msp, not by git.\n/.msp/\n"

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init [FOLDER]", GroupID: groupWrite, Short: "start a workspace: msp.yaml and a folder for runbooks",
		Example: "  msp init acme-procedures --client acme", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			folder := "."
			if len(args) == 1 {
				folder = args[0]
			}
			client := a.flags.client
			if client == "" {
				client = defaultClient
			}
			if !runbook.ValidID(client) {
				return usageError(fmt.Errorf("%q can't be the id of a client", client), "lower-case letters, digits and hyphens, such as acme")
			}
			return a.init(folder, client)
		},
	}
}

// init writes msp.yaml last: what failed before it can be said again.
func (a *app) init(folder, client string) error {
	path := filepath.Join(folder, workspaceFile)
	if _, err := os.Lstat(path); err == nil {
		return hint(fmt.Errorf("there is a workspace already: %s", path), "go on there; msp schema --write brings its schemas up to date")
	}
	if err := os.MkdirAll(filepath.Join(folder, runbooksFolder), 0o750); err != nil {
		return err
	}
	if err := a.ignoreEvidence(filepath.Join(folder, ".gitignore")); err != nil {
		return err
	}
	if _, err := a.saveSchemas(filepath.Join(folder, schemaFolder)); err != nil {
		return err
	}
	text := "# A workspace of msp: runbooks lie in runbooks/, the evidence in .msp/\nclient: " + client + "\n"
	if err := writeNew(path, text); err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s\n", path)
	fmt.Fprintf(a.Stderr, "next: msp new my-procedure\n")
	return nil
}

// ignoreEvidence keeps the evidence out of git. A file that is there already is
// somebody's own: who starts the workspace is told what it lacks.
func (a *app) ignoreEvidence(path string) error {
	err := writeNew(path, gitignoreText)
	if !errors.Is(err, os.ErrExist) {
		return err
	}
	own, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(own), ".msp") {
		fmt.Fprintf(a.Stderr, "msp: add a line /.msp/ to %s: evidence is kept by msp, and not by git\n", path)
	}
	return err
}

// fromHere is a path as one would type it in the current folder.
func fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil {
		return rel
	}
	return path
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a text for everybody
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
