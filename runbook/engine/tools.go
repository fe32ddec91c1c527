package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/process"
	"github.com/msp-runbook/msp/runbook/record"
)

// toolbox finds programs and remembers what they are, once a run.
type toolbox struct {
	path  string // PATH for children
	known map[string]record.Tool
	fresh []record.Tool // not yet in the journal
}

func newToolbox(environ []string) *toolbox {
	return &toolbox{path: safePath(lookup(environ, "PATH")), known: map[string]record.Tool{}}
}

// find resolves a program for a step that works in dir.
func (t *toolbox) find(name, dir string) (record.Tool, error) {
	key := name
	if strings.ContainsAny(name, `/\`) {
		key = dir + "\x00" + name
	}
	if tool, ok := t.known[key]; ok {
		return tool, nil
	}
	path, err := process.Look(name, t.path, dir)
	if err != nil {
		return record.Tool{}, err
	}
	digest, err := digestFile(path)
	if err != nil {
		return record.Tool{}, err
	}
	tool := record.Tool{Name: name, Path: path, Digest: digest}
	t.known[key] = tool
	t.fresh = append(t.fresh, tool)
	return tool, nil
}

// takeFresh gives the tools that were found since it was last asked.
func (t *toolbox) takeFresh() []record.Tool {
	fresh := t.fresh
	t.fresh = nil
	return fresh
}

func digestFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}

// safePath keeps the absolute folders of PATH: never the current one.
func safePath(path string) string {
	var folders []string
	for _, folder := range filepath.SplitList(path) {
		if filepath.IsAbs(folder) {
			folders = append(folders, folder)
		}
	}
	return strings.Join(folders, string(os.PathListSeparator))
}

func lookup(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if key, value, ok := strings.Cut(entry, "="); ok && key == name {
			return value
		}
	}
	return ""
}

// inherited are the variables that a child gets from msp's own environment;
// everything else is left behind, SSH_AUTH_SOCK and credentials among it.
var inherited = []string{"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"}

var inheritedOnWindows = []string{
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE",
	"APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "PROGRAMDATA", "USERNAME",
}

// baseEnvironment is what every child gets.
func (t *toolbox) baseEnvironment(environ []string) []string {
	names := inherited
	if runtime.GOOS == "windows" {
		names = append(slices.Clone(names), inheritedOnWindows...)
	}
	env := []string{"PATH=" + t.path}
	for _, name := range names {
		if value := lookup(environ, name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// versionTimeout bounds how long a tool may take to say its version.
const versionTimeout = 10 * time.Second

// require checks that the tools a runbook asks for are there, in the versions
// that it asks for.
func (t *toolbox) require(ctx context.Context, all []runbook.Requirement, environ []string) ([]record.Tool, error) {
	var tools []record.Tool
	for _, r := range all {
		tool, err := t.find(r.Tool, "")
		if err != nil {
			return nil, fmt.Errorf("%s: the tool %s is required: %w", r.Position, r.Tool, err)
		}
		if r.Version != "" {
			if tool.Version, err = t.version(ctx, tool, r, environ); err != nil {
				return nil, fmt.Errorf("%s: %w", r.Position, err)
			}
		}
		tools = append(tools, tool)
	}
	t.fresh = nil // the run-start names them
	return tools, nil
}

func (t *toolbox) version(ctx context.Context, tool record.Tool, r runbook.Requirement, environ []string) (string, error) {
	constraint, err := runbook.ParseConstraint(r.Version)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	var out capped
	_, err = process.Run(ctx, process.Command{
		Path: tool.Path, Args: r.Args, Env: t.baseEnvironment(environ), Dir: filepath.Dir(tool.Path), Stdout: &out, Stderr: &out,
	})
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", r.Tool, err)
	}
	first, _, _ := bytes.Cut(out.data.Bytes(), []byte{'\n'})
	version := runbook.FindVersion(string(first))
	switch {
	case version == "":
		return "", fmt.Errorf("%s doesn't say its version with %s", r.Tool, strings.Join(r.Args, " "))
	case !constraint.Allows(version):
		return "", fmt.Errorf("%s has version %s, and %s is required", r.Tool, version, r.Version)
	}
	return version, nil
}
