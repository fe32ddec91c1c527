package document

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the wanted output in testdata")

// TestProblems reads every broken document in testdata/problems and compares
// what is said about it.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d documents, error %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			problems := decodeSample(Parse(filepath.Base(file), data, Limits{}))
			got := problems.Error() + "\n"
			if len(problems) == 0 {
				t.Error("no problem was found")
			}
			checkPositions(t, problems, data)
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// checkPositions holds what every problem promises: a place in the file, a
// rule, and nothing that a terminal would obey.
func checkPositions(t *testing.T, problems Problems, data []byte) {
	t.Helper()
	lines := strings.Count(string(data), "\n") + 1
	for _, p := range problems {
		if p.Line < 1 || p.Line > lines || p.Column < 1 {
			t.Errorf("position outside the file of %d lines: %v", lines, p)
		}
		if p.Rule == "" || p.Message == "" {
			t.Errorf("problem without a rule or a message: %#v", p)
		}
		if text := p.Message + p.Hint; printable(text) != text || strings.Contains(text, "yaml: ") {
			t.Errorf("raw text in %q", text)
		}
	}
}

// decodeSample reads a document like a small runbook.
func decodeSample(root *Node, problems Problems) Problems {
	foreign := map[string]string{"depends": `msp says "needs"`, "depends_on": `msp says "needs"`}
	d := NewDecoder()
	d.Add(problems)
	m := d.Map(root, "a runbook")
	d.String(m.Need("id"))
	d.String(m.Need("title"))
	d.Text(m.Take("version"))
	d.Date(m.Take("review_by"))
	d.Bool(m.Take("enabled"))
	d.Int(m.Take("max_attempts"))
	d.Number(m.Take("weight"))
	d.Strings(m.Take("tags"))
	d.Enum(m.Take("class"), "routine", "ad_hoc")
	for _, item := range d.List(m.Take("steps"), "a list of steps") {
		step := d.Map(item, "a step")
		d.String(step.Need("id"))
		d.String(step.Take("run"))
		step.Take("needs")
		step.Done(foreign)
	}
	m.Done(foreign)
	return d.Problems()
}
