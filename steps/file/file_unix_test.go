//go:build unix

package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/msp-runbook/msp/steps/file"
	"github.com/msp-runbook/msp/steps/stepstest"
)

// A named pipe that nobody writes to would hold up whoever opens it.
func TestNamedPipe(t *testing.T) {
	pipe := func(t *testing.T, env *stepstest.Env) {
		if err := syscall.Mkfifo(filepath.Join(env.Dir(), "pipe"), 0o600); err != nil {
			t.Fatal(err)
		}
		env.Write(t, "plain", "x", hour)
	}
	stepstest.Run(t, file.Kind{}, stepstest.Cases{Runs: []stepstest.Case{
		{Name: "by name", YAML: "path: pipe", Prepare: pipe, Found: "pipe is a named pipe", Expected: "a regular file"},
		{Name: "by pattern", YAML: "path: 'p*'", Prepare: pipe, Outputs: map[string]string{"name": "plain"}},
		{Name: "as a folder", YAML: "path: '*/*'", Prepare: pipe, Found: "no file matches"},
	}})
}

// Files that can't be seen are not files that aren't there.
func TestUnreadableFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	action, _ := stepstest.Decode(t, file.Kind{}, "path: '*/*'\npick: newest")
	env := stepstest.NewEnv(t)
	env.Write(t, "open/a", "x", hour)
	env.Write(t, "closed/b", "x", hour)
	closed := filepath.Join(env.Dir(), "closed")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o700) })
	if _, err := action.Run(t.Context(), env); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("got %v, want permission denied", err)
	}
}
