package runbook

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/expr-lang/expr"

	"github.com/msp-runbook/msp/runbook/document"
)

// wide is a scope with a value of every type, and names that are hard to read.
func wide() *Scope {
	var inputs []Field
	for _, name := range Types() {
		inputs = append(inputs, Field{Name: name, Type: Type(name)})
	}
	for _, name := range []string{"in", "not", "and", "let", "nil", "true", "two words", "with.dot", "9", "_", "Ä", "unread"} {
		inputs = append(inputs, Field{Name: name, Type: Boolean})
	}
	inputs = append(inputs, Field{Name: "unread"})
	s := NewScope(inputs, []Secret{{Name: "KEY"}})
	s.Add("size", map[string]Type{"bytes": Number, "ok": Boolean, "in": Boolean})
	s.Add("not", map[string]Type{})
	return s.WithResult(map[string]Type{"bytes": Number, "ok": Boolean})
}

// pieces are what expressions are made of, the right and the wrong.
var pieces = []string{
	"inputs", "steps", "secrets", "run", "outputs", "stdout", "exit_code", "size", "bytes", "ok", "deviated", "failed", "outcome",
	"id", "client", "KEY", "boolean", "string", "list", "path", "duration", "in", "not", "and", "or", "let", "nil", "true", "9", "_", "Ä",
	"unread", "missing", "with", "dot", "?.", "[", "]", "(", ")", "==", "!", ">", "1", "'x'", "||", "&&", "??", "\u00a0", "\t", "\n", "//", "#",
}

// randomExpression is most often something like inputs.a.b or not inputs.a and steps.b.c.
func randomExpression(r *rand.Rand) string {
	var b strings.Builder
	for term := range 1 + r.IntN(3) {
		if term > 0 {
			b.WriteString([]string{" and ", " or ", " ", " and\n"}[r.IntN(4)])
		}
		if r.IntN(3) == 0 {
			b.WriteString("not ")
		}
		paths := []string{"steps.size.failed", "inputs.boolean", "steps.size.outputs.ok", "outputs.ok", "secrets.KEY", "run.id", "inputs.string"}
		if r.IntN(2) == 0 {
			b.WriteString(paths[r.IntN(len(paths))])
			continue
		}
		for name := range 1 + r.IntN(4) {
			if name > 0 {
				b.WriteString(".")
			}
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
	}
	return b.String()
}

// What can be seen to fit is what the library accepts: nothing is found out only
// when a run evaluates it.
func TestFits(t *testing.T) {
	s, r := wide(), rand.New(rand.NewPCG(1, 2))
	fitting := 0
	for range 30_000 {
		source := strings.TrimSpace(randomExpression(r))
		for _, c := range []struct{ secrets, condition bool }{{false, false}, {true, false}, {false, true}} {
			if !s.fits(source, c.secrets, c.condition) {
				continue
			}
			fitting++
			if _, err := s.compile(source, c.secrets, c.condition); err != nil {
				t.Fatalf("%q fits, and the library says %v (%+v)", source, err, c)
			}
		}
	}
	if fitting < 1000 {
		t.Errorf("only %d expressions fit", fitting)
	}
}

// What most runbooks say is among what can be seen to fit.
func TestFitsPlain(t *testing.T) {
	s := wide()
	for source, want := range map[string]bool{
		"inputs.boolean": true, "inputs.string": false, "steps.size.deviated": true, "steps.size.outputs.ok": true,
		"steps.size.outputs.bytes": false, "outputs.ok": true, "run.id": false, "not steps.size.failed": true,
		"steps.size.failed or not inputs.boolean and outputs.ok": true, "not not inputs.boolean": false,
		"inputs.boolean and": false, "inputs.boolean inputs.boolean": false, "inputs.in": false, "inputs.missing": false, "secrets.KEY": false, "": false,
	} {
		if got := s.fits(source, false, true); got != want {
			t.Errorf("%q: %v", source, got)
		}
	}
}

// A scope compiles as the library's own front does: the same verdicts, in the same
// words.
func TestCompileAsLibrary(t *testing.T) {
	s, r := wide(), rand.New(rand.NewPCG(3, 4))
	refused := map[string]bool{}
	for i := range 3000 {
		source, condition := randomExpression(r), i%2 == 0
		options := []expr.Option{expr.Env(s.environment(source, false)), expr.Patch(present{}), expr.Patch(&bounds{})}
		options = append(options, presentOptions()...)
		for _, name := range forbiddenFunctions {
			options = append(options, expr.DisableBuiltin(name))
		}
		if condition {
			options = append(options, expr.AsBool())
		}
		want, wanted := expr.Compile(source, options...)
		got, err := s.compile(source, false, condition)
		if (err == nil) != (wanted == nil) {
			t.Fatalf("%q: %v, and the library says %v", source, err, wanted)
		}
		if err != nil {
			message, _ := s.explain(err, false)
			expected, _ := s.explain(wanted, false)
			if refused[message] = true; message != expected {
				t.Fatalf("%q: %s, and the library says %s", source, message, expected)
			}
			continue
		}
		if got.Disassemble() != want.Disassemble() {
			t.Fatalf("%q:\n%s\nand the library:\n%s", source, got.Disassemble(), want.Disassemble())
		}
	}
	if len(refused) < 20 {
		t.Errorf("only %d complaints: %q", len(refused), sortedKeys(refused))
	}
}

// A loaded runbook's expressions are evaluated side by side, and compiled then.
func TestEvaluateSideBySide(t *testing.T) {
	s, d := wide(), document.NewDecoder()
	expressions := make([]*Expression, 20)
	for i := range expressions {
		expressions[i] = &Expression{Source: "steps.size.deviated"}
		expressions[i].Check(s, d)
	}
	if problems := d.Problems(); len(problems) > 0 {
		t.Fatal(problems)
	}
	values := Values{Steps: map[string]StepValues{"size": {Deviated: true}}}
	var workers sync.WaitGroup
	for i := range 4 * len(expressions) {
		workers.Go(func() {
			if truth, err := expressions[i/4].True(values); err != nil || !truth {
				t.Errorf("%v, error %v", truth, err)
			}
		})
	}
	workers.Wait()
	if _, err := expressions[0].True(Values{}); err == nil || !strings.Contains(err.Error(), "steps.size") {
		t.Errorf("a step that isn't there: %v", err)
	}
}
