package lint

import (
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// pass is a rule's look at a document, or at all of them.
type pass struct {
	*Linter
	rule     Rule
	file     string         // of the document; "" for all
	root     *document.Node // of the document
	findings []Finding

	scriptsOf []*script // of the runbook, read at the first need, as are
	uses      []use     // what its expressions read

	promised map[*runbook.Runbook][]promise // by the runbooks that were asked about
	joined   *people
}

// begin turns to a rule; false where it is off for the file, or for all.
func (p *pass) begin(rule Rule) bool {
	p.rule = rule
	return rule.forOthers || p.Settings.severity(rule, p.file) != Off
}

// report finds the rule's mistake at a place. The hint says what to do.
func (p *pass) report(at document.Position, hint, format string, args ...any) {
	severity := p.Settings.severity(p.rule, at.File)
	if severity == Off {
		return
	}
	d := document.NewDecoder()
	d.Report(at, p.rule.ID, hint, "%s", fmt.Sprintf(format, args...))
	p.findings = append(p.findings, Finding{Problem: d.Problems()[0], Severity: severity})
}

// fix gives the last finding an edit that mends it. One that can't be made is left out:
// the hint says what to do.
func (p *pass) fix(edit document.Edit, err error) {
	if n := len(p.findings); n > 0 && err == nil && p.findings[n-1].Rule == p.rule.ID {
		p.findings[n-1].Fix = append(p.findings[n-1].Fix, edit)
	}
}

// problems reports what was found by code that isn't a rule's own: each problem keeps
// the rule that it names.
func (p *pass) problems(found document.Problems) {
	own := p.rule
	for _, problem := range found {
		rule, listed := p.rules[problem.Rule]
		if !listed {
			rule = Rule{ID: problem.Rule, Severity: Error}
		}
		p.rule = rule
		p.report(problem.Position, problem.Hint, "%s", problem.Message)
	}
	p.rule = own
}

// node is the value under some keys of the document; nil where there is none.
func (p *pass) node(keys ...string) *document.Node { return p.root.Value(keys...) }

// at is where the value under some keys stands, or the nearest that holds it.
func (p *pass) at(keys ...string) document.Position {
	for n := len(keys); n > 0; n-- {
		if found := p.root.Value(keys[:n]...); found != nil {
			return found.Position()
		}
	}
	return p.root.Position()
}

// step is the n-th step of a runbook as it is written.
func (p *pass) step(n int) *document.Node {
	items := p.node("steps").Items()
	if n >= len(items) {
		return nil
	}
	return items[n]
}

// texts calls f for each text of a document that a person wrote, but for those under
// some keys.
func texts(n *document.Node, f func(*document.Node), but ...string) {
	if n.Kind() == document.String {
		f(n)
	}
	for _, field := range n.Fields() {
		if !slices.Contains(but, field.Key) {
			texts(field.Value, f, but...)
		}
	}
	for _, item := range n.Items() {
		texts(item, f, but...)
	}
}
