package runbook

import (
	"reflect"
	"strings"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/vm"
)

// commonConfig is how every expression is compiled, whatever it may name. It is
// made once, since making it takes longer than compiling most expressions, and
// not changed after.
var commonConfig = sync.OnceValue(func() *conf.Config {
	config := conf.CreateNew()
	for _, option := range presentOptions() {
		option(config)
	}
	for _, name := range forbiddenFunctions {
		config.Disabled[name] = true
		delete(config.Builtins, name)
	}
	return config
})

// prepare gives the program of an expression, or says why it is not fit for the
// scope. Most expressions can be seen to be fit. Such a one is compiled when it is
// first evaluated, which for most runbooks that are read is never.
func (s *Scope) prepare(source string, secrets, condition bool) (func() (*vm.Program, error), error) {
	if s.fits(source, secrets, condition) {
		return sync.OnceValues(func() (*vm.Program, error) { return s.compile(source, secrets, condition) }), nil
	}
	program, err := s.compile(source, secrets, condition)
	return func() (*vm.Program, error) { return program, nil }, err
}

// fits reports whether an expression is a path of known names, or such paths to yes
// or no with and, or and not between them. Whatever else there is, the library
// judges.
func (s *Scope) fits(source string, secrets, condition bool) bool {
	words := strings.Fields(source)
	if len(words) == 1 {
		t := s.look(source, secrets)
		return t != "" && (!condition || t == Boolean)
	}
	open := true // a path has to follow
	for i, word := range words {
		switch {
		case open && word == "not" && (i == 0 || words[i-1] != "not"):
		case open && s.look(word, secrets) == Boolean:
			open = false
		case !open && (word == "and" || word == "or"):
			open = true
		default:
			return false
		}
	}
	return !open
}

// look gives the type of the value that a path of names leads to, such as
// steps.size.outputs.bytes; "" where the names alone don't tell, and for all that
// is more than a path.
func (s *Scope) look(source string, secrets bool) Type {
	names := strings.Split(source, ".")
	for _, name := range names {
		if !plainName(name) {
			return ""
		}
	}
	last := names[len(names)-1]
	outputs, known := s.steps[names[min(1, len(names)-1)]]
	switch form := names[0]; {
	case form == "inputs" && len(names) == 2:
		return s.inputs[last]
	case form == "run" && len(names) == 2:
		return runTypes[last]
	case form == "secrets" && len(names) == 2 && secrets && s.secrets[last]:
		return String
	case form == "outputs" && len(names) == 2:
		return s.result[last]
	case form == "steps" && len(names) == 3 && known:
		return stepTypes[last]
	case form == "steps" && len(names) == 4 && names[2] == "outputs":
		return outputs[last]
	}
	return ""
}

// plainName reports whether a text is a name in an expression and no word of the
// language.
func plainName(text string) bool {
	switch text {
	case "", "in", "or", "and", "not", "matches", "contains", "startsWith", "endsWith", "let", "if", "else", "true", "false", "nil":
		return false
	}
	for i := range len(text) {
		letter := text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z' || text[i] == '_'
		if digit := text[i] >= '0' && text[i] <= '9'; !letter && (!digit || i == 0) {
			return false
		}
	}
	return true
}

// compile does what expr.Compile does, with the configuration that all
// expressions share.
func (s *Scope) compile(source string, secrets, condition bool) (*vm.Program, error) {
	rules := &bounds{}
	config := *commonConfig()
	config.WithEnv(s.environment(source, secrets))
	config.Visitors = []ast.Visitor{present{}, rules}
	if condition {
		config.Expect, config.ExpectAny = reflect.Bool, true
	}
	tree, err := checker.ParseCheck(source, &config)
	if err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, &config); err != nil {
		return nil, err
	}
	program, err := compiler.Compile(tree, &config)
	if err != nil {
		return nil, err
	}
	return program, rules.broken()
}
