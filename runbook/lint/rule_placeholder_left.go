package lint

import (
	"bytes"
	"regexp"
	"sync"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// placeholder is what templates leave for somebody to fill in. Example domains are
// none: they are good enough for a document that shows something.
var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)<(your|insert|replace|enter|fill)[ _-][^<>\n]{0,60}>|\b(change|replace|fill)[_-]?me([_-]?in)?\b|` +
		`\byour[_-][a-z0-9_-]{1,40}[_-]here\b|\binsert[_-][a-z0-9_-]{1,40}[_-]here\b|\bx{3}\.x{3}(\.x{3})*\b|\blorem ipsum\b`)
})

// unfilled is a value that a template's engine should have put in. Programs have
// templates of their own, so it is looked for in prose alone.
var unfilled = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{\{[^{}\n]{0,80}\}\}|\{%[^{}\n]{0,80}%\}`) })

// placeholderHints are parts of all placeholders, in lower case, to look for before
// anything is matched.
var placeholderHints = []string{
	"<your", "<insert", "<replace", "<enter", "<fill", "changeme", "change_me", "change-me", "replaceme", "replace_me", "replace-me",
	"fillme", "fill_me", "fill-me", "_here", "-here", "xxx.xxx", "ipsum",
}

var placeholderLeft = Rule{
	ID: "placeholder-left", Severity: Warning,
	Summary: "a placeholder of a template was never filled in",
	Why: `Who copies a template fills in what they see first. What is left is found by whoever
follows the document, or by a script that connects to CHANGEME.`,
	Bad:      `owner: {team: mail, role: mail-technician, contact: <your-contact>}`,
	Good:     `owner: {team: mail, role: mail-technician, contact: mail@provider.example}`,
	document: (*pass).placeholders,
}

func (p *pass) placeholders(d *runbook.Document) {
	lower := bytes.ToLower(d.Source)
	hinted := false
	for _, hint := range placeholderHints {
		hinted = hinted || bytes.Contains(lower, []byte(hint))
	}
	braces := bytes.Contains(d.Source, []byte("{{")) || bytes.Contains(d.Source, []byte("{%"))
	if hinted {
		texts(d.Root, func(n *document.Node) {
			if at := placeholder().FindStringIndex(n.Text()); at != nil {
				p.placeholder(n, at)
			}
		})
	}
	if braces {
		texts(d.Root, func(n *document.Node) {
			for _, at := range unfilled().FindAllStringIndex(n.Text(), -1) {
				if at[0] == 0 || n.Text()[at[0]-1] != '$' {
					p.placeholder(n, at)
					return
				}
			}
		}, commandKeys...)
	}
}

func (p *pass) placeholder(n *document.Node, at []int) {
	p.report(n.TextPosition(at[0]), "write what belongs there", "the placeholder %s was never filled in", document.Quote(n.Text()[at[0]:at[1]]))
}

// commandKeys are those under which a program is told something.
var commandKeys = []string{"run", "env", "dir", "file", "outputs", "expect", "pattern", "if", "preconditions"}
