package shellcheck_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/lint/shellcheck"
)

// find is the shellcheck of this machine; without one the test is skipped, except
// where it has to be there.
func find(t *testing.T) shellcheck.Program {
	t.Helper()
	program, ok := shellcheck.Find(os.Getenv("PATH"))
	if !ok {
		if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
			t.Fatal("no shellcheck")
		}
		t.Skip("no shellcheck")
	}
	return program
}

func TestCheck(t *testing.T) {
	scripts := []lint.Script{
		{Shell: "bash", Text: "[[ -d / ]]\n"},
		{Shell: "sh", Text: "[[ -d / ]]\n"},
		{Shell: "bash", Text: "x=$(id)\n  test \"ü\" = $x\ncd /tmp\n"},
		{Shell: "bash", Text: "test \"$UPPER\" = \"$lower\"\n"},
	}
	for range 300 { // more than one process is given
		scripts = append(scripts, lint.Script{Shell: "bash", Text: "true"})
	}
	found, err := find(t).Check(t.Context(), scripts)
	if err != nil || len(found) != len(scripts) {
		t.Fatalf("%d answers to %d scripts, %v", len(found), len(scripts), err)
	}
	type place struct {
		Script, Line, Column int
		Level, Code          string
	}
	var got []place
	for i, all := range found {
		for _, f := range all {
			got = append(got, place{i, f.Line, f.Column, f.Level, f.Code})
			if f.Message == "" {
				t.Errorf("%s says nothing", f.Code)
			}
		}
	}
	want := []place{{1, 1, 1, "warning", "SC3010"}, {2, 2, 14, "info", "SC2086"}, {3, 1, 18, "warning", "SC2154"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMissing(t *testing.T) {
	if _, ok := shellcheck.Find(t.TempDir()); ok {
		t.Error("it was found in an empty folder")
	}
}

// A program that isn't shellcheck, or one that is too old for json1, is an error.
func TestOtherProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no scripts here")
	}
	for says, want := range map[string]string{
		"echo usage: shellcheck >&2; exit 4":    "exited 4 and printed no findings: usage: shellcheck",
		`echo '{"comments":[{"file":"../9"}]}'`: "was not given",
		`echo '{"comments":[{"file":"7"}]}'`:    "was not given",
		"cat /dev/zero":                         "printed too much",
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "shellcheck"), []byte("#!/bin/sh\nPATH=/usr/bin:/bin\n"+says+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		program, ok := shellcheck.Find(folder)
		if !ok {
			t.Fatal("it was not found")
		}
		_, err := program.Check(t.Context(), []lint.Script{{Shell: "bash", Text: "true"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", says, err, want)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := find(t).Check(ctx, []lint.Script{{Shell: "bash", Text: "true"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
