package lint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/lint"
)

// readers are the folders of the packages that report problems under a rule's id.
var readers = []string{".", "..", "../agreement", "../change", "../document", "../schedule", "../shelf", "../../steps", "../../steps/*"}

// ruleArgument says which argument of a function is a rule's id. A function that takes
// one has to stand here.
var ruleArgument = map[string]int{"Report": 1, "NeedBy": 1, "miss": 1, "needBy": 2, "decodeSetting": 1}

// ownRuleArgument are those that mean something else in other packages.
var ownRuleArgument = map[string]map[string]int{"document": {"report": 1}}

// TestReported holds the list of rules to the sources of the readers: each id that they
// report stands in the list, so that --explain knows it, and each rule of the readers
// in the list is reported.
func TestReported(t *testing.T) {
	found := map[string]token.Position{}
	for _, folder := range readers {
		folders, err := filepath.Glob(folder)
		if err != nil || len(folders) == 0 {
			t.Fatalf("%s: %d folders, error %v", folder, len(folders), err)
		}
		for _, folder := range folders {
			reportedIn(t, folder, found)
		}
	}
	if len(found) < 30 {
		t.Fatalf("only %d ids were found", len(found))
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if _, listed := lint.Find(id); !listed {
			t.Errorf("%s: the rule %q is reported, and not in the list of rules", found[id], id)
		}
	}
	for _, rule := range lint.Rules() {
		if _, reported := found[rule.ID]; rule.Reading() && !reported {
			t.Errorf("the rule %q is in the list of rules, and nothing reports it", rule.ID)
		}
	}
}

// reportedIn finds the ids that the package in a folder reports.
func reportedIn(t *testing.T, folder string, found map[string]token.Position) {
	t.Helper()
	s := &source{t: t, set: token.NewFileSet(), constants: map[string]string{}, found: found}
	names, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		ast.Inspect(file, s.constant)
	}
	for _, file := range files {
		s.own = ownRuleArgument[file.Name.Name]
		ast.Inspect(file, s.look)
	}
}

// source is a package in whose files ids are looked for.
type source struct {
	t         *testing.T
	set       *token.FileSet
	constants map[string]string
	own       map[string]int
	found     map[string]token.Position
}

// constant notes a constant that is a text.
func (s *source) constant(n ast.Node) bool {
	if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == len(spec.Values) {
		for i, name := range spec.Names {
			if text, ok := literal(spec.Values[i]); ok {
				s.constants[name.Name] = text
			}
		}
	}
	return true
}

// look finds ids where they are handed on: as an argument, as the field Rule of a
// problem, and as the variable rule.
func (s *source) look(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		s.takesRule(n)
	case *ast.CallExpr:
		if i, ok := s.argument(nameOf(n.Fun)); ok && i < len(n.Args) {
			s.id(n.Args[i])
		}
	case *ast.KeyValueExpr:
		if nameOf(n.Key) == "Rule" {
			s.id(n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if name := nameOf(left); (name == "rule" || name == "Rule") && len(n.Lhs) == len(n.Rhs) {
				s.assigned(n.Rhs[i])
			}
		}
	}
	return true
}

func (s *source) argument(name string) (int, bool) {
	if i, ok := s.own[name]; ok {
		return i, true
	}
	i, ok := ruleArgument[name]
	return i, ok
}

// takesRule asserts that a function with an id among its parameters is known.
func (s *source) takesRule(f *ast.FuncDecl) {
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			if _, known := s.argument(f.Name.Name); name.Name == "rule" && nameOf(field.Type) == "string" && !known {
				s.t.Errorf("%s: %s takes a rule's id: name it in ruleArgument", s.set.Position(f.Pos()), f.Name.Name)
			}
		}
	}
}

// id notes what stands where an id belongs: a text, or what is called rule and was
// noted where it came from.
func (s *source) id(value ast.Expr) {
	text, ok := literal(value)
	if !ok {
		text, ok = s.constants[nameOf(value)]
	}
	switch name := nameOf(value); {
	case ok:
		s.found[text] = s.set.Position(value.Pos())
	case name != "rule" && name != "Rule" && name != "ID": // ID is that of a Rule
		s.t.Errorf("%s: the id of a rule can't be followed", s.set.Position(value.Pos()))
	}
}

// assigned notes a text; a variable rule may also be a Rule, and whatever else.
func (s *source) assigned(value ast.Expr) {
	if text, ok := literal(value); ok {
		s.found[text] = s.set.Position(value.Pos())
	}
}

func literal(value ast.Expr) (string, bool) {
	l, ok := value.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// nameOf is the last name of x, p.x and x[T]; "" for anything else.
func nameOf(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.IndexExpr:
		return nameOf(x.X)
	}
	return ""
}
