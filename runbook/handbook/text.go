package handbook

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// columns counts what letters take on paper and on a screen, wherever it runs.
var columns = &runewidth.Condition{StrictEmojiNeutral: true}

// Text is the page as plain text with lines of at most so many columns; scripts
// keep their own.
func (p *Page) Text(width int) string {
	t := text{width: width}
	for _, b := range p.outline() {
		t.block(b)
	}
	return visible(t.out.String())
}

// text grows by blocks, with an empty line before each.
type text struct {
	out   strings.Builder
	width int
}

// labelWidth is the column behind the names of facts.
const labelWidth = 12

func (t *text) block(b block) {
	if t.out.Len() > 0 {
		t.line("")
	}
	switch {
	case b.Heading != nil:
		t.heading(b.Heading)
	case b.Text != nil:
		t.hanging("", "", b.Text.String())
	case b.List != nil:
		for _, item := range b.List {
			t.hanging("- ", "  ", item.String())
		}
	case b.Facts != nil:
		for _, f := range b.Facts {
			t.fact(f)
		}
	case b.Table != nil:
		if b.Table.Title != "" {
			t.line(b.Table.Title + ":")
		}
		for _, row := range b.Table.Rows {
			t.hanging("- ", "  ", joined(b.Table.cells(row), "; ").String())
		}
	case b.Code != nil:
		for line := range strings.Lines(strings.TrimRight(oneNewline(b.Code.Text), "\n")) {
			t.line("    " + strings.TrimRight(line, "\n"))
		}
	case b.Quote != nil:
		t.quote("  ", b.Quote)
	}
}

func (t *text) line(text string) { t.out.WriteString(strings.TrimRight(text, " ") + "\n") }

func (t *text) heading(h *heading) {
	t.hanging("", "", h.Text)
	if h.Level < 3 {
		t.line(strings.Repeat(map[int]string{1: "=", 2: "-"}[h.Level], min(t.width, columns.StringWidth(oneLine(h.Text)))))
	}
}

func (t *text) fact(f Fact) {
	label := strings.ToLower(f.Name)
	first := label + strings.Repeat(" ", max(1, labelWidth-len(label)))
	for _, l := range f.Lines {
		t.hanging(first, strings.Repeat(" ", labelWidth), l.String())
		first = strings.Repeat(" ", labelWidth)
	}
}

// quote keeps the lines of a text, and how far they are indented.
func (t *text) quote(margin string, all []string) {
	const most = 8
	for _, line := range all {
		prefix := margin + "| " + indent(min(most, len(line)-len(strings.TrimLeft(line, " "))))
		t.hanging(prefix, prefix, line)
	}
}

// hanging prints text behind a first prefix, and behind another on the lines that
// follow.
func (t *text) hanging(first, rest, words string) {
	for i, line := range wrap(words, t.width-columns.StringWidth(first)) {
		if i == 0 {
			t.line(first + line)
		} else {
			t.line(rest + line)
		}
	}
}

// wrap breaks text at its spaces into lines of at most so many columns, and a word
// that is longer than a line where the line ends. There is always one line.
func wrap(text string, width int) []string {
	width = max(width, 2)
	var all []string
	line, used := "", 0
	for word := range strings.FieldsSeq(visible(text)) {
		size := columns.StringWidth(word)
		if used > 0 && used+1+size > width {
			all, line, used = append(all, line), "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		for size > width {
			head := cutAt(word, width)
			all, word = append(all, head), word[len(head):]
			size = columns.StringWidth(word)
		}
		line, used = line+word, used+size
	}
	return append(all, line)
}

// cutAt is the longest beginning of a text that fits, one letter at least.
func cutAt(text string, width int) string {
	used := 0
	for i, r := range text {
		if used += columns.RuneWidth(r); used > width && i > 0 {
			return text[:i]
		}
	}
	return text
}
