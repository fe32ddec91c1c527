package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/msp-runbook/msp/runbook"
)

// place is where files are looked for: a folder that isn't left, and a path or
// a pattern in it.
type place struct {
	folder  string
	pattern string
	exact   bool // the pattern is a name, whatever characters it has
}

func (a *action) place(env runbook.Env) (place, error) {
	folder, rest, err := env.Folder(a.path)
	if err != nil {
		return place{}, err
	}
	if rest == "." { // the path input is the file itself
		return place{folder: filepath.Dir(folder), pattern: filepath.Base(folder), exact: true}, nil
	}
	if _, err := path.Match(rest, ""); err != nil {
		return place{}, fmt.Errorf("%s: %q is not a pattern", a.path.Position, rest)
	}
	return place{folder: folder, pattern: rest, exact: !isPattern(rest)}, nil
}

func isPattern(name string) bool { return strings.ContainsAny(name, `*?[\`) }

// match is a file that was found, by its slash-separated name in the folder,
// and what was known of it before it was opened.
type match struct {
	name string
	info fs.FileInfo
}

// find lists the regular files of a place, oldest first, those of one time by
// name. A name that is no pattern is found whatever it is.
func (p place) find(ctx context.Context, root *os.Root) ([]match, error) {
	names := []string{p.pattern}
	if !p.exact {
		var err error
		if names, err = glob(ctx, root, p.pattern); err != nil {
			return nil, err
		}
	}
	var found []match
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		info, err := root.Stat(filepath.FromSlash(name))
		if errors.Is(err, fs.ErrNotExist) {
			if _, err := root.Lstat(filepath.FromSlash(name)); err == nil {
				return nil, &runbook.Failure{Found: shown(name) + " is a link to nothing", Expected: "a file"}
			}
			continue
		}
		if err != nil {
			return nil, inside(p.folder, err)
		}
		if p.exact || info.Mode().IsRegular() {
			found = append(found, match{name, info})
		}
	}
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(a.info.ModTime().Compare(b.info.ModTime()), strings.Compare(a.name, b.name))
	})
	return found, nil
}

// glob is fs.Glob in a root, except that a folder that can't be read is an
// error: files that nobody could see are not files that aren't there.
func glob(ctx context.Context, root *os.Root, pattern string) ([]string, error) {
	names := []string{"."}
	for component := range strings.SplitSeq(pattern, "/") {
		var next []string
		for _, folder := range names {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if !isPattern(component) {
				next = append(next, path.Join(folder, component))
				continue
			}
			entries, err := readFolder(root, filepath.FromSlash(folder))
			if err != nil {
				return nil, inside(root.Name(), err)
			}
			next = append(next, matching(folder, entries, component)...)
		}
		names = next
	}
	return names, nil
}

func matching(folder string, entries []fs.DirEntry, pattern string) []string {
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") {
			continue
		}
		if ok, _ := path.Match(pattern, name); ok {
			names = append(names, path.Join(folder, name))
		}
	}
	return names
}

// readFolder lists a folder; what isn't there or is no folder holds nothing.
func readFolder(root *os.Root, name string) ([]fs.DirEntry, error) {
	info, err := root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := open(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// open opens for reading. Without O_NONBLOCK, opening a named pipe waits for
// its other end.
func open(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// inside says in which folder a file could not be looked at.
func inside(folder string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) && strings.Contains(p.Err.Error(), "escapes") {
		return fmt.Errorf("%q leads out of the folder %s", filepath.ToSlash(p.Path), folder)
	}
	return fmt.Errorf("in the folder %s: %w", folder, err)
}
