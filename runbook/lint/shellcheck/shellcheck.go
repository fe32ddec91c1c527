// Package shellcheck asks the program of that name, where it is installed, what it
// thinks of the scripts of runbooks.
//
// It is asked about many scripts at once: to start it takes longer than to look at one.
// They lie in a folder of their own for as long as it reads them.
package shellcheck

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/parallel"
	"github.com/msp-runbook/msp/runbook/process"
)

const (
	mostAtOnce = 50              // scripts that one process is given
	mostTime   = 2 * time.Minute // for which it is waited
	mostOutput = 64 << 20        // bytes that it may print
	program    = "shellcheck"
)

// senseless are the codes that make no sense for a script inside of a runbook: it has
// no first line that names a shell (SC2148), what it sources lies elsewhere (SC1090,
// SC1091), and it ends at a cd that fails, since its shell is run with -e (SC2164).
const senseless = "SC2148,SC1090,SC1091,SC2164"

// Program is an installed shellcheck.
type Program struct{ path string }

// Find looks for shellcheck in the folders of a PATH.
func Find(path string) (Program, bool) {
	found, err := process.Look(program, path, "")
	return Program{found}, err == nil
}

// Check gives what shellcheck finds in each of the scripts.
func (p Program) Check(ctx context.Context, scripts []lint.Script) ([][]lint.ShellFinding, error) {
	folder, err := os.MkdirTemp("", "msp-shellcheck-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // scripts that stay behind are no secret
	found := make([][]lint.ShellFinding, len(scripts))
	byShell := map[string][]string{} // the names of the files, which are the scripts' numbers
	for i, s := range scripts {
		name := strconv.Itoa(i)
		byShell[s.Shell] = append(byShell[s.Shell], name)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(s.Text), 0o600); err != nil {
			return nil, err
		}
	}
	var calls []call
	for shell, names := range byShell {
		for part := range slices.Chunk(names, mostAtOnce) {
			calls = append(calls, call{shell, part})
		}
	}
	errs := parallel.Map(len(calls), func(i int) error { return p.ask(ctx, folder, calls[i], found) })
	if err := cmp.Or(errs...); err != nil {
		return nil, err // the others say the same
	}
	return found, nil
}

// comment is what shellcheck prints of a finding, in its form json1.
type comment struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Level   string `json:"level"`
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// call is what the program is asked at once: the names of files of one shell.
type call struct {
	shell string
	names []string
}

func (p Program) ask(ctx context.Context, folder string, asked call, found [][]lint.ShellFinding) error {
	bounded, cancel := context.WithTimeout(ctx, mostTime)
	defer cancel()
	var out, complaint bytes.Buffer
	result, err := process.Run(bounded, process.Command{
		Path: p.path, Dir: folder, Stdout: bounds{&out}, Stderr: bounds{&complaint},
		Args: append([]string{"--norc", "--format=json1", "--shell=" + asked.shell, "--exclude=" + senseless}, asked.names...),
		Env:  []string{"LC_ALL=C.UTF-8"},
	})
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return err
	}
	var report struct {
		Comments []comment `json:"comments"`
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return fmt.Errorf("shellcheck %s and printed no findings: %s", result, said)
	}
	for _, c := range report.Comments {
		i, err := strconv.Atoi(c.File)
		if err != nil || !slices.Contains(asked.names, c.File) {
			return fmt.Errorf("shellcheck found something in a file %q that it was not given", c.File)
		}
		found[i] = append(found[i], lint.ShellFinding{
			Line: c.Line, Column: c.Column, Level: c.Level, Code: fmt.Sprintf("SC%04d", c.Code), Message: c.Message,
		})
	}
	return nil
}

// bounds refuses more than shellcheck has ever to say.
type bounds struct{ to *bytes.Buffer }

func (b bounds) Write(data []byte) (int, error) {
	if b.to.Len()+len(data) > mostOutput {
		return 0, errors.New("shellcheck printed too much")
	}
	return b.to.Write(data)
}
