package handbook

import (
	"strings"
	"unicode"
)

// Markdown is the page in CommonMark 0.31. Text of the document stands in it with
// everything escaped that could be markup, so that it shows as it was written.
func (p *Page) Markdown() string {
	var m markdown
	for _, b := range p.outline() {
		m.block(b)
	}
	return visible(m.text.String())
}

// markdown is a text that grows by blocks, with an empty line before each. Lists of
// different kinds have bullets of their own: two that follow on each other with the
// same bullet would be one list (CommonMark 5.3).
type markdown struct{ text strings.Builder }

func (m *markdown) block(b block) {
	if m.text.Len() > 0 {
		m.text.WriteByte('\n')
	}
	switch {
	case b.Heading != nil:
		m.line(strings.Repeat("#", b.Heading.Level), " ", escapeInside(strings.TrimSpace(b.Heading.Text)))
	case b.Text != nil:
		m.line(b.Text.markdown())
	case b.List != nil:
		for _, item := range b.List {
			m.line("* ", item.markdown())
		}
	case b.Facts != nil:
		for _, f := range b.Facts {
			m.line("- **", escape(f.Name), ":** ", joinMarkdown(f.Lines))
		}
	case b.Table != nil:
		if b.Table.Title != "" {
			m.line(b.Table.Title, ":\n")
		}
		for _, row := range b.Table.Rows {
			m.line("+ ", joinMarkdown(b.Table.cells(row)))
		}
	case b.Code != nil:
		fence := strings.Repeat("`", max(3, 1+longestRun(b.Code.Text)))
		m.line(fence, b.Code.Language)
		m.line(strings.TrimRight(oneNewline(b.Code.Text), "\n"))
		m.line(fence)
	case b.Quote != nil:
		m.quote(b.Quote)
	}
}

func (m *markdown) line(parts ...string) {
	for _, part := range parts {
		m.text.WriteString(part)
	}
	m.text.WriteByte('\n')
}

// quote keeps the lines of a text.
func (m *markdown) quote(all []string) {
	for i, text := range all {
		text = escape(text)
		if i+1 < len(all) && text != "" && strings.TrimSpace(all[i+1]) != "" {
			text += `\` // a line break that stays
		}
		m.line(strings.TrimRight("> "+text, " "))
	}
}

func joinMarkdown(all []Line) string {
	parts := make([]string, len(all))
	for i, l := range all {
		parts[i] = l.markdown()
	}
	return strings.Join(parts, "; ")
}

// cells are the cells of a row that say something, with the words that stand
// before them where there are no columns.
func (t *table) cells(row []Line) []Line {
	var all []Line
	for i, cell := range row {
		switch {
		case len(cell) == 0:
		case t.Columns[i].Words != "":
			all = append(all, say(t.Columns[i].Words, cell))
		default:
			all = append(all, cell)
		}
	}
	return all
}

// markdown is the line with its text escaped and its code in backticks.
func (l Line) markdown() string {
	var text strings.Builder
	for i, s := range l {
		switch {
		case s.Code:
			text.WriteString(codeSpan(s.Text))
		case i == 0:
			text.WriteString(escape(s.Text))
		default:
			text.WriteString(escapeInside(s.Text))
		}
	}
	return strings.TrimSpace(text.String())
}

// codeSpan is text between as many backticks as it takes (CommonMark 6.1).
func codeSpan(text string) string {
	text = flat(text)
	if strings.TrimSpace(text) == "" {
		return `""`
	}
	ticks := strings.Repeat("`", 1+longestRun(text))
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		return ticks + " " + text + " " + ticks
	}
	return ticks + text + ticks
}

// longestRun is how many backticks stand in a row at most.
func longestRun(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// markup is what can mean something anywhere in a line, in CommonMark, in GitHub's
// tables and strikethrough, or in its formulas.
const markup = "\\`*_[]<>&|~#$!"

// escapeInside makes text within a line mean itself.
func escapeInside(text string) string {
	text = oneLine(text)
	var out strings.Builder
	for i := range len(text) {
		if strings.IndexByte(markup, text[i]) >= 0 {
			out.WriteByte('\\')
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// escape is escapeInside for text at the beginning of a line, where more means
// something: bullets, numbers of a list, rules, underlines.
func escape(text string) string {
	text = escapeInside(strings.TrimLeftFunc(text, unicode.IsSpace))
	if text == "" {
		return ""
	}
	if strings.IndexByte("-+=", text[0]) >= 0 {
		return `\` + text
	}
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if digits > 0 && digits < len(text) && (text[digits] == '.' || text[digits] == ')') {
		return text[:digits] + `\` + text[digits:]
	}
	return text
}

// oneLine puts text of several lines onto one.
func oneLine(text string) string {
	if !strings.ContainsAny(text, "\r\n\t\v\f") {
		return text
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\r\n\t\v\f", r) {
			return ' '
		}
		return r
	}, text)
}

// flat is a text on one line with its white space as it was, for code.
func flat(text string) string { return oneLine(strings.TrimRight(text, "\r\n")) }

// oneNewline makes every end of a line the same.
func oneNewline(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// visible shows what no reader can see, and what reorders a line, as U+FFFD.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r < ' ', r >= 0x7f && r <= 0x9f, r == 0x2028, r == 0x2029,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff,
			unicode.Is(unicode.Noncharacter_Code_Point, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(text, "\r\n", "\n"))
}
