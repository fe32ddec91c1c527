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

func (a *app) newCommand() *cobra.Command {
	return &cobra.Command{
		Use: "new ID", GroupID: groupWrite, Short: "write a first version of a runbook",
		Example: "  msp new mail-queue", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			if !runbook.ValidID(args[0]) {
				return usageError(fmt.Errorf("%q can't be the id of a runbook", args[0]), "lower-case letters, digits and hyphens, such as mail-queue")
			}
			folder := filepath.Join(p.Folder, runbooksFolder)
			if p.Workspace == "" {
				return hint(errors.New("there is no workspace here"), "msp init starts one")
			}
			if err := os.MkdirAll(folder, 0o750); err != nil {
				return err
			}
			path := filepath.Join(folder, args[0]+".yaml")
			if err := writeNew(path, schemaComment(p.Workspace, path)+newRunbook(args[0])); err != nil {
				return err
			}
			fmt.Fprintln(a.Stdout, fromHere(path))
			fmt.Fprintf(a.Stderr, "next: edit it, msp lint, msp run %s\n", args[0])
			return nil
		},
	}
}

// newRunbook is a runbook that lints clean and says what is still to be said.
func newRunbook(id string) string {
	words := strings.ReplaceAll(id, "-", " ")
	return `apiVersion: msp/v1
kind: Runbook
id: ` + id + `
version: 0.1.0
title: "` + strings.ToUpper(words[:1]) + words[1:] + `"
rationale: |
  Say why this is done: what went wrong, or would, without it.
owner: {team: operations, role: technician, contact: operations@provider.example}
sla: {clock: started, complete_within: 1h}
inputs:
  folder: {type: path, default: ".", description: The folder to look at}
steps:
  - id: present
    title: The folder is there and can be read
    run: ls -A
    dir: "${{ inputs.folder }}"
    timeout: 1m
  - id: looked
    title: Somebody looked at it
    manual:
      instructions: Say what a person has to look at, and what is normal.
      form: {finding: {type: text, required: true, description: "What did you see?"}}
      estimate: 5m
`
}
