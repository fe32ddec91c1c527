package document

import (
	"errors"
	"slices"
	"strings"
)

// Order gives the keys of the map at a path in the order in which they are to
// stand; nil leaves them as they are. The path is the keys from the document's own
// down; the items of a list have the list's path.
type Order func(path []string) []string

// ErrFormat is returned by Format when what it made would not read as the
// document that it was given: a fault of its own.
var ErrFormat = errors.New("the document would not say the same when it is formatted")

// Format lays a document out in the one way in which all are: lines end in a line
// feed and in no space, maps and lists are indented by two spaces, a list also
// under its key; one space stands behind a colon and a comma, none inside
// brackets, at most one blank line between lines. Keys stand in order; one that it
// doesn't name stays behind the key before it. A comment goes with its key: the
// one behind it, those above it, and those below that are indented more. What
// stands above the first key is the document's.
//
// Line breaks in values, quotes and the text of block scalars stay. A map with an
// entry that ends in a block which keeps the blank lines behind it (|+) stays in
// its order, since other blank lines would become part of that.
//
// The error is the document's Problems, or ErrFormat; the source is returned as
// it was then.
func Format(file string, source []byte, order Order) ([]byte, error) {
	root, problems := Parse(file, source, Limits{})
	if len(problems) > 0 {
		return source, problems
	}
	if order == nil {
		order = func([]string) []string { return nil }
	}
	f := &formatter{source: root.source, order: order}
	formatted := []byte(f.document(root))
	again, problems := Parse(file, formatted, Limits{})
	if len(problems) > 0 || !sameComments(root, again) || !f.same(root, again, nil) {
		return source, ErrFormat
	}
	return formatted, nil
}

// sameComments says whether two documents have the same comments, in any order.
func sameComments(a, b *Node) bool {
	all := func(n *Node) []string {
		found := n.source.comments(0, len(n.source.text), n.leaves(nil))
		slices.Sort(found)
		return found
	}
	return slices.Equal(all(a), all(b))
}

// same says whether two trees mean the same, with their keys in the same order
// where none is given.
func (f *formatter) same(a, b *Node, path []string) bool {
	if a.kind != b.kind || a.style != b.style || a.text != b.text || len(a.items) != len(b.items) || len(a.fields) != len(b.fields) {
		return false
	}
	for i := range a.items {
		if !f.same(a.items[i], b.items[i], path) {
			return false
		}
	}
	others := make(map[string]int, len(b.fields))
	for i, field := range b.fields {
		others[field.Key] = i
	}
	free := f.order(path) != nil
	for i, field := range a.fields {
		j, ok := others[field.Key]
		if !ok || !free && i != j || !f.same(field.Value, b.fields[j].Value, below(path, field)) {
			return false
		}
	}
	return true
}

// below is the path of a field's value.
func below(path []string, field Field) []string { return append(slices.Clip(path), field.Key) }

// formatter goes through a source once, from token to token, and writes each with
// what stands between them.
type formatter struct {
	source *source
	at     int // how far it got
	order  Order
}

func (f *formatter) document(root *Node) string {
	text := f.head()
	switch {
	case root.kind == Mapping && !root.flow:
		body := f.mapping(root, 0, nil)
		if text != "" && !strings.HasSuffix(text, "\n\n") && body[0] == '#' {
			text += "\n" // the comment of a key that came first is not the document's
		}
		text += body
	case root.kind == List && !root.flow:
		text += f.list(root, 0, 0, nil)
	default:
		text += f.lines(root, indentation)
	}
	rest := f.take(anyRemark)
	return text + remarksText(append(rest, f.marker("...")...), 0)
}

// head is what stands above the document's first token: comments and, rarely, a
// directive. Without one the "---" is left out.
func (f *formatter) head() string {
	remarks := f.take(anyRemark)
	var directives string
	for at := f.token(); strings.HasPrefix(f.source.text[at:], "%"); at = f.token() {
		f.at = f.source.nextLine(at)
		directives += strings.TrimRight(f.source.text[at:f.at], blanks) + "\n"
		remarks = append(remarks, f.take(anyRemark)...)
	}
	remarks = append(remarks, f.marker("---")...)
	text := strings.TrimPrefix(remarksText(remarks, 0), "\n")
	if blank := len(f.before(f.token())) > 0; blank && text != "" {
		text += "\n"
	}
	if directives != "" {
		return directives + "---\n" + text
	}
	return text
}

// marker steps over a line that begins or ends a document, and gives the comments
// behind and below it.
func (f *formatter) marker(mark string) []remark {
	at := f.token()
	if f.source.lineStart(at) != at || !isMarker(f.source.text[at:f.source.lineEnd(at)], mark) {
		return nil
	}
	f.at = at + len(mark)
	var remarks []remark
	if comment := f.behind(); comment != "" {
		remarks = append(remarks, remark{text: strings.TrimSpace(comment)})
	}
	return append(remarks, f.take(anyRemark)...)
}

// indentation is the number of spaces for a level.
const indentation = 2

func spaces(n int) string { return strings.Repeat(" ", n) }

// entry is one key of a map with all lines that go with it, and where it goes.
type entry struct {
	key, lines string
	place      int
}

// mapping writes the lines of a map whose keys stand behind so many spaces.
func (f *formatter) mapping(n *Node, indent int, path []string) string {
	column := n.at.Column - 1
	entries := make([]entry, 0, len(n.fields))
	keeps := false
	for i, field := range n.fields {
		lead := remarksText(f.before(field.keyStart), indent)
		if i == 0 {
			lead = strings.TrimPrefix(lead, "\n")
		}
		lines := lead + spaces(indent) + f.key(field) + ":" +
			f.value(field.Value, column, indent, below(path, field)) +
			f.after(field.Value, column, indent)
		entries = append(entries, entry{key: field.Key, lines: lines})
		keeps = keeps || field.Value.lastLeaf().keeps()
	}
	if !keeps {
		sortEntries(entries, f.order(path))
	}
	var b strings.Builder
	for _, e := range entries {
		if b.Len() == 0 {
			e.lines = strings.TrimPrefix(e.lines, "\n")
		}
		b.WriteString(e.lines)
	}
	b.WriteString(remarksText(f.take(func(r remark) bool { return r.indent >= column }), indent))
	return b.String()
}

// sortEntries puts entries in order. One whose key has no place stays behind the
// key that it stands behind.
func sortEntries(entries []entry, order []string) {
	places := make(map[string]int, len(order))
	for i, key := range order {
		places[key] = i
	}
	place := -1
	for i, e := range entries {
		if known, ok := places[e.key]; ok {
			place = known
		}
		entries[i].place = place
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.place - b.place })
}

// list writes the lines of a list whose dashes stand behind so many spaces. The
// comments below it are its own from the column least on.
func (f *formatter) list(n *Node, least, indent int, path []string) string {
	column := n.at.Column - 1
	var b strings.Builder
	for i, item := range n.items {
		lead := remarksText(f.before(f.token()), indent)
		if i == 0 {
			lead = strings.TrimPrefix(lead, "\n")
		}
		f.at++ // the dash
		b.WriteString(lead + spaces(indent) + "-" + f.item(item, indent, path) + f.after(item, column, indent))
	}
	b.WriteString(remarksText(f.take(func(r remark) bool { return r.indent >= least }), indent))
	return b.String()
}

// value writes what stands behind the colon of a key, to the end of its last line.
// The key stands in a column, and is written behind so many spaces.
func (f *formatter) value(n *Node, column, indent int, path []string) string {
	f.colon()
	comment := f.behind()
	deeper := indent + indentation
	switch {
	case n.kind == Mapping && !n.flow:
		return comment + "\n" + f.mapping(n, deeper, path)
	case n.kind == List && !n.flow: // whose dashes may stand in the column of the key
		return comment + "\n" + f.list(n, max(n.at.Column-1, column+1), deeper, path)
	case n.empty():
		return comment + "\n"
	}
	onNext := strings.Contains(f.source.text[f.at:n.start], "\n")
	lead := strings.TrimPrefix(remarksText(f.before(n.start), deeper), "\n")
	text := f.lines(n, deeper)
	if onNext {
		return comment + "\n" + lead + spaces(deeper) + text
	}
	return " " + text
}

// item writes what stands behind the dash of a list's item, to the end of its
// last line.
func (f *formatter) item(n *Node, indent int, path []string) string {
	comment := f.behind()
	deeper := indent + indentation
	var lines string
	switch {
	case n.kind == Mapping && !n.flow:
		lines = f.mapping(n, deeper, path)
	case n.kind == List && !n.flow:
		lines = f.list(n, n.at.Column-1, deeper, path)
	case n.empty():
		return comment + "\n"
	default:
		lead := strings.TrimPrefix(remarksText(f.before(n.start), deeper), "\n")
		lines = lead + spaces(deeper) + f.lines(n, deeper)
	}
	if comment != "" || lines[deeper] == '#' {
		return comment + "\n" + lines
	}
	return " " + lines[deeper:]
}

// empty says whether a value is left out.
func (n *Node) empty() bool { return n.kind == Null && n.text == "" }

// after gives the comments below an entry in a column that are indented more. They
// can't be indented below a block scalar, which would take them for its text.
func (f *formatter) after(n *Node, column, indent int) string {
	if last := n.lastLeaf(); last.style != literal && last.style != folded {
		indent += indentation
	}
	return remarksText(f.take(func(r remark) bool { return r.indent > column }), indent)
}
