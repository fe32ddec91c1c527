package document

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// value parses "v: <text>" and hands out the value.
func value(t *testing.T, text string) *Node {
	t.Helper()
	return parse(t, "v: "+text+"\n").Fields()[0].Value
}

// said is the decoder's problems without the file's name.
func said(d *Decoder) string {
	return strings.ReplaceAll(d.Problems().Error(), "f.yaml:1:4: ", "")
}

func TestReaders(t *testing.T) {
	str := func(d *Decoder, n *Node) any { return d.String(n) }
	text := func(d *Decoder, n *Node) any { return d.Text(n) }
	boolean := func(d *Decoder, n *Node) any { return d.Bool(n) }
	integer := func(d *Decoder, n *Node) any { return d.Int(n) }
	number := func(d *Decoder, n *Node) any { return d.Number(n) }
	date := func(d *Decoder, n *Node) any { return d.Date(n) }
	texts := func(d *Decoder, n *Node) any { return d.Strings(n) }
	enum := func(d *Decoder, n *Node) any { return d.Enum(n, "abort", "continue") }
	list := func(d *Decoder, n *Node) any { return len(d.List(n, "a list of steps")) }
	between := func(d *Decoder, n *Node) any { return d.IntBetween(n, 1, 5, "it counts tries") }
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

	tests := []struct {
		name string
		read func(*Decoder, *Node) any
		text string
		want any
		says string
	}{
		{"String", str, "x y", "x y", ""},
		{"String", str, `"1.10"`, "1.10", ""},
		{"String", str, `""`, "", ""},
		{"String", str, "yes", "yes", ""},
		{"String", str, "1.10", "", "wrong-type: \"v\" must be text, but it is the number 1.10\n     hint: put it in quotes: \"1.10\""},
		{"String", str, "2026-03-02", "", "wrong-type: \"v\" must be text, but it is the date 2026-03-02\n     hint: put it in quotes: \"2026-03-02\""},
		{"Text", text, "1.10", "1.10", ""},
		{"Text", text, "0x1F", "0x1F", ""},
		{"Text", text, "True", "True", ""},
		{"Text", text, "2026-03-02", "2026-03-02", ""},
		{"Text", text, "{}", "", "wrong-type: \"v\" must be a single value, but it is a map"},
		{"Text", text, "null", "", "wrong-type: \"v\" must be a single value, but it is empty\n     hint: put it in quotes: \"null\""},
		{"Bool", boolean, "true", true, ""},
		{"Bool", boolean, "false", false, ""},
		{"Bool", boolean, "on", false, "wrong-type: \"v\" must be true or false, but it is the text \"on\"\n     hint: write true"},
		{"Bool", boolean, "'no'", false, "wrong-type: \"v\" must be true or false, but it is the text \"no\"\n     hint: write false, without quotes"},
		{"Bool", boolean, "1", false, "wrong-type: \"v\" must be true or false, but it is the number 1\n     hint: write true or false"},
		{"Int", integer, "42", 42, ""},
		{"Int", integer, "-7", -7, ""},
		{"Int", integer, "0o17", 0, "bad-value: \"v\" must be a whole number in decimal digits, but it is \"0o17\"\n     hint: write it without underscores, leading zeros or 0x"},
		{"Int", integer, "9223372036854775808", 0, "bad-value: \"v\" must be a smaller number, but it is \"9223372036854775808\"\n     hint: write it in fewer digits"},
		{"Int", integer, "1.0", 0, "wrong-type: \"v\" must be a whole number, but it is the number 1.0\n     hint: write it in digits, such as 3"},
		{"Number", number, "42", 42.0, ""},
		{"Number", number, "-0.5", -0.5, ""},
		{"Number", number, "1e3", 1000.0, ""},
		{"Number", number, ".nan", 0.0, "bad-value: \"v\" must be a number in decimal digits, but it is \".nan\"\n     hint: write it like 1500 or 0.25"},
		{"Number", number, "'0.5'", 0.0, "wrong-type: \"v\" must be a number, but it is the text \"0.5\"\n     hint: remove the quotes: 0.5"},
		{"Number", number, "40%", 0.0, "wrong-type: \"v\" must be a number, but it is the text \"40%\"\n     hint: write it like 1500 or 0.25"},
		{"Date", date, "2026-03-02", day, ""},
		{"Date", date, "'2026-03-02'", day, ""},
		{"Date", date, "2026-3-2", time.Time{}, "bad-value: \"v\" must be a date like 2026-03-02, but it is \"2026-3-2\"\n     hint: four digits of the year, two of the month, two of the day"},
		{"Date", date, "2026-03-02 10:00:00", time.Time{}, "bad-value: \"v\" must be a date like 2026-03-02, but it is \"2026-03-02 10:00:00\"\n     hint: four digits of the year, two of the month, two of the day"},
		{"Date", date, "20260302", time.Time{}, "wrong-type: \"v\" must be a date like 2026-03-02, but it is the number 20260302\n     hint: four digits of the year, two of the month, two of the day"},
		{"Strings", texts, "[a, '1']", []string{"a", "1"}, ""},
		{"Strings", texts, "[]", []string{}, ""},
		{"Strings", texts, "a b", []string(nil), "wrong-type: \"v\" must be a list of texts, but it is the text \"a b\"\n     hint: write a list: [\"a b\"]"},
		{"Strings", texts, "ops-lead", []string(nil), "wrong-type: \"v\" must be a list of texts, but it is the text \"ops-lead\"\n     hint: write a list: [ops-lead]"},
		{"Enum", enum, "abort", "abort", ""},
		{"Enum", enum, "Continue", "", "bad-value: \"v\" must be one of abort, continue, but it is \"Continue\"\n     hint: did you mean continue?"},
		{"Enum", enum, "explode", "", "bad-value: \"v\" must be one of abort, continue, but it is \"explode\"\n     hint: write one of these words"},
		{"Enum", enum, "abo", "", "bad-value: \"v\" must be one of abort, continue, but it is \"abo\"\n     hint: did you mean abort?"},
		{"Between", between, "3", 3, ""},
		{"Between", between, "0", 1, "bad-value: \"v\" must be a number from 1 to 5, but it is \"0\"\n     hint: it counts tries"},
		{"Between", between, "6", 1, "bad-value: \"v\" must be a number from 1 to 5, but it is \"6\"\n     hint: it counts tries"},
		{"Between", between, "007", 1, "bad-value: \"v\" must be a whole number in decimal digits, but it is \"007\"\n     hint: write it without underscores, leading zeros or 0x"},
		{"Strings", texts, "a, b c", []string(nil), "wrong-type: \"v\" must be a list of texts, but it is the text \"a, b c\"\n     hint: write a list: [\"a, b c\"]"},
		{"Strings", texts, "a, b", []string(nil), "wrong-type: \"v\" must be a list of texts, but it is the text \"a, b\"\n     hint: write a list: [a, b]"},
		{"List", list, "-a -b", 0, "wrong-type: \"v\" must be a list of steps, but it is the text \"-a -b\"\n     hint: put a space behind each dash"},
		{"List", list, "[a, b]", 2, ""},
		{"List", list, "a", 0, "wrong-type: \"v\" must be a list of steps, but it is the text \"a\"\n     hint: write a list: [a]"},
	}
	for _, tt := range tests {
		t.Run(tt.name+" of "+tt.text, func(t *testing.T) {
			d := NewDecoder()
			got := tt.read(d, value(t, tt.text))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("value: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.says, said(d)); diff != "" {
				t.Errorf("problems: -want +got:\n%s", diff)
			}
		})
	}
}

// readEverything calls every reader on a node and on what is in it.
func readEverything(d *Decoder, n *Node) {
	d.String(n)
	d.Text(n)
	d.Bool(n)
	d.Int(n)
	d.Number(n)
	d.Date(n)
	d.Strings(n)
	d.Enum(n, "one", "two")
	for i := -1; i <= len(n.Text())+1; i++ {
		n.TextPosition(i)
	}
	for _, item := range d.List(n, "a list") {
		readEverything(d, item)
	}
	m := d.Map(n, "a map")
	m.Position()
	m.Need("needed")
	m.Take("taken")
	for _, field := range n.Fields() {
		m.Has(field.Key)
		readEverything(d, field.Value)
	}
	m.Done(nil)
}

// TestAbsentIsSilent: a nil node and a refused one are read without a word.
func TestAbsentIsSilent(t *testing.T) {
	d := NewDecoder()
	readEverything(d, nil)
	for _, text := range []string{"v: !x y", "v: {{ y }}", "v: !x {a: b}", "v: !x [a]"} {
		n, problems := Parse("f.yaml", []byte(text), Limits{})
		if len(problems) != 1 {
			t.Errorf("%s: %v", text, problems)
		}
		readEverything(d, n.Fields()[0].Value)
	}
	if err := d.Problems().Err(); err != nil {
		t.Error(err)
	}
}

func TestMap(t *testing.T) {
	d := NewDecoder()
	m := d.Map(parse(t, "id: a\nmaxAttempts: 2\ndepends: b\nDepends-On: c\nif: d\n"), "a step")
	if !m.Has("if") || m.Has("title") {
		t.Error("Has is wrong")
	}
	if got := m.Take("id").Text(); got != "a" {
		t.Errorf("id = %q", got)
	}
	if m.Need("title") != nil || m.Take("max_attempts") != nil {
		t.Error("an absent key has a value")
	}
	m.Done(map[string]string{"depends": `msp says "needs"`, "depends_on": "no such thing"})
	if m.Position() != (Position{"f.yaml", 1, 1}) {
		t.Errorf("position %v", m.Position())
	}
	want := strings.Join([]string{
		`f.yaml:1:1: missing-key: a step needs the key "title"`, "     hint: add title: …",
		`f.yaml:2:1: unknown-key: "maxAttempts" is not a key of a step`, `     hint: did you mean "max_attempts"?`,
		`f.yaml:3:1: unknown-key: "depends" is not a key of a step`, `     hint: msp says "needs"`,
		`f.yaml:4:1: unknown-key: "Depends-On" is not a key of a step`, "     hint: no such thing",
		`f.yaml:5:1: unknown-key: "if" is not a key of a step`, "     hint: known keys: id, max_attempts, title",
	}, "\n")
	if diff := cmp.Diff(want, d.Problems().Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMapIsSilentAfterWrongType: one problem for a node that is no map, and no
// missing keys where a refused key may have stood for them.
// Few keys are looked for one by one and many by an index: both find each, and find
// one that stands twice.
func TestMapOfAnySize(t *testing.T) {
	for _, size := range []int{1, manyKeys - 1, manyKeys, manyKeys + 1, 5 * manyKeys} {
		var text strings.Builder
		for i := range size {
			fmt.Fprintf(&text, "k%d: v%d\n", i, i)
		}
		fmt.Fprintf(&text, "k%d: again\n", size/2)
		root, problems := Parse("f.yaml", []byte(text.String()), Limits{})
		twice := fmt.Sprintf("f.yaml:%d:1: duplicate-key: \"k%d\" is already given on line %d", size+1, size/2, size/2+1)
		if len(problems) != 1 || !strings.HasPrefix(problems.Error(), twice) {
			t.Errorf("%d keys: %v", size, problems)
		}
		d := NewDecoder()
		m := d.Map(root, "a map")
		for i := range size {
			if got := d.String(m.Take(fmt.Sprintf("k%d", i))); got != fmt.Sprintf("v%d", i) {
				t.Errorf("key %d of %d: %q", i, size, got)
			}
		}
		if m.Has("none") || m.Take("none") != nil {
			t.Errorf("%d keys: one that isn't there is found", size)
		}
		if m.Done(nil); len(d.Problems()) > 0 {
			t.Errorf("%d keys: %v", size, d.Problems())
		}
	}
}

func TestMapIsSilentAfterWrongType(t *testing.T) {
	for _, text := range []string{"v: [a]", "v: {<<: {needed: a}}", "v: {1: a}"} {
		n, problems := Parse("f.yaml", []byte(text), Limits{})
		d := NewDecoder()
		d.Add(problems)
		m := d.Map(n.Fields()[0].Value, "a step")
		m.Need("needed")
		m.Done(nil)
		if len(m.Keys()) != 0 || m.Has("needed") || len(d.Problems()) != 1 {
			t.Errorf("%s: keys %v, problems %v", text, m.Keys(), d.Problems())
		}
	}
}

func TestDecoderProblems(t *testing.T) {
	d := NewDecoder()
	at := func(line int) Position { return Position{"f.yaml", line, 1} }
	d.Report(at(2), "b", "", "two")
	d.Report(at(1), "a", "do\nit", "one %s", "\x1b[2J")
	d.Report(at(2), "b", "", "two")
	d.Report(at(2), "b", "another hint", "two")
	want := Problems{
		{at(1), "a", `one \x1b[2J`, `do\nit`},
		{at(2), "b", "two", ""},
		{at(2), "b", "two", "another hint"},
	}
	if diff := cmp.Diff(want, d.Problems()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"id", "if", "needs", "max_attempts", "timeout", "title", "retry", "run", "on_failure"}
	tests := []struct{ word, want string }{
		{"titel", "title"},
		{"titl", "title"},
		{"maxAttempts", "max_attempts"},
		{"max-attempts", "max_attempts"},
		{"MAX_ATTEMPTS", "max_attempts"},
		{"max_atempt", "max_attempts"},
		{"timeuot", "timeout"},
		{"onFailure", "on_failure"},
		{"ID", "id"},
		{"rnu", "run"},
		{"need", "needs"},
		{"x", ""},
		{"ix", ""},
		{"description", ""},
		{"", ""},
		{strings.Repeat("title", 100), ""},
	}
	for _, tt := range tests {
		if got := Nearest(tt.word, known); got != tt.want {
			t.Errorf("%q is nearest to %q, want %q", tt.word, got, tt.want)
		}
	}
}

func TestEdits(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "ba", 1}, {"abc", "cab", 2}, {"é", "e", 1}, {"needs", "need", 1}, {"kitten", "sitting", 3}}
	for _, tt := range tests {
		if got := edits(tt.a, tt.b); got != tt.want {
			t.Errorf("edits(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := edits(tt.b, tt.a); got != tt.want {
			t.Errorf("edits(%q, %q) = %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestQuote(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a", `"a"`},
		{"\x1b\x00\u202e\"", `"\x1b\x00\u202e\""`},
		{strings.Repeat("é", 60), `"` + strings.Repeat("é", 60) + `"`},
		{strings.Repeat("é", 61), `"` + strings.Repeat("é", 59) + `…"`},
	}
	for _, tt := range tests {
		if got := Quote(tt.text); got != tt.want {
			t.Errorf("Quote(%q) = %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestKindString(t *testing.T) {
	for k := Null; k <= Mapping; k++ {
		if k.String() == "" || strings.HasPrefix(k.String(), "kind ") {
			t.Errorf("kind %d has no word", int(k))
		}
	}
	if got := Kind(99).String(); got != "kind 99" {
		t.Errorf("an unknown kind is %q", got)
	}
}

// TestMisspeltKeyIsNotMissing: a needed key that stands there misspelt, or as
// another tool calls it, is one problem and not two.
func TestMisspeltKeyIsNotMissing(t *testing.T) {
	d := NewDecoder()
	m := d.Map(parse(t, "titel: a\ncustomer: b\nowner:c: d\n"), "a plan")
	m.Need("title")
	m.Need("client")
	m.Need("owner")
	m.Need("level")
	if diff := cmp.Diff([]string{"titel", "customer", "owner:c"}, m.Unknown()); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
	m.Done(map[string]string{"customer": `msp says "client"`})
	want := strings.Join([]string{
		`f.yaml:1:1: missing-key: a plan needs the key "level"`, "     hint: add level: …",
		`f.yaml:1:1: unknown-key: "titel" is not a key of a plan`, `     hint: did you mean "title"?`,
		`f.yaml:2:1: unknown-key: "customer" is not a key of a plan`, `     hint: msp says "client"`,
		`f.yaml:3:1: unknown-key: "owner:c" is not a key of a plan`, `     hint: put a space behind the colon of "owner"`,
	}, "\n")
	if diff := cmp.Diff(want, d.Problems().Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
