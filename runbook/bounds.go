package runbook

import (
	"github.com/expr-lang/expr/ast"
)

// forbiddenFunctions are the library's that an expression may not call. The time
// is what a step is given; a name has to be read by its name so that it can be
// checked; and the others, each in itself, multiply the length of a text.
var forbiddenFunctions = []string{
	"now", "get",
	"repeat", "replace", "join", "split", "splitAfter", "toJSON", "fromJSON", "toBase64", "fromBase64",
}

// bounds finds what would let a short expression run for years or fill the
// memory, which the library doesn't limit. An expression is a condition and no
// program: without loops in loops, variables and ranges to loop over, its cost
// is that of its text and its values.
type bounds struct {
	loops, variables, reduces bool

	ranges int // but those behind in, which are never written out
}

// Visit is called for each node after those inside it.
func (b *bounds) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		inner := ast.Find(n.Node, func(inside ast.Node) bool {
			_, loop := inside.(*ast.PredicateNode)
			return loop
		})
		b.loops = b.loops || inner != nil
	case *ast.BuiltinNode:
		b.reduces = b.reduces || n.Name == "reduce" // which can double a text each time
	case *ast.VariableDeclaratorNode:
		b.variables = true
	case *ast.BinaryNode:
		if n.Operator == ".." {
			b.ranges++
		}
		if set, ok := n.Right.(*ast.BinaryNode); ok && n.Operator == "in" && set.Operator == ".." {
			b.ranges--
		}
	}
}

// unboundedError says which bound an expression passed.
type unboundedError string

func (e unboundedError) Error() string { return string(e) }

// broken is an unboundedError, or nil when no bound was passed.
func (b *bounds) broken() error {
	switch {
	case b.loops:
		return unboundedError("a loop can't stand inside a loop")
	case b.reduces:
		return unboundedError("an expression can't call reduce")
	case b.variables:
		return unboundedError("an expression has no variables")
	case b.ranges > 0:
		return unboundedError("a range can only stand behind in")
	default:
		return nil
	}
}
