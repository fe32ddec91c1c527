package document

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// writer writes documents in all the ways that people do: in lines and in
// brackets, with any indentation, with comments and blank lines wherever they may
// stand. Every comment has a number, "#c7;", and is found again by it.
type writer struct {
	t        *rapid.T
	b        strings.Builder
	comments int
	depth    int
}

// anyDocument draws a document that is read without problems.
func anyDocument(t *rapid.T) string {
	w := &writer{t: t}
	if w.one(4) {
		w.lines(0)
	}
	if w.one(8) {
		w.b.WriteString("---\n")
	}
	switch {
	case w.one(10):
		w.flow(2)
		w.tail()
	case w.one(8):
		w.list(0)
	default:
		w.mapping(0, false)
	}
	w.lines(0)
	text := w.b.String()
	if w.one(6) {
		text = strings.TrimRight(text, "\n")
	}
	if w.one(6) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if w.one(6) {
		text = "\ufeff" + text
	}
	return text
}

// one is true once in so many times.
func (w *writer) one(n int) bool { return rapid.IntRange(1, n).Draw(w.t, "one in") == 1 }

func (w *writer) pick(words ...string) string { return rapid.SampledFrom(words).Draw(w.t, "word") }

func (w *writer) spaces(least int) {
	w.b.WriteString(strings.Repeat(" ", least+max(0, rapid.IntRange(-3, 2).Draw(w.t, "spaces"))))
}

func (w *writer) comment() {
	w.comments++
	fmt.Fprintf(&w.b, "#c%d;%s", w.comments, w.pick("", " why: 'it' [is", "  {so}, \"", " # #"))
}

// tail ends a line, perhaps with a comment.
func (w *writer) tail() {
	if w.one(4) {
		w.spaces(1)
		w.comment()
	}
	if w.one(8) {
		w.b.WriteString("  ")
	}
	w.b.WriteString("\n")
}

// lines are blank lines and comments between entries, indented as far as these at
// most, so that no block before them takes them for its text.
func (w *writer) lines(most int) {
	for w.one(4) {
		if w.one(2) {
			w.b.WriteString(strings.Repeat(" ", rapid.IntRange(0, most).Draw(w.t, "indent")))
			w.comment()
		}
		w.b.WriteString("\n")
	}
}

func (w *writer) mapping(indent int, begun bool) {
	for i := range rapid.IntRange(1, 4).Draw(w.t, "keys") {
		if i > 0 || !begun {
			w.lines(indent)
			w.b.WriteString(strings.Repeat(" ", indent))
		}
		w.b.WriteString(w.key(i))
		w.b.WriteString(w.pick(":", ":", ":", " :"))
		w.value(indent, false)
	}
}

func (w *writer) key(i int) string {
	return fmt.Sprintf(w.pick("k%d", "key %d", "'k#%d'", `"q:%d"`, "größe%d"), i)
}

func (w *writer) list(indent int) {
	for range rapid.IntRange(1, 3).Draw(w.t, "items") {
		w.lines(indent)
		w.b.WriteString(strings.Repeat(" ", indent) + "-")
		if !w.one(3) {
			w.value(indent, true)
			continue
		}
		gap := rapid.IntRange(1, 3).Draw(w.t, "gap")
		w.b.WriteString(strings.Repeat(" ", gap))
		w.mapping(indent+1+gap, true)
	}
}

// value writes what belongs to a key or a dash, and ends the line.
func (w *writer) value(indent int, item bool) {
	w.depth++
	defer func() { w.depth-- }()
	deeper := indent + rapid.IntRange(1, 4).Draw(w.t, "deeper")
	kind := rapid.IntRange(0, 9).Draw(w.t, "kind")
	switch {
	case kind == 0:
		w.tail()
	case kind <= 2 && w.depth < 4:
		w.tail()
		w.mapping(deeper, false)
	case kind == 3 && w.depth < 4:
		w.tail()
		if !item && w.one(2) {
			deeper = indent
		}
		w.list(deeper)
	case kind == 4:
		w.block(indent, deeper)
	case kind == 5 && w.one(2):
		w.tail()
		w.lines(indent)
		w.b.WriteString(strings.Repeat(" ", deeper))
		w.scalar(deeper, false)
		w.tail()
	case kind <= 6:
		w.spaces(1)
		w.flow(deeper)
		w.tail()
	default:
		w.spaces(1)
		w.scalar(deeper, false)
		w.tail()
	}
}

func (w *writer) block(indent, deeper int) {
	w.spaces(1)
	w.b.WriteString(w.pick("|", ">"))
	explicit := w.one(4)
	if explicit {
		fmt.Fprint(&w.b, deeper-indent)
	}
	w.b.WriteString(w.pick("", "-", "+"))
	w.tail()
	for i := range rapid.IntRange(1, 4).Draw(w.t, "lines") {
		line := w.pick("text", "# no comment", "", "a: b  ", "  more", "\ttab", "- 'x", "     ")
		if i == 0 && !explicit {
			line = "first"
		}
		if line != "" {
			w.b.WriteString(strings.Repeat(" ", deeper) + line)
		}
		w.b.WriteString("\n")
	}
}

func (w *writer) scalar(deeper int, flow bool) {
	words := []string{
		"x", "two words", "1.10", "42", "true", "2027-03-01", "~", "a#b", "it's", "-1", `b\d`,
		"'single'", "'it''s # no'", `"double"`, `"# no \" \\ \u00e9"`, `""`, "''", `"${{ inputs.dir }}/x"`, "größe",
	}
	if !flow {
		words = append(words, "a, b [c]", "http://x/y?z", "40%, {so}")
	}
	word := w.pick(words...)
	if w.one(8) {
		more := "\n" + strings.Repeat(" ", deeper)
		word = w.pick("plain"+more+"goes on"+more+more+"after a line", "'one"+more+"# two'", `"one`+more+`two \`+more+`three"`)
	}
	w.b.WriteString(word)
}

// gap is the space between the parts of a flow collection.
func (w *writer) gap(indent int) {
	switch {
	case w.one(12):
		w.spaces(1)
		w.comment()
		fallthrough
	case w.one(8):
		w.b.WriteString("\n" + strings.Repeat(" ", indent))
	default:
		w.spaces(0)
	}
}

// flow writes a list or a map in brackets.
func (w *writer) flow(indent int) {
	w.depth++
	defer func() { w.depth-- }()
	isMap := w.one(2)
	brackets := "[]"
	if isMap {
		brackets = "{}"
	}
	w.b.WriteByte(brackets[0])
	w.gap(indent)
	for i, last := 0, rapid.IntRange(0, 3).Draw(w.t, "entries"); i < last; i++ {
		if isMap || w.one(10) {
			w.b.WriteString(w.key(i) + ":")
			w.spaces(1)
		}
		if w.depth < 4 && w.one(4) {
			w.flow(indent)
		} else {
			w.scalar(indent, true)
		}
		w.gap(indent)
		if i+1 < last || w.one(8) {
			w.b.WriteByte(',')
			w.gap(indent)
		}
	}
	w.b.WriteByte(brackets[1])
}
