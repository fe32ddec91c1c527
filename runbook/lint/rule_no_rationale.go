package lint

import (
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

var noRationale = Rule{
	ID: "no-rationale", Severity: Warning,
	Summary: "a runbook doesn't say why it exists, or only repeats its title",
	Why: `Who knows why a task is done can tell when it has become useless, or when a step that
looks pointless must not be left out. Without a reason a procedure is followed until
somebody in a hurry drops it.`,
	Source: "ISO/IEC 20000-1:2018, 7.5",
	Bad:    `# without: rationale`,
	Good: `rationale: |
  Mail waited for a whole weekend in 2025 because nobody looked at the queue.`,
	runbook: func(p *pass, r *runbook.Runbook) {
		const hint = "rationale: what went wrong, or would, if nobody did this"
		switch words := wordsOf(r.Rationale); {
		case len(words) == 0:
			p.report(p.at("title"), hint, "the runbook doesn't say why it exists")
		case strings.Join(words, " ") == strings.Join(wordsOf(r.Title), " "):
			p.report(p.at("rationale"), hint, "the rationale only repeats the title")
		}
	},
}

// wordsOf are the words of a text in lower case, without marks.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return strings.ContainsRune(" \t\r\n.,;:!?\"'()[]", r)
	})
}
