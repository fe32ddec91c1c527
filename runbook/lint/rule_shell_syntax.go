package lint

import (
	"errors"

	"mvdan.cc/sh/v3/syntax"

	"github.com/msp-runbook/msp/runbook"
)

var shellSyntax = Rule{
	ID: "shell-syntax", Severity: Error,
	Summary: "a script that its shell can't read",
	Why: `A shell reads a script while it runs it: what stands above the mistake has been done
when the shell finds it. So a script is parsed before a run, as bash for bash and as
POSIX asks for sh, which has no arrays, no [[ ]] with operators and no <<<.`,
	Source: "POSIX.1-2024, Shell Command Language",
	Bad: `steps:
  - id: look
    title: The mail server answers
    run: if test -S /run/mail.sock; then exit 0`,
	Good: `steps:
  - id: look
    title: The mail server answers
    run: if test -S /run/mail.sock; then exit 0; fi; exit 1`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for _, s := range p.scripts(r) {
			var wrong syntax.ParseError
			var foreign syntax.LangError
			switch {
			case errors.As(s.err, &wrong):
				p.report(s.at(int(wrong.Pos.Offset())), s.shell+" -n FILE tries a script without running it", "%s can't read the script of %s: %s", s.shell, s.step.ID, wrong.Text)
			case errors.As(s.err, &foreign):
				p.report(s.at(int(foreign.Pos.Offset())), "run: {shell: bash, script: …}", "sh can't read the script of %s: only other shells have %s", s.step.ID, foreign.Feature)
			case s.err != nil:
				p.report(s.node.Position(), "put it into a file beside the runbook", "the script of %s can't be read: %s", s.step.ID, s.err)
			}
		}
	},
}
