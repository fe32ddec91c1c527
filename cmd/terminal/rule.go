package terminal

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// Rule is a rule by which documents are checked, as it is listed and explained.
type Rule struct {
	ID        string
	Severity  string // "error", "warning" or "info"
	Summary   string // what is found, as a line
	Why       string // in some sentences
	Source    string // may be empty
	Bad, Good string // examples
}

// severity is how a severity is set off.
func (p palette) severity(word string) lipgloss.Style {
	switch word {
	case "warning":
		return p.warning
	case "info":
		return p.accent
	}
	return p.bad
}

// The columns of a rule in a list.
const (
	ruleNames    = 29 // a longer name has a line of its own
	ruleSeverity = 9  // "warning" and two spaces
)

// PrintRules lists rules under a heading.
func PrintRules(s Screen, heading string, rules []Rule) {
	s = s.ready()
	p := newPalette(s.Out, s.Color)
	lines := styled(flowing(heading, s.room()), p.strong.Render)
	for _, r := range rules {
		lines = append(lines, p.rule(s, r)...)
	}
	_, _ = fmt.Fprintln(s.Out, strings.Join(lines, "\n"))
}

// rule is a rule in a list.
func (p palette) rule(s Screen, r Rule) []string {
	severity := p.severity(r.Severity).Render(r.Severity)
	switch {
	case s.Accessible:
		return flowing(fmt.Sprintf("%s, %s: %s", r.ID, r.Severity, r.Summary), s.room())
	case s.room() == maxWidth, cells(r.ID) <= ruleNames-2 && !s.narrow():
		lines := hang(pad(ruleNames+ruleSeverity), r.Summary, s.room())
		lines[0] = padTo(r.ID, ruleNames-2) + "  " + severity + pad(ruleSeverity-cells(r.Severity)) + strings.TrimLeft(lines[0], " ")
		return lines
	}
	indent := ruleNames + ruleSeverity
	if s.narrow() {
		indent = 4
	}
	return append([]string{r.ID + "  " + severity}, hang(pad(indent), r.Summary, s.room())...)
}

// PrintRule explains a rule. Its examples are not broken at the end of a line, so that
// they can be copied.
func PrintRule(s Screen, r Rule) {
	s = s.ready()
	p := newPalette(s.Out, s.Color)
	lines := styled(flowing(fmt.Sprintf("%s (%s): %s", r.ID, r.Severity, r.Summary), s.room()), p.severity(r.Severity).Render)
	lines = append(append(lines, ""), s.paragraph(r.Why)...)
	if r.Source != "" {
		lines = append(append(lines, ""), flowing("From: "+r.Source, s.room())...)
	}
	for _, example := range [][2]string{{"Bad:", r.Bad}, {"Good:", r.Good}} {
		lines = append(lines, "", p.strong.Render(example[0]), "")
		for line := range strings.SplitSeq(strings.ToValidUTF8(example[1], "\ufffd"), "\n") {
			lines = append(lines, "    "+line)
		}
	}
	_, _ = fmt.Fprintln(s.Out, strings.Join(lines, "\n"))
}

// paragraph is a text of some lines, in lines as long as the room.
func (s Screen) paragraph(text string) []string {
	if s.room() == maxWidth {
		return strings.Split(text, "\n")
	}
	return wrap(strings.Join(strings.Fields(text), " "), s.room())
}
