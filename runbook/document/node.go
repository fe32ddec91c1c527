package document

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is what a node holds.
type Kind uint8

// The kinds of nodes. A Timestamp is a date such as 2027-03-01 without quotes,
// with or without a time of day. Mapping is the kind of a map: Map is the view
// that a Decoder gives of one.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Timestamp
	List
	Mapping
)

var kindWords = [...]string{"empty", "true or false", "a whole number", "a number", "text", "a date", "a list", "a map"}

// String is the kind in words for people: "a list", "a number".
func (k Kind) String() string {
	if int(k) >= len(kindWords) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindWords[k]
}

// style is how a scalar is written.
type style uint8

const (
	plain style = iota
	singleQuoted
	doubleQuoted
	literal
	folded
)

// Node is one value of a document, for reading only. All methods work on nil,
// which is an absent value: empty, without position.
type Node struct {
	source *source
	at     Position
	start  int // the same place as a byte of the source's text
	text   string
	items  []*Node
	fields []Field

	// key is the key that holds the node, or that holds the list whose item
	// number it is (from 1); both are empty for the document itself.
	key    string
	number int

	kind  Kind
	style style
	flow  bool // it is in brackets, or stands in some

	// refused: a problem was reported, so the value means nothing.
	// partial: a problem was reported about one of the map's keys.
	refused, partial bool
}

// Field is one key of a map and its value.
type Field struct {
	Key         string
	KeyPosition Position
	Value       *Node

	keyStart int // as a byte of the source's text
}

// Kind is what the node holds; Null for nil, and for one that Parse refused.
func (n *Node) Kind() Kind {
	if n.absent() {
		return Null
	}
	return n.kind
}

// Position is where the node starts: a scalar at its quote, a map at its first
// key, a list at its first dash or its bracket.
func (n *Node) Position() Position {
	if n == nil {
		return Position{}
	}
	return n.at
}

// Refused says whether Parse has reported the node, so that its value means
// nothing.
func (n *Node) Refused() bool { return n != nil && n.refused }

// Text is a scalar's text, with quotes and escapes resolved; "" for the rest.
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	return n.text
}

// Quoted says whether a scalar stands in quotes or is a block (| or >).
func (n *Node) Quoted() bool { return n != nil && n.style != plain }

// Items are the nodes of a list, nil for the rest.
func (n *Node) Items() []*Node {
	if n == nil {
		return nil
	}
	return n.items
}

// Fields are the keys and values of a map in the order of the file, nil for the
// rest. Keys that Parse reported, such as a duplicate, are not among them.
func (n *Node) Fields() []Field {
	if n == nil {
		return nil
	}
	return n.fields
}

// Value is what stands under a key of a map, or under a key in it, and so on; nil
// where there is none.
func (n *Node) Value(keys ...string) *Node {
	for _, key := range keys {
		i := slices.IndexFunc(n.Fields(), func(f Field) bool { return f.Key == key })
		if i < 0 {
			return nil
		}
		n = n.fields[i].Value
	}
	return n
}

// TextPosition is where byte offset of Text stands in the file, to point at an
// expression inside a string. It is exact for scalars on one line without
// escapes and for literal blocks (|); for others it is the node's position.
func (n *Node) TextPosition(offset int) Position {
	if n == nil {
		return Position{}
	}
	offset = min(max(offset, 0), len(n.text))
	var at Position
	var ok bool
	switch n.style {
	case plain:
		at, ok = n.inlinePosition("", offset)
	case singleQuoted:
		at, ok = n.inlinePosition("'", offset)
	case doubleQuoted:
		at, ok = n.inlinePosition(`"`, offset)
	case literal:
		at, ok = n.blockPosition(offset)
	}
	if !ok {
		return n.at
	}
	return at
}

// inlinePosition finds offset in a scalar whose source is its text between two
// quotes, or without any.
func (n *Node) inlinePosition(quote string, offset int) (Position, bool) {
	if strings.Contains(n.text, "\n") || quote == `"` && strings.Contains(n.text, `\`) {
		return Position{}, false
	}
	if !strings.HasPrefix(n.source.rest(n.at), quote+n.text+quote) {
		return Position{}, false
	}
	at := n.at
	at.Column += len(quote) + utf8.RuneCountInString(n.text[:offset])
	return at, true
}

// blockPosition finds offset in a literal block: line k of the text is the k-th
// line after the bar, indented.
func (n *Node) blockPosition(offset int) (Position, bool) {
	if !strings.HasPrefix(n.source.rest(n.at), "|") {
		return Position{}, false
	}
	before := n.text[:offset]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(n.text[lineStart:], "\n")
	number := n.at.Line + 1 + strings.Count(before, "\n")
	raw := n.source.line(number)
	if line == "" {
		return n.source.at(number, len(raw)), number <= len(n.source.starts)
	}
	indent := strings.TrimSuffix(raw, line)
	if len(indent)+len(line) != len(raw) || strings.Trim(indent, " ") != "" {
		return Position{}, false
	}
	return n.source.at(number, len(indent)+offset-lineStart), true
}

// name is how a message calls the node: its key, or its number in its list.
func (n *Node) name() string {
	switch {
	case n.number > 0 && n.key != "":
		return fmt.Sprintf("item %d of %s", n.number, Quote(n.key))
	case n.number > 0:
		return fmt.Sprintf("item %d", n.number)
	case n.key != "":
		return Quote(n.key)
	}
	return "the document"
}

// describe says what the node holds: "it is the number 1.10", "it is a list".
func (n *Node) describe() string {
	text := printable(shorten(n.text))
	switch n.kind {
	case Bool:
		return "it is " + text
	case Int, Float:
		return "it is the number " + text
	case String:
		return "it is the text " + Quote(n.text)
	case Timestamp:
		return "it is the date " + text
	}
	return "it is " + n.kind.String()
}
