package runbook

import (
	"reflect"
	"strings"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/checker/nature"
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
	config.Strict = true
	return config
})

// prepare gives the program of an expression that is fit for the scope. A path of
// known names can't be unfit, and most expressions are no more than one: it is
// compiled when it is first evaluated, which for most runbooks is never.
func (s *Scope) prepare(source string, secrets, condition bool) (func() (*vm.Program, error), error) {
	if leaf, ok := s.look(source, secrets); ok && (!condition || leaf.Kind == reflect.Bool) {
		return sync.OnceValues(func() (*vm.Program, error) { return s.compile(source, secrets, condition) }), nil
	}
	program, err := s.compile(source, secrets, condition)
	return func() (*vm.Program, error) { return program, nil }, err
}

// look gives the type of the value that a path of names leads to, such as
// steps.size.outputs.bytes. It is false where the names alone don't tell, and for
// all that is more than a path.
func (s *Scope) look(source string, secrets bool) (leaf nature.Nature, ok bool) {
	first, rest, _ := strings.Cut(source, ".")
	at, ok := s.top(first, secrets)
	for ok && rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, ".")
		if at.TypeData == nil || !plainName(name) {
			return nature.Nature{}, false
		}
		at, ok = at.Fields[name]
	}
	return at, ok && at.Type != nil && at.Kind != reflect.Map && !strings.HasSuffix(source, ".")
}

// top is what a name at the beginning of a path stands for.
func (s *Scope) top(name string, secrets bool) (names nature.Nature, ok bool) {
	switch name {
	case "inputs":
		return s.inputs, true
	case "steps":
		return s.steps, true
	case "run":
		return s.run, true
	case "secrets":
		return s.secrets, secrets
	}
	names, ok = s.self[name]
	return names, ok
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
// expressions share. The library notes in a type what it found out about it, so
// one scope compiles one expression at a time.
func (s *Scope) compile(source string, secrets, condition bool) (*vm.Program, error) {
	s.compiling.Lock()
	defer s.compiling.Unlock()
	rules := &bounds{}
	config := *commonConfig()
	config.Env = s.environment(secrets)
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
