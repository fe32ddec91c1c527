package runbook

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
)

// present makes a value that isn't there an error. To the library it is a nil,
// which equals nothing, differs from everything and is contained in no list:
// each of them an answer that nobody gave. Only ?? and a comparison with nil
// may see that there is none.
type present struct{}

// The functions that hand a value on, by its type, so that types stay checked.
var presentTypes = []any{
	new(func(string, string) string), new(func(float64, string) float64), new(func(int, string) int), new(func(bool, string) bool),
	new(func(time.Duration, string) time.Duration), new(func([]string, string) []string), new(func(any, string) any),
}

// The space keeps the names out of reach of the people who write expressions.
const presentPrefix = "present "

func presentName(t reflect.Type) string { return presentPrefix + t.String() }

func presentOptions() []expr.Option {
	var options []expr.Option
	for _, function := range presentTypes {
		result := reflect.TypeOf(function).Elem().Out(0)
		options = append(options, expr.Function(presentName(result), handOn, function))
	}
	return options
}

func handOn(params ...any) (any, error) {
	if params[0] == nil {
		return nil, fmt.Errorf("%s has no value", params[1])
	}
	return params[0], nil
}

// Visit is called for each node after those inside it.
func (present) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		n.Node = bare(n.Node)
		if !n.Optional && !n.Method {
			*node = wrap(n)
		}
	case *ast.BinaryNode:
		_, left := n.Left.(*ast.NilNode)
		_, right := n.Right.(*ast.NilNode)
		if n.Operator == "??" || right {
			n.Left = bare(n.Left)
		}
		if left {
			n.Right = bare(n.Right)
		}
	}
}

func wrap(n *ast.MemberNode) ast.Node {
	if n.Type().Kind() == reflect.Map {
		return n // the inputs of a runbook, the outputs of a step
	}
	name := presentName(reflect.TypeFor[any]())
	for _, function := range presentTypes {
		if result := reflect.TypeOf(function).Elem().Out(0); n.Type() == result {
			name = presentName(result)
		}
	}
	call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: []ast.Node{n, &ast.StringNode{Value: n.String()}}}
	call.SetLocation(n.Location())
	return call
}

// bare takes off what wrap put around a value.
func bare(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && strings.HasPrefix(callee.Value, presentPrefix) {
			return n.Arguments[0]
		}
	case *ast.BinaryNode:
		if n.Operator == "??" {
			n.Right = bare(n.Right)
		}
	}
	return node
}
