//go:build unix

package process_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/msp-runbook/msp/runbook/process"
)

func TestLook(t *testing.T) {
	root := t.TempDir()
	file := func(mode os.FileMode, name string) string {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	first, second := file(0o755, "a/tool"), file(0o755, "b/tool")
	plain := file(0o644, "a/plain")
	later := file(0o755, "b/plain")
	file(0o755, "here")
	file(0o755, "a/folder/x")
	a, b := filepath.Dir(first), filepath.Dir(second)
	t.Chdir(root)

	tests := []struct {
		name, path, dir string
		want, wantErr   string
	}{
		{name: "tool", path: a + ":" + b, want: first},
		{name: "tool", path: b + ":" + a, want: second},
		{name: "tool", path: "/nonexistent:" + b, want: second},
		{name: "plain", path: a + ":" + b, want: later},
		{name: "plain", path: a, wantErr: "plain: found " + plain + ", which is not executable"},
		{name: "folder", path: a, wantErr: "folder: program not found"},
		{name: "here", path: "", dir: root, wantErr: "here: program not found"},
		{name: "here", path: ":.::" + a, dir: root, wantErr: "here: program not found"},
		{name: "tool", path: "a:./b", dir: root, wantErr: "tool: program not found"},
		{name: "./here", dir: root, want: filepath.Join(root, "here")},
		{name: "a/tool", path: b, dir: root, want: first},
		{name: "../a/tool", dir: b, want: first},
		{name: "./here", wantErr: "./here: program not found"},
		{name: "./here", dir: ".", wantErr: "./here: program not found"},
		{name: first, want: first},
		{name: root + "/b/../a/tool", want: first},
		{name: plain, wantErr: plain + ": found " + plain + ", which is not executable"},
		{name: "", path: a, wantErr: ": program not found"},
		{name: "..", path: a, wantErr: "..: program not found"},
	}
	for _, test := range tests {
		got, err := process.Look(test.name, test.path, test.dir)
		if test.wantErr == "" {
			if err != nil || got != test.want {
				t.Errorf("Look(%q, %q, %q) = %q, %v, want %q", test.name, test.path, test.dir, got, err, test.want)
			}
			continue
		}
		var missing process.ErrNotFound
		if !errors.As(err, &missing) || missing.Name != test.name || err.Error() != test.wantErr {
			t.Errorf("Look(%q, %q, %q): error %v, want %s", test.name, test.path, test.dir, err, test.wantErr)
		}
		want := fs.ErrNotExist
		if missing.NotExecutable != "" {
			want = fs.ErrPermission
		}
		if !errors.Is(err, want) {
			t.Errorf("Look(%q, %q, %q): error %v isn't %v", test.name, test.path, test.dir, err, want)
		}
	}
}
