// Package run is the step that runs a program.
//
// A text is a script for `bash -euo pipefail -c`:
//
//	run: sha256sum --check --quiet SHA256SUMS
//
// A map names another shell. sh is `sh -eu -c`; pwsh stops at the first error
// and ends with the exit code of the last program that it called:
//
//	run:
//	  shell: pwsh                # bash, sh or pwsh
//	  script: Get-Volume | Format-Table
//
// A list is a program and its arguments, without a shell. The program is a name
// that is looked up in PATH, or a local path; each argument is plain text or
// one whole expression:
//
//	run: [restic, check, --repo, "${{ inputs.repository }}"]
//
// An expression never stands inside a script, where its value could become
// shell syntax. Values reach a script as variables:
//
//	run: stat --format '%s' "$NEWEST"
//	env: {NEWEST: "${{ steps.fresh.outputs.path }}"}
//
// The step yields the program's exit, which the runbook's expect judges, and no
// outputs of its own. It is not run again by itself after a crash.
package run

import (
	"cmp"
	"context"
	"strings"
	"unicode"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Kind is the step kind "run".
type Kind struct{}

// Name is the key of the kind in YAML.
func (Kind) Name() string { return "run" }

// action runs a script in a shell, or a program with arguments.
type action struct {
	shell   shell // no name: the program is run without a shell
	script  string
	program string
	args    []*runbook.Template
}

// Check compiles the arguments; no secret may stand in them, because arguments
// are visible to everyone on the machine.
func (a *action) Check(s *runbook.Scope, d *document.Decoder) {
	for _, arg := range a.args {
		arg.Check(s, d)
	}
}

// Outputs is empty: a program's outputs are declared in the step.
func (a *action) Outputs() map[string]runbook.Type { return nil }

// Repeatable is false: nobody knows what a program has done.
func (a *action) Repeatable() bool { return false }

// Describe is the shell and the script's first line that says something, or the
// command line.
func (a *action) Describe() string {
	if a.shell.name == "" {
		words := []string{shown(a.program)}
		for _, arg := range a.args {
			words = append(words, shown(arg.Source))
		}
		return strings.Join(words, " ")
	}
	first, rest, _ := strings.Cut(behindComments(a.script), "\n")
	if first = strings.TrimSpace(first); rest != "" {
		first += " …"
	}
	if strings.ContainsFunc(first, unprintable) {
		first = document.Quote(first)
	}
	return a.shell.name + ": " + first
}

// behindComments is a script without the comments and empty lines before its first
// command; a script that holds nothing else is left whole.
func behindComments(script string) string {
	script = strings.TrimSpace(script)
	rest := script
	for strings.HasPrefix(rest, "#") {
		_, rest, _ = strings.Cut(rest, "\n")
		rest = strings.TrimSpace(rest)
	}
	return cmp.Or(rest, script)
}

// Wording is the script, or the command line.
func (a *action) Wording() runbook.Wording {
	if a.shell.name == "" {
		return runbook.Wording{Script: a.Describe()}
	}
	return runbook.Wording{Shell: a.shell.name, Script: a.script}
}

// shown is a word of a command line, in quotes where that helps to read it.
func shown(word string) string {
	whole := strings.HasPrefix(word, "${{") && strings.HasSuffix(word, "}}")
	if word == "" || strings.ContainsFunc(word, unprintable) || strings.Contains(word, " ") && !whole {
		return document.Quote(word)
	}
	return word
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// Run runs the program to its end.
func (a *action) Run(ctx context.Context, env runbook.Env) (runbook.Result, error) {
	if err := ctx.Err(); err != nil {
		return runbook.Result{}, err
	}
	program, err := a.command(env)
	if err != nil {
		return runbook.Result{}, err
	}
	exit, err := env.Exec(ctx, program)
	if err != nil {
		return runbook.Result{}, err
	}
	return runbook.Result{Exit: &exit, Proof: runbook.Observed}, nil
}

func (a *action) command(env runbook.Env) (runbook.Program, error) {
	if a.shell.name != "" {
		return a.shell.command(a.script), nil
	}
	p := runbook.Program{Name: a.program}
	for _, arg := range a.args {
		text, err := env.Expand(arg)
		if err != nil {
			return runbook.Program{}, err
		}
		p.Args = append(p.Args, text)
	}
	return p, nil
}
