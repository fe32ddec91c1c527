package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Limits cap what Parse accepts. A field that is zero or less means the
// default.
type Limits struct {
	Bytes int // of the file
	Depth int // of lists and maps inside each other
	Nodes int // keys, values, lists and maps
}

// DefaultLimits is 1 MiB, 64 deep, 100,000 nodes.
var DefaultLimits = Limits{Bytes: 1 << 20, Depth: 64, Nodes: 100_000}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = DefaultLimits.Bytes
	}
	if l.Depth <= 0 {
		l.Depth = DefaultLimits.Depth
	}
	if l.Nodes <= 0 {
		l.Nodes = DefaultLimits.Nodes
	}
	return l
}

// Parse reads the one document in data; file is the name that positions carry.
//
// Problems are sorted. When the tree could be built in spite of them (a
// duplicate key, an alias, a tag, a second document) it is returned as well, so
// that a Decoder can find what else is wrong; otherwise the node is nil.
func Parse(file string, data []byte, limits Limits) (*Node, Problems) {
	limits = limits.orDefault()
	if len(data) > limits.Bytes {
		return nil, Problems{{
			Position: Position{File: file, Line: 1, Column: 1},
			Rule:     "too-large",
			Message:  fmt.Sprintf("the file has more than the %d bytes that are allowed", limits.Bytes),
			Hint:     "keep what is long in a file of its own beside it",
		}}
	}
	text := bytes.TrimPrefix(data, []byte("\ufeff"))
	src := newSource(file, string(text))
	src.mark = len(data) - len(text)
	if problem, ok := src.checkCharacters(data); !ok {
		return nil, Problems{problem}
	}
	docs, err := decodeYAML(strings.NewReader(src.text))
	if len(docs) == 0 {
		if err == nil {
			return nil, Problems{emptyDocument(src)}
		}
		return nil, Problems{src.explain(err, limits)}
	}
	b := builder{source: src, cursor: cursor{source: src}, limits: limits}
	if len(docs) > 1 || err != nil {
		problem := src.afterFirst(docs, err, limits)
		if problem.Rule != "multi-document" {
			return nil, Problems{problem}
		}
		b.problems = append(b.problems, problem)
	}
	return b.document(docs[0])
}

func emptyDocument(src *source) Problem {
	return Problem{
		Position: src.at(1, 0),
		Rule:     "empty-document",
		Message:  "the document is empty",
		Hint:     "write it, or remove the file",
	}
}

// afterFirst is the problem behind the end of the first document.
func (s *source) afterFirst(docs []*yaml.Node, err error, limits Limits) Problem {
	problem := Problem{
		Rule:    "multi-document",
		Message: "a second document starts here; one document a file",
		Hint:    "move it to a file of its own",
	}
	marker := s.secondMarker()
	if marker > 0 && strings.TrimSpace(s.text[s.end(marker):]) == "" && isMarker(s.line(marker), "---") {
		problem.Message, problem.Hint = `"---" starts a second document, and nothing follows`, "remove the line"
	}
	if len(docs) > 1 {
		problem.Position = s.at(1, 0)
		problem.Line, problem.Column = docs[1].Line, docs[1].Column
		return problem
	}
	if marker > 0 {
		problem.Position = s.at(marker, 0)
		return problem
	}
	return s.explain(err, limits)
}

// secondMarker is the line where a second document starts: a "---", or whatever
// follows a "...". 0 if there is none. No other line may start with these, not
// even inside quotes.
func (s *source) secondMarker() int {
	begun, ended := false, false
	for n := 1; n <= len(s.starts); n++ {
		line := s.line(n)
		content := strings.TrimSpace(line)
		if content == "" || content[0] == '#' || line[0] == '%' {
			continue
		}
		if ended || begun && isMarker(line, "---") {
			return n
		}
		begun = true
		ended = isMarker(line, "...")
	}
	return 0
}

func isMarker(line, marker string) bool {
	rest, ok := strings.CutPrefix(line, marker)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// checkCharacters finds the first byte that is not UTF-8 and the first
// character that shows a person something else than what the parser reads.
func (s *source) checkCharacters(data []byte) (Problem, bool) {
	text := s.text
	for i, r := range text {
		switch {
		case r >= ' ' && r <= '~':
			continue
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return s.badUTF8(i, data), false
		case !allowedCharacter(text, i, r):
			return s.badCharacter(i, r), false
		}
	}
	return Problem{}, true
}

// badCharacter is the problem of a character that may not stand in a file.
func (s *source) badCharacter(i int, r rune) Problem {
	problem := Problem{
		Position: s.positionOf(i),
		Rule:     "syntax",
		Message:  fmt.Sprintf("the character %U is not allowed", r),
		Hint:     fmt.Sprintf(`remove it, or write it in double quotes as %s`, escape(r)),
	}
	switch {
	case r == '\r':
		problem.Message = "a carriage return alone ends no line here"
		problem.Hint = "save the file with the line ends of Unix or Windows"
	case r == 0 && i < 2: // every other byte of a Latin letter
		problem.Position, problem.Rule = s.at(1, 0), "bad-utf8"
		problem.Message, problem.Hint = utf16Message, utf8Hint
	}
	return problem
}

const (
	utf16Message = "the file is UTF-16, not UTF-8"
	utf8Hint     = "save the file as UTF-8"
)

func (s *source) badUTF8(i int, data []byte) Problem {
	problem := Problem{
		Position: s.positionOf(i),
		Rule:     "bad-utf8",
		Message:  fmt.Sprintf("byte 0x%02X is not valid UTF-8", s.text[i]),
		Hint:     utf8Hint,
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		problem.Message = utf16Message
	}
	return problem
}

// allowedCharacter says whether the character at byte i may stand in a file.
func allowedCharacter(text string, i int, r rune) bool {
	switch {
	case r == '\t' || r == '\n':
		return true
	case r == '\r':
		return strings.HasPrefix(text[i:], "\r\n")
	case r < ' ', r >= 0x7f && r <= 0x9f: // C0, DEL and C1, with the line break NEL
		return false
	case r == 0x2028, r == 0x2029: // line breaks to the parser, not to an editor
		return false
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // reorder what is shown
		return false
	}
	return r != 0xfeff && r != 0xfffe && r != 0xffff
}

func escape(r rune) string {
	switch {
	case r == '\r':
		return `\r`
	case r < 0x100:
		return fmt.Sprintf(`\x%02X`, r)
	}
	return fmt.Sprintf(`\u%04X`, r)
}

// positionOf is the position of a byte of the text.
func (s *source) positionOf(offset int) Position {
	line := 1 + strings.Count(s.text[:offset], "\n")
	return s.at(line, offset-s.starts[line-1])
}

// errParser stands for a panic of the YAML library.
var errParser = errors.New("the parser gave up")

// readYAML reads a text line by line. Read counts the lines that the library had
// asked for when it stopped, which bounds where an error can be.
func readYAML(text string) (read int, err error) {
	lines := &lineReader{rest: text}
	_, err = decodeYAML(lines)
	return lines.count, err
}

// decodeYAML reads up to two documents: the second only tells that it is there. The
// library panics on some inputs.
func decodeYAML(from io.Reader) (docs []*yaml.Node, err error) {
	defer func() {
		if recover() != nil {
			err = errParser
		}
	}()
	decoder := yaml.NewDecoder(from)
	for len(docs) < 2 {
		doc := new(yaml.Node)
		switch err := decoder.Decode(doc); {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return docs, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// lineReader hands out a text line by line.
type lineReader struct {
	rest  string
	count int
}

func (r *lineReader) Read(p []byte) (int, error) {
	if r.rest == "" {
		return 0, io.EOF
	}
	end := strings.IndexByte(r.rest, '\n') + 1
	if end == 0 {
		end = len(r.rest)
	}
	n := copy(p, r.rest[:end])
	if n == end {
		r.count++
	}
	r.rest = r.rest[n:]
	return n, nil
}
