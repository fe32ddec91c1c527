// Package documenttest holds what is said about broken documents to golden files.
// It is for tests only. With -update it rewrites them.
package documenttest

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/document"
)

var update = flag.Bool("update", false, "rewrite the wanted output in testdata")

// Golden compares a text with the content of a file.
func Golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// Broken loads every document of a folder, of which there are at least so many. Each
// has problems, every one with its place in the file, in the order of the file, and
// they read as the golden file beside it says.
func Broken(t *testing.T, folder string, least int, load func(file string, source []byte) (read bool, problems document.Problems)) {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.yaml")
	if err != nil || len(files) < least {
		t.Fatalf("%d documents, error %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			read, problems := load(filepath.Base(file), source)
			if read || len(problems) == 0 {
				t.Fatal("no problem was found")
			}
			lines := strings.Count(string(source), "\n") + 1
			for _, p := range problems {
				if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Rule == "" || p.Message == "" {
					t.Errorf("%+v", p)
				}
			}
			if !slices.IsSortedFunc(problems, func(a, b document.Problem) int { return a.Line - b.Line }) {
				t.Error("the problems are not in the order of the file")
			}
			Golden(t, filepath.Join(folder, name+".golden"), problems.Error()+"\n")
		})
	}
}

// Seeds gives the documents of a folder to a fuzz target.
func Seeds(f *testing.F, folder string) {
	f.Helper()
	files, err := filepath.Glob(folder + "/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
}
