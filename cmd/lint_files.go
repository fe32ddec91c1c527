package cmd

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// lintFiles reads the documents that are named, each once: a file, or all of a folder
// and the folders in it. Without any, they are all of the workspace.
func lintFiles(p *place, args []string) ([]runbook.File, error) {
	if len(args) == 0 {
		if p.Workspace == "" {
			return nil, usageError(errors.New("there is no workspace here to check"), "name the files: msp lint FILE, or start one: msp init")
		}
		files, err := filesBelow(filepath.Join(p.Workspace, runbooksFolder), runbooksLabel(p))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return files, err
	}
	var files []runbook.File
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		name := filepath.Clean(arg)
		if info.IsDir() {
			inside, err := filesBelow(name, name)
			if err != nil {
				return nil, err
			}
			files = append(files, inside...)
			continue
		}
		file, err := readRunbookFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return distinct(files), nil
}

// distinct takes out the files that were named before, by whatever path.
func distinct(files []runbook.File) []runbook.File {
	seen := map[string]bool{}
	return slices.DeleteFunc(files, func(f runbook.File) bool {
		name, err := filepath.Abs(f.Name)
		again := err == nil && seen[name]
		seen[name] = true
		return again
	})
}

// filesBelow reads the documents of a folder and the folders in it, and names them by
// a label of the folder, which may be a link to one. What is hidden is another
// program's, and the workspace's own file is no document.
func filesBelow(folder, label string) ([]runbook.File, error) {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, err
	}
	var files []runbook.File
	err = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name != folder && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		within, err := filepath.Rel(folder, name)
		if err != nil {
			return err
		}
		found, err := runbook.ReadFiles(os.DirFS(name), ".", path.Join(filepath.ToSlash(label), filepath.ToSlash(within)))
		files = append(files, found...)
		return err
	})
	return slices.DeleteFunc(files, func(f runbook.File) bool { return path.Base(f.Name) == workspaceFile }), err
}
