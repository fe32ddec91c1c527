package format_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/joshdk/go-junit"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/lint/format"
)

const hostile = "]]> \" ' <script>alert(1)</script> & ::error file=x::forged\r\n::warning::forged %0A \x1b[31m\x00\u2028\ufffe \U0001F600 \xff"

// report has findings of each severity, in a file with a name to fear.
func report() lint.Report {
	at := func(file string, line, column int) document.Position {
		return document.Position{File: file, Line: line, Column: column}
	}
	strange := "runbooks/a b,c:d%20\"<&'ü.yaml"
	no := func(p document.Position, rule, message, hint string, s lint.Severity) lint.Finding {
		return lint.Finding{Problem: document.Problem{Position: p, Rule: rule, Message: message, Hint: hint}, Severity: s}
	}
	return lint.Report{
		Files: []string{"runbooks/clean.yaml", "runbooks/mail.yaml", strange},
		Findings: []lint.Finding{
			no(at("runbooks/mail.yaml", 1, 1), "no-owner", "the runbook names no owner", "owner: {team: mail}", lint.Warning),
			no(at("runbooks/mail.yaml", 7, 3), "unknown-key", hostile, hostile, lint.Error),
			no(at(strange, 0, 0), "too-large", "the file is too large", "", lint.Error),
			no(at(strange, 9, 120), "duplicate-runbook", "nearly the same", "make one of them", lint.Info),
		},
		Waived: []lint.Waived{{
			Finding: no(at("runbooks/mail.yaml", 5, 2), "vague-verb", "handle", "", lint.Warning),
			By:      runbook.Waiver{Rule: "vague-verb", Because: hostile, Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)},
		}},
	}
}

func written(t *testing.T, write format.Writer, failOn lint.Severity) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, report(), format.Options{Version: "1.2.3", FailOn: failOn}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// publishedSARIF is the schema that OASIS published, out of the source of a library
// that has it.
func publishedSARIF(t *testing.T) *jsonschema.Schema {
	t.Helper()
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(strings.TrimSpace(string(folder)), "pkg/report/v210/sarif/schema.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok {
			text = strings.Trim(literal.Value, "`")
		}
		return true
	})
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("sarif.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func validate(schema *jsonschema.Schema, data []byte) error {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

// TestSARIF holds the log to the schema that OASIS published, and to what was found.
func TestSARIF(t *testing.T) {
	schema := publishedSARIF(t)
	data := written(t, format.SARIF, lint.Error)
	if err := validate(schema, data); err != nil {
		t.Fatal(err)
	}
	if validate(schema, bytes.Replace(data, []byte(`"level": "note"`), []byte(`"level": "remark"`), 1)) == nil {
		t.Error("the schema takes a level that there isn't")
	}
	log, err := sarif.FromBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	var got []string
	for _, r := range run.Results {
		place := r.Locations[0].PhysicalLocation
		got = append(got, r.Level+" "+*r.RuleID+" "+*place.ArtifactLocation.URI)
		if rule := run.Tool.Driver.Rules[r.RuleIndex]; *rule.ID != *r.RuleID {
			t.Errorf("the index %d leads to %s, not to %s", r.RuleIndex, *rule.ID, *r.RuleID)
		}
	}
	want := []string{
		"warning no-owner runbooks/mail.yaml",
		"error unknown-key runbooks/mail.yaml",
		"error too-large runbooks/a%20b%2Cc:d%2520%22%3C&%27%C3%BC.yaml",
		"note duplicate-runbook runbooks/a%20b%2Cc:d%2520%22%3C&%27%C3%BC.yaml",
		"warning vague-verb runbooks/mail.yaml",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if s := run.Results[4].Suppressions; len(s) != 1 || *s[0].Justification != strings.ToValidUTF8(hostile, "\ufffd") {
		t.Errorf("the waiver is not a suppression: %v", s)
	}
}

func TestJUnit(t *testing.T) {
	suites, err := junit.Ingest(written(t, format.JUnit, lint.Error))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, suite := range suites {
		for _, test := range suite.Tests {
			got[suite.Name] = append(got[suite.Name], string(test.Status)+" "+test.Name)
		}
	}
	want := map[string][]string{
		"runbooks/clean.yaml":            {"passed lint"},
		"runbooks/mail.yaml":             {"passed no-owner at 1:1", "failed unknown-key at 7:3", "skipped vague-verb at 5:2"},
		"runbooks/a b,c:d%20\"<&'ü.yaml": {"failed too-large at 0:0", "passed duplicate-runbook at 9:120"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	strict, err := junit.Ingest(written(t, format.JUnit, lint.Info))
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, suite := range strict {
		failed += suite.Totals.Failed
	}
	if failed != 4 {
		t.Errorf("%d cases fail where advice does", failed)
	}
}

// checkstyleReader prints what Python's own parser, expat, reads.
const checkstyleReader = `
import sys, json, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
assert root.tag == "checkstyle" and root.get("version") == "4.3", root.tag
print(json.dumps([[f.get("name"), e.get("line"), e.get("severity"), e.get("source"), e.get("message")] for f in root for e in f]))
`

func TestCheckstyle(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("python3 is not installed: nothing else here reads the report")
	}
	c := exec.Command(python, "-c", checkstyleReader)
	c.Stdin = bytes.NewReader(written(t, format.Checkstyle, lint.Error))
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got [][]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || got[1][3] != "msp.unknown-key" || got[1][2] != "error" || !strings.Contains(got[1][4], "<script>alert(1)</script> &") {
		t.Errorf("%q", got)
	}
	if diff := cmp.Diff([]string{"runbooks/a b,c:d%20\"<&'ü.yaml", "9", "info", "msp.duplicate-runbook", "nearly the same\nhint: make one of them"}, got[3]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A line that begins with :: is a command to GitHub's runner. Its grammar, and how it
// undoes escapes, are those of ActionCommand in actions/runner.
var (
	githubCommand  = regexp.MustCompile(`^::(error|warning|notice) ((?:[a-zA-Z]+=[^,:\r\n]*)(?:,[a-zA-Z]+=[^,:\r\n]*)*)::([^\r\n]*)$`)
	githubUnescape = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
)

func TestGitHub(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(string(written(t, format.GitHub, lint.Error)), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines for 4 findings:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	wanted := []string{"warning", "error", "error", "notice"}
	for i, line := range lines {
		parts := githubCommand.FindStringSubmatch(line)
		if parts == nil || parts[1] != wanted[i] {
			t.Errorf("no workflow command of %s: %q", wanted[i], line)
			continue
		}
		for property := range strings.SplitSeq(parts[2], ",") {
			if name, value, _ := strings.Cut(property, "="); name == "file" && githubUnescape.Replace(value) != report().Findings[i].File {
				t.Errorf("the file is %q", githubUnescape.Replace(value))
			}
		}
	}
}

// TestEveryFormat finds each format by its name, and none by another.
func TestEveryFormat(t *testing.T) {
	if diff := cmp.Diff([]string{"checkstyle", "github", "junit", "sarif"}, format.Names()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, name := range format.Names() {
		if _, err := format.Find(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := format.Find("pdf"); err == nil {
		t.Error("a format that there isn't was found")
	}
}

func FuzzFormats(f *testing.F) {
	f.Add(hostile, "runbooks/mail.yaml")
	f.Fuzz(func(t *testing.T, message, file string) {
		r := lint.Report{Files: []string{file}, Findings: []lint.Finding{{
			Problem:  document.Problem{Position: document.Position{File: file, Line: 1, Column: 1}, Rule: "no-owner", Message: message, Hint: message},
			Severity: lint.Warning,
		}}}
		var b bytes.Buffer
		if err := format.JUnit(&b, r, format.Options{FailOn: lint.Info}); err != nil {
			t.Fatal(err)
		}
		if suites, err := junit.Ingest(b.Bytes()); err != nil || len(suites) != 1 || suites[0].Totals.Failed != 1 {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		b.Reset()
		if err := format.GitHub(&b, r, format.Options{}); err != nil {
			t.Fatal(err)
		}
		if line := strings.TrimSuffix(b.String(), "\n"); !githubCommand.MatchString(line) {
			t.Fatalf("%q", line)
		}
		b.Reset()
		if err := format.SARIF(&b, r, format.Options{}); err != nil || !json.Valid(b.Bytes()) {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
	})
}
