package process

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// ErrNotFound says that there is no such program.
type ErrNotFound struct {
	Name string // as it was asked for
	// NotExecutable is a file of that name that was found and can't be
	// executed, or "".
	NotExecutable string
}

func (e ErrNotFound) Error() string {
	if e.NotExecutable != "" {
		return fmt.Sprintf("%s: found %s, which is not executable", e.Name, e.NotExecutable)
	}
	return fmt.Sprintf("%s: program not found", e.Name)
}

// Unwrap makes it a fs.ErrNotExist or fs.ErrPermission.
func (e ErrNotFound) Unwrap() error {
	if e.NotExecutable != "" {
		return fs.ErrPermission
	}
	return fs.ErrNotExist
}

// Look returns the absolute path of the program name: the first that is
// executable in the folders of path, a PATH value. A name with a slash is a
// file below dir, or itself if it is absolute. Folders of path that are empty
// or relative are passed over, and the current folder is never looked into.
// The error is an ErrNotFound.
func Look(name, path, dir string) (abs string, err error) {
	var candidates []string
	switch {
	case name == "":
	case filepath.IsAbs(name):
		candidates = []string{filepath.Clean(name)}
	case hasSeparator(name):
		if filepath.IsAbs(dir) {
			candidates = []string{filepath.Join(dir, name)}
		}
	case name == "." || name == "..":
	default:
		for _, folder := range filepath.SplitList(path) {
			if filepath.IsAbs(folder) {
				candidates = append(candidates, filepath.Join(folder, name))
			}
		}
	}
	missing := ErrNotFound{Name: name}
	for _, c := range candidates {
		found, ok := executable(c)
		if ok {
			return found, nil
		}
		if found != "" && missing.NotExecutable == "" {
			missing.NotExecutable = found
		}
	}
	return "", missing
}

func hasSeparator(name string) bool {
	return strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator)
}
