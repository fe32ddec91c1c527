package steps_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/steps"
)

// Every folder beside this file holds the kind of its name, which is listed
// once and passes the suite.
func TestKinds(t *testing.T) {
	var names, folders []string
	for _, kind := range steps.Kinds() {
		names = append(names, kind.Name())
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() && name != "stepstest" && name != "testdata" {
			folders = append(folders, name)
			if !runsSuite(t, name) {
				t.Errorf("no test in %s calls stepstest.Run", name)
			}
		}
	}
	if slices.Sort(names); !slices.Equal(names, folders) {
		t.Errorf("the kinds are %v, the folders %v", names, folders)
	}
}

func runsSuite(t *testing.T, folder string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(name string) bool {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(source), "stepstest.Run(")
	})
}

// Whatever YAML a step is given, each kind reads it or says what is wrong.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"sha256sum --check SHA256SUMS", "[echo, \"${{ inputs.a }}\", b]", "{shell: sh, script: \"a ${{ b }}\"}",
		"{path: \"${{ inputs.a }}/[a-z]*\", pick: newest, max_age: \"${{ inputs.a }}\", min_size: 1 MiB, min_count: 2, mode: \"0640\", owner: 0, digest: true}",
		"{instructions: \"a ${{ run.id }}\", checklist: [a], form: {a: {type: enum, enum: [b], default: b}}, evidence: [{name: a, type: file}], estimate: 5m}",
		"{roles: [lead, auditor], min_approvals: 2, timeout: 30m, on_timeout: reject, instructions: a, show: [a]}", "{roles: {a: b}, timeout: [], show: a}",
		"{path: ~, pick: [], sha256: {}, mode: 0640}", "{form: [a], evidence: {a: b}, checklist: 1}", "a: {b: [c, {d: ~}]}", "!!binary x", "&a [*a]",
	} {
		f.Add(seed)
	}
	inputs := []runbook.Field{{Name: "a", Type: runbook.Path}}
	f.Fuzz(func(t *testing.T, yaml string) {
		root, _ := document.Parse("fuzz.yaml", []byte(yaml), document.Limits{})
		for _, kind := range steps.Kinds() {
			d := document.NewDecoder()
			action := kind.Decode(root, d)
			broken := len(d.Problems()) > 0
			action.Check(runbook.NewScope(inputs, nil), d)
			action.Outputs()
			text := action.Describe()
			if !broken && (strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\x1b\r\n")) {
				t.Errorf("%s: Describe gives %q", kind.Name(), text)
			}
		}
	})
}
