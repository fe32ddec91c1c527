// Package stepstest is the suite that every kind of step passes, and the
// runbook.Env that it runs in.
//
//	func TestKind(t *testing.T) {
//		stepstest.Run(t, file.Kind{}, stepstest.Cases{
//			Invalid: []stepstest.Invalid{{YAML: "path: /etc/*", Problems: []string{"1:7 path-leaves-folder"}}},
//			Runs: []stepstest.Case{{
//				Name: "empty", YAML: "path: a.tar\nmin_size: 1",
//				Prepare: func(t *testing.T, env *stepstest.Env) { env.Write(t, "a.tar", "", time.Hour) },
//				Found: "a.tar is empty", Expected: "at least 1 B",
//			}},
//		})
//	}
//
// YAML is what stands under the kind's key. Beside the cases the suite tries
// what is asked of any kind: that Decode reports whatever it can't read and
// never panics, that Run ends with its context, parks when nobody is there,
// yields what Outputs promises, and leaves the step's folder as it was.
package stepstest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Cases are what is particular to a kind.
type Cases struct {
	Invalid []Invalid
	Runs    []Case
}

// Invalid is YAML that has problems.
type Invalid struct {
	YAML     string
	Prepare  func(t *testing.T, env *Env) // nil: nothing
	Problems []string                     // "line:column rule", in order
	Says     []string                     // each is part of some message or hint
}

// Case is one run.
type Case struct {
	Name    string
	YAML    string
	Prepare func(t *testing.T, env *Env) // nil: nothing
	Writes  bool                         // the step changes its folder

	// What comes out: a result, a failure if Found is set, or another
	// error if Error is. Found, Expected and Error are parts of the text.
	Outputs         map[string]string // by name: the values' texts; those named only
	Detail          string
	Exit            int
	Proof           runbook.Proof
	Found, Expected string
	Error           string
	Verify          func(t *testing.T, env *Env, result runbook.Result) // may be nil
}

// Decode decodes YAML as the value of a kind's key.
func Decode(t *testing.T, kind runbook.Kind, yaml string) (runbook.Action, document.Problems) {
	t.Helper()
	d := document.NewDecoder()
	action := kind.Decode(parse(t, yaml), d)
	return action, d.Problems()
}

func parse(t *testing.T, yaml string) *document.Node {
	t.Helper()
	node, problems := document.Parse("step.yaml", []byte(yaml), document.Limits{})
	if len(problems) > 0 {
		t.Fatalf("the test's YAML: %v\n%s", problems, yaml)
	}
	return node
}

// Run runs the suite.
func Run(t *testing.T, kind runbook.Kind, c Cases) {
	t.Run("name", func(t *testing.T) { testName(t, kind) })
	t.Run("strange", func(t *testing.T) { testStrange(t, kind) })
	t.Run("misspelt", func(t *testing.T) { testMisspelt(t, kind, c) })
	for i, invalid := range c.Invalid {
		t.Run(fmt.Sprintf("invalid %d", i+1), func(t *testing.T) { testInvalid(t, kind, invalid) })
	}
	for _, example := range c.Runs {
		t.Run(example.Name, func(t *testing.T) {
			testRun(t, kind, example)
			testCancelled(t, kind, example)
			testPeople(t, kind, example)
		})
	}
}

func testName(t *testing.T, kind runbook.Kind) {
	if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(kind.Name()) {
		t.Errorf("the name %q is not snake_case", kind.Name())
	}
}

// testStrange decodes values that no kind can have a use for.
func testStrange(t *testing.T, kind runbook.Kind) {
	d := document.NewDecoder()
	kind.Decode(nil, d)
	if len(d.Problems()) == 0 {
		t.Error("an absent value is no problem")
	}
	for _, value := range []string{
		"", "true", "1", "1.5", "2026-11-21", `""`, "[]", "{}", "[[]]", "[{}]", "[~]", "{zzz: 1}", "{zzz: {zzz: [1]}}", "[[a], {b: c}]",
	} {
		node := parse(t, "key: "+value).Fields()[0].Value
		d := document.NewDecoder()
		action := kind.Decode(node, d)
		if len(d.Problems()) == 0 {
			t.Errorf("%q is no problem", value)
		}
		for _, p := range d.Problems() {
			if p.Line == 0 {
				t.Errorf("%q: a problem without position: %s", value, p)
			}
		}
		if action == nil {
			t.Errorf("%q: no action", value)
			continue
		}
		action.Describe()
		action.Outputs()
		action.Check(runbook.NewScope(nil, nil), d)
	}
}

// testMisspelt adds a misspelt copy of each key of the examples that are maps.
func testMisspelt(t *testing.T, kind runbook.Kind, c Cases) {
	tried := false
	for _, example := range c.Runs {
		node := parse(t, example.YAML)
		if node.Kind() != document.Mapping || strings.HasPrefix(example.YAML, "{") {
			continue
		}
		for _, field := range node.Fields() {
			tried = true
			_, problems := Decode(t, kind, strings.TrimRight(example.YAML, "\n")+"\n"+field.Key+"x: 1\n")
			want := fmt.Sprintf("did you mean %q?", field.Key)
			if len(problems) != 1 || problems[0].Rule != "unknown-key" || problems[0].Hint != want {
				t.Errorf("%sx: got %v, want unknown-key and %s", field.Key, problems, want)
			}
		}
	}
	if !tried {
		t.Error("no example is a map in block style")
	}
}

func testInvalid(t *testing.T, kind runbook.Kind, c Invalid) {
	env := NewEnv(t)
	if c.Prepare != nil {
		c.Prepare(t, env)
	}
	action, problems := Decode(t, kind, c.YAML)
	if len(problems) == 0 {
		problems = env.Check(action)
	}
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Rule))
	}
	if diff := cmp.Diff(c.Problems, got); diff != "" {
		t.Errorf("%s\n%s\n%s", c.YAML, diff, problems.Error())
	}
	for _, words := range c.Says {
		if !strings.Contains(problems.Error(), words) {
			t.Errorf("%s\nno problem says %q:\n%s", c.YAML, words, problems.Error())
		}
	}
}

// prepare decodes and checks an example that has no problems.
func prepare(t *testing.T, kind runbook.Kind, c Case) (runbook.Action, *Env) {
	t.Helper()
	env := NewEnv(t)
	if c.Prepare != nil {
		c.Prepare(t, env)
	}
	action, problems := Decode(t, kind, c.YAML)
	if problems = append(problems, env.Check(action)...); len(problems) > 0 {
		t.Fatalf("the example has problems:\n%s", problems.Error())
	}
	if text := action.Describe(); strings.TrimSpace(text) == "" || !printable(text) {
		t.Errorf("Describe gives %q, want one line", text)
	}
	return action, env
}

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func testRun(t *testing.T, kind runbook.Kind, c Case) {
	action, env := prepare(t, kind, c)
	before := snapshot(t, env.Dir())
	result, err := action.Run(t.Context(), env)
	if c.Verify != nil {
		c.Verify(t, env, result)
	}
	if diff := cmp.Diff(before, snapshot(t, env.Dir())); diff != "" && !c.Writes {
		t.Errorf("the step changed its folder:\n%s", diff)
	}
	if !checkError(t, c, err) {
		return
	}
	checkResult(t, c, action, result)
	if !action.Repeatable() {
		return
	}
	again, err := action.Run(t.Context(), env)
	if err != nil || !cmp.Equal(result.Outputs, again.Outputs) {
		t.Errorf("a second run gave %v, %v; the first %v", again.Outputs, err, result.Outputs)
	}
}

// checkError compares an error; it is true where the case wants none and there
// is none.
func checkError(t *testing.T, c Case, err error) bool {
	t.Helper()
	var failure *runbook.Failure
	isFailure := errors.As(err, &failure)
	switch {
	case c.Found != "":
		if !isFailure || !strings.Contains(failure.Found, c.Found) || !strings.Contains(failure.Expected, c.Expected) {
			t.Errorf("got %#v (%v), want the failure %q, expected %q", err, err, c.Found, c.Expected)
		} else if !printable(failure.Found) || failure.Expected == "" {
			t.Errorf("the failure's words are %q and %q", failure.Found, failure.Expected)
		}
		return false
	case c.Error != "":
		if err == nil || isFailure || !strings.Contains(err.Error(), c.Error) {
			t.Errorf("got %#v (%v), want an error with %q that is no failure", err, err, c.Error)
		}
		return false
	case err != nil:
		t.Errorf("Run: %v", err)
	}
	return err == nil
}

func checkResult(t *testing.T, c Case, action runbook.Action, result runbook.Result) {
	t.Helper()
	promised := action.Outputs()
	for name, value := range result.Outputs {
		if typ, ok := promised[name]; !ok || typ != value.Type {
			t.Errorf("the output %s is a %s, Outputs says %q", name, value.Type, typ)
		}
		again, err := runbook.ParseValue(value.Type, value.Text, "/")
		if err != nil || !cmp.Equal(again, value) {
			t.Errorf("the output %s = %#v reads back as %#v, %v", name, value, again, err)
		}
	}
	for name, want := range c.Outputs {
		if got := result.Outputs[name].Text; got != want {
			t.Errorf("the output %s is %q, want %q", name, got, want)
		}
	}
	if result.Exit != nil && result.Exit.Code != c.Exit || result.Exit == nil && c.Exit != 0 {
		t.Errorf("exit %+v, want code %d", result.Exit, c.Exit)
	}
	if c.Proof != "" && result.Proof != c.Proof {
		t.Errorf("the proof is %q, want %q", result.Proof, c.Proof)
	}
	if c.Detail != "" && result.Detail != c.Detail {
		t.Errorf("the detail is %q, want %q", result.Detail, c.Detail)
	}
	if !printable(result.Detail) {
		t.Errorf("the detail is %q, want one line", result.Detail)
	}
}
