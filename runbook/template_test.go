package runbook_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// sample is what the templates and expressions of these tests may name.
var sample = struct {
	inputs  []runbook.Field
	secrets []runbook.Secret
	values  runbook.Values
}{
	inputs: []runbook.Field{
		{Name: "dir", Type: runbook.Path},
		{Name: "file", Type: runbook.FilePath},
		{Name: "name", Type: runbook.String},
		{Name: "n", Type: runbook.Number},
		{Name: "i", Type: runbook.Integer},
		{Name: "b", Type: runbook.Boolean},
		{Name: "d", Type: runbook.Span},
		{Name: "l", Type: runbook.List},
		{Name: "missing", Type: runbook.String},
	},
	secrets: []runbook.Secret{{Name: "TOKEN", Env: "TOKEN"}},
	values: runbook.Values{
		Inputs: map[string]runbook.Value{
			"dir": {Data: "/srv/backups"}, "file": {Data: "/srv/a.gz"}, "name": {Data: "acme"}, "n": {Data: 1200000.5}, "i": {Data: 7},
			"b": {Data: true}, "d": {Data: 90 * time.Minute}, "l": {Data: []string{"x", "y"}},
		},
		Steps: map[string]runbook.StepValues{
			"fresh": {Outcome: "passed", Outputs: map[string]runbook.Value{"path": {Data: "/srv/backups/new.gz"}, "size": {Data: 12.0}}},
		},
		Secrets: map[string]string{"TOKEN": "hunter2hunter2"}, RunID: "0192", Client: "acme",
	},
}

func sampleScope() *runbook.Scope {
	s := runbook.NewScope(sample.inputs, sample.secrets)
	s.Add("fresh", map[string]runbook.Type{"path": runbook.Path, "size": runbook.Number, "gone": runbook.Number})
	return s
}

// template takes a text as YAML would give it.
func template(t *testing.T, text string) (*runbook.Template, *document.Decoder) {
	t.Helper()
	root, problems := document.Parse("t.yaml", []byte("text: '"+strings.ReplaceAll(text, "'", "''")+"'\n"), document.DefaultLimits)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d := document.NewDecoder()
	return runbook.NewTemplate(root.Fields()[0].Value, d), d
}

func TestExpand(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain $HOME {{ x }} $ {": "plain $HOME {{ x }} $ {", "${{ inputs.name }}": "acme", "a${{inputs.i}}b${{  inputs.b  }}c": "a7btruec",
		"${{ inputs.n }}": "1200000.5", "${{ inputs.d }}": "1h30m0s", "${{ inputs.l }}": "x,y", "${{ run.client }}/${{ run.id }}": "acme/0192",
		"${{ inputs.i * 2 + 1 }}": "15", `${{ inputs.b ? "yes" : "no" }}`: "yes", "${{ steps.fresh.outputs.size > 3 and steps.fresh.passed }}": "true",
		"${{ inputs.i / 2 }}": "3.5", `${{ "a}" }}`: "a}",
	} {
		tmpl, d := template(t, text)
		tmpl.Check(sampleScope(), d)
		got, err := tmpl.Expand(sample.values)
		if got != want || err != nil || len(d.Problems()) > 0 {
			t.Errorf("%q: %q, error %v, problems %v", text, got, err, d.Problems())
		}
	}
	// What has no value is never empty text.
	for text, want := range map[string]string{
		"${{ inputs.missing }}": "has no value", "${{ steps.fresh.outputs.gone }}": "has no value", "${{ inputs.l[5] }}": "out of range", "${{ 1 % int(inputs.n - 1200000.5) }}": "divide by zero",
	} {
		tmpl, d := template(t, text)
		tmpl.Check(sampleScope(), d)
		got, err := tmpl.Expand(sample.values)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "t.yaml:1:12: ") {
			t.Errorf("%q: %q, error %v, problems %v", text, got, err, d.Problems())
		}
	}
}

func TestExpandSecrets(t *testing.T) {
	tmpl, d := template(t, "Bearer ${{ secrets.TOKEN }}")
	tmpl.CheckWithSecrets(sampleScope(), d)
	if got, err := tmpl.ExpandWithSecrets(sample.values); got != "Bearer hunter2hunter2" || err != nil || len(d.Problems()) > 0 {
		t.Errorf("%q, error %v", got, err)
	}
	if got, err := tmpl.Expand(sample.values); err == nil {
		t.Errorf("without secrets it became %q", got)
	}
	tmpl, d = template(t, "Bearer ${{ secrets.TOKEN }}")
	tmpl.Check(sampleScope(), d)
	if text := d.Problems().Error(); !strings.Contains(text, "t.yaml:1:19: expression: ") || !strings.Contains(text, "only through its env") {
		t.Errorf("%s", text)
	}
	if _, err := tmpl.Expand(sample.values); err == nil {
		t.Error("what was not checked was expanded")
	}
}

// TestFolder holds that no path of a document leaves its folder.
func TestFolder(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("the paths are a Unix's")
	}
	for _, test := range []struct{ text, name, root, rest string }{
		{"", "", "/base", "."},
		{".", "", "/base", "."},
		{"a/b", "", "/base", "a/b"},
		{"a//./b/", "", "/base", "a/b"},
		{"a/../b", "", "/base", "b"},
		{"${{ inputs.dir }}", "", "/srv/backups", "."},
		{"${{ inputs.dir }}/*.gz", "", "/srv/backups", "*.gz"},
		{"${{ inputs.dir }}//x", "", "/srv/backups", "x"},
		{"${{ inputs.file }}.sha256", "", "/srv", "a.gz.sha256"},
		{"${{ inputs.dir }}${{ inputs.name }}", "-old", "/srv", "backups-old"},
		{"${{ steps.fresh.outputs.path }}", "", "/srv/backups/new.gz", "."},
		{"${{ inputs.name }}/x", "acme", "/base", "acme/x"},
		{"x/${{ inputs.name }}", "a..b", "/base", "x/a..b"},
		{"${{ inputs.dir }}/${{ inputs.name }}", "/etc/passwd", "/srv/backups", "etc/passwd"},
	} {
		tmpl, d := template(t, test.text)
		tmpl.CheckPath(sampleScope(), d)
		root, rest, err := tmpl.Folder(named(test.name), "/base")
		if root != test.root || rest != test.rest || err != nil {
			t.Errorf("%q with %q: %q %q, error %v", test.text, test.name, root, rest, err)
		}
	}
	for _, test := range []struct{ text, name, want string }{
		{"..", "", "leaves its folder"},
		{"a/../../b", "", "leaves its folder"},
		{"/etc", "", "absolute"},
		{"${{ inputs.name }}", "..", "leaves its folder"},
		{"${{ inputs.name }}", "/etc/passwd", "absolute"},
		{"x/${{ inputs.name }}", "../../y", "leaves its folder"},
		{"${{ inputs.dir }}/${{ inputs.name }}", "../x", "leaves its folder"},
		{"${{ inputs.dir }}${{ inputs.name }}", "/../x", "leaves its folder"},
		{"${{ inputs.dir }}${{ inputs.name }}", "x/../../y", "leaves its folder"},
		{"${{ inputs.file }}${{ inputs.name }}", "/../../etc", "leaves its folder"},
		{`${{ inputs.dir + "" }}`, "", "absolute"},
		{`${{ "/etc" }}`, "", "absolute"},
		{"${{ inputs.missing }}/x", "", "has no value"},
		{"${{ inputs.dir }}/${{ inputs.missing }}", "", "has no value"},
	} {
		tmpl, d := template(t, test.text)
		tmpl.CheckPath(sampleScope(), d)
		root, rest, err := tmpl.Folder(named(test.name), "/base")
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "t.yaml:1:") {
			t.Errorf("%q with %q: %q %q, error %v", test.text, test.name, root, rest, err)
		}
	}
	var none *runbook.Template
	if root, rest, err := none.Folder(sample.values, "/base"); root != "/base" || rest != "." || err != nil {
		t.Errorf("%q %q, error %v", root, rest, err)
	}
}

func named(name string) runbook.Values {
	values := sample.values
	values.Inputs = map[string]runbook.Value{"dir": values.Inputs["dir"], "file": values.Inputs["file"], "name": {Data: name}}
	return values
}

// expression takes the text of a condition as YAML would give it.
func expression(t *testing.T, text string, d *document.Decoder) *runbook.Expression {
	t.Helper()
	root, problems := document.Parse("t.yaml", []byte("if: '"+strings.ReplaceAll(text, "'", "''")+"'\n"), document.DefaultLimits)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return runbook.NewExpression(root.Fields()[0].Value, d)
}

// TestConditions holds that an unknown answer is an error and never a no.
func TestConditions(t *testing.T) {
	for text, want := range map[string]string{
		"inputs.n > 3 and inputs.b": "true", "${{ inputs.i == 7 }}": "true", "inputs.d > duration('1h')": "true", "any(inputs.l, # == 'y')": "true", "inputs.i in 1..7": "true",
		"steps.fresh.passed and not steps.fresh.failed": "true", "steps.fresh.deviated": "false", "steps.fresh.exit_code != 0": "false", "len(steps.fresh.outputs) == 3": "false",
		"steps.typo.passed": "unknown field typo", "steps.fresh.done": "unknown field done", "steps.fresh.outputs.typo == 1": "unknown field typo", "inputs['typo'] == 1": "unknown field typo",
		"inputs.missing == ''": "inputs.missing has no value", "inputs.missing != 'x'": "inputs.missing has no value", "inputs.missing in ['x']": "inputs.missing has no value",
		"steps.fresh.outputs.gone == 3": "steps.fresh.outputs.gone has no value", "$env.inputs.missing == 'x'": "$env.inputs.missing has no value", "inputs[inputs.name + ''] == 'x'": "has no value",
		"steps.fresh.passed or inputs.missing == 'x'": "true", "inputs.missing == nil": "true", "nil != inputs.missing": "false", "(inputs.missing ?? 'x') == 'x'": "true",
		"(inputs.missing ?? steps.fresh.outputs.gone ?? 3) == 3": "true", "inputs.n": "expected true or false, but got number", "inputs.n == 'x'": "mismatched types number and string",
		"secrets.TOKEN == 'x'": "unknown name secrets", "$env.secrets.TOKEN == 'x'": "unknown name secrets", "now().Year() > 3": "unknown name now", "get(inputs, 'n') == 3": "unknown name get",
		"let a = 3; a == 3": "no variables", "any(inputs.l, any(inputs.l, # == 'x'))": "can't stand inside a loop", "any(1..3, # == 3)": "only stand behind in", "repeat('x', 3) == 'x'": "unknown name repeat",
		"replace('a', 'a', 'aa') == 'aa'": "unknown name replace", "join(inputs.l, 'x') == ''": "unknown name join", "toJSON('x') == ''": "unknown name toJSON",
		"reduce(inputs.l, #acc + #, '') == ''": "can't call reduce", "inputs.n = 3": "unexpected token", "inputs.name matches '('": "missing closing )", "1 +": "it ends too early",
		"inputs.name == '" + strings.Repeat("x", 4096) + "'": "the most is 4096", strings.Repeat("(", 2000) + "true" + strings.Repeat(")", 2000): "true",
		strings.Repeat("not ", 1000) + "true": "true", strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + " == []": "",
	} {
		d := document.NewDecoder()
		e := expression(t, text, d)
		e.Check(sampleScope(), d)
		got := d.Problems().Error()
		if got == "" {
			truth, err := e.True(sample.values)
			if got = strconv.FormatBool(truth); err != nil {
				got = err.Error()
			}
		}
		if !strings.Contains(got, want) {
			t.Errorf("%.80q: %.300s, want %s", text, got, want)
		}
	}
	var none *runbook.Expression
	none.Check(sampleScope(), document.NewDecoder())
	unchecked := expression(t, "true", document.NewDecoder())
	if _, err := unchecked.True(sample.values); err == nil || !strings.Contains(err.Error(), "was not checked") {
		t.Error(err)
	}
}

// TestBraces holds that what other tools write without a dollar is found, and
// that other programs' own templates are left alone.
func TestBraces(t *testing.T) {
	for text, want := range map[string]string{
		"x{{ inputs.dir }}": `t.yaml:1:9: expression: "{{ inputs" is plain text here`, "{{secrets.TOKEN}}": `"{{secrets" is plain`,
		"a${inputs.dir}": `t.yaml:1:9: expression: "${inputs" is`, "$(inputs.dir)": `"$(inputs" is`, "<% inputs.dir %>": `"<% inputs" is`, "${HOME}": "", "$(inputs)": "",
		"${{ inputs.dir }}/{{ steps.a.passed }}": "t.yaml:1:26: ", "{{ .Names }}": "", "{{ inputs }}": "", "{ inputs.dir }": "", "${{ inputs.dir }}": "",
	} {
		_, d := template(t, text)
		if got := d.Problems().Error(); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// TestPathsOfOtherSystems holds that a path is judged alike on every machine.
func TestPathsOfOtherSystems(t *testing.T) {
	for _, text := range []string{"/etc/passwd", `C:\Backups`, "c:/backups", "C:x", `\\server\share`, `\x`, `a\..\..\b`, "../x", "a/..", "${{ inputs.dir }}/../x", `${{ inputs.dir }}\..\x`, "${{ inputs.name }}/.."} {
		tmpl, d := template(t, text)
		tmpl.CheckPath(sampleScope(), d)
		if got := d.Problems().Error(); !strings.Contains(got, "path-leaves-folder") {
			t.Errorf("%q: %q", text, got)
		}
	}
	for _, text := range []string{"a..b/c...d", "${{ inputs.dir }}/c:/x", ".", "ab:/x", "1:/x"} {
		tmpl, d := template(t, text)
		if tmpl.CheckPath(sampleScope(), d); len(d.Problems()) > 0 {
			t.Errorf("%q: %v", text, d.Problems())
		}
	}
}

// FuzzExpression holds that an expression that was accepted either gives a
// value or an error with its place, and that paths never leave their folder.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		`inputs.name`, `inputs.n > 3 and not inputs.b`, `inputs.l[0]`, `steps.fresh.outputs.path`, `secrets.TOKEN`, `inputs.name matches "("`, `inputs.i ?? 3`,
		`inputs["name"]`, `len(inputs.l) in 1..3`, `map(inputs.l, # + "x")`, `inputs.dir + "/.." `, `"../" + inputs.name`, `repeat("x", 1000)`, `{"a": 1}.a`, `let x = 3; x`, `inputs.d > duration("1h")`, `map(inputs.l, map(inputs.l, #))`, `(inputs.missing ?? "x") + string(inputs.l)`, `sortBy(inputs.l, #)`, `$env["secrets"]`, `1..9`, `inputs?.name`, `[inputs.n, {"b": inputs.i}]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 500 || strings.ContainsAny(source, "\x00\r\n") || !isPlain(source) {
			t.Skip()
		}
		tmpl, d := template(t, "x${{ "+source+" }}")
		tmpl.Check(sampleScope(), d)
		if len(d.Problems()) == 0 {
			if got, err := tmpl.Expand(sample.values); err == nil && (strings.Contains(got, "hunter2hunter2") || len(got) > 64<<10) {
				t.Fatalf("%q gives the secret, or too much: %.200q", source, got)
			}
		}
		path, d := template(t, "${{ "+source+" }}/x")
		path.CheckPath(sampleScope(), d)
		if len(d.Problems()) > 0 {
			return
		}
		if _, rest, err := path.Folder(sample.values, "/base"); err == nil && !filepath.IsLocal(rest) {
			t.Fatalf("%q leaves its folder: %q", source, rest)
		}
	})
}

// isPlain spares what YAML doesn't take.
func isPlain(text string) bool {
	_, problems := document.Parse("t.yaml", []byte("text: '"+strings.ReplaceAll(text, "'", "''")+"'\n"), document.DefaultLimits)
	return len(problems) == 0
}

// TestShellPaths holds that a path which only a shell would understand is refused.
func TestShellPaths(t *testing.T) {
	for text, want := range map[string]string{
		"~/reports": `"~"`, "$HOME/x": `"$HOME"`, "${HOME}/x": `"${"`, "%TEMP%/x": `"%TEMP%"`, "a\today": "single quotes",
		"a~": "", "price$": "", "100%": "", "${{ inputs.dir }}/~x": "",
	} {
		tmpl, d := template(t, text)
		tmpl.CheckPath(sampleScope(), d)
		if got := d.Problems().Error(); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%q: %s", text, got)
		}
	}
}
