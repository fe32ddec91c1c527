package lint_test

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/steps"
)

// harmless are changes after which a document says the same.
var harmless = []struct {
	name   string
	change func(*testing.T, specimen) []byte
}{
	{"formatted", formatted},
	{"with comments", commented},
	{"its keys in another order", reversed},
	{"with lines of Windows", func(_ *testing.T, s specimen) []byte { return bytes.ReplaceAll(s.Source, []byte("\n"), []byte("\r\n")) }},
	{"with blank lines", func(_ *testing.T, s specimen) []byte {
		return eachLine(s, func(line string) string { return "\n" + line })
	}},
	{"between marks of a document", func(_ *testing.T, s specimen) []byte {
		return slices.Concat([]byte("---\n"), s.Source, []byte("...\n"))
	}},
	{"all texts in double quotes", quoted(strconv.Quote)},
	{"all texts in single quotes", quoted(func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" })},
	{"no quotes that aren't needed", unquoted},
	{"durations in minutes", inUnits(time.Minute, "m")},
	{"durations in seconds", inUnits(time.Second, "s")},
}

// TestHarmlessChanges makes changes of which no rule has anything to tell, in each
// document of the library, and in all at once.
func TestHarmlessChanges(t *testing.T) {
	if testing.Short() {
		t.Skip("one document after the other is read some thousand times")
	}
	library := unbroken(t)
	for _, h := range harmless {
		t.Run(h.name, func(t *testing.T) {
			files := filesOf(library)
			changed := 0
			for i, s := range library {
				files[i].Source = h.change(t, s)
				if !bytes.Equal(files[i].Source, s.Source) {
					changed++
				}
			}
			if changed < len(files)/2 {
				t.Fatalf("%d of %d documents are changed", changed, len(files))
			}
			if r := linter(files, lint.Settings{}).Lint(files); len(r.Findings) > 0 {
				t.Errorf("it has findings:\n%s", describe(r))
			}
		})
	}
}

// formatted lays a document out anew; first it is made uneven, or nothing would be
// changed.
func formatted(t *testing.T, s specimen) []byte {
	uneven := bytes.ReplaceAll(reversed(t, s), []byte(", "), []byte(",  "))
	if _, problems := document.Parse(s.Name, uneven, document.Limits{}); len(problems) > 0 {
		t.Fatal(problems)
	}
	even, err := document.Format(s.Name, uneven, runbook.Layout(s.File, steps.Kinds()))
	if err != nil {
		t.Fatal(err)
	}
	return even
}

// eachLine changes the lines on which a key of the document or of a step begins.
func eachLine(s specimen, change func(line string) string) []byte {
	var edits []document.Edit
	for _, p := range append(placesOf(s.root, "*"), placesOf(s.root, "steps.*.*")...) {
		for _, f := range p.in.Fields() {
			start, _ := f.KeySpan()
			line := bytes.LastIndexByte(s.Source[:start], '\n') + 1
			if f.Key == p.key && len(bytes.Trim(s.Source[line:start], " ")) == 0 {
				edits = append(edits, document.Edit{Start: line, End: start, Text: change(string(s.Source[line:start]))})
			}
		}
	}
	made, err := document.Apply(s.Source, edits)
	if err != nil {
		panic(err)
	}
	return made
}

func commented(_ *testing.T, s specimen) []byte {
	return eachLine(s, func(line string) string { return line + "# Here stands a comment: 'of any sort'.\n" + line })
}

// reversed turns the order of the document's own keys around, with what belongs to
// them.
func reversed(_ *testing.T, s specimen) []byte {
	var parts [][]byte
	end := len(s.Source)
	for _, f := range slices.Backward(s.root.Fields()) {
		start, _ := f.KeySpan()
		parts = append(parts, s.Source[start:end])
		end = start
	}
	return slices.Concat(append([][]byte{s.Source[:end]}, parts...)...)
}

// scalars calls f with each value of a document that is no map and no list.
func scalars(n *document.Node, f func(*document.Node)) {
	for _, field := range n.Fields() {
		scalars(field.Value, f)
	}
	for _, item := range n.Items() {
		scalars(item, f)
	}
	if n.Kind() != document.Mapping && n.Kind() != document.List {
		f(n)
	}
}

// restyled writes the texts of one line anew.
func restyled(s specimen, write func(*document.Node) string) []byte {
	var edits []document.Edit
	scalars(s.root, func(n *document.Node) {
		start, end := n.Span()
		if n.Kind() == document.String && !bytes.Contains(s.Source[start:end], []byte("\n")) {
			edits = append(edits, document.Edit{Start: start, End: end, Text: write(n)})
		}
	})
	made, err := document.Apply(s.Source, edits)
	if err != nil {
		panic(err)
	}
	return made
}

func quoted(quote func(string) string) func(*testing.T, specimen) []byte {
	return func(_ *testing.T, s specimen) []byte {
		return restyled(s, func(n *document.Node) string { return quote(n.Text()) })
	}
}

func unquoted(_ *testing.T, s specimen) []byte {
	return restyled(s, func(n *document.Node) string { return document.Scalar(n.Text()) })
}

// inUnits writes each duration in another unit, where that has no remainder.
func inUnits(unit time.Duration, word string) func(*testing.T, specimen) []byte {
	return func(_ *testing.T, s specimen) []byte {
		return restyled(s, func(n *document.Node) string {
			start, end := n.Span()
			length, err := runbook.ParseDuration(n.Text())
			if err != nil || length.Unit != "" || length.HasDays() || length.Span%unit != 0 || n.Quoted() {
				return string(s.Source[start:end])
			}
			return strconv.FormatInt(int64(length.Span/unit), 10) + word
		})
	}
}
