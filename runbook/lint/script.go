package lint

import (
	"errors"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// script is what a run step runs, taken apart once for all rules that look at it.
type script struct {
	step  *runbook.Step
	node  *document.Node // the script's text, or the list of a program and its arguments
	shell string         // bash, sh or pwsh; "" for a program without a shell
	text  string         // of the script; "" for a program
	tree  *syntax.File   // nil for a program, for pwsh, and for what doesn't parse
	err   error          // why it doesn't parse
	calls []call

	functions map[string]bool // that the script defines
}

// scripts are those of a runbook's run steps, in order.
func (p *pass) scripts(r *runbook.Runbook) []*script {
	if p.scriptsOf == nil {
		p.scriptsOf = []*script{}
		for i, step := range r.Steps {
			if s := readScript(step, p.step(i).Value("run")); s != nil {
				p.scriptsOf = append(p.scriptsOf, s)
			}
		}
	}
	return p.scriptsOf
}

// readScript reads the value of run; nil for no run step.
func readScript(step *runbook.Step, run *document.Node) *script {
	s := &script{step: step, node: run, shell: "bash", functions: map[string]bool{}}
	switch run.Kind() {
	case document.List:
		s.shell = ""
		s.program(run.Items())
		return s
	case document.Mapping:
		s.shell, s.node = run.Value("shell").Text(), run.Value("script")
	case document.String:
	default:
		return nil
	}
	s.text = s.node.Text()
	switch s.shell {
	case "bash":
		s.tree, s.err = parseShell(s.text, syntax.LangBash)
	case "sh":
		s.tree, s.err = parseShell(s.text, syntax.LangPOSIX)
	case "pwsh":
		s.calls = powershellCalls(s)
	}
	if s.tree != nil {
		s.statements(s.tree.Stmts, false)
	}
	return s
}

// at is where a byte of the script's text stands in the file.
func (s *script) at(offset int) document.Position { return s.node.TextPosition(offset) }

// mostOpen bounds the brackets that stand open at one place of a script. The
// parser needs time that grows with their square, and nobody reads that many.
const mostOpen = 200

var errTooDeep = errors.New("more than 200 brackets stand open at one place")

var parsers = sync.Pool{New: func() any { return syntax.NewParser() }}

func parseShell(text string, lang syntax.LangVariant) (*syntax.File, error) {
	if tooDeep(text) {
		return nil, errTooDeep
	}
	parser, _ := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	syntax.Variant(lang)(parser)
	tree, err := parser.Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	return tree, nil
}

func tooDeep(text string) bool {
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '(', '{', '[':
			open++
		case ')', '}', ']':
			open = max(open-1, 0)
		}
		if open > mostOpen {
			return true
		}
	}
	return false
}

// statements collects the commands of a shell script. Fed says that what stands
// around them gives them an input to read.
func (s *script) statements(list []*syntax.Stmt, fed bool) {
	for _, statement := range list {
		s.collect(statement, fed)
	}
}

func (s *script) collect(n syntax.Node, fed bool) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			s.statement(n, fed)
			return false
		case *syntax.BinaryCmd:
			s.collect(n.X, fed)
			s.collect(n.Y, fed || n.Op == syntax.Pipe || n.Op == syntax.PipeAll)
			return false
		case *syntax.FuncDecl:
			if n.Name != nil {
				s.functions[n.Name.Value] = true
			}
			s.collect(n.Body, true) // whoever calls it decides
			return false
		case *syntax.CallExpr:
			s.addCall(n, fed)
		}
		return true
	})
}

func (s *script) statement(n *syntax.Stmt, fed bool) {
	for _, r := range n.Redirs {
		switch r.Op {
		case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			fed = true
		}
		for _, w := range []*syntax.Word{r.Word, r.Hdoc} {
			if w != nil {
				s.collect(w, fed)
			}
		}
	}
	if n.Cmd == nil {
		return
	}
	before := len(s.calls)
	s.collect(n.Cmd, fed)
	if _, simple := n.Cmd.(*syntax.CallExpr); simple && len(s.calls) > before {
		s.calls[before].statement = n
	}
}
