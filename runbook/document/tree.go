package document

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// builder turns the library's tree into ours and refuses what is not strict.
type builder struct {
	source   *source
	cursor   cursor
	limits   Limits
	nodes    int
	unused   []Node // made together, since one at a time takes longer
	problems Problems
	anchored bool // an anchor was reported, and with it what repeats it
	over     bool // a limit was passed, or what follows would be guesses: no tree comes out
}

func (b *builder) document(doc *yaml.Node) (*Node, Problems) {
	var root *Node
	if len(doc.Content) > 0 {
		root = b.node(doc.Content[0], 1)
	}
	if !b.over && root.Kind() == Null && (root == nil || !root.refused) {
		b.problems = append(b.problems, emptyDocument(b.source))
		root = nil
	}
	b.problems.Sort()
	if b.over {
		return nil, b.problems
	}
	return root, b.problems
}

func (b *builder) report(at Position, rule, hint, format string, args ...any) {
	b.problems = append(b.problems, Problem{
		Position: at,
		Rule:     rule,
		Message:  printable(fmt.Sprintf(format, args...)),
		Hint:     printable(hint),
	})
}

// position is where a node of the library stands, kept inside the file.
func (b *builder) position(y *yaml.Node) Position {
	at := Position{File: b.source.file, Line: max(y.Line, 1), Column: max(y.Column, 1)}
	if last := len(b.source.starts); at.Line > last {
		return b.source.at(last, len(b.source.text))
	}
	return at
}

// node builds y and what is in it; depth counts the lists and maps around it,
// itself included.
func (b *builder) node(y *yaml.Node, depth int) *Node {
	n := b.fresh()
	n.source, n.at = b.source, b.position(y)
	if b.count(n.at); b.over {
		return n
	}
	b.refuse(y, n)
	n.start, n.flow = b.cursor.offset, y.Style&yaml.FlowStyle != 0
	switch y.Kind {
	case yaml.ScalarNode:
		n.kind, n.style, n.text = scalarKind(y), scalarStyle(y), y.Value
	case yaml.SequenceNode:
		n.kind = List
		b.deep(n.at, depth)
		b.list(y, n, depth)
	case yaml.MappingNode:
		n.kind = Mapping
		b.deep(n.at, depth)
		if b.template(y, n); !n.refused {
			b.mapping(y, n, depth)
		}
	}
	return n
}

// fresh is an empty node.
func (b *builder) fresh() *Node {
	if len(b.unused) == 0 {
		b.unused = make([]Node, 32)
	}
	n := &b.unused[0]
	b.unused = b.unused[1:]
	return n
}

// count counts a node against the limit.
func (b *builder) count(at Position) {
	b.nodes++
	if b.nodes > b.limits.Nodes && !b.over {
		b.over = true
		b.report(at, "too-large", "make several documents of it", "the document has more than %d keys and values", b.limits.Nodes)
	}
}

func (b *builder) deep(at Position, depth int) {
	if depth > b.limits.Depth && !b.over {
		b.over = true
		b.problems = append(b.problems, tooDeep(at, b.limits))
	}
}

func tooDeep(at Position, limits Limits) Problem {
	return Problem{
		Position: at,
		Rule:     "too-large",
		Message:  fmt.Sprintf("lists and maps are nested more than %d deep", limits.Depth),
		Hint:     "no document of msp needs that: look for brackets or dashes that were meant as text",
	}
}

// refuse reports anchors, aliases and tags.
func (b *builder) refuse(y *yaml.Node, n *Node) {
	rest := b.cursor.rest(n.at)
	switch {
	case y.Kind == yaml.AliasNode: // of an anchor that stands before it, which was reported
		n.refused = true
	case y.Anchor != "":
		b.anchored = true
		b.problems = append(b.problems, anchorProblem(n.at, rest))
	}
	if y.Style&yaml.TaggedStyle != 0 || y.Kind != yaml.AliasNode && strings.HasPrefix(rest, "!") {
		n.refused = true
		b.problems = append(b.problems, tagProblem(n.at, rest, y.Value))
	}
}

func aliasProblem(at Position, rest string) Problem {
	return Problem{
		Position: at,
		Rule:     "alias",
		Message:  fmt.Sprintf("aliases are not allowed: %s stands for another value", Quote(token(rest))),
		Hint:     "write the value out; if it is meant as text, put it in quotes: " + Quote(plainText(rest)),
	}
}

func anchorProblem(at Position, rest string) Problem {
	return Problem{
		Position: at,
		Rule:     "alias",
		Message:  fmt.Sprintf("aliases are not allowed: %s names a value to repeat", Quote(token(rest))),
		Hint:     "write the value out where it is repeated, and remove the name; if it is meant as text, put it in quotes",
	}
}

func tagProblem(at Position, rest, value string) Problem {
	hint := "remove it; if it is meant as text, put it in quotes: " + Quote(plainText(rest))
	if strings.HasPrefix(rest, "!!") && value != "" {
		hint = "remove it; text goes in quotes: " + Quote(value)
	}
	return Problem{
		Position: at,
		Rule:     "tag",
		Message:  fmt.Sprintf("tags are not allowed: %s", Quote(token(rest))),
		Hint:     hint,
	}
}

// token is the start of a text up to a space or a bracket.
func token(rest string) string {
	if i := strings.IndexAny(rest, " \t\r\n,[]{}"); i > 0 {
		return rest[:i]
	}
	return rest
}

// plainText is the value that was probably meant as text: the line, or inside
// brackets the word.
func plainText(rest string) string {
	line := restOfLine(rest)
	if strings.ContainsAny(line, ",]}") {
		return token(line)
	}
	return line
}

func restOfLine(rest string) string {
	line, _, _ := strings.Cut(rest, "\n")
	line, _, _ = strings.Cut(line, " #")
	return strings.TrimSpace(line)
}

// template refuses a value like {{ inputs.dir }}, which YAML reads as a map with
// a map for its key.
func (b *builder) template(y *yaml.Node, n *Node) {
	rest := b.cursor.rest(n.at)
	if y.Style&yaml.FlowStyle == 0 || !strings.HasPrefix(rest, "{{") {
		return
	}
	n.refused = true
	b.report(n.at, "not-a-string-key", "put it in quotes: "+Quote(restOfLine(rest)),
		`"{{" without quotes starts a map inside a map`)
}

func (b *builder) list(y *yaml.Node, n *Node, depth int) {
	n.items = make([]*Node, 0, len(y.Content))
	for i, item := range y.Content {
		if b.over {
			return
		}
		value := b.node(item, depth+1)
		value.number = i + 1
		value.flow = value.flow || n.flow
		n.items = append(n.items, value)
	}
}

func (b *builder) mapping(y *yaml.Node, n *Node, depth int) {
	n.fields = make([]Field, 0, len(y.Content)/2)
	var given keyIndex
	for i := 0; i+1 < len(y.Content) && !b.over; i += 2 {
		at := b.position(y.Content[i])
		b.count(at)
		ok := b.key(y.Content[i], at)
		start := b.cursor.offset
		value := b.node(y.Content[i+1], depth+1)
		if !ok {
			n.partial = true
			continue
		}
		key := y.Content[i].Value
		if first := given.find(n.fields, key); first >= 0 {
			b.report(at, "duplicate-key", "keep one of them", "%s is already given on line %d", Quote(key), n.fields[first].KeyPosition.Line)
			continue
		}
		value.held(key)
		value.flow = value.flow || n.flow
		n.fields = append(n.fields, Field{Key: key, KeyPosition: at, Value: value, keyStart: start})
	}
}

// keyIndex finds the keys of a map among its fields.
type keyIndex map[string]int

// manyKeys is from how many keys on an index is worth making.
const manyKeys = 32

// find is the number of the field with a key, -1 for none. There may be more fields
// than there were for the last key.
func (x *keyIndex) find(fields []Field, key string) int {
	if len(fields) < manyKeys {
		for i := range fields {
			if fields[i].Key == key {
				return i
			}
		}
		return -1
	}
	if *x == nil {
		*x = make(keyIndex, len(fields))
	}
	for i := len(*x); i < len(fields); i++ {
		(*x)[fields[i].Key] = i
	}
	if i, ok := (*x)[key]; ok {
		return i
	}
	return -1
}

// held notes the key that holds a node, also for the items of a list.
func (n *Node) held(key string) {
	n.key = key
	for _, item := range n.items {
		item.held(key)
	}
}

// key reports a key that isn't plain text.
func (b *builder) key(y *yaml.Node, at Position) bool {
	if y.Kind == yaml.ScalarNode && y.Tag == "!!merge" {
		if !b.anchored {
			b.report(at, "alias", "write the keys out", `aliases are not allowed: "<<" merges another map`)
		}
		return false
	}
	probe := &Node{source: b.source, at: at}
	before := len(b.problems)
	b.refuse(y, probe)
	if probe.refused || len(b.problems) > before {
		return false
	}
	probe.kind, probe.text = keyKind(y), y.Value
	if probe.kind == String {
		return b.indented(at)
	}
	hint := quotesHint(probe)
	if probe.kind == Null && probe.text == "" {
		hint = "write a key before the colon"
	}
	b.report(at, "not-a-string-key", hint, "a key must be text, but %s", probe.describe())
	return false
}

// indented refuses a key that a space of another kind, which only looks like
// one, stands before: it isn't where it seems to be.
func (b *builder) indented(at Position) bool {
	first, _ := utf8.DecodeRuneInString(b.cursor.rest(at))
	if first < utf8.RuneSelf || !unicode.IsSpace(first) {
		return true
	}
	b.over = true
	b.report(at, "syntax", "type the spaces again", "the character %U looks like a space and is none", first)
	return false
}

func keyKind(y *yaml.Node) Kind {
	switch y.Kind {
	case yaml.SequenceNode:
		return List
	case yaml.MappingNode:
		return Mapping
	}
	return scalarKind(y)
}

func scalarKind(y *yaml.Node) Kind {
	if scalarStyle(y) != plain {
		return String
	}
	switch y.Tag {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int":
		return Int
	case "!!float":
		return Float
	case "!!timestamp":
		return Timestamp
	}
	return String
}

func scalarStyle(y *yaml.Node) style {
	switch {
	case y.Style&yaml.SingleQuotedStyle != 0:
		return singleQuoted
	case y.Style&yaml.DoubleQuotedStyle != 0:
		return doubleQuoted
	case y.Style&yaml.LiteralStyle != 0:
		return literal
	case y.Style&yaml.FoldedStyle != 0:
		return folded
	}
	return plain
}
