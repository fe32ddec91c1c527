package runbook

import (
	"reflect"
	"sync"

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

// compileSource does what expr.Compile does, with the configuration that all
// expressions share.
func compileSource(source string, env nature.Nature, rules *bounds, condition bool) (*vm.Program, error) {
	config := *commonConfig()
	config.Env = env
	config.Visitors = append(config.Visitors, present{}, rules)
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
	return compiler.Compile(tree, &config)
}
