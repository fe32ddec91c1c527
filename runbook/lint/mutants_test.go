package lint_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/lint"
)

// mutation breaks documents of a kind in one way, wherever that fits. The rule that
// is meant for it has to tell of it on a line that was broken, or at one of the places
// that at names: "sla" or "steps.*.run" of the document that was broken, or
// "base/runbook.yaml#sla" of another.
type mutation struct {
	name, rule string
	breaks     func(specimen) []mutant
	at         []string
}

// specimen is a document before it is broken.
type specimen struct {
	runbook.File
	kind string
	root *document.Node
}

// mutant is a document that was broken, and the library around it.
type mutant struct {
	source []byte
	beside []runbook.File // that come to the library
	before runbook.File   // that the library is compared with, if it has a name
}

// unbroken is the library that is broken: the one that ships with msp, and the small
// one with a client's plan, agreement and contacts.
func unbroken(t testing.TB) []specimen {
	t.Helper()
	var all []specimen
	for _, dir := range []string{".", "calendars"} {
		files, err := runbook.ReadFiles(os.DirFS("../../runbooks"), dir, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			all = append(all, specimenOf(t, f))
		}
	}
	for _, f := range base(t) {
		all = append(all, specimenOf(t, f))
	}
	slices.SortFunc(all, func(a, b specimen) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func specimenOf(t testing.TB, f runbook.File) specimen {
	t.Helper()
	root, problems := document.Parse(f.Name, f.Source, document.Limits{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return specimen{f, runbook.KindOf(f), root}
}

func filesOf(all []specimen) []runbook.File {
	files := make([]runbook.File, len(all))
	for i, s := range all {
		files[i] = s.File
	}
	return files
}

// unprovoked are the rules of which no mutation can be made, and why.
var unprovoked = map[string]string{
	"shellcheck": "asks a program that isn't everywhere; shellcheck_test.go has it",
}

// TestMutants breaks the library in one place at a time. Each mutant is caught by the
// rule that is meant for it; of the unbroken library no rule tells anything.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("one document after the other is read some thousand times")
	}
	library := unbroken(t)
	mutations := slices.Concat(runbookMutations, stepMutations, scriptMutations, documentMutations, textMutations)
	if r := linter(filesOf(library), lint.Settings{}).Lint(filesOf(library)); len(r.Findings) > 0 {
		t.Fatalf("the unbroken library has findings:\n%s", describe(r))
	}
	var ran, count atomic.Int64
	provoked := map[string]bool{}
	t.Run("all", func(t *testing.T) {
		for _, m := range mutations {
			provoked[m.rule] = true
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				mutants := 0
				for i, s := range library {
					for _, broken := range m.breaks(s) {
						mutants++
						m.caught(t, library, i, broken)
					}
				}
				if mutants == 0 {
					t.Errorf("%s breaks nothing", m.name)
				}
				ran.Add(1)
				count.Add(int64(mutants))
			})
		}
	})
	if count.Load() < 200 && int(ran.Load()) == len(mutations) { // and not only those that -run names
		t.Errorf("%d mutants", count.Load())
	}
	t.Logf("%d mutants of %d rules", count.Load(), len(provoked))
	for _, rule := range lint.Rules() {
		if why := unprovoked[rule.ID]; provoked[rule.ID] == (why != "") {
			t.Errorf("%s: a mutation provokes it: %t, and what is said of that: %q", rule.ID, provoked[rule.ID], why)
		}
	}
}

// caught lints a mutant of the n-th document.
func (m mutation) caught(t *testing.T, library []specimen, n int, broken mutant) {
	s := library[n]
	around := append(filesOf(library), broken.beside...)
	around[n].Source = broken.source
	files := append([]runbook.File{around[n]}, broken.beside...)
	for _, place := range m.at {
		if name, _, other := strings.Cut(place, "#"); other {
			files = append(files, around[slices.IndexFunc(around, func(f runbook.File) bool { return f.Name == name })])
		}
	}
	l := linter(around, lint.Settings{})
	if broken.before.Name != "" {
		beside(t, l, files, []runbook.File{broken.before})
	}
	report := l.Lint(files)
	told := slices.ContainsFunc(report.Findings, func(f lint.Finding) bool {
		return f.Rule == m.rule && (f.File == s.Name && touched(s.Source, broken.source, f.Line) || m.named(s.Name, files, f.Position))
	})
	if !told {
		t.Errorf("%s: %s doesn't tell of this mutant:\n%sbut there is:\n%s", s.Name, m.rule, difference(s.Source, broken.source), describe(report))
	}
}

// named reports whether a line is at one of the places that the mutation names.
func (m mutation) named(file string, files []runbook.File, at document.Position) bool {
	for _, place := range m.at {
		name, path, other := strings.Cut(place, "#")
		if !other {
			name, path = file, place
		}
		for _, f := range files {
			if f.Name != name || at.File != name {
				continue
			}
			root, _ := document.Parse(f.Name, f.Source, document.Limits{})
			for _, p := range placesOf(root, path) {
				start, end := p.value.Span()
				first := 1 + bytes.Count(f.Source[:start], []byte("\n"))
				if last := first + bytes.Count(f.Source[start:end], []byte("\n")); first <= at.Line && at.Line <= last {
					return true
				}
			}
		}
	}
	return false
}

// common are how many lines two texts have in common at their beginning and their end.
func common(a, b [][]byte) (before, after int) {
	for before < min(len(a), len(b)) && bytes.Equal(a[before], b[before]) {
		before++
	}
	for after < min(len(a), len(b))-before && bytes.Equal(a[len(a)-1-after], b[len(b)-1-after]) {
		after++
	}
	return before, after
}

// touched reports whether a line of the second text is not the first one's, or is next
// to lines that are gone.
func touched(was, is []byte, line int) bool {
	a, b := bytes.SplitAfter(was, []byte("\n")), bytes.SplitAfter(is, []byte("\n"))
	before, after := common(a, b)
	first, last := before+1, len(b)-after
	if last < first {
		first, last = last, first
	}
	return first <= line && line <= last
}

// difference shows what was changed.
func difference(was, is []byte) string {
	a, b := bytes.SplitAfter(was, []byte("\n")), bytes.SplitAfter(is, []byte("\n"))
	before, after := common(a, b)
	var told strings.Builder
	tell := func(sign string, lines [][]byte) {
		for _, line := range lines[:min(len(lines), 30)] {
			fmt.Fprintf(&told, "  %s %s\n", sign, bytes.TrimSuffix(line, []byte("\n")))
		}
	}
	tell("-", a[before:len(a)-after])
	tell("+", b[before:len(b)-after])
	return told.String()
}
