package handbook

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// everywhere is a page that says one text wherever a document may say something.
func everywhere(text string) *Page {
	l := Line{{Text: text}, {Text: text, Code: true}, {Text: text}}
	field := Field{Name: text, Type: "string", Description: text, Rules: l, Default: text}
	step := Step{
		Number: 1, ID: "a", Title: text, Why: text, Kind: "run", Who: l, Does: text, Shell: "bash", Script: text, Folder: text,
		Variables: []Variable{{text, text}}, Conditions: []Line{l}, Requires: []string{text}, Checklist: []string{text}, Form: []Field{field},
		Evidence: []Evidence{{text, text, true}}, Expected: []Line{l}, Outputs: []Output{{text, "number", text}}, Normal: []Line{l},
		Limits: []Line{l}, Otherwise: []Line{l},
	}
	person := step
	person.ID, person.Script, person.Instructions = "b", "", text
	plain := step
	plain.ID, plain.Script, plain.Decides = "c", "", true
	return &Page{
		V: 1, ID: "x", Version: "1.0.0", Title: text, Class: "routine", Digest: "sha256:0", Owner: l, ReviewBy: "2026-01-02", Scripts: l, Why: text,
		References: []Reference{{text, text}}, Decisions: []Decision{{"2026-01-02", text, text, text}}, Due: []Line{l}, Promised: []Line{l},
		Told: []Rung{{l, text}}, Requires: []string{text}, Inputs: []Field{field}, Secrets: []string{text}, Steps: []Step{step, person, plain},
	}
}

// settled is a text with its white space and what is not shown taken together.
func settled(text string) string {
	return strings.Join(strings.FieldsFunc(visible(text), func(r rune) bool { return unicode.IsSpace(r) || r == unicode.ReplacementChar }), " ")
}

// FuzzEscaping: whatever a document says, it is read as it was written, and the
// markup is that of the page alone.
func FuzzEscaping(f *testing.F) {
	source, err := os.ReadFile("testdata/hostile.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(source)) {
		f.Add(strings.TrimSpace(line))
	}
	for _, text := range []string{"", "`", "``", " ` ", "\\", "a\\", "1.", "1) a", "#", "- ", "***", "===", "\n\n\n", "a\r\nb\rc", "&#60;", "[a]: b", "\x00", "\xff", "☐", "{{.}}", "]]>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const most = 200 // it stands in a page some sixty times
		p := everywhere(text[:min(len(text), most)])
		want := settled(p.Title)
		if got := settled(readMarkdown(t, p.Markdown())); !strings.Contains(got, want) {
			t.Errorf("Markdown of %q reads\n%s", p.Title, got)
		}
		for _, write := range []func() (string, error){p.HTML, p.ChecklistHTML} {
			html, err := write()
			if err != nil {
				t.Fatal(err)
			}
			if got := settled(readHTML(t, html)); !strings.Contains(got, want) {
				t.Errorf("HTML of %q reads\n%s", p.Title, got)
			}
		}
		for _, line := range strings.Split(p.Checklist(), "\n") {
			if columns.StringWidth(line) > paper {
				t.Errorf("more than %d columns: %q", paper, line)
			}
		}
	})
}

// The marks that a page's own Markdown begins its lines with, and those that would
// begin something else behind them.
var (
	ownMark   = regexp.MustCompile(`^(#{1,3} |- \*\*[A-Z][a-z ]+:\*\* |[*+] |> ?)`)
	otherMark = regexp.MustCompile(`^(\s|[-+*=>#~]|\d+[.)])`)
)

// readMarkdown is the text that a reader of CommonMark sees. It complains about
// markup that is not the page's.
func readMarkdown(t *testing.T, source string) string {
	t.Helper()
	var text strings.Builder
	fence := ""
	for _, line := range strings.Split(source, "\n") {
		opening := strings.TrimRight(line, "abcdefghijklmnopqrstuvwxyz")
		switch {
		case fence != "" && line == fence:
			fence = ""
		case fence != "":
			text.WriteString(line)
		case len(opening) >= 3 && strings.Trim(opening, "`") == "":
			fence = opening
		default:
			rest := line[len(ownMark.FindString(line)):]
			if otherMark.MatchString(rest) && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "- **") {
				t.Errorf("the line %q begins with markup", line)
			}
			text.WriteString(readInline(t, rest))
		}
		text.WriteByte('\n')
	}
	if fence != "" {
		t.Error("a fence is never closed")
	}
	return text.String()
}

// readInline takes off backslashes and the backticks of code.
func readInline(t *testing.T, line string) string {
	t.Helper()
	var text strings.Builder
	for line != "" {
		run := len(line) - len(strings.TrimLeft(line, "`"))
		switch {
		case run > 0:
			ticks := line[:run]
			end := closing(line[run:], ticks)
			if end < 0 {
				t.Fatalf("backticks are never closed: %q", line)
			}
			text.WriteString(line[run : run+end])
			line = line[run+end+run:]
		case line == `\`:
			return text.String() // a line break
		case line[0] == '\\':
			text.WriteByte(line[1])
			line = line[2:]
		default:
			if strings.IndexByte(markup, line[0]) >= 0 {
				t.Errorf("markup is not escaped: %q", line)
			}
			text.WriteByte(line[0])
			line = line[1:]
		}
	}
	return text.String()
}

// closing is where as many backticks stand again, and not one more.
func closing(text, ticks string) int {
	for i := 0; i < len(text); {
		run := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		if run == len(ticks) {
			return i
		}
		i += max(run, 1)
	}
	return -1
}

// The elements and attributes of the page's own.
var (
	ownElements = strings.Fields("html head meta title style body main h1 h2 h3 p a b code pre blockquote table caption thead tbody tr th td " +
		"div span ul ol li nav section footer")
	ownAttributes = strings.Fields("lang charset http-equiv content name class id href scope data-name aria-label")
	ownTargets    = regexp.MustCompile(`^#step-[a-z]$`)
)

// readHTML is the text that a browser shows. It complains about elements and
// attributes that are not the page's.
func readHTML(t *testing.T, source string) string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(source))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var text strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.Comment, xml.ProcInst:
			t.Errorf("not of the page: %v", token)
		case xml.StartElement:
			if !slices.Contains(ownElements, token.Name.Local) {
				t.Errorf("an element that is not of the page: %v", token)
			}
			for _, a := range token.Attr {
				if !slices.Contains(ownAttributes, a.Name.Local) || a.Name.Local == "href" && !ownTargets.MatchString(a.Value) {
					t.Errorf("an attribute that is not of the page: %v", a)
				}
			}
		}
	}
}
