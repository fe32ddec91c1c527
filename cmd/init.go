package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

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

func (a *app) init(folder, client string) error {
	if err := os.MkdirAll(filepath.Join(folder, runbooksFolder), 0o750); err != nil {
		return err
	}
	path := filepath.Join(folder, workspaceFile)
	text := "# A workspace of msp: runbooks lie in runbooks/, the evidence in .msp/\nclient: " + client + "\n"
	if err := writeNew(path, text); err != nil {
		return hint(err, "this is a workspace already")
	}
	if err := writeNew(filepath.Join(folder, ".gitignore"), gitignoreText); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if _, err := a.saveSchemas(filepath.Join(folder, schemaFolder)); err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s\n", path)
	fmt.Fprintf(a.Stderr, "next: msp new my-procedure\n")
	return nil
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
