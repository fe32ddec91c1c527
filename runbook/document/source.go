package document

import (
	"strings"
	"unicode/utf8"
)

// source is a file's text, without a byte order mark, and where its lines start.
type source struct {
	file   string
	text   string
	starts []int
	mark   int // bytes of the byte order mark that stood before the text
}

func newSource(file, text string) *source {
	s := &source{file: file, text: text, starts: make([]int, 1, 1+strings.Count(text, "\n"))}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			s.starts = append(s.starts, i+1)
		}
	}
	return s
}

// line is line n (from 1) without its line break, "" beyond the file.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.starts) {
		return ""
	}
	text := s.text[s.starts[n-1]:s.end(n)]
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}

// end is the offset after line n and its line break.
func (s *source) end(n int) int {
	if n < len(s.starts) {
		return s.starts[n]
	}
	return len(s.text)
}

// at is the position of a byte in line n; the column counts characters.
func (s *source) at(n, byteInLine int) Position {
	line := s.line(n)
	byteInLine = min(max(byteInLine, 0), len(line))
	return Position{File: s.file, Line: n, Column: utf8.RuneCountInString(line[:byteInLine]) + 1}
}

// rest is the text from a position on, "" when it's outside the file.
func (s *source) rest(at Position) string {
	c := cursor{source: s}
	return c.rest(at)
}

// cursor finds the text behind positions that are asked for in their order,
// without walking a long line again for each.
type cursor struct {
	source *source
	at     Position
	offset int
}

// rest is the text from a position on, "" when it's outside the file.
func (c *cursor) rest(at Position) string {
	if at.Line != c.at.Line || at.Column < c.at.Column {
		if at.Line < 1 || at.Line > len(c.source.starts) {
			return ""
		}
		c.at = Position{Line: at.Line, Column: 1}
		c.offset = c.source.starts[at.Line-1]
	}
	for c.at.Column < at.Column {
		_, size := utf8.DecodeRuneInString(c.source.text[c.offset:])
		c.offset += size
		c.at.Column++
	}
	return c.source.text[c.offset:]
}

// start is the position of the first character of line n that isn't a space.
func (s *source) start(n int) Position {
	line := s.line(n)
	return s.at(n, len(line)-len(strings.TrimLeft(line, " \t")))
}
