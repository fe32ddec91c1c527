package lint

import (
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"github.com/msp-runbook/msp/runbook"
)

var shellFault = Rule{
	ID: "shell-fault", Severity: Warning,
	Summary: "a script is not careful with a value that somebody else chooses",
	Why: `The variables of a step's env are values of inputs, of outputs and of secrets: they may
have spaces and wildcards in them, begin with a dash, or be more than the number that was
meant. A value that its type or its pattern keeps tame isn't meant here. What is looked for:
such a variable without quotes, in arithmetic, in a script for eval, bash -c or ssh, or as an
argument of rm, cp, grep and their like without -- before it; eval of other variables; rm -r
of "$NAME/", which is / where the variable is empty; what curl fetched, run by a shell; a
pipe in sh, which hides that its first command failed.`,
	Source: "CWE-78, CWE-88; SEI CERT, IDS",
	Bad: `inputs:
  most: {type: integer, default: 50, description: How many letters may wait}
  folder: {type: string, required: true, description: Where the letters lie}
steps:
  - {id: there, title: The folder is there, run: test -d $FOLDER, env: {FOLDER: "${{ inputs.folder }}"}}`,
	Good: `inputs:
  most: {type: integer, default: 50, description: How many letters may wait}
  folder: {type: string, required: true, description: Where the letters lie}
steps:
  - {id: there, title: The folder is there, run: test -d "$FOLDER", env: {FOLDER: "${{ inputs.folder }}"}}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for _, s := range p.scripts(r) {
			if s.tree == nil {
				continue
			}
			f := &faults{pass: p, script: s, hazards: p.hazards(r, s.step)}
			for _, c := range s.calls {
				f.call(c)
			}
			f.gathered()
			f.arithmetic()
			f.pipes()
		}
	},
}

// faults looks for those of one script.
type faults struct {
	*pass
	script  *script
	hazards map[string]hazard
}

func (f *faults) tell(n syntax.Node, hint, format string, args ...any) {
	f.report(f.script.at(int(n.Pos().Offset())), hint, format, args...)
}

func (f *faults) call(c call) {
	if c.statement == nil && len(c.words) == 0 {
		return
	}
	f.unquoted(c)
	f.evaluated(c)
	f.dashed(c)
	f.emptied(c)
	f.fetched(c)
}

// unquoted finds values that the shell takes apart into words.
func (f *faults) unquoted(c call) {
	for _, w := range c.words {
		f.bare(w.syntax, "$%s without quotes is taken apart at its spaces, and its wildcards are filled in")
	}
}

// gathered finds the same among the items of an array, and values whose wildcards
// count in the pattern of a case.
func (f *faults) gathered() {
	syntax.Walk(f.script.tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ArrayExpr:
			for _, item := range n.Elems {
				f.bare(item.Value, "$%s without quotes is taken apart at its spaces, and its wildcards are filled in")
			}
		case *syntax.CaseItem:
			for _, pattern := range n.Patterns {
				f.bare(pattern, "$%s without quotes is a pattern here: its wildcards fit other texts too")
			}
		}
		return true
	})
}

// bare tells of the values in a word that have no quotes.
func (f *faults) bare(w *syntax.Word, format string) {
	if w == nil {
		return
	}
	for _, part := range w.Parts {
		if e, ok := part.(*syntax.ParamExp); ok && f.hazards[valueOf(e)]&splits != 0 {
			f.tell(e, `"$`+valueOf(e)+`"`, format, valueOf(e))
		}
	}
}

// valueOf is the variable whose value an expansion gives, if perhaps a part of it;
// "" where it gives something else, such as its length.
func valueOf(e *syntax.ParamExp) string {
	if e.Param == nil || e.Excl || e.Length {
		return ""
	}
	if e.Exp != nil {
		switch e.Exp.Op {
		case syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.OtherParamOps:
			return ""
		}
	}
	return e.Param.Value
}

// evaluated finds text that becomes a script.
func (f *faults) evaluated(c call) {
	only := func(string) bool { return true }
	what := `hand the value over as an argument: bash -c '… "$1"' bash "$NAME"`
	var code []word
	switch {
	case c.name == "eval":
		code = c.args
	case slices.Contains(shellNames, c.name) && c.has("-c"):
		code = c.operands()[:min(1, len(c.operands()))]
	case c.name == "ssh":
		remote := c.operandsBeside("BbcDEeFIiJLlmOopQRSWw")
		code = remote[min(1, len(remote)):]
		only = func(name string) bool { return f.hazards[name] != 0 }
		what = "ssh hands no arguments over: say with pattern: in the input what its value may be, or quote it for a shell there: ${NAME@Q}"
	}
	for _, w := range code {
		if e := firstValue(w.syntax, only); e != nil {
			f.tell(e, what, "the value of $%s becomes a part of the script that %s runs", e.Param.Value, c.name)
			return
		}
	}
}

var shellNames = []string{"bash", "sh", "dash", "zsh", "ksh"}

// firstValue is the first expansion in a word that gives the value of a variable, not
// quoted for a shell.
func firstValue(w *syntax.Word, only func(string) bool) *syntax.ParamExp {
	var found *syntax.ParamExp
	if w == nil {
		return nil
	}
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.ArithmExp:
			return false
		case *syntax.ParamExp:
			if found == nil && valueOf(n) != "" && only(n.Param.Value) {
				found = n
			}
		}
		return found == nil
	})
	return found
}

// dashTakers are commands that take -- before what they are to work on, with the
// letters of their options that take a value.
var dashTakers = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"rm": "", "cp": "tS", "mv": "tS", "ln": "tS", "cat": "", "grep": "efmABCdD", "ls": "ITw", "stat": "cf", "chmod": "", "chown": "", "mkdir": "m", "rmdir": "",
		"touch": "dtr", "head": "nc", "tail": "ncs", "wc": "", "sort": "kotST", "du": "dBXt", "df": "Btx", "sha256sum": "", "md5sum": "", "diff": "ULCF", "cut": "bcdf", "tee": "", "tar": "fCTXbgHKNVF",
	}
})

// dashed finds arguments that a value could turn into options.
func (f *faults) dashed(c call) {
	valued, known := dashTakers()[c.name]
	if !known || f.script.functions[c.name] {
		return
	}
	for i, w := range c.args {
		if w.text == "--" {
			return
		}
		name := leadingVariable(w)
		if f.hazards[name]&dashes == 0 || i > 0 && mayTakeValue(c.name, c.args[i-1].text, valued) {
			continue
		}
		f.report(w.position(), c.name+` … -- "$`+name+`"`, "$%s may begin with a dash, and is an option of %s then", name, c.name)
	}
}

// longValued are the long options of these commands that take the next word.
var longValued = strings.Fields(`regexp file format lines bytes target-directory suffix mode date reference key field-separator output
	directory exclude include max-count after-context before-context context printf delimiter fields characters parallel block-size`)

// mayTakeValue reports whether a word may be an option whose value is the next word.
func mayTakeValue(command, text, valued string) bool {
	long := slices.Contains(longValued, strings.TrimPrefix(text, "--"))
	bundle := command == "tar" && !strings.HasPrefix(text, "-") // tar xf FILE
	return long || bundle || takesValue(text, valued)
}

// leadingVariable is the variable with whose value a word begins.
func leadingVariable(w word) string {
	if w.syntax == nil || len(w.syntax.Parts) == 0 {
		return ""
	}
	part := w.syntax.Parts[0]
	if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) > 0 {
		part = quoted.Parts[0]
	}
	if e, ok := part.(*syntax.ParamExp); ok {
		return valueOf(e)
	}
	return ""
}

// emptied finds rm -r of "$NAME/".
func (f *faults) emptied(c call) {
	if c.name != "rm" || !c.has("-r", "-R", "--recursive") {
		return
	}
	for _, w := range c.operands() {
		name, rest, _ := strings.Cut(strings.TrimPrefix(w.text, "$"), "/")
		if w.computed && syntax.ValidName(name) && (rest == "" && strings.HasSuffix(w.text, "/") || rest == "*") && !f.script.temporary(w) {
			f.report(w.position(), `"${`+name+`:?}/"`+" ends the script where it is empty", "rm -r deletes / where $%s is empty", name)
		}
	}
}

// fetched finds scripts that are run as they come from elsewhere.
func (f *faults) fetched(c call) {
	if !slices.Contains(shellNames, c.name) && c.name != "source" && c.name != "." && c.name != "eval" {
		return
	}
	for _, w := range c.args {
		syntax.Walk(w.syntax, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.CmdSubst:
				f.tellFetched(n, n.Stmts)
			case *syntax.ProcSubst:
				f.tellFetched(n, n.Stmts)
			}
			return true
		})
	}
}

func (f *faults) tellFetched(at syntax.Node, statements []*syntax.Stmt) {
	for _, s := range statements {
		if fetches(s) {
			f.tell(at, "fetch it to a file, compare its sha256sum, then run it", "a shell runs what was fetched, whatever it is that day")
			return
		}
	}
}

func fetches(s *syntax.Stmt) bool {
	call, ok := s.Cmd.(*syntax.CallExpr)
	return ok && len(call.Args) > 0 && (call.Args[0].Lit() == "curl" || call.Args[0].Lit() == "wget")
}

// arithmetic finds values in $(( )) and (( )): bash runs a command that stands in the
// index of an array, a[$(id)].
func (f *faults) arithmetic() {
	syntax.Walk(f.script.tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.LetClause:
			f.computed(n)
			return false
		}
		return true
	})
}

func (f *faults) computed(in syntax.Node) {
	told := map[string]bool{}
	syntax.Walk(in, func(n syntax.Node) bool {
		name := ""
		switch n := n.(type) {
		case *syntax.CmdSubst:
			return false
		case *syntax.ParamExp:
			name = valueOf(n)
		case *syntax.Word:
			name = n.Lit()
		}
		if f.hazards[name]&computes != 0 && !told[name] {
			told[name] = true
			f.tell(n, "give the input type: integer, or a pattern: '^[0-9]+$'", "arithmetic evaluates what $%s holds, commands in it too", name)
		}
		return true
	})
}

// pipes finds what is piped into a shell, and pipes in sh.
func (f *faults) pipes() {
	syntax.Walk(f.script.tree, func(n syntax.Node) bool {
		pipe, ok := n.(*syntax.BinaryCmd)
		if !ok || pipe.Op != syntax.Pipe && pipe.Op != syntax.PipeAll {
			return true
		}
		if fetches(pipe.X) && runsInput(pipe.Y) {
			f.tell(pipe.Y, "fetch it to a file, compare its sha256sum, then run it", "a shell runs what was fetched, whatever it is that day")
		} else if name := commandName(pipe.X); f.script.shell == "sh" && name != "" && !slices.Contains([]string{"echo", "printf", "true", "yes", "cat"}, name) && !f.script.setsPipefail() {
			f.tell(pipe, "run: {shell: bash, script: …} notices", "sh doesn't notice when %s fails: only the last command of a pipe counts", name)
			return false
		}
		return true
	})
}

func (s *script) setsPipefail() bool { return strings.Contains(s.text, "pipefail") }

// commandName is the plain name of the command that a statement is.
func commandName(s *syntax.Stmt) string {
	if call, ok := s.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
		return call.Args[0].Lit()
	}
	return ""
}

// runsInput reports whether a statement is a shell that reads its script from the pipe.
func runsInput(s *syntax.Stmt) bool {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok {
		return false
	}
	for _, w := range call.Args {
		switch name := baseName(w.Lit()); {
		case slices.Contains(shellNames, name), strings.HasPrefix(name, "python"), name == "perl", name == "ruby", name == "node":
			return true
		case name != "sudo" && !strings.HasPrefix(name, "-"):
			return false
		}
	}
	return false
}
