package run

import "github.com/msp-runbook/msp/runbook"

// shell is a program that takes a script as its last argument, and what has to
// stand around the script so that a failing line ends it.
type shell struct {
	name          string
	options       []string
	before, after string
}

// The shells. What stands before a script is on the script's first line, so
// that the line numbers in the shell's messages are right.
var shells = []shell{
	{name: "bash", options: []string{"-euo", "pipefail", "-c"}},
	{name: "sh", options: []string{"-eu", "-c"}},
	{
		name:    "pwsh",
		options: []string{"-NoLogo", "-NoProfile", "-NonInteractive", "-Command"},
		before:  "$ErrorActionPreference = 'Stop'; ",
		after:   "\nif (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE }",
	},
}

func shellNames() []string {
	names := make([]string, len(shells))
	for i, s := range shells {
		names[i] = s.name
	}
	return names
}

func shellNamed(name string) shell {
	for _, s := range shells {
		if s.name == name {
			return s
		}
	}
	return shell{}
}

func (s shell) command(script string) runbook.Program {
	args := append([]string{}, s.options...)
	return runbook.Program{Name: s.name, Args: append(args, s.before+script+s.after)}
}
