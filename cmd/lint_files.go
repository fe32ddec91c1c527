package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// ownFiles reads the documents of the workspace that a command wants.
func ownFiles(p *place, command string, wants func(runbook.File) bool) ([]runbook.File, error) {
	if p.Workspace == "" {
		return nil, usageError(errors.New("there is no workspace here"), "name the files: msp "+command+" FILE, or start one: msp init")
	}
	files, err := filesBelow(filepath.Join(p.Workspace, runbooksFolder), runbooksLabel(p), wants)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return files, err
}

// namedFiles reads the documents that are named, each once: a file, or those of a
// folder and the folders in it that a command wants.
func namedFiles(args []string, wants func(runbook.File) bool) ([]runbook.File, error) {
	var files []runbook.File
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		name := filepath.Clean(arg)
		if info.IsDir() {
			inside, err := filesBelow(name, name, wants)
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

// filesBelow reads the wanted documents of a folder and the folders in it, and names
// them by a label of the folder, which may be a link to one. What is hidden is another
// program's.
func filesBelow(folder, label string, wants func(runbook.File) bool) ([]runbook.File, error) {
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
	return slices.DeleteFunc(files, func(f runbook.File) bool { return !wants(f) }), err
}

// rewrite writes a document anew, unless that was done by another name of it. What
// somebody saved since it was read is not lost.
func (a *app) rewrite(f runbook.File, source []byte) error {
	now, err := readRunbookFile(f.Name)
	if err != nil || bytes.Equal(now.Source, source) {
		return err
	}
	if !bytes.Equal(now.Source, f.Source) {
		return hint(fmt.Errorf("%s was saved by somebody meanwhile, and is left as it is", f.Name), "run the command again")
	}
	return a.Disk.ReplaceFile(f.Name, source)
}
