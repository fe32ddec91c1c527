package lint

import (
	"bytes"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// todoMarks are how people mark what they have still to write.
var todoMarks = []string{"TO" + "DO", "FIX" + "ME", "X" + "XX", "TBD"}

var todoLeft = Rule{
	ID: "todo-left", Severity: Warning,
	Summary: "a mark of unfinished work: " + strings.Join(todoMarks, ", "),
	Why: `A procedure that is in force and says that something is still to be written will be
followed as it is, at night, by somebody who can't ask.`,
	Bad: `steps:
  - {id: look, title: Look at the queue (TBD), run: test -d /var/spool/mail}`,
	Good: `steps:
  - {id: look, title: Look at the queue, run: test -d /var/spool/mail}`,
	document: (*pass).todos,
}

func (p *pass) todos(d *runbook.Document) {
	for _, mark := range todoMarks {
		if !bytes.Contains(d.Source, []byte(mark)) {
			continue
		}
		texts(d.Root, func(n *document.Node) {
			if at := markAt(n.Text(), mark); at >= 0 {
				p.report(n.TextPosition(at), "write it, or take the mark out and say what isn't done", "%s: something is still to be written here", mark)
			}
		})
	}
}

// markAt is where a mark stands as a word of its own: not in a name, nor in what
// mktemp fills in, nor where people have a list of that name.
func markAt(text, mark string) int {
	for from := 0; ; {
		at := strings.Index(text[from:], mark)
		if at < 0 {
			return -1
		}
		at += from
		end := at + len(mark)
		if (at == 0 || strings.IndexByte(" \t\n#/(<[*", text[at-1]) >= 0) && (end == len(text) || strings.IndexByte(" \t\n:)>].,;!?", text[end]) >= 0) &&
			(at == 0 || text[at-1] != '/' || at > 1 && text[at-2] == '/') && !strings.HasPrefix(text[end:], " list") {
			return at
		}
		from = end
	}
}
