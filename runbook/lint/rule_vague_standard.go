package lint

import (
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var vagueStandard = Rule{
	ID: "vague-standard", Severity: Warning,
	Summary: `a runbook leans on "best practice", or on a standard without its clause`,
	Why: `An auditor asks which clause asks for the procedure. "Best practice" can't be looked
up, and a whole standard is no answer: neither says what would be wrong without it.`,
	Bad:  `references: [{authority: industry best practice}]`,
	Good: `references: [{authority: "ISO/IEC 27001:2022", clause: A.8.13}]`,
	runbook: func(p *pass, r *runbook.Runbook) {
		const hint = `references: [{authority: "ISO/IEC 27001:2022", clause: A.8.13}]`
		items := p.node("references").Items()
		for i, ref := range r.References {
			words := vaguePractice(ref.Authority)
			switch {
			case words != "":
				p.report(items[i].Value("authority").Position(), hint, "%q is no authority that can be looked up", words)
			case ref.Clause == "":
				p.report(items[i].Position(), hint, "the reference to %s names no clause", document.Quote(ref.Authority))
			}
		}
		if len(r.References) > 0 {
			return
		}
		if words := vaguePractice(r.Rationale); words != "" {
			n := p.node("rationale")
			p.report(n.TextPosition(strings.Index(strings.ToLower(n.Text()), words)), hint, "%q names neither an authority nor a clause", words)
		}
	},
}

// vaguePractice is what a text says in place of an authority; "" for nothing.
func vaguePractice(text string) string {
	text = strings.ToLower(text)
	for _, words := range []string{"best practice", "good practice", "industry standard", "common sense", "common practice", "state of the art"} {
		if strings.Contains(text, words) {
			return words
		}
	}
	return ""
}
