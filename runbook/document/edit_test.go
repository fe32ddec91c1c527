package document

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSpan(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"scalars", "a: x y # c\nb: 'it''s'\nc: \"\\\"#\"\n", `a=«x y» b=«'it''s'» c=«"\"#"»`},
		{"left out", "a:  # c\nb:\n", `a=«» b=«»`},
		{"keys", "'a b' : 1\n\"c\": 2\n", `'a b'=«1» "c"=«2»`},
		{"brackets", "a: [x, {b: 1}, # ]\n  ] # c\nd: {e, f: }\n", "a=«[x, {b: 1}, # ]\n  ]» d=«{e, f: }»"},
		{"lines", "a:\n  - b: 1\n    c: x # y\nd:\n  e:\n    f: |\n      g\n\n", "a=«- b: 1\n    c: x» d=«e:\n    f: |\n      g»"},
		{"blocks", "a: |-  # c\n  x\n\n   y\n # c\nb: >+\n\n  z\n\nc: |2\n   x\n    \n\n", "a=«|-  # c\n  x\n\n   y» b=«>+\n\n  z\n» c=«|2\n   x\n    »"},
		{"blocks without text", "a: |\n\nb: >-\nc: |+\n\n\nd: 1\n", "a=«|» b=«>-» c=«|+\n\n» d=«1»"},
		{"over lines", "a: x\n  y\n\n  z # c\nb: 'x\n\n  y'\n", "a=«x\n  y\n\n  z» b=«'x\n\n  y'»"},
		{"mark and line breaks", "\ufeffa: ä\r\nb: |\r\n  c\r\n", "a=«ä» b=«|\r\n  c»"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range parse(t, tt.text).Fields() {
				keyStart, keyEnd := f.KeySpan()
				start, end := f.Value.Span()
				got = append(got, tt.text[keyStart:keyEnd]+"=«"+tt.text[start:end]+"»")
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestApply(t *testing.T) {
	source := []byte("0123456789")
	got, err := Apply(source, []Edit{{8, 9, "eight"}, {2, 4, ""}, {2, 2, "two"}, {10, 10, "!"}, {4, 4, "four"}})
	if err != nil || string(got) != "01twofour4567eight9!" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range [][]Edit{{{2, 4, ""}, {3, 5, ""}}, {{0, 5, ""}, {2, 2, "x"}}, {{-1, 0, ""}}, {{3, 2, ""}}, {{0, 11, ""}}} {
		if got, err := Apply(source, bad); err == nil || string(got) != string(source) {
			t.Errorf("%v: %q, %v", bad, got, err)
		}
	}
}

// TestEditText shows what edits look like.
func TestEditText(t *testing.T) {
	at := func(n *Node, path string) *Node {
		for _, key := range strings.Fields(path) {
			m := NewDecoder().Map(n, "x")
			if n = m.Take(key); n.Kind() == List {
				n = n.Items()[0]
			}
		}
		return n
	}
	text := func(path, text string) func(*Node) (Edit, error) {
		return func(n *Node) (Edit, error) { return at(n, path).ReplaceText(text) }
	}
	before := func(path, other, key, value string) func(*Node) (Edit, error) {
		return func(n *Node) (Edit, error) { return at(n, path).insertBefore(other, key, value) }
	}
	after := func(path, other, key, value string) func(*Node) (Edit, error) {
		return func(n *Node) (Edit, error) { return at(n, path).InsertAfter(other, key, value) }
	}
	insert := func(path, key string, order ...string) func(*Node) (Edit, error) {
		return func(n *Node) (Edit, error) { return at(n, path).Insert(key, "1", order) }
	}
	del := func(path, key string) func(*Node) (Edit, error) {
		return func(n *Node) (Edit, error) { return at(n, path).Delete(key) }
	}
	tests := []struct {
		name, text string
		edit       func(*Node) (Edit, error)
		want       string
	}{
		{"text", "a: 30 # c\n", text("a", "30s"), "a: 30s # c\n"},
		{"text that needs quotes", "a: x\n", text("a", "yes: no"), "a: \"yes: no\"\n"},
		{"text with backslashes", "a: x\n", text("a", `"\d"`), "a: '\"\\d\"'\n"},
		{"a number as text", "a: x\n", text("a", "1.10"), "a: \"1.10\"\n"},
		{"a comma in lines", "a: x\n", text("a", "b, c"), "a: b, c\n"},
		{"a comma in brackets", "a: {b: x}\n", text("a b", "b, c"), "a: {b: \"b, c\"}\n"},
		{"quotes stay", "a: 'x'\n", text("a", "it's"), "a: 'it''s'\n"},
		{"left out", "a: # c\n", text("a", "x"), "a: x # c\n"},
		{"a block", "a: |  # c\n   x\n   y\n\nb: 1\n", text("a", "p\n\nq"), "a: |- # c\n   p\n\n   q\n\nb: 1\n"},
		{"a block that can't be one", "a: |  # c\n   x\nb: 1\n", text("a", " p\n"), "a: \" p\\n\" # c\nb: 1\n"},
		{"behind", "a:\n  b: 1 # c\n  # of b\n\n# of d\nd: 1\n", after("", "a", "n", "[x]"), "a:\n  b: 1 # c\n  # of b\nn: [x]\n\n# of d\nd: 1\n"},
		{"behind the last", "- a: 1\n  b: |\n    x\n- c\n", func(n *Node) (Edit, error) { return n.Items()[0].InsertAfter("b", "n", "2") }, "- a: 1\n  b: |\n    x\n  n: 2\n- c\n"},
		{"behind the end", "a: 1", after("", "a", "n", "2"), "a: 1\nn: 2"},
		{"before", "a: 1\n\n# x\n# y\nb: 1\n", before("", "b", "n", "2"), "a: 1\n\nn: 2\n# x\n# y\nb: 1\n"},
		{"before the first", "l:\n  - a: 1\n    b: 2\n", before("l", "a", "n", "2"), "l:\n  - n: 2\n    a: 1\n    b: 2\n"},
		{"in brackets", "a: {b: 1, c: 2}\n", after("a", "b", "n", "{x: y}"), "a: {b: 1, n: {x: y}, c: 2}\n"},
		{"in brackets before", "a: {b: 1}\n", before("a", "b", "n n", "2"), "a: {n n: 2, b: 1}\n"},
		{"in empty brackets", "a: {}\n", insert("a", "n"), "a: {n: 1}\n"},
		{"in order", "a: 1\nc: 3\nx: 4\n", insert("", "b", "a", "b", "c"), "a: 1\nb: 1\nc: 3\nx: 4\n"},
		{"in order, first", "c: 3\n", insert("", "b", "a", "b", "c"), "b: 1\nc: 3\n"},
		{"in no order", "c: 3\nd: 4\n", insert("", "b", "d", "c"), "c: 3\nd: 4\nb: 1\n"},
		{"line breaks", "a: 1\r\nb: 2\r\n", after("", "a", "n", "2"), "a: 1\r\nn: 2\r\nb: 2\r\n"},
		{"delete", "a: 1\nb:\n  - 2 # two\n  # more\n\nc: 3\n", del("", "b"), "a: 1\n# two\n# more\n\nc: 3\n"},
		{"delete the first", "- a: 1 # c\n  b: 2\n", func(n *Node) (Edit, error) { return n.Items()[0].Delete("a") }, "- # c\n  b: 2\n"},
		{"delete the only", "a:\n  b: 1 # c\n", del("a", "b"), "a:\n  {} # c\n"},
		{"delete in brackets", "a: {b: 1, c: 2, d: 3}\n", del("a", "c"), "a: {b: 1, d: 3}\n"},
		{"delete the first in brackets", "a: {b: 1, c: 2}\n", del("a", "b"), "a: {c: 2}\n"},
		{"delete the last in brackets", "a: {b: 1, c: 2}\n", del("a", "c"), "a: {b: 1}\n"},
		{"delete the only in brackets", "a: {b: 1,}\n", del("a", "b"), "a: {}\n"},
		{"delete between comments", "a: {\n  b: 1, # b\n  c: 2, # c\n  d: 3\n}\n", del("a", "c"), "a: {\n  b: 1, # b\n   # c\n  d: 3\n}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := tt.edit(parse(t, tt.text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Apply([]byte(tt.text), []Edit{e})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEditsThatCannotBe(t *testing.T) {
	root := parse(t, "a: 1\nl: [b: 2]\nm: {c}\n? e\n: 1\n")
	field := func(i int) *Node { return root.Fields()[i].Value }
	edits := map[string]func() (Edit, error){
		"a map's text":       func() (Edit, error) { return root.ReplaceText("x") },
		"a nil node":         func() (Edit, error) { return (*Node)(nil).Replace("x") },
		"two lines":          func() (Edit, error) { return field(0).Replace("x\ny") },
		"two values":         func() (Edit, error) { return field(0).Replace("x, y: z") },
		"a comment":          func() (Edit, error) { return field(0).Replace("x # y") },
		"nothing":            func() (Edit, error) { return field(0).Replace("") },
		"not YAML":           func() (Edit, error) { return field(0).Replace("[x") },
		"a key in a scalar":  func() (Edit, error) { return field(0).InsertAfter("a", "b", "1") },
		"a key that is":      func() (Edit, error) { return root.InsertAfter("l", "a", "1") },
		"beside none":        func() (Edit, error) { return root.InsertAfter("x", "y", "1") },
		"beside a mark":      func() (Edit, error) { return root.InsertAfter("a", "y", "1") },
		"a pair in a list":   func() (Edit, error) { return field(1).Items()[0].InsertAfter("b", "y", "1") },
		"a key without sign": func() (Edit, error) { return field(2).Fields()[0].Value.ReplaceText("x") },
		"delete none":        func() (Edit, error) { return root.Delete("x") },
		"delete in a list":   func() (Edit, error) { return field(1).Delete("x") },
	}
	for name, edit := range edits {
		if e, err := edit(); err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// meaning is a tree without its positions, which a test can change.
type meaning struct {
	what   string
	keys   []string
	values []*meaning
}

// meaningOf is what n says; places holds it for each node in it.
func meaningOf(n *Node, places map[*Node]*meaning) *meaning {
	m := &meaning{what: n.Kind().String() + " " + n.Text()}
	if n.Kind() == List || n.Kind() == Mapping {
		m.what = n.Kind().String()
	}
	for _, item := range n.Items() {
		m.values = append(m.values, meaningOf(item, places))
	}
	for _, f := range n.Fields() {
		m.keys = append(m.keys, f.Key)
		m.values = append(m.values, meaningOf(f.Value, places))
	}
	places[n] = m
	return m
}

// lines is the tree as text, for comparing.
func (m *meaning) lines(indent string) string {
	text := fmt.Sprintf("%s%q\n", indent, m.what)
	for i, value := range m.values {
		if m.keys != nil {
			text += fmt.Sprintf("%s%q:\n", indent, m.keys[i])
		}
		text += value.lines(indent + "  ")
	}
	return text
}

func textMeaning(text string) *meaning { return &meaning{what: "text " + text} }

var numbered = regexp.MustCompile(`#c[0-9]+;`)

// commentsIn are the comments that the writer numbered.
func commentsIn(text string) []string {
	found := numbered.FindAllString(text, -1)
	slices.Sort(found)
	return found
}

// draw chooses an edit of a document, and makes it in what the document means.
func draw(t *rapid.T, n *Node, m *meaning) (Edit, error) {
	text := rapid.SampledFrom([]string{"x", "a, b", "30s", "true", "", "it's", "p\n\nq\n", "\\d\"", "# c", " s", "yes: no", "-", "{", "\u202e\t"}).Draw(t, "text")
	if n.Kind() != Mapping || len(n.Fields()) == 0 {
		*m = *textMeaning(text)
		return n.ReplaceText(text)
	}
	i := rapid.IntRange(0, len(n.Fields())-1).Draw(t, "field")
	key := n.Fields()[i].Key
	switch rapid.IntRange(0, 2).Draw(t, "edit") {
	case 0:
		m.keys, m.values = slices.Insert(m.keys, i, "new"), slices.Insert(m.values, i, textMeaning(text))
		return n.insertBefore(key, "new", Scalar(text))
	case 1:
		m.keys, m.values = slices.Insert(m.keys, i+1, "new"), slices.Insert(m.values, i+1, textMeaning(text))
		return n.InsertAfter(key, "new", Scalar(text))
	default:
		m.keys, m.values = slices.Delete(m.keys, i, i+1), slices.Delete(m.values, i, i+1)
		return n.Delete(key)
	}
}

// nodesOf are all nodes of a tree.
func nodesOf(n *Node) []*Node {
	all := []*Node{n}
	for _, item := range n.Items() {
		all = append(all, nodesOf(item)...)
	}
	for _, f := range n.Fields() {
		all = append(all, nodesOf(f.Value)...)
	}
	return all
}

// TestEditsKeepTheRest: after any edit of any document, it is read as before but
// for what was changed, and no comment is lost.
func TestEditsKeepTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyDocument(t)
		root, problems := Parse("f.yaml", []byte(text), Limits{})
		if root == nil || len(problems) > 0 {
			t.Fatalf("the test wrote %q: %v", text, problems)
		}
		places := map[*Node]*meaning{}
		want := meaningOf(root, places)
		n := rapid.SampledFrom(nodesOf(root)).Draw(t, "node")
		e, err := draw(t, n, places[n])
		if err != nil {
			return
		}
		got, err := Apply([]byte(text), []Edit{e})
		if err != nil {
			t.Fatal(err)
		}
		edited, problems := Parse("f.yaml", got, Limits{})
		if edited == nil || len(problems) > 0 {
			t.Fatalf("%q became %q: %v", text, got, problems)
		}
		if diff := cmp.Diff(want.lines(""), meaningOf(edited, map[*Node]*meaning{}).lines("")); diff != "" {
			t.Fatalf("%q became %q (-want +got):\n%s", text, got, diff)
		}
		if diff := cmp.Diff(commentsIn(text), commentsIn(string(got))); diff != "" {
			t.Fatalf("%q became %q, with other comments (-want +got):\n%s", text, got, diff)
		}
	})
}

// FuzzEdit: whatever a document looks like, an edit of it can be read.
func FuzzEdit(f *testing.F) {
	for i, text := range []string{"a: 1 # c\nb: {c: d}\n", "- a: |+\n    x\n\n  b: 2\n", "{a: [b, c: d], e: }", "? a\n: b\n", "a: |2-\n   x\n"} {
		f.Add([]byte(text), uint(i), uint(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, which, how uint) {
		root, problems := Parse("f.yaml", data, Limits{Bytes: 4096, Depth: 20, Nodes: 500})
		if len(problems) > 0 {
			return
		}
		all := nodesOf(root)
		for _, n := range all {
			start, end := n.Span()
			if start < 0 || end < start || end > len(data) {
				t.Fatalf("a node from %d to %d in %d bytes", start, end, len(data))
			}
		}
		n := all[which%uint(len(all))]
		var e Edit
		err := fmt.Errorf("no key")
		if fields := n.Fields(); len(fields) > 0 {
			key := fields[int(how/3%uint(len(fields)))].Key
			edits := []func() (Edit, error){
				func() (Edit, error) { return n.insertBefore(key, "new key", "1") },
				func() (Edit, error) { return n.InsertAfter(key, "new key", "1") },
				func() (Edit, error) { return n.Delete(key) },
			}
			e, err = edits[how%3]()
		} else if n.Kind() != Mapping {
			e, err = n.ReplaceText("x")
		}
		if err != nil {
			return
		}
		got, err := Apply(data, []Edit{e})
		if err != nil {
			t.Fatal(err)
		}
		if edited, problems := Parse("f.yaml", got, Limits{}); edited == nil || len(problems) > 0 {
			t.Fatalf("%q became %q: %v", data, got, problems)
		}
	})
}
