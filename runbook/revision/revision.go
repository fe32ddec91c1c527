// Package revision reads files as they were at a revision of a git repository, and
// runs nothing that the repository names.
//
// It asks the program git, and only for what is in the repository's objects and its
// index: no file is checked out, no filter, hook, pager, external diff or monitor is
// started, nothing is fetched and nothing is written. The environment of git is
// built: of this process's own it gets where programs and the user's configuration
// are. A revision is checked to be one before it is used, so it can't be an option.
package revision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/process"
)

// Error says why git couldn't be asked, and in its hint what to do.
type Error struct{ text, hint string }

func (e *Error) Error() string { return e.text }

// Hint is what to do about it.
func (e *Error) Hint() string { return e.hint }

// Repository is a git repository with a work tree.
type Repository struct {
	git string // the program
	top string // the folder of the work tree
	env []string
}

// passed are the variables that git gets: where programs are, and where the user's own
// configuration is, which may say that a repository is to be trusted.
var passed = []string{"PATH", "HOME", "XDG_CONFIG_HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"}

// Open finds the repository in whose work tree a folder lies. Environ is that of this
// process.
func Open(ctx context.Context, environ []string, folder string) (*Repository, error) {
	r := &Repository{top: folder, env: []string{
		"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", // no protocol at all, whatever a configuration allows
	}}
	search := ""
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if slices.Contains(passed, strings.ToUpper(name)) {
			r.env = append(r.env, entry)
		}
		if strings.EqualFold(name, "PATH") {
			search = value
		}
	}
	var err error
	if r.git, err = process.Look("git", search, ""); err != nil {
		return nil, err
	}
	top, err := r.ask(ctx, "", "rev-parse", "--show-toplevel")
	var said *failure
	if errors.As(err, &said) {
		return nil, &Error{folder + " is in no git repository: " + said.words, "compare with a revision inside of one; git status says more"}
	}
	r.top = strings.TrimSuffix(string(top), "\n")
	return r, err
}

// Path is what the repository calls a file whose folder exists: with slashes, from the
// top. The file itself need not exist.
func (r *Repository) Path(file string) (string, error) {
	folder, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return "", err
	}
	top, err := filepath.EvalSymlinks(filepath.FromSlash(r.top))
	if err != nil {
		return "", err
	}
	within, err := filepath.Rel(top, folder)
	if err != nil || !filepath.IsLocal(within) {
		return "", &Error{fmt.Sprintf("%s lies outside of the repository %s", file, r.top), "compare the files of one repository at a time"}
	}
	return path.Join(filepath.ToSlash(within), filepath.Base(file)), nil
}

// At finds a revision: a branch, a tag, a commit, or what else git takes for one.
func (r *Repository) At(ctx context.Context, rev string) (*Tree, error) {
	if rev == "" || strings.ContainsAny(rev[:1], "-^") || strings.ContainsAny(rev, "\x00\n") { // ^main is all but main
		return nil, &Error{fmt.Sprintf("%q is no revision", rev), "name a branch, a tag or a commit, such as main"}
	}
	commit, err := r.ask(ctx, "", "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	var said *failure
	if errors.As(err, &said) {
		return nil, r.unknown(ctx, rev)
	}
	return &Tree{Repository: r, Rev: rev, commit: strings.TrimSpace(string(commit))}, err
}

// unknown says why there is no such revision: in a clone that was cut short it may
// only be missing here.
func (r *Repository) unknown(ctx context.Context, rev string) error {
	shallow, err := r.ask(ctx, "", "rev-parse", "--is-shallow-repository")
	if err == nil && strings.TrimSpace(string(shallow)) == "true" {
		return &Error{
			fmt.Sprintf("%s is not in this clone, which holds only the newest commits", rev),
			"git fetch --unshallow gets the rest; in CI, check out with fetch-depth: 0, or GIT_DEPTH: 0",
		}
	}
	return &Error{fmt.Sprintf("there is no revision %s in %s", rev, r.top), "git log --all shows what there is; git fetch gets what is new"}
}

// failure is git's answer that it can't.
type failure struct{ words string }

func (f *failure) Error() string { return "git: " + f.words }

// mostOutput bounds what git may answer, in bytes.
const mostOutput = 256 << 20

// ask runs git and gives what it prints.
func (r *Repository) ask(ctx context.Context, input string, args ...string) ([]byte, error) {
	settled := []string{
		"--no-pager", "--literal-pathspecs", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
	}
	out, words := &bounded{most: mostOutput}, &bounded{most: 64 << 10}
	result, err := process.Run(ctx, process.Command{
		Path: r.git, Args: append(settled, args...), Env: r.env, Dir: filepath.FromSlash(r.top),
		Stdin: strings.NewReader(input), Stdout: out, Stderr: words,
	})
	if err != nil {
		return nil, fmt.Errorf("git %s: %w", args[0], err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !result.OK() {
		text, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(words.String()), "fatal: "), "\n")
		if text == "" {
			text = result.String()
		}
		return nil, &failure{text}
	}
	return out.Bytes(), nil
}

// bounded keeps what is written to it, up to a size.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, fmt.Errorf("it answers more than %d bytes", b.most)
	}
	return b.Buffer.Write(p)
}
