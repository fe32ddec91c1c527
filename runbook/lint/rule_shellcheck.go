package lint

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Script is a script of a runbook that shellcheck is asked about.
type Script struct{ Shell, Text string }

// ShellFinding is what shellcheck says about a place in a script.
type ShellFinding struct {
	Line, Column int    // from 1; a column is a character
	Level        string // error, warning, info or style
	Code         string // SC2086
	Message      string
}

var shellcheckRule = Rule{
	ID: "shellcheck", Severity: Warning,
	Summary: "what shellcheck says about a script, where it is installed",
	Why: `shellcheck knows hundreds of mistakes that shells let pass. What it calls an error is a
warning here, since msp parses scripts itself; all else is advice. The variables of the
step's env count as assigned. A comment in the script switches one of them off:
# shellcheck disable=SC2086. The rule finds nothing where shellcheck is missing, or with
--no-shellcheck.`,
	Source: "https://www.shellcheck.net/wiki/",
	Bad: `steps:
  - {id: look, title: Nothing is old, run: 'for f in $(ls old); do test ! -s "$f"; done'}`,
	Good: `steps:
  - {id: look, title: Nothing is old, run: 'for f in old/*; do test ! -s "$f"; done'}`,
	all: func(p *pass, all *Documents) {
		if p.Known.Shellcheck == nil {
			return
		}
		same := map[Script][]checkable{} // a script that stands in many runbooks is asked about once
		var scripts []Script
		for _, r := range all.Runbooks {
			for _, s := range p.checkable(r) {
				text := Script{s.shell, s.text}
				if same[text] == nil {
					scripts = append(scripts, text)
				}
				same[text] = append(same[text], s)
			}
		}
		if len(scripts) == 0 {
			return
		}
		for i, found := range p.Known.Shellcheck(scripts) {
			for _, s := range same[scripts[i]] {
				for _, f := range found {
					p.shellFinding(s, f)
				}
			}
		}
	},
}

// checkable is a script that shellcheck can read.
type checkable struct {
	*script
	faults []Finding // that are told of its runbook anyway
}

// checkable are the scripts of a runbook, if shellcheck is to look at the file.
func (p *pass) checkable(r *runbook.Runbook) []checkable {
	if p.Settings.severity(p.rule, r.File) == Off {
		return nil
	}
	one := &pass{Linter: p.Linter, rule: shellFault, file: r.File, root: r.Root}
	shellFault.runbook(one, r)
	var all []checkable
	for _, s := range one.scripts(r) {
		if s.tree != nil {
			all = append(all, checkable{s, one.findings})
		}
	}
	return all
}

// unassigned is shellcheck's code for a variable that nothing assigns.
const unassigned = "SC2154"

func (p *pass) shellFinding(s checkable, f ShellFinding) {
	name, _, _ := strings.Cut(f.Message, " ")
	at := s.lineAt(f.Line, f.Column)
	switch {
	case f.Code == unassigned && slices.ContainsFunc(s.step.Env, func(v runbook.Variable) bool { return v.Name == name }):
		return
	case slices.ContainsFunc(s.faults, func(told Finding) bool { return told.Position == at }):
		return
	}
	own := p.rule
	if f.Level != "error" {
		p.rule.Severity = Info
	}
	p.report(at, "https://www.shellcheck.net/wiki/"+f.Code, "%s: %s", f.Code, f.Message)
	p.rule = own
}

// lineAt is where a character of a line of the script stands in the file.
func (s *script) lineAt(line, column int) document.Position {
	offset := 0
	for ; line > 1; line-- {
		length := strings.IndexByte(s.text[offset:], '\n') + 1
		if length == 0 {
			break
		}
		offset += length
	}
	for ; column > 1 && offset < len(s.text) && s.text[offset] != '\n'; column-- {
		_, size := utf8.DecodeRuneInString(s.text[offset:])
		offset += size
	}
	return s.at(offset)
}
