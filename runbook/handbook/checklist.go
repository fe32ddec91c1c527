package handbook

import (
	"fmt"
	"strings"
)

// paper is how many columns a printed checklist has.
const paper = 80

// blank is a place to write by hand, of so many columns.
func blank(columns int) string { return strings.Repeat("_", columns) }

// Checklist is the runbook as a list to print, to tick and to sign, in lines of at
// most 80 columns: a box for each step and for each line of a step's checklist, and
// places for what is to be said. At its foot stands which document it is of.
func (p *Page) Checklist() string {
	t := text{width: paper}
	t.hanging("", "", p.Title)
	t.line(strings.Repeat("=", paper))
	t.line("")
	t.line("Client " + blank(30) + "  Date " + blank(12) + "  Begun at " + blank(12))
	t.line("")
	t.facts("why       ", p.Reasons())
	t.facts("due       ", p.Due)
	t.facts("promised  ", p.Promised)
	t.facts("tell      ", p.Rungs())
	t.before(p)
	for _, s := range p.Steps {
		t.step(s)
	}
	t.line("")
	t.line(strings.Repeat("-", paper))
	t.signature("Done by ")
	t.line("")
	t.line("Ended at " + blank(12) + "   What differed from the above, and why:")
	t.line("")
	t.line(blank(paper))
	t.line("")
	t.hanging("", "", p.ID+" "+p.Version)
	t.line(p.Digest)
	return visible(t.out.String())
}

func indent(n int) string { return strings.Repeat(" ", n) }

// facts are lines behind one label.
func (t *text) facts(label string, all []Line) {
	for _, l := range all {
		t.hanging(label, indent(len(label)), l.String())
		label = indent(len(label))
	}
}

// before is what is looked at and written down before the first step.
func (t *text) before(p *Page) {
	if len(p.Inputs)+len(p.Secrets)+len(p.Requires) == 0 {
		return
	}
	t.line("")
	t.line("Before the first step")
	for _, item := range p.AtHand() {
		t.hanging(box+" ", "  ", item.String())
	}
	for _, f := range p.Inputs {
		t.fill("", f)
	}
}

// AtHand is what must be there before the first step.
func (p *Page) AtHand() []Line {
	var all []Line
	if len(p.Requires) > 0 {
		all = append(all, say("these programs are there: ", codes(p.Requires)))
	}
	if len(p.Secrets) > 0 {
		all = append(all, say("these secrets are at hand: ", codes(p.Secrets)))
	}
	return all
}

// fill is a value to write down, and below it what it is.
func (t *text) fill(margin string, f Field) {
	t.line("")
	t.place(margin, f.Name)
	t.hanging(margin+"  ", margin+"  ", f.About().String())
}

// place is a name with room to write behind it, on the next line where the name is
// long.
func (t *text) place(margin, name string) {
	const least = 24
	wrapped := wrap(name, t.width-columns.StringWidth(margin)-least-1)
	for _, line := range wrapped[:len(wrapped)-1] {
		t.line(margin + line)
	}
	label := margin + wrapped[len(wrapped)-1] + " "
	t.line(label + blank(t.width-columns.StringWidth(label)))
}

// About is what a value is and must be.
func (f Field) About() Line {
	l := say(f.Type, ", ", f.Rules)
	if f.Description != "" {
		l = say(f.Description, " (", l, ")")
	}
	return l
}

// step is a box, what to do, and room for what came of it.
func (t *text) step(s Step) {
	const margin = "     "
	t.line("")
	first := fmt.Sprintf("%s %d. ", box, s.Number)
	t.hanging(first, margin, s.Title)
	for _, c := range s.Conditions {
		t.hanging(margin, margin, say("Condition: ", c).String())
	}
	for _, paragraph := range paragraphs(s.Why) {
		t.hanging(margin, margin, "Why: "+paragraph)
	}
	t.work(margin, s)
	for _, item := range s.Checklist {
		t.hanging(margin+box+" ", margin+"  ", item)
	}
	for _, e := range s.Evidence {
		t.hanging(margin+box+" ", margin+"  ", say("attach ", e.Line()).String())
	}
	for _, f := range s.Form {
		t.fill(margin, f)
	}
	for _, e := range s.Expected {
		t.hanging(margin, margin, say("Expected: ", e).String())
	}
	for _, n := range s.Normal {
		t.hanging(margin, margin, say("Normal: ", n).String())
	}
	t.hanging(margin, margin, say("Otherwise: ", s.Otherwise[0]).String())
	t.line("")
	for _, o := range s.Outputs {
		t.place(margin, strings.TrimSpace(o.Name+" "+inUnit(o.Unit)))
	}
	if s.Decides {
		t.decision(margin)
		return
	}
	t.line(margin + "passed " + box + "  failed " + box + "  not needed " + box + "   at " + blank(10) + "   by " + blank(20))
}

func inUnit(unit string) string {
	if unit == "" {
		return ""
	}
	return "(" + unit + ")"
}

// work is what is done: the script, the instructions, or one line about it.
func (t *text) work(margin string, s Step) {
	switch {
	case s.Script != "":
		t.script(margin, s)
	case s.Instructions != "":
		t.quote(margin, quoted(s.Instructions))
	default:
		t.hanging(margin, margin, "To do: "+s.Does)
	}
}

// script keeps the lines of a script. What goes on from a line that is too long
// begins with an ellipsis.
func (t *text) script(margin string, s Step) {
	if s.Folder != "" {
		t.hanging(margin, margin, "In "+s.Folder+":")
	}
	for _, v := range s.Variables {
		t.hanging(margin, margin, "With "+v.Name+" = "+v.Value)
	}
	for line := range strings.Lines(strings.TrimRight(oneNewline(s.Script), "\n")) {
		line = visible(strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    "))
		for prefix := margin + "| "; ; prefix = margin + "| … " {
			head := cutAt(line, t.width-columns.StringWidth(prefix))
			t.line(prefix + head)
			if line = line[len(head):]; line == "" {
				break
			}
		}
	}
}

// decision is where somebody else agrees.
func (t *text) decision(margin string) {
	t.line(margin + "agreed " + box + "  rejected " + box + "  not needed " + box)
	t.signature(margin + "Decided by ")
}

func (t *text) signature(label string) {
	t.line("")
	t.line(label + blank(paper-len(label)))
	t.line("")
	margin := indent(len(label) - len(strings.TrimLeft(label, " ")))
	t.line(margin + "Signature " + blank(28) + "  Date " + blank(12) + "  Time " + blank(8))
}
