package lint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/shelf"
	"github.com/msp-runbook/msp/steps"
)

var testNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// base are the documents of a small library in which no rule finds anything, by kind.
func base(t testing.TB) map[string]runbook.File {
	t.Helper()
	all := map[string]runbook.File{}
	for _, kind := range []string{"Runbook", "Plan", "Agreement", "Calendar", "Contacts"} {
		name := strings.ToLower(kind) + ".yaml"
		all[kind] = runbook.File{Name: "base/" + name, Source: readFile(t, "testdata/base/"+name)}
	}
	return all
}

// linter looks at files in a library of other files.
func linter(around []runbook.File, settings lint.Settings) *lint.Linter {
	library := runbook.NewLibrary(steps.Kinds(), around)
	return lint.New(steps.Kinds(), lint.Known{
		Now: testNow, Folder: "/", Around: around,
		Calendars: shelf.NewCalendars(func() ([]runbook.File, error) { return around, nil }),
		Runbook: func(id string) (*runbook.Runbook, error) {
			r, err := library.Find(id)
			if errors.Is(err, runbook.ErrUnknownRunbook) {
				err = fmt.Errorf("there is no runbook %q", id)
			}
			return r, err
		},
	}, settings)
}

// lintIn looks at files that stand in the small library, in place of its documents of
// the same file name or kind and id.
func lintIn(t testing.TB, files, around []runbook.File) lint.Report {
	t.Helper()
	now, _ := split(around)
	library := slices.Concat(files, now)
	for kind, f := range base(t) {
		if !slices.ContainsFunc(library, func(have runbook.File) bool {
			return runbook.KindOf(have) == kind && (kind != "Runbook" && kind != "Calendar" || idOf(have) == idOf(f))
		}) {
			library = append(library, f)
		}
	}
	l := beside(t, linter(library, lint.Settings{}), files, around)
	if path.Base(t.Name()) == "shellcheck" { // the rule's own tests
		l.Known.Shellcheck = shellcheckHere(t)
	}
	return l.Lint(files)
}

// beside has a linter compare with the files that are called before*.
func beside(t testing.TB, l *lint.Linter, files, around []runbook.File) *lint.Linter {
	t.Helper()
	for _, f := range around {
		if !strings.HasPrefix(f.Name, "before") {
			continue
		}
		if l.Known.Before == nil {
			l.Known.Before = &lint.Before{Since: "main", Former: map[string]*lint.Former{}}
		}
		old, problems := runbook.Load(f.Name, f.Source, l.Kinds)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		former := &lint.Former{File: f.Name, Runbook: old}
		i := slices.IndexFunc(files, func(now runbook.File) bool { return idOf(now) == idOf(f) })
		if i < 0 {
			l.Known.Before.Gone = append(l.Known.Before.Gone, former)
			continue
		}
		if now, _ := runbook.Load(files[i].Name, files[i].Source, l.Kinds); now != nil {
			former.Changes = change.Between(old, now)
			l.Known.Before.Former[now.File] = former
		}
	}
	return l
}

// split takes out the files that stood before the others.
func split(files []runbook.File) (now, before []runbook.File) {
	for _, f := range files {
		if strings.HasPrefix(f.Name, "before") {
			before = append(before, f)
		} else {
			now = append(now, f)
		}
	}
	return now, before
}

var idLine = regexp.MustCompile(`(?m)^id: (.*)$`)

func idOf(f runbook.File) string { return string(idLine.Find(f.Source)) }

func describe(r lint.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "[%s] %s\n", f.Severity, f.Problem)
	}
	return b.String()
}

func TestBaseIsClean(t *testing.T) {
	var files []runbook.File
	for _, f := range base(t) {
		files = append(files, f)
	}
	if r := lintIn(t, files, nil); len(r.Findings) > 0 {
		t.Errorf("the base has findings:\n%s", describe(r))
	}
}

// TestCases lints each rule's bad file, in which the rule finds something and no other
// rule does, and its good file, in which nothing is found. Other files of the folder
// stand in the library beside them; a case in txtar form is several documents.
func TestCases(t *testing.T) {
	for _, rule := range lint.Rules() {
		if _, err := os.Stat(filepath.Join("testdata/cases", rule.ID)); rule.Reading() && err != nil {
			continue // whose cases lie with the readers
		}
		t.Run(rule.ID, func(t *testing.T) {
			folder := filepath.Join("testdata/cases", rule.ID)
			var around []runbook.File
			names, err := filepath.Glob(folder + "/*.[yt]*")
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				if b := filepath.Base(name); filepath.Ext(b) == ".yaml" && !strings.HasPrefix(b, "bad") && !strings.HasPrefix(b, "good") {
					around = append(around, runbook.File{Name: b, Source: readFile(t, name)})
				}
			}
			var told strings.Builder
			bad, good := 0, 0
			for _, name := range names {
				files := caseFiles(t, name)
				switch b := filepath.Base(name); {
				case strings.HasPrefix(b, "bad"):
					bad++
					only(t, rule, lintIn(t, files, around), &told)
				case strings.HasPrefix(b, "good"):
					good++
					if r := lintIn(t, files, around); len(r.Findings) > 0 {
						t.Errorf("%s has findings:\n%s", b, describe(r))
					}
				}
			}
			if bad == 0 || good == 0 {
				t.Fatalf("%s has %d bad and %d good files", folder, bad, good)
			}
			documenttest.Golden(t, folder+"/want.golden", told.String())
		})
	}
}

// caseFiles are the documents of a case: one, or several in txtar form.
func caseFiles(t *testing.T, name string) []runbook.File {
	t.Helper()
	source := readFile(t, name)
	if filepath.Ext(name) != ".txtar" {
		return []runbook.File{{Name: filepath.Base(name), Source: source}}
	}
	var files []runbook.File
	for _, f := range txtar.Parse(source).Files {
		files = append(files, runbook.File{Name: f.Name, Source: f.Data})
	}
	return files
}

// only asserts that a rule found something, and no other rule did.
func only(t *testing.T, rule lint.Rule, r lint.Report, told *strings.Builder) {
	t.Helper()
	others := slices.ContainsFunc(r.Findings, func(f lint.Finding) bool { return f.Rule != rule.ID })
	if len(r.Findings) == 0 || others {
		t.Errorf("%s was to find something, alone:\n%s", rule.ID, describe(r))
	}
	told.WriteString(describe(r))
}

// TestExamples lints the examples that --explain shows.
func TestExamples(t *testing.T) {
	for _, rule := range lint.Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			if rule.Summary == "" || rule.Why == "" || rule.Bad == "" || rule.Good == "" || rule.Severity == lint.Off {
				t.Fatal("the rule doesn't explain itself")
			}
			bad, before := split(example(t, rule.Bad))
			only(t, rule, lintIn(t, bad, before), &strings.Builder{})
			good, before := split(example(t, rule.Good))
			if r := lintIn(t, good, before); len(r.Findings) > 0 {
				t.Errorf("the good example has findings:\n%s", describe(r))
			}
		})
	}
}

var (
	exampleKind    = regexp.MustCompile(`(?m)^kind: (\w+)$`)
	exampleKey     = regexp.MustCompile(`(?m)^(\w+):`)
	exampleWithout = regexp.MustCompile(`(?m)^# without: (\w+)$`)
)

// example makes whole documents of an example: its keys take the place of those of
// the small library's document of the kind. Several stand in txtar form; one that
// begins with apiVersion, or with a line "# whole", is whole already.
func example(t *testing.T, text string) []runbook.File {
	t.Helper()
	archive := txtar.Parse([]byte(text))
	if len(archive.Files) == 0 {
		archive.Files = []txtar.File{{Name: "example.yaml", Data: []byte(text + "\n")}}
	}
	var files []runbook.File
	for _, f := range archive.Files {
		source := string(f.Data)
		if !strings.HasPrefix(source, "apiVersion:") && !strings.HasPrefix(source, "# whole") {
			source = compose(t, source)
		}
		files = append(files, runbook.File{Name: f.Name, Source: []byte(source)})
	}
	return files
}

func compose(t *testing.T, fragment string) string {
	kind := "Runbook"
	if found := exampleKind.FindStringSubmatch(fragment); found != nil {
		kind = found[1]
		fragment = strings.Replace(fragment, found[0]+"\n", "", 1)
	}
	replaced := map[string]bool{}
	for _, found := range slices.Concat(exampleKey.FindAllStringSubmatch(fragment, -1), exampleWithout.FindAllStringSubmatch(fragment, -1)) {
		replaced[found[1]] = true
	}
	var b strings.Builder
	keep := true
	for line := range strings.Lines(string(base(t)[kind].Source)) {
		if found := exampleKey.FindStringSubmatch(line); found != nil {
			keep = !replaced[found[1]]
		}
		if keep {
			b.WriteString(line)
		}
	}
	return b.String() + fragment
}

// TestShippedLibrary looks at the runbooks and calendars that ship with msp.
func TestShippedLibrary(t *testing.T) {
	var files []runbook.File
	for _, dir := range []string{".", "calendars"} {
		found, err := runbook.ReadFiles(os.DirFS("../../runbooks"), dir, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 5 {
		t.Fatalf("%d files", len(files))
	}
	if r := linter(files, lint.Settings{}).Lint(files); len(r.Findings) > 0 {
		t.Errorf("the library has findings:\n%s", describe(r))
	}
}
