package handbook

import (
	"fmt"
	"strings"
)

// Line is a sentence or a part of one. In JSON it is its plain text.
type Line []Span

// Span is a piece of a line.
type Span struct {
	Text string
	Code bool // to be read letter by letter: a name, an expression, a pattern
}

// String is the plain text.
func (l Line) String() string {
	var text strings.Builder
	for _, s := range l {
		text.WriteString(s.Text)
	}
	return text.String()
}

// MarshalText gives the plain text.
func (l Line) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// code is text that is read letter by letter.
type code string

// say puts a line together: of words, code and other lines.
func say(parts ...any) Line {
	var l Line
	for _, part := range parts {
		switch part := part.(type) {
		case code:
			l = append(l, Span{Text: string(part), Code: true})
		case Line:
			l = append(l, part...)
		default:
			l = append(l, Span{Text: fmt.Sprint(part)})
		}
	}
	return l
}

// sayEach makes a line of each text.
func sayEach(words []string) []Line {
	lines := make([]Line, len(words))
	for i, w := range words {
		lines[i] = say(w)
	}
	return lines
}

// joined puts something between lines.
func joined(lines []Line, between string) Line {
	var all Line
	for i, l := range lines {
		if i > 0 {
			all = append(all, Span{Text: between})
		}
		all = append(all, l...)
	}
	return all
}

// listed are words with "and" before the last.
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// codes are names with commas between them.
func codes(names []string) Line {
	lines := make([]Line, len(names))
	for i, name := range names {
		lines[i] = say(code(name))
	}
	return joined(lines, ", ")
}

// spaced writes an identifier such as ad_hoc as words.
func spaced(id string) string { return strings.ReplaceAll(id, "_", " ") }
