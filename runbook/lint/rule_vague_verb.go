package lint

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var vagueVerb = Rule{
	ID: "vague-verb", Severity: Warning,
	Summary: "a step's title or instructions leave open what is to be done",
	Why: `"Handle the alerts as needed" is done by whoever ticks it. An instruction that two
people would carry out in two ways proves nothing about what was done: say the
action, and what is seen when it worked.`,
	Source: "ISO/IEC/IEEE 26514:2022 on instructions; plain language, ISO 24495-1:2023",
	Bad: `steps:
  - {id: alerts, title: Handle the alerts as needed, manual: {instructions: Deal with the alerts., checklist: [Alerts handled]}}`,
	Good: `steps:
  - {id: alerts, title: Close each alert that has a ticket, manual: {instructions: Open the console. Close each alert that has a ticket., checklist: [Each open alert has a ticket]}}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		p.vague(p.node("title"), true)
		for i := range r.Steps {
			step := p.step(i)
			p.vague(step.Value("title"), true)
			p.vague(step.Value("manual", "instructions"), false)
			for _, item := range step.Value("manual", "checklist").Items() {
				p.vague(item, true)
			}
		}
	},
}

// What leaves open what is to be done: verbs at the beginning, words anywhere.
var (
	vagueVerbs = []string{"handle", "manage", "deal with", "take care of", "look into", "ensure", "make sure", "do the needful"}
	nounVerbs  = []string{"process", "address"} // only before one of the articles: an address can be looked at
	articles   = []string{"the", "a", "an", "all", "any", "each", "every", "this", "that", "these", "those", "it", "them"}
	vagueWords = []string{"as needed", "as necessary", "as appropriate", "as required", "if needed", "if necessary", "if appropriate", "when needed", "properly", "appropriately", "and so on", "etc", "and/or", "the usual way"}
)

// vague finds one vague word in a text. Of instructions each sentence has a beginning.
func (p *pass) vague(n *document.Node, line bool) {
	text := strings.ToLower(n.Text())
	sentences := []string{text}
	if !line {
		sentences = strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".!?\n", r) })
	}
	for _, sentence := range sentences {
		sentence = strings.TrimLeft(sentence, " \t-*0123456789)")
		if verb := vagueVerbOf(sentence); verb != "" {
			p.report(n.TextPosition(max(strings.Index(text, sentence), 0)), "say the action, and what is seen when it worked",
				"%q leaves open what is to be done", verb)
			return
		}
	}
	for _, word := range vagueWords {
		if i := wordAt(text, word); i >= 0 {
			p.report(n.TextPosition(i), "say when, or how much", "%q leaves open what is to be done", word)
			return
		}
	}
}

// vagueVerbOf is the vague verb with which a sentence begins; "" for none.
func vagueVerbOf(sentence string) string {
	for _, verb := range vagueVerbs {
		if wordAt(sentence, verb) == 0 {
			return verb
		}
	}
	words := strings.Fields(sentence)
	if len(words) > 1 && slices.Contains(nounVerbs, words[0]) && slices.Contains(articles, words[1]) {
		return words[0]
	}
	return ""
}

// wordAt is where a whole word, or several, first stand in a text; -1 for nowhere.
func wordAt(text, word string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(word)
		if (i == 0 || !inWord(text[i-1])) && (end == len(text) || !inWord(text[end])) {
			return i
		}
		from = end
	}
}

// inWord reports whether a byte makes a longer word of one, or a path: /etc/hosts.
func inWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80 || b == '_' || b == '/'
}
