package document

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Edit replaces the bytes of a source from Start up to End by Text; with Start
// and End equal it inserts. What no edit covers stays as it is, byte for byte.
//
// The edits that nodes make are for a document without problems. They lose no
// comment: one that stood in what is taken away is kept in its place.
type Edit struct {
	Start, End int
	Text       string
}

// Apply makes all edits at once; their order doesn't matter, except that what is
// inserted at one place is inserted in the order given. Edits that overlap or
// reach outside the source are an error, and the source is returned as it was.
func Apply(source []byte, edits []Edit) ([]byte, error) {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	var result []byte
	done := 0
	for _, e := range sorted {
		switch {
		case e.Start < 0 || e.End < e.Start || e.End > len(source):
			return source, fmt.Errorf("an edit of bytes %d to %d is outside a source of %d bytes", e.Start, e.End, len(source))
		case e.Start < done:
			return source, fmt.Errorf("two edits both change byte %d", e.Start)
		}
		result = append(result, source[done:e.Start]...)
		result = append(result, e.Text...)
		done = e.End
	}
	return append(result, source[done:]...), nil
}

// Why an edit can't be made. The document is read all the same.
var (
	errNotScalar = errors.New("only a single value can be replaced")
	errNotMap    = errors.New("only a map has keys")
	errUnusual   = errors.New("the document is written in a way that msp doesn't edit")
)

// ReplaceText makes the edit after which a scalar reads as text. It keeps its
// quotes when it has some, and gets some when it needs them.
func (n *Node) ReplaceText(text string) (Edit, error) {
	if n == nil || n.kind == List || n.kind == Mapping {
		return Edit{}, errNotScalar
	}
	if n.style == literal || n.style == folded {
		return n.replace(n.blockText(text))
	}
	return n.replace(scalarText(text, n.flow, n.style))
}

// Replace makes the edit after which a scalar is what value says, one line of
// YAML: true, 2027-03-01, {max_attempts: 2}.
func (n *Node) Replace(value string) (Edit, error) {
	if n == nil || n.kind == List || n.kind == Mapping {
		return Edit{}, errNotScalar
	}
	if err := checkValue(value); err != nil {
		return Edit{}, err
	}
	if n.style == literal || n.style == folded {
		value += n.headerComment()
	}
	return n.replace(value)
}

func (n *Node) replace(value string) (Edit, error) {
	start, end := n.Span()
	if start == end {
		if !n.leftOut() {
			return Edit{}, errUnusual
		}
		value = " " + value
	}
	return Edit{start, end, value}, nil
}

// leftOut says whether the node is a value that stands nowhere, and may be
// written right behind its colon or dash.
func (n *Node) leftOut() bool {
	if n.start == 0 {
		return false
	}
	before := n.source.text[n.start-1]
	return before == ':' && !strings.HasSuffix(n.key, ":") || before == '-' && !n.flow
}

// headerComment is the comment behind the bar of a block scalar, with a space.
func (n *Node) headerComment() string {
	line := n.source.text[n.start:n.source.lineEnd(n.start)]
	if _, comment, found := strings.Cut(line, "#"); found {
		return " #" + strings.TrimRight(comment, blanks)
	}
	return ""
}

// blockText writes a text in the place of a block scalar: again as a block when
// its first line can tell the indentation, else in double quotes.
func (n *Node) blockText(text string) string {
	indent := n.source.blockIndent(n.start, n.text)
	plainly := strings.TrimLeft(text, blanks) == text && text != "" && !strings.HasSuffix(text, "\n\n")
	for i, r := range text {
		plainly = plainly && allowedCharacter(text, i, r) && r != '\r'
	}
	atEnd := n.end() == len(n.source.text)
	if indent < 1 || !plainly || atEnd {
		return inDouble(text) + n.headerComment()
	}
	header := "|"
	if !strings.HasSuffix(text, "\n") {
		header = "|-"
	}
	var b strings.Builder
	b.WriteString(header + n.headerComment())
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		b.WriteString(n.source.lineBreak())
		if line != "" {
			b.WriteString(strings.Repeat(" ", indent) + line)
		}
	}
	return b.String()
}

// lineBreak is how the source ends its lines.
func (s *source) lineBreak() string {
	if first, _, found := strings.Cut(s.text, "\n"); found && strings.HasSuffix(first, "\r") {
		return "\r\n"
	}
	return "\n"
}

// Insert makes the edit that adds a key to a map where order, the keys of such a
// map as they usually stand, says: behind the last of those before it. The value
// is one line of YAML.
func (n *Node) Insert(key, value string, order []string) (Edit, error) {
	before := order[:max(slices.Index(order, key), 0)]
	fields := n.Fields()
	for i, f := range slices.Backward(fields) {
		if slices.Contains(before, f.Key) {
			return n.InsertAfter(fields[i].Key, key, value)
		}
	}
	if len(fields) > 0 && slices.Contains(order, key) {
		return n.insertBefore(fields[0].Key, key, value)
	}
	if len(fields) > 0 {
		return n.InsertAfter(fields[len(fields)-1].Key, key, value)
	}
	pair, err := n.newPair(key, value)
	if err != nil {
		return Edit{}, err
	}
	if !n.bracketed() {
		return Edit{}, errUnusual
	}
	start, _ := n.Span()
	return Edit{start + 1, start + 1, pair}, nil
}

// insertBefore makes the edit that adds a key to a map in front of another and of
// the comment above that. The value is one line of YAML.
func (n *Node) insertBefore(other, key, value string) (Edit, error) {
	i, pair, err := n.insertAt(other, key, value)
	if err != nil {
		return Edit{}, err
	}
	s, start := n.source, n.fields[i].keyStart
	indent, br := n.indent(), s.lineBreak()
	switch line := s.lineStart(start); {
	case n.flow:
		pair += ", "
	case strings.TrimLeft(s.text[line:start], " ") == "": // on a line of its own
		start = s.aboveComments(line, len(indent))
		pair = indent + pair + br
	default:
		pair += br + indent
	}
	return Edit{s.mark + start, s.mark + start, pair}, nil
}

// InsertAfter makes the edit that adds a key to a map behind another. The value is
// one line of YAML.
func (n *Node) InsertAfter(other, key, value string) (Edit, error) {
	i, pair, err := n.insertAt(other, key, value)
	if err != nil {
		return Edit{}, err
	}
	s, f := n.source, n.fields[i]
	if n.flow {
		at := s.mark + f.end()
		return Edit{at, at, ", " + pair}, nil
	}
	indent, br := n.indent(), s.lineBreak()
	at := s.entryEnd(f.end(), len(indent))
	if strings.HasSuffix(s.text[:at], "\n") {
		return Edit{s.mark + at, s.mark + at, indent + pair + br}, nil
	}
	if last := f.Value.lastLeaf(); last.style == literal || last.style == folded {
		return Edit{}, errUnusual // a line break would become part of its text
	}
	return Edit{s.mark + at, s.mark + at, br + indent + pair}, nil
}

// insertAt finds the key beside which another is to stand, and writes that.
func (n *Node) insertAt(other, key, value string) (int, string, error) {
	pair, err := n.newPair(key, value)
	if err != nil {
		return 0, "", err
	}
	i, err := n.editable(other)
	return i, pair, err
}

// newPair is a key that a map doesn't have yet, and its value.
func (n *Node) newPair(key, value string) (string, error) {
	if n.Kind() != Mapping {
		return "", errNotMap
	}
	if slices.ContainsFunc(n.fields, func(f Field) bool { return f.Key == key }) {
		return "", fmt.Errorf("there is a key %s already", Quote(key))
	}
	return Scalar(key) + ": " + value, checkValue(value)
}

// editable is the number of a key of a map whose entries can be edited.
func (n *Node) editable(key string) (int, error) {
	if n.Kind() != Mapping {
		return 0, errNotMap
	}
	i := slices.IndexFunc(n.fields, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return 0, fmt.Errorf("there is no key %s", Quote(key))
	}
	if n.flow && !n.bracketed() || slices.ContainsFunc(n.fields, Field.explicit) {
		return 0, errUnusual
	}
	return i, nil
}

// explicit says whether a key is written with a question mark, or has no colon.
func (f Field) explicit() bool {
	s := f.Value.source
	before := strings.TrimRight(s.text[:f.keyStart], blanks)
	colon := strings.TrimLeft(s.text[f.keyEnd():], " \t")
	return strings.HasSuffix(before, "?") || !strings.HasPrefix(colon, ":")
}

// indent is the space before the keys of a map in lines.
func (n *Node) indent() string { return strings.Repeat(" ", n.at.Column-1) }

// lastLeaf is the scalar or empty collection that a node ends with.
func (n *Node) lastLeaf() *Node {
	switch {
	case len(n.items) > 0:
		return n.items[len(n.items)-1].lastLeaf()
	case len(n.fields) > 0:
		return n.fields[len(n.fields)-1].Value.lastLeaf()
	}
	return n
}

// aboveComments is the start of the first of the comment lines that stand right
// above the line at offset, and are indented like it.
func (s *source) aboveComments(offset, indent int) int {
	for offset > 0 {
		line := s.lineStart(offset - 1)
		text := s.text[line:offset]
		if leadingSpaces(text) != indent || !strings.HasPrefix(text[indent:], "#") {
			break
		}
		offset = line
	}
	return offset
}

// entryEnd is the start of the line after an entry of a map in lines whose value
// ends at offset: after a comment behind the value, and after the comment lines
// below that are indented more than the entry.
func (s *source) entryEnd(offset, indent int) int {
	end := s.nextLine(offset)
	for at := end; at < len(s.text); at = s.nextLine(at) {
		line := strings.TrimRight(s.text[at:s.lineEnd(at)], blanks)
		text := strings.TrimLeft(line, blanks)
		switch {
		case text == "":
		case text[0] == '#' && len(line)-len(text) > indent:
			end = s.nextLine(at)
		default:
			return end
		}
	}
	return end
}
