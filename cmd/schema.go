package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schema"
)

// schemaFolder lies in a workspace and holds the schemas, for editors that work
// without a network.
const schemaFolder = ".schema"

func (a *app) schemaCommand() *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use: "schema [KIND] | --write [FOLDER]", GroupID: groupWrite, Short: "print the form of a kind of document, for editors and other programs",
		Long: `Print the JSON Schema of a kind of document (draft 2020-12), or list the kinds.
With --write, write all of them into a folder: that of the argument, else .schema/ of
the workspace, where msp init puts them too. An editor that knows YAML takes its
schema from a file's first line, without a network:

  # yaml-language-server: $schema=../.schema/runbook.json`,
		Example: "  msp schema\n  msp schema Runbook\n  msp schema --write", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: completeKinds,
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case write:
				return a.writeSchemas(args)
			case len(args) == 0:
				return a.listSchemas()
			default:
				return a.printSchema(args[0])
			}
		},
	}
	c.Flags().BoolVar(&write, "write", false, "write all schemas into a folder")
	return c
}

func (a *app) listSchemas() error {
	all, err := schema.All()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 3, ' ', 0)
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\n", s.Kind, s.About)
	}
	return w.Flush()
}

func (a *app) printSchema(word string) error {
	all, err := schema.All()
	if err != nil {
		return err
	}
	var kinds []string
	for _, s := range all {
		if strings.EqualFold(s.Kind, word) {
			_, err := a.Stdout.Write(s.Text)
			return err
		}
		kinds = append(kinds, s.Kind)
	}
	what := "the kinds are " + strings.Join(kinds, ", ")
	if near := document.Nearest(word, kinds); near != "" {
		what = fmt.Sprintf("did you mean msp schema %s?", near)
	}
	return usageError(fmt.Errorf("there is no schema of %q", word), what)
}

// writeSchemas writes the schemas into the folder that is named, or into the
// workspace.
func (a *app) writeSchemas(args []string) error {
	if len(args) == 1 {
		if kind := kindOf(args[0]); slices.Contains(kindNames, kind) {
			return usageError(fmt.Errorf("--write takes a folder, and %s is a kind", kind), "msp schema --write writes the schemas of all kinds; msp schema "+kind+" prints one")
		}
		return a.writeSchemasTo(args[0])
	}
	p, err := a.place()
	if err != nil {
		return err
	}
	if p.Workspace == "" {
		return usageError(errors.New("there is no workspace here to write the schemas into"), "name a folder: msp schema --write FOLDER, or start a workspace: msp init")
	}
	return a.writeSchemasTo(fromHere(filepath.Join(p.Workspace, schemaFolder)))
}

func (a *app) writeSchemasTo(folder string) error {
	names, err := a.saveSchemas(folder)
	for _, name := range names {
		fmt.Fprintln(a.Stdout, name)
	}
	return err
}

// saveSchemas puts the schemas into a folder and gives the names of their files.
func (a *app) saveSchemas(folder string) ([]string, error) {
	all, err := schema.All()
	if err != nil {
		return nil, err
	}
	var names []string
	var files []evidence.File
	for _, s := range all {
		name := filepath.Join(folder, s.File)
		names = append(names, name)
		files = append(files, evidence.File{Name: name, Data: s.Text})
	}
	if err := a.Disk.WriteFiles(files...); err != nil {
		return nil, fmt.Errorf("write the schemas: %w", err)
	}
	return names, nil
}

// schemaComment is the first line of a new document, which tells an editor where
// the schema of its kind lies; "" where the workspace has none.
func schemaComment(workspace, path, kind string) string {
	file := filepath.Join(workspace, schemaFolder, strings.ToLower(kind)+".json")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	relative, err := filepath.Rel(filepath.Dir(path), file)
	if err != nil {
		return ""
	}
	return "# yaml-language-server: $schema=" + filepath.ToSlash(relative) + "\n"
}

func completeKinds(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	all, err := schema.All()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var kinds []string
	for _, s := range all {
		kinds = append(kinds, s.Kind)
	}
	return offer(kinds, word)
}
