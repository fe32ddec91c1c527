package runbook

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/msp-runbook/msp/runbook/document"
)

// maxExpression is the most bytes an expression may have. Deep nests overflow
// the compiler's stack, and nothing that a person can read is longer.
const maxExpression = 4 << 10

// Scope is what the expressions of one step may name: the runbook's inputs,
// the steps before it, and, in env alone, its secrets. It holds types only.
type Scope struct {
	inputs  map[string]Type
	steps   map[string]map[string]Type // the outputs of each
	paths   map[string]bool            // names whose values are absolute paths chosen by a person or found inside such a path
	secrets map[string]bool
	result  map[string]Type // the outputs of the step's own result, for expect; nil elsewhere

	// What could not be read: any name may be one of them. AnyOutput is by step.
	anyInput, anyStep bool
	anyOutput         map[string]bool
}

// What an expression may name besides outputs: of a step, of the step's own
// result, and of the run.
var (
	stepTypes = map[string]Type{
		"outcome": String, "passed": Boolean, "failed": Boolean, "skipped": Boolean, "deviated": Boolean, "exit_code": Integer,
	}
	resultTypes = map[string]Type{"exit_code": Integer, "stdout": String}
	runTypes    = map[string]Type{"id": String, "client": String}
)

// NewScope gives the scope of a runbook's first step.
func NewScope(inputs []Field, secrets []Secret) *Scope {
	s := &Scope{
		inputs: map[string]Type{}, steps: map[string]map[string]Type{},
		paths: map[string]bool{}, secrets: map[string]bool{}, anyOutput: map[string]bool{},
	}
	for _, f := range inputs {
		s.inputs[f.Name] = f.Type
		if f.Type == Path || f.Type == FilePath {
			s.paths["inputs."+f.Name] = true
		}
	}
	for _, secret := range secrets {
		s.secrets[secret.Name] = true
	}
	return s
}

// Add makes a step's outcome and outputs visible to the steps behind it.
func (s *Scope) Add(id string, outputs map[string]Type) {
	for name, t := range outputs {
		if t == Path || t == FilePath {
			s.paths["steps."+id+".outputs."+name] = true
		}
	}
	s.steps[id] = outputs
}

// outputsOf are a step's outputs, and any other where they could not be read.
func (s *Scope) outputsOf(step *Step) map[string]Type {
	outputs := step.OutputTypes()
	if s.anyOutput[step.ID] {
		outputs[types.Extra] = ""
	}
	return outputs
}

// WithResult is the scope of a step's expect: the scope, and the result.
func (s *Scope) WithResult(outputs map[string]Type) *Scope {
	with := *s
	with.result = outputs
	return &with
}

// environment is the scope as the expression library wants it. A types.Map is
// closed: a name that isn't there is an error and not a null. Of the steps it
// holds those that the source can mean: the library walks all of it for each
// expression, and a long runbook has many of both.
func (s *Scope) environment(source string, secrets bool) types.Map {
	steps := types.Map{}
	for id, outputs := range s.steps {
		if strings.Contains(source, id) {
			step := exprTypes(stepTypes)
			step["outputs"] = exprTypes(outputs)
			steps[id] = step
		}
	}
	inputs := exprTypes(s.inputs)
	if s.anyInput {
		inputs[types.Extra] = types.Any
	}
	if s.anyStep {
		steps[types.Extra] = types.Any
	}
	env := types.Map{"inputs": inputs, "steps": steps, "run": exprTypes(runTypes)}
	if s.result != nil {
		maps.Copy(env, exprTypes(resultTypes))
		env["outputs"] = exprTypes(s.result)
	}
	if secrets {
		names := types.Map{}
		for name := range s.secrets {
			names[name] = types.String
		}
		env["secrets"] = names
	}
	return env
}

func exprTypes(named map[string]Type) types.Map {
	typed := make(types.Map, len(named))
	for name, t := range named {
		typed[name] = exprType(t)
	}
	return typed
}

func exprType(t Type) types.Type {
	switch t {
	case Number:
		return types.Float64
	case Integer:
		return types.Int
	case Boolean:
		return types.Bool
	case Span:
		return types.TypeOf(time.Duration(0))
	case List:
		return types.TypeOf([]string{})
	case "": // which has been complained about
		return types.Any
	default:
		return types.String
	}
}

// Expression is one expression. Goroutines may evaluate it side by side.
type Expression struct {
	document.Position
	Source  string
	program func() (*vm.Program, error) // nil until it was checked
	path    bool                        // it names a path that a person gave
}

// NewExpression takes the text of a node that holds a bare expression, or one
// inside ${{ }}. Check compiles it.
func NewExpression(n *document.Node, d *document.Decoder) *Expression {
	text := d.Text(n)
	source, offset := trimExpression(text)
	e := &Expression{Position: n.TextPosition(offset), Source: source}
	if source == "" && n != nil && !n.Refused() {
		d.Report(n.Position(), "expression", "write a condition, or leave the key out", "an expression is empty")
	}
	return e
}

func trimExpression(text string) (source string, offset int) {
	source = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(source, "${{"); ok && strings.HasSuffix(inner, "}}") {
		source = strings.TrimSpace(strings.TrimSuffix(inner, "}}"))
	}
	return source, max(strings.Index(text, source), 0)
}

// Check compiles the expression to a condition.
func (e *Expression) Check(s *Scope, d *document.Decoder) {
	if e != nil && e.Source != "" {
		e.compile(s, d, false, true)
	}
}

// compile makes the expression ready to be evaluated, or reports what is wrong with it.
func (e *Expression) compile(s *Scope, d *document.Decoder, secrets, condition bool) {
	if len(e.Source) > maxExpression {
		d.Report(e.Position, "expression", "", "an expression has %d bytes, the most is %d", len(e.Source), maxExpression)
		return
	}
	program, err := s.prepare(e.Source, secrets, condition)
	if err != nil && s.misnames(e.Source) {
		return // which has been complained about
	}
	if err != nil {
		message, hint := s.explain(err, secrets)
		d.Report(e.Position, "expression", slipHint(e.Source, message, hint), "in the expression %q: %s", e.Source, message)
		return
	}
	e.program = program
}

// typeWords calls types what a runbook calls them.
var typeWords = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("float64", "number", "time.Duration", "duration", "[]string", "list", "expected bool", "expected true or false", "bool", "boolean", "int", "integer")
})

// explain puts the library's error into a sentence and, where it can, a hint.
func (s *Scope) explain(err error, secrets bool) (message, hint string) {
	message = err.Error()
	if unbounded := unboundedError(""); errors.As(err, &unbounded) {
		return message, "a script can compute it"
	}
	var positioned *file.Error
	if errors.As(err, &positioned) {
		message = positioned.Message
	}
	message, _, _ = strings.Cut(message, "\n")
	switch {
	case strings.Contains(message, "mismatched types"), strings.Contains(message, "expected bool"):
		message = typeWords().Replace(message)
	case strings.Contains(message, "unexpected token EOF"):
		message = "it ends too early"
	case strings.Contains(message, `unexpected token Operator("=")`):
		hint = "== compares"
	case strings.Contains(message, `unexpected token Identifier("AND")`), strings.Contains(message, `unexpected token Identifier("OR")`):
		hint = "and, or, not are written in lower case"
	case strings.Contains(message, "unknown name secrets") && !secrets:
		hint = "a secret reaches a step only through its env: NAME: \"${{ secrets.NAME }}\""
	case strings.Contains(message, "unknown name"), strings.Contains(message, "unknown field"):
		hint = "an expression may name " + s.names(secrets)
	default:
		hint = "text stands in quotes; ==, !=, < and > compare; and, or, not join"
	}
	return message, hint
}

func (s *Scope) names(secrets bool) string {
	parts := []string{}
	if secrets {
		for _, name := range sortedKeys(s.secrets) {
			parts = append(parts, "secrets."+name)
		}
	}
	for _, name := range sortedKeys(s.inputs) {
		parts = append(parts, "inputs."+name)
	}
	for _, id := range sortedKeys(s.steps) {
		parts = append(parts, "steps."+id)
	}
	if len(parts) == 0 {
		return "inputs and the steps before its own; here there are none"
	}
	if len(parts) > 8 {
		parts = append(parts[:8], "…")
	}
	return strings.Join(parts, ", ")
}

// Values is what expressions see while a run goes on: the same names as the
// Scope that they were checked in.
type Values struct {
	Inputs  map[string]Value
	Steps   map[string]StepValues
	Secrets map[string]string
	RunID   string
	Client  string
	Self    *SelfValues
}

// StepValues is what later steps may know of a step.
type StepValues struct {
	Outcome  string
	Deviated bool
	ExitCode int
	Outputs  map[string]Value
}

// SelfValues is what a step's own expect may know.
type SelfValues struct {
	ExitCode int
	Stdout   string
	Outputs  map[string]Value
}

func (v Values) environment(secrets bool) map[string]any {
	steps := make(map[string]any, len(v.Steps))
	for id, s := range v.Steps {
		steps[id] = map[string]any{
			"outcome": s.Outcome, "passed": s.Outcome == "passed", "failed": s.Outcome == "failed",
			"skipped":  s.Outcome == "skipped" || s.Outcome == "not_needed",
			"deviated": s.Deviated, "exit_code": s.ExitCode, "outputs": dataOf(s.Outputs),
		}
	}
	env := map[string]any{
		"inputs": dataOf(v.Inputs), "steps": steps,
		"run": map[string]any{"id": v.RunID, "client": v.Client},
	}
	if v.Self != nil {
		env["exit_code"], env["stdout"], env["outputs"] = v.Self.ExitCode, v.Self.Stdout, dataOf(v.Self.Outputs)
	}
	if secrets {
		env["secrets"] = v.Secrets
	}
	return env
}

func dataOf(values map[string]Value) map[string]any {
	data := make(map[string]any, len(values))
	for name, v := range values {
		data[name] = v.Data
	}
	return data
}

// True evaluates a condition.
func (e *Expression) True(v Values) (bool, error) {
	result, err := e.eval(v, false)
	if err != nil {
		return false, err
	}
	truth, ok := result.(bool)
	if !ok {
		return false, fmt.Errorf("%s: the expression %q gave no yes or no", e.Position, e.Source)
	}
	return truth, nil
}

func (e *Expression) eval(v Values, secrets bool) (any, error) {
	if e.program == nil {
		return nil, fmt.Errorf("%s: the expression %q was not checked", e.Position, e.Source)
	}
	program, err := e.program()
	if err != nil {
		return nil, fmt.Errorf("%s: the expression %q: %w", e.Position, e.Source, err)
	}
	result, err := expr.Run(program, v.environment(secrets))
	if err != nil {
		message, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("%s: the expression %q: %s", e.Position, e.Source, message)
	}
	return result, nil
}
