package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/steps"
)

// TestLayoutKnowsEveryKey: what a document may say has a place in the order of its
// keys. The loaders name the keys that they know to whoever writes another.
func TestLayoutKnowsEveryKey(t *testing.T) {
	loads := map[string]func(file string, source []byte) document.Problems{
		runbook.KindRunbook:   func(f string, s []byte) document.Problems { _, p := runbook.Load(f, s, steps.Kinds()); return p },
		runbook.KindPlan:      func(f string, s []byte) document.Problems { _, p := schedule.LoadPlan(f, s); return p },
		runbook.KindAgreement: func(f string, s []byte) document.Problems { _, p := agreement.LoadAgreement(f, s); return p },
		runbook.KindCalendar:  func(f string, s []byte) document.Problems { _, p := schedule.LoadCalendar(f, s); return p },
		runbook.KindContacts:  func(f string, s []byte) document.Problems { _, p := agreement.LoadContacts(f, s); return p },
	}
	known := regexp.MustCompile(`known keys: (.*)`)
	for kind, load := range loads {
		source := []byte("apiVersion: msp/v1\nkind: " + kind + "\nqqqqqqqqqqqqqqqq: 1\n")
		paths := [][]string{nil}
		if kind == runbook.KindRunbook {
			source = append(source, "steps: [{qqqqqqqqqqqqqqqq: 1}]\n"...)
			paths = append(paths, []string{"steps"})
		}
		order := runbook.Layout(runbook.File{Name: "f.yaml", Source: source}, steps.Kinds())
		hints := known.FindAllStringSubmatch(load("f.yaml", source).Error(), -1)
		if len(hints) != len(paths) {
			t.Fatalf("%s: %d hints name the known keys", kind, len(hints))
		}
		for i, hint := range hints {
			for key := range strings.SplitSeq(hint[1], ", ") {
				if !slices.Contains(order(paths[i]), key) {
					t.Errorf("%s: %s has no place in %v", kind, key, paths[i])
				}
			}
		}
	}
}

// TestShippedIsFormatted: what msp ships is laid out as it asks of others.
func TestShippedIsFormatted(t *testing.T) {
	files, err := builtinFiles()
	if err != nil || len(files) < 5 {
		t.Fatalf("%d documents, error %v", len(files), err)
	}
	templates, err := runbook.ReadFiles(templateFiles, "templates", "templates")
	if err != nil || len(templates) != len(ownTemplates)+len(kindNames)-1 {
		t.Fatalf("%d templates, error %v", len(templates), err)
	}
	for _, f := range append(files, templates...) {
		if formatted, err := formatFile(f); err != nil || !bytes.Equal(formatted, f.Source) {
			t.Errorf("%s: %v\n%s", f.Name, err, strings.Join(differences(string(f.Source), string(formatted), 20), "\n"))
		}
	}
}

// TestRewrite: what somebody saves while documents are looked at is not written over.
func TestRewrite(t *testing.T) {
	file := runbook.File{Name: filepath.Join(t.TempDir(), "one.yaml"), Source: []byte("id: one\n")}
	a := &app{Program: Program{Disk: &evidence.Disk{}}}
	for _, saved := range []string{"id: one\n", "id: saved\n"} {
		if err := os.WriteFile(file.Name, []byte(saved), 0o600); err != nil {
			t.Fatal(err)
		}
		err := a.rewrite(file, []byte("id:   written\n"))
		left, readErr := os.ReadFile(file.Name)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if want := saved == string(file.Source); (err == nil) != want || (string(left) == "id:   written\n") != want {
			t.Errorf("%q became %q, error %v", saved, left, err)
		}
	}
}
