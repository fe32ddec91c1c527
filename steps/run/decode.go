package run

import (
	"path/filepath"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// maxArgument is the most bytes of a script and of an argument. Linux refuses
// a single argument of 128 KiB, with an error that names nothing.
const maxArgument = 100 << 10

const variableHint = `values reach a script through env: put NAME: "${{ … }}" into the step's env and write "$NAME"`

var foreignKeys = map[string]string{
	"command": `msp says "script"`, "run": `msp says "script"`, "cmd": `msp says "script"`, "inline": `msp says "script"`,
	"program": "write a list: run: [program, argument]", "args": "write a list: run: [program, argument]",
	"interpreter": `msp says "shell"`, "executable": `msp says "shell"`,
	"env": "it is a key of the step, beside run", "dir": "it is a key of the step, beside run", "timeout": "it is a key of the step, beside run",
}

// Decode reads a script, a program with arguments, or a script and its shell.
func (Kind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	a := &action{}
	switch n.Kind() {
	case document.List:
		a.decodeProgram(n, d)
	case document.Mapping:
		a.decodeShell(n, d)
	default:
		a.shell = shells[0]
		a.script = decodeScript(n, d)
	}
	return a
}

func (a *action) decodeShell(n *document.Node, d *document.Decoder) {
	m := d.Map(n, "a run step")
	if !m.Has("shell") && !m.Has("script") && len(m.Keys()) > 0 {
		d.Report(n.Position(), "missing-key", "run: df -h, run: [df, -h], or run: {shell: sh, script: df -h}", "a run step in words has the keys \"shell\" and \"script\", and this has neither")
		return
	}
	if name := m.Need("shell"); name != nil {
		a.shell = shellNamed(d.Enum(name, shellNames()...))
	}
	if script := m.Need("script"); script != nil {
		a.script = decodeScript(script, d)
	}
	m.Done(foreignKeys)
}

func decodeScript(n *document.Node, d *document.Decoder) string {
	if n == nil {
		d.Report(n.Position(), "missing-key", "", "a run step says what to run")
		return ""
	}
	script := d.String(n)
	if n.Kind() != document.String {
		return ""
	}
	if strings.TrimSpace(script) == "" {
		d.Report(n.Position(), "empty-run", "", "an empty script does nothing")
	}
	checkArgument(n, script, "a script", d)
	for offset := 0; ; {
		next := strings.Index(script[offset:], "${{")
		if next < 0 {
			return script
		}
		d.Report(n.TextPosition(offset+next), "expression-in-run", variableHint, "an expression can't stand inside a script")
		offset += next + len("${{")
	}
}

func checkArgument(n *document.Node, text, what string, d *document.Decoder) {
	if len(text) > maxArgument {
		d.Report(n.Position(), "too-large", "put it into a file beside the runbook", "%s has %d bytes, the most is %d", what, len(text), maxArgument)
	}
	if at := strings.IndexByte(text, 0); at >= 0 {
		d.Report(n.TextPosition(at), "bad-value", "", "%s can't hold a zero byte", what)
	}
}

func (a *action) decodeProgram(n *document.Node, d *document.Decoder) {
	items := d.List(n, "a program and its arguments")
	if len(items) == 0 {
		d.Report(n.Position(), "empty-run", "run: [program, argument]", "an empty list runs nothing")
		return
	}
	a.program = d.String(items[0])
	if items[0].Kind() == document.String {
		checkProgram(items[0], a.program, d)
	}
	for _, item := range items[1:] {
		a.args = append(a.args, decodeArgument(item, d))
	}
}

func checkProgram(n *document.Node, name string, d *document.Decoder) {
	const hint = "a name that is found in PATH, or a path inside the step's folder"
	checkArgument(n, name, "a program's name", d)
	switch {
	case strings.Contains(name, "${{"):
		d.Report(n.TextPosition(strings.Index(name, "${{")), "expression-in-run", "name the program; an expression is for its arguments", "the program can't be computed")
	case name == "":
		d.Report(n.Position(), "empty-run", hint, "the program has no name")
	case strings.ContainsAny(name, " \t\n"):
		d.Report(n.Position(), "bad-value", "write each argument as an item of its own; the lines of a script stand behind run: |", "%s is not the name of a program", document.Quote(name))
	case strings.ContainsAny(name, `\:`), strings.HasSuffix(name, "/"), name == ".", !filepath.IsLocal(name):
		d.Report(n.Position(), "path-leaves-folder", hint, "%s is not a program's name or a local path", document.Quote(name))
	}
}

func decodeArgument(n *document.Node, d *document.Decoder) *runbook.Template {
	arg := runbook.NewTemplate(n, d)
	checkArgument(n, arg.Source, "an argument", d)
	if arg.HasExpression() && !arg.IsExpression() {
		d.Report(n.Position(), "mixed-argument", "make it an argument of its own, or use env", "an argument is plain text or one whole expression, not both")
	}
	return arg
}
