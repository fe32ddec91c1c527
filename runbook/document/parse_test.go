package document

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// parse reads a document that must be right.
func parse(t *testing.T, text string) *Node {
	t.Helper()
	n, problems := Parse("f.yaml", []byte(text), Limits{})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

// outline writes a tree on one line: kinds, texts and positions.
func outline(n *Node) string {
	at := fmt.Sprintf("@%d:%d", n.Position().Line, n.Position().Column)
	switch n.Kind() {
	case List:
		var items []string
		for _, item := range n.Items() {
			items = append(items, outline(item))
		}
		return "[" + strings.Join(items, " ") + "]" + at
	case Mapping:
		var fields []string
		for _, f := range n.Fields() {
			fields = append(fields, fmt.Sprintf("%s@%d:%d=%s", f.Key, f.KeyPosition.Line, f.KeyPosition.Column, outline(f.Value)))
		}
		return "{" + strings.Join(fields, " ") + "}" + at
	}
	quoted := ""
	if n.Quoted() {
		quoted = "quoted "
	}
	return fmt.Sprintf("%s%s %q%s", quoted, n.Kind(), n.Text(), at)
}

func TestParseTree(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{
			"scalars", "a: 1\nb: 1.5\nc: x y\nd: true\ne: 2027-03-01\nf:\ng: ~\n",
			`{a@1:1=a whole number "1"@1:4 b@2:1=a number "1.5"@2:4 c@3:1=text "x y"@3:4 d@4:1=true or false "true"@4:4 ` +
				`e@5:1=a date "2027-03-01"@5:4 f@6:1=empty ""@6:3 g@7:1=empty "~"@7:4}@1:1`,
		},
		{"words that older YAML takes for true", "on: yes\noff: no\n", `{on@1:1=text "yes"@1:5 off@2:1=text "no"@2:6}@1:1`},
		{
			"quotes", "a: '1'\nb: \"2\"\nc: |\n  3\nd: >-\n  4\n  5\n",
			`{a@1:1=quoted text "1"@1:4 b@2:1=quoted text "2"@2:4 c@3:1=quoted text "3\n"@3:4 d@5:1=quoted text "4 5"@5:4}@1:1`,
		},
		{
			"nested", "a:\n  - b: 1\n    c: [x, {d: e}]\n  -\n",
			`{a@1:1=[{b@2:5=a whole number "1"@2:8 c@3:5=[text "x"@3:9 {d@3:13=text "e"@3:16}@3:12]@3:8}@2:5 empty ""@4:4]@2:3}@1:1`,
		},
		{
			"byte order mark, CRLF and marker", "\ufeff---\r\na: 1\r\nb: |\r\n  c\r\n...\r\n",
			`{a@2:1=a whole number "1"@2:4 b@3:1=quoted text "c\n"@3:4}@2:1`,
		},
		{"tabs that don't indent", "a:\t1\nb: |\n  all:\n  \tmake\n", `{a@1:1=a whole number "1"@1:4 b@2:1=quoted text "all:\n\tmake\n"@2:4}@1:1`},
		{"columns are characters", "größe: {日本: x, b: y}\n", `{größe@1:1={日本@1:9=text "x"@1:13 b@1:16=text "y"@1:19}@1:8}@1:1`},
		{"expression in a plain scalar", "a: ${{ inputs.dir }}/x\n", `{a@1:1=text "${{ inputs.dir }}/x"@1:4}@1:1`},
		{"merge sign as a value", "a: <<\n", `{a@1:1=text "<<"@1:4}@1:1`},
		{"a scalar", "hello\n", `text "hello"@1:1`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, outline(parse(t, tt.text))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestParseKeepsTree: what can be read in spite of a problem is read.
func TestParseKeepsTree(t *testing.T) {
	n, problems := Parse("f.yaml", []byte("a: *x\na: 2\nb: 3\n---\nc: 4\n"), Limits{})
	if n != nil || len(problems) != 1 || problems[0].Rule != "alias" {
		t.Errorf("an unknown alias: %v, %v", n, problems)
	}
	n, problems = Parse("f.yaml", []byte("a: &x 1\na: 2\nb: *x\nc: 3\n---\nc: 4\n"), Limits{})
	var rules []string
	for _, p := range problems {
		rules = append(rules, p.Rule)
	}
	if diff := cmp.Diff([]string{"alias", "duplicate-key", "multi-document"}, rules); diff != "" {
		t.Errorf("rules: -want +got:\n%s", diff)
	}
	m := NewDecoder().Map(n, "x")
	if diff := cmp.Diff([]string{"a", "b", "c"}, m.Keys()); diff != "" {
		t.Errorf("keys: -want +got:\n%s", diff)
	}
	if got := m.Take("a").Text(); got != "1" {
		t.Errorf("a = %q, want the first", got)
	}
}

func TestLimits(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := []struct {
		name, text string
		limits     Limits
		want       string // rule and line:column, "" if all is well
	}{
		{"as large as allowed", "a: bcd", Limits{Bytes: 6}, ""},
		{"a byte more", "a: bcde", Limits{Bytes: 6}, "too-large 1:1"},
		{"50 MB", strings.Repeat("a", 50<<20), Limits{}, "too-large 1:1"},
		{"as deep as allowed", deep(64), Limits{}, ""},
		{"one deeper", deep(65), Limits{}, "too-large 1:65"},
		{"one deeper, in maps", "a:\n  b:\n    c: {}\n", Limits{Depth: 3}, "too-large 3:8"},
		{"10,000 deep", deep(10_000), Limits{}, "too-large 1:65"},
		{"100,000 deep", strings.Repeat("[", 100_000), Limits{}, "too-large 1:65"},
		{"deep maps", strings.Repeat("{a: ", 100_000), Limits{}, "too-large 1:257"},
		{"deep lists in lines", strings.Repeat("- ", 100_000), Limits{}, "too-large 1:1"},
		{"deep keys", strings.Repeat("? ", 100_000), Limits{}, "too-large 1:1"},
		{"as many nodes as allowed", "a: [1, 2]\n", Limits{Nodes: 5}, ""},
		{"one more", "a: [1, 2, 3]\n", Limits{Nodes: 5}, "too-large 1:11"},
		{"one key more", "a: [1, 2]\nb: 1\n", Limits{Nodes: 5}, "too-large 2:1"},
		{"many nodes", "[" + strings.Repeat("a,", 500_000) + "]", Limits{}, "too-large 1:200000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			n, problems := Parse("f.yaml", []byte(tt.text), tt.limits)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			got := ""
			if len(problems) > 0 {
				got = fmt.Sprintf("%s %d:%d", problems[0].Rule, problems[0].Line, problems[0].Column)
			}
			if got != tt.want || len(problems) > 1 || (n == nil) != (tt.want != "") {
				t.Errorf("got %q and tree %v, want %q", problems, n != nil, tt.want)
			}
		})
	}
}

// TestHostileTextsAreQuick: no text within the limits takes long.
func TestHostileTextsAreQuick(t *testing.T) {
	units := []string{
		"[", "{", "- ", "? ", "[[],", "#\n", "a\n", "\"", "&a ", "!a ", ": ", "a: ", "a: b\n", "[a,", "|\n",
		"- |\n", "\n", "'", "*a ", "# c\n- a\n", "---\n", "a: [\n", "{\"a\":", "a: \"x\n", "%a\n", "é\n", "a: {{", "\ta\n",
	}
	for _, unit := range units {
		for _, prefix := range []string{"", "[", "a: '"} {
			began := time.Now()
			Parse("f.yaml", []byte(prefix+strings.Repeat(unit, 60_000/len(unit))), Limits{})
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%q and then many %q took %v", prefix, unit, took)
			}
		}
	}
}

func TestLongFileFindsLine(t *testing.T) {
	filler := strings.Repeat("key: value\n", 5000)
	tests := []struct{ name, text, want string }{
		{"open quote on the first line", "a: \"x\n" + filler, "f.yaml:1:4: syntax"},
		{"open quote", "z:\n  a: \"x\n" + filler, "f.yaml:2:6: syntax"},
		{"open bracket", "z:\n  a: [x\n" + strings.Repeat("  y\n", 5000), "f.yaml:2:6: syntax"},
		{"tab at the end", strings.Repeat("- value\n", 5000) + "\t- x\n", "f.yaml:5001:1: tab-indent"},
		{"indent at the end", strings.Repeat("- value\n", 5000) + "a: x\n", "f.yaml:5001:1: syntax"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := Parse("f.yaml", []byte(tt.text), Limits{})
			if len(problems) != 1 || !strings.HasPrefix(problems.Error(), tt.want+": ") {
				t.Errorf("got %v, want %s", problems, tt.want)
			}
		})
	}
}

func TestTextPosition(t *testing.T) {
	tests := []struct {
		name, text, word, want string
	}{
		{"plain", "a: xx ${{ y }}\n", "${{", "1:7"},
		{"plain in a list", "- xé ${{ y }}\n", "${{", "1:6"},
		{"plain on two lines", "a: xx\n  ${{ y }}\n", "${{", "1:4"},
		{"single quotes", "a: 'xx ${{ y }}'\n", "${{", "1:8"},
		{"single quotes with an escape", "a: 'x''x ${{ y }}'\n", "${{", "1:4"},
		{"double quotes", "größe: \"日本 ${{ y }}\"\n", "${{", "1:12"},
		{"double quotes with an escape", `a: "x\tx ${{ y }}"`, "${{", "1:4"},
		{"double quotes with a backslash", `a: "x\\x ${{ y }}"`, "${{", "1:4"},
		{"literal", "a: |\n  one\n\n    two ${{ y }}\n", "${{", "4:9"},
		{"literal, first line", "a: |-\n   one ${{ y }}\n", "${{", "2:8"},
		{"literal after empty lines", "a: |\n\n\n  one ${{ y }}\n", "${{", "4:7"},
		{"literal with its indentation", "a: |2\n    one ${{ y }}\n", "${{", "2:9"},
		{"literal with CRLF", "a: |+\r\n  one\r\n  two ${{ y }}\r\n\r\n", "${{", "3:7"},
		{"literal in a list", "- |\n  é ${{ y }}\n", "${{", "2:5"},
		{"folded", "a: >\n  one\n  ${{ y }}\n", "${{", "1:4"},
		{"the end", "a: xyz\n", "", "1:7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := parse(t, tt.text)
			if n.Kind() == Mapping {
				n = n.Fields()[0].Value
			} else {
				n = n.Items()[0]
			}
			offset := strings.Index(n.Text(), tt.word)
			if tt.word == "" {
				offset = len(n.Text())
			}
			if got := n.TextPosition(offset); got.String() != "f.yaml:"+tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

// TestTextPositionOfAnyText: each character of a text that is written in a way
// that TextPosition knows is found where it stands.
func TestTextPositionOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching(`[a-zé日$]([ a-zé日{}$'"\\]*[a-z])?`), 1, 4).Draw(t, "lines")
		indent := strings.Repeat(" ", rapid.IntRange(1, 5).Draw(t, "indent"))
		file := "k: |\n" + indent + strings.Join(lines, "\n"+indent) + "\n"
		root, problems := Parse("f.yaml", []byte(file), Limits{})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		n := root.Fields()[0].Value
		rows := strings.Split(file, "\n")
		for offset, r := range n.Text() {
			at := n.TextPosition(offset)
			if r == '\n' {
				continue
			}
			if got := []rune(rows[at.Line-1])[at.Column-1]; got != r {
				t.Fatalf("offset %d is %q, but at %v stands %q", offset, r, at, got)
			}
		}
	})
}

func TestNilNode(t *testing.T) {
	var n *Node
	if n.Kind() != Null || n.Text() != "" || n.Quoted() || n.Items() != nil || n.Fields() != nil ||
		n.Position() != (Position{}) || n.TextPosition(3) != (Position{}) {
		t.Error("a nil node is not empty")
	}
}

func TestProblemsError(t *testing.T) {
	if err := Problems(nil).Err(); err != nil {
		t.Errorf("no problems are the error %v", err)
	}
	problems := Problems{
		{Position{"b.yaml", 1, 1}, "r1", "m", ""},
		{Position{"a.yaml", 2, 3}, "r2", "m", "do\x1b[2J this"},
		{Position{"a.yaml", 2, 1}, "r3", "bad \x00\u202e\xff", ""},
		{Position{"a.yaml", 2, 3}, "r4", "m", ""},
		{Position{}, "r5", "m", ""},
	}
	problems.Sort()
	want := strings.Join([]string{
		"r5: m",
		`a.yaml:2:1: r3: bad \x00\u202e\xff`,
		"a.yaml:2:3: r2: m", `     hint: do\x1b[2J this`,
		"a.yaml:2:3: r4: m",
		"b.yaml:1:1: r1: m",
	}, "\n")
	if diff := cmp.Diff(want, problems.Err().Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAliasAsKey: an alias is no key, also where only its anchor is reported.
func TestAliasAsKey(t *testing.T) {
	n, problems := Parse("f.yaml", []byte("a: &x b\n*x : c\nd: e\n"), Limits{})
	if len(problems) != 1 || problems[0].Rule != "alias" || problems[0].Line != 1 {
		t.Errorf("%v", problems)
	}
	if diff := cmp.Diff([]string{"a", "d"}, NewDecoder().Map(n, "x").Keys()); diff != "" {
		t.Errorf("keys: -want +got:\n%s", diff)
	}
}
