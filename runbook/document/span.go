package document

import (
	"slices"
	"strings"
)

// Span is where the node stands in the bytes that Parse was given: from start up
// to, and without, end. A scalar's quotes and a block's bar are in it, and the
// line break after it is not; a map or list in brackets includes them, one in
// lines reaches to the end of its last value. A value that is left out, as in
// "key:", has no length. For a document with problems the end may be wrong.
func (n *Node) Span() (start, end int) {
	if n == nil {
		return 0, 0
	}
	return n.source.mark + n.start, n.source.mark + n.end()
}

// KeySpan is where the key stands in the bytes that Parse was given, its quotes
// included and its colon not.
func (f Field) KeySpan() (start, end int) {
	s := f.Value.source
	return s.mark + f.keyStart, s.mark + f.keyEnd()
}

func (f Field) keyEnd() int {
	s := f.Value.source
	return s.scalarEnd(f.keyStart, f.Key, s.styleAt(f.keyStart))
}

// end is the byte of the source's text after the node.
func (n *Node) end() int {
	last := n.start
	switch {
	case n.kind != List && n.kind != Mapping:
		return n.source.scalarEnd(n.start, n.text, n.style)
	case len(n.items) > 0:
		last = n.items[len(n.items)-1].end()
	case len(n.fields) > 0:
		last = n.fields[len(n.fields)-1].end()
	case n.flow:
		last++
	}
	if n.bracketed() {
		return n.source.closing(last)
	}
	return last
}

// end is the byte after the field's value, or after a key that has none.
func (f Field) end() int { return max(f.keyEnd(), f.Value.end()) }

// bracketed says whether the node begins with a bracket. A pair in a list, as in
// [a: b], is a map without.
func (n *Node) bracketed() bool {
	rest := n.source.text[n.start:]
	return n.flow && (n.kind == List && strings.HasPrefix(rest, "[") || n.kind == Mapping && strings.HasPrefix(rest, "{"))
}

// closing is the byte after the bracket that ends a flow collection whose last
// value ends at offset.
func (s *source) closing(offset int) int { return min(s.structure(offset, "]}")+1, len(s.text)) }

// comma is the offset after the comma behind an entry of a flow collection that ends
// at offset, or offset when a bracket comes first.
func (s *source) comma(offset int) int {
	if at := s.structure(offset, ",]}"); strings.HasPrefix(s.text[at:], ",") {
		return at + 1
	}
	return offset
}

// structure is the offset of the first of some signs, which stands in no comment.
func (s *source) structure(offset int, signs string) int {
	for offset < len(s.text) && strings.IndexByte(signs, s.text[offset]) < 0 {
		if s.text[offset] == '#' {
			offset = s.lineEnd(offset)
		} else {
			offset++
		}
	}
	return offset
}

// lineEnd is the offset of the line break that ends the line of offset, or of
// the end of the text. A carriage return belongs to the break.
func (s *source) lineEnd(offset int) int {
	i := strings.IndexByte(s.text[offset:], '\n')
	if i < 0 {
		return len(s.text)
	}
	return offset + len(strings.TrimSuffix(s.text[offset:offset+i], "\r"))
}

// nextLine is the offset after the line break of the line of offset.
func (s *source) nextLine(offset int) int {
	i := strings.IndexByte(s.text[offset:], '\n')
	if i < 0 {
		return len(s.text)
	}
	return offset + i + 1
}

// lineStart is the offset of the first byte of the line of offset.
func (s *source) lineStart(offset int) int { return strings.LastIndexByte(s.text[:offset], '\n') + 1 }

// styleAt is how a scalar that isn't empty is written, by its first character.
func (s *source) styleAt(offset int) style {
	if offset >= len(s.text) {
		return plain
	}
	switch s.text[offset] {
	case '\'':
		return singleQuoted
	case '"':
		return doubleQuoted
	case '|':
		return literal
	case '>':
		return folded
	}
	return plain
}

func (s *source) scalarEnd(start int, text string, how style) int {
	switch how {
	case singleQuoted:
		return s.singleEnd(start)
	case doubleQuoted:
		return s.doubleEnd(start)
	case literal, folded:
		return s.blockEnd(start, text)
	}
	return s.plainEnd(start, text)
}

func (s *source) singleEnd(start int) int {
	for i := start + 1; i < len(s.text); i++ {
		if s.text[i] != '\'' {
			continue
		}
		if i++; i >= len(s.text) || s.text[i] != '\'' {
			return i
		}
	}
	return len(s.text)
}

func (s *source) doubleEnd(start int) int {
	for i := start + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s.text)
}

const blanks = " \t\r\n"

// plainEnd walks the text and the source side by side. They differ in white
// space only, since a plain scalar may go on in lines that are joined.
func (s *source) plainEnd(start int, text string) int {
	at := start
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(blanks, text[i]) >= 0 {
			continue
		}
		for at < len(s.text) && strings.IndexByte(blanks, s.text[at]) >= 0 {
			at++
		}
		if at >= len(s.text) || s.text[at] != text[i] {
			return at
		}
		at++
	}
	return at
}

// blockEnd is the end of the last line that the text of a block scalar has
// something of. Blank lines after it count only where the header says + (keep).
func (s *source) blockEnd(start int, text string) int {
	header := s.text[start:s.lineEnd(start)]
	keep := strings.Contains(blockHeader(header), "+")
	indent := s.blockIndent(start, text)
	end := start + len(header)
	left := strings.Count(text+"\n", "\n") // of a text that is blank, whose lines are all there is
	if strings.HasSuffix(text, "\n") || text == "" {
		left--
	}
	for at := s.nextLine(start); at < len(s.text); at = s.nextLine(at) {
		line := s.text[at:s.lineEnd(at)]
		blank := strings.Trim(line, " ") == ""
		left--
		switch {
		case left < 0 && strings.TrimSpace(text) == "", !blank && leadingSpaces(line) < indent:
			return end
		case indent < 0, !blank, keep, len(line) > indent:
			end = at + len(line)
		}
	}
	return end
}

// blockHeader is what stands before the comment in the first line of a block
// scalar, such as "|2-".
func blockHeader(line string) string {
	header, _, _ := strings.Cut(line, "#")
	return strings.TrimRight(header, blanks)
}

// blockIndent is by how many spaces the lines of a block scalar are indented, -1
// when all of them are empty. Its first line that is filled tells; where none is,
// one of nothing but spaces does, which stands where it stands in the text.
func (s *source) blockIndent(start int, text string) int {
	filled := func(line string) bool { return strings.Trim(line, " \r\n") != "" }
	wanted := slices.Collect(strings.Lines(text))
	i := slices.IndexFunc(wanted, filled)
	spacesOnly := i < 0
	if spacesOnly {
		i = slices.IndexFunc(wanted, func(line string) bool { return line != "\n" })
	}
	if i < 0 {
		return -1
	}
	number := 0
	for at := s.nextLine(start); at < len(s.text); at = s.nextLine(at) {
		if line := s.text[at:s.lineEnd(at)]; filled(line) || spacesOnly && number == i {
			return leadingSpaces(line) - leadingSpaces(wanted[i])
		}
		number++
	}
	return -1
}

func leadingSpaces(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
