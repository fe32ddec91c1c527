package cmd_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs testdata/script: what a person types, and what msp answers.
// Each script has a HOME of its own, $REPO is this repository.
func TestScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scripts' steps are written for bash and the programs of a Unix")
	}
	repo, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("REPO", repo)
			env.Setenv("USER", "tester")
			env.Setenv("TZ", "UTC")
			env.Setenv("LANG", "C")
			env.Values[tsaKey{}] = &stampScript{}
			env.Values[witnessKey{}] = &atomic.Pointer[scriptWitness]{}
			return os.MkdirAll(home, 0o700)
		},
		Condition: func(condition string) (bool, error) {
			if condition == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, errors.New("unknown condition " + condition)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code": wantCode, "newest": newestRun, "empty": wantEmpty, "tsa": tsaCommand(t), "witness": witnessCommand(t),
		},
	})
}

// wantCode runs a program that has to end with an exit code: code 3 msp run …
func wantCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program argument…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// newestRun puts the id of the newest run into a variable: newest RUN
func newestRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: newest VARIABLE")
	}
	ts.Check(ts.Exec("msp", "log", "--json"))
	var log struct{ Runs []struct{ Run string } }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &log))
	if len(log.Runs) == 0 {
		ts.Fatalf("no runs")
	}
	ts.Setenv(args[0], log.Runs[len(log.Runs)-1].Run)
}

// wantEmpty holds that a folder has nothing in it.
func wantEmpty(ts *testscript.TestScript, neg bool, args []string) {
	for _, folder := range args {
		entries, err := os.ReadDir(ts.MkAbs(folder))
		ts.Check(err)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if (len(names) == 0) == neg {
			ts.Fatalf("%s holds: %s", folder, strings.Join(names, " "))
		}
	}
}
