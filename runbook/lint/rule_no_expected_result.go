package lint

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/msp-runbook/msp/runbook"
)

// printing are the commands that only show something, whatever it is. A command that
// compares something is none of them, since its exit code is an answer.
var printing = []string{
	"arch", "cat", "date", "df", "dmesg", "du", "echo", "env", "free", "hostname", "id", "ifconfig", "iostat", "ip", "last", "ls", "lsblk", "lscpu",
	"netstat", "nproc", "printenv", "printf", "ps", "ss", "uname", "uptime", "vmstat", "w", "who", "whoami",
	"get-childitem", "get-date", "get-disk", "get-process", "get-service", "get-volume", "write-host", "write-output",
}

var noExpectedResult = Rule{
	ID: "no-expected-result", Severity: Warning,
	Summary: "a step that only prints, and nothing judges what",
	Why: `A step that prints a number passes whatever the number is, and the run is green. What is
expected has to stand in the runbook, or nobody notices the day on which it isn't so.`,
	Source: "ISO/IEC/IEEE 29119-3:2021, expected results of a test",
	Bad: `steps:
  - {id: load, title: The load is low, run: uptime}`,
	Good: `steps:
  - id: load
    title: The load is low
    run: uptime
    outputs: {load: {from: stdout, pattern: 'average: ([0-9.]+)', type: number}}
    expect: {expressions: [outputs.load < 4]}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for _, s := range p.scripts(r) {
			step := s.step
			judged := step.Expect != nil || len(step.Outputs) > 0 || len(step.Normal) > 0
			if judged || len(s.calls) == 0 || !s.onlyPrints() || p.readsOutcome(r, step.ID) {
				continue
			}
			p.report(s.node.Position(), "expect: {stdout: {contains: …}}, or outputs and what is normal",
				"the step %s only prints, and nothing says what is expected", step.ID)
		}
	},
}

// onlyPrints reports whether a script consists of commands that print, and hands
// nothing on.
func (s *script) onlyPrints() bool {
	for _, c := range s.calls {
		if !slices.Contains(printing, c.name) || s.functions[c.name] || looksFor(c) {
			return false
		}
		if c.statement != nil && slices.ContainsFunc(c.statement.Redirs, writesFile) {
			return false
		}
	}
	return s.tree == nil || !decides(s.tree)
}

// looksFor reports whether a command that prints fails where something isn't there.
func looksFor(c call) bool {
	switch c.name {
	case "ls", "cat", "du", "get-childitem":
		return len(c.operands()) > 0 || c.script.step.Dir != nil
	case "ip":
		return !c.says("a", "addr", "address", "r", "route", "link")
	}
	return false
}

// writesFile reports whether a redirection puts what is printed into a file.
func writesFile(r *syntax.Redirect) bool {
	switch r.Op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll, syntax.RdrClob, syntax.RdrInOut:
		return true
	}
	return false
}

// decides reports whether a script does more than one thing after another: a
// condition, a loop, a comparison.
func decides(tree *syntax.File) bool {
	found := false
	syntax.Walk(tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.BinaryCmd:
			found = found || n.Op == syntax.AndStmt || n.Op == syntax.OrStmt
		case *syntax.IfClause, *syntax.CaseClause, *syntax.WhileClause, *syntax.TestClause, *syntax.ArithmCmd, *syntax.LetClause:
			found = true
		case *syntax.ParamExp: // ${NAME:?} ends the script
			found = found || n.Exp != nil && (n.Exp.Op == syntax.ErrorUnset || n.Exp.Op == syntax.ErrorUnsetOrNull)
		case *syntax.Stmt:
			found = found || n.Negated
		}
		return !found
	})
	return found
}

// readsOutcome reports whether an expression reads how a step went.
func (p *pass) readsOutcome(r *runbook.Runbook, id string) bool {
	for i := range r.Steps {
		if slices.ContainsFunc(usesIn(p.step(i)), func(u use) bool { return u.reads("steps", id) }) {
			return true
		}
	}
	return false
}
