package handbook

import (
	"fmt"
	"strings"
)

// A block is one piece of a page as it is laid out: exactly one field is set.
// Markdown, text and HTML each know how to write every kind of block.
type block struct {
	Heading *heading
	Text    Line
	List    []Line
	Facts   []Fact
	Table   *table
	Code    *listing
	Quote   []string // lines of a text that is a document's own
}

type heading struct {
	Level int // 1 is the page's title
	ID    string
	Text  string
}

// table is rows under named columns. In text each row is one line, in which a cell
// stands behind the words of its column.
type table struct {
	Title   string // "" where a heading says it
	Columns []column
	Rows    [][]Line
}

type column struct{ Name, Words string }

type listing struct{ Language, Text string }

// outline is the page in order.
func (p *Page) outline() []block {
	o := outline{}
	o.head(1, "", p.Title)
	o.add(block{Text: say(code(p.ID), " ", p.Version, " · ", p.Class)})
	o.facts([]Fact{
		{"Owner", lines(p.Owner)},
		{"Review by", plain(p.ReviewBy)},
		{"Scripts", lines(p.Scripts)},
	})
	o.why(p)
	o.decisions(p.Decisions)
	o.head(2, "when", "When it is due, and what was promised")
	o.facts([]Fact{{"Due", p.Due}, {"Promised", p.Promised}})
	o.told(p.Told)
	o.before(p)
	o.head(2, "steps", "Steps")
	for _, s := range p.Steps {
		o.step(s)
	}
	o.head(2, "document", "The document")
	o.add(block{Text: say(code(p.ID), " ", p.Version, ", digest ", code(p.Digest))})
	return o.blocks
}

// outline grows by blocks; what says nothing is left out.
type outline struct{ blocks []block }

func (o *outline) add(b block) { o.blocks = append(o.blocks, b) }

func (o *outline) head(level int, id, text string) { o.add(block{Heading: &heading{level, id, text}}) }

func (o *outline) list(items []Line) {
	if len(items) > 0 {
		o.add(block{List: items})
	}
}

func (o *outline) facts(all []Fact) {
	if said := thatSay(all); len(said) > 0 {
		o.add(block{Facts: said})
	}
}

// paragraphs are the parts of a text between its empty lines.
func paragraphs(text string) []string {
	var all, open []string
	for line := range strings.Lines(text + "\n\n") {
		if line = strings.TrimSpace(line); line != "" {
			open = append(open, line)
		} else if len(open) > 0 {
			all, open = append(all, strings.Join(open, " ")), nil
		}
	}
	return all
}

func (o *outline) prose(text string) {
	for _, paragraph := range paragraphs(text) {
		o.add(block{Text: say(paragraph)})
	}
}

func (o *outline) why(p *Page) {
	if p.Why == "" && len(p.References) == 0 {
		return
	}
	o.head(2, "why", "Why it is done")
	o.prose(p.Why)
	o.facts([]Fact{{"Required by", p.Clauses()}})
}

func (r Reference) line() Line {
	if r.Clause == "" {
		return say(r.Authority)
	}
	return say(r.Authority, ", ", r.Clause)
}

func (o *outline) decisions(all []Decision) {
	if len(all) == 0 {
		return
	}
	o.head(2, "decisions", "What was decided")
	t := table{Columns: []column{{"Date", ""}, {"By", "by "}, {"Decided", "decided: "}, {"Because", "because "}}}
	for _, d := range all {
		t.Rows = append(t.Rows, []Line{say(d.Date), say(d.By), say(d.Decided), optional(d.Because)})
	}
	o.add(block{Table: &t})
}

// optional is no line for no text.
func optional(text string) Line {
	if text == "" {
		return nil
	}
	return say(text)
}

func (o *outline) told(all []Rung) {
	if len(all) == 0 {
		return
	}
	o.head(2, "escalation", "Who is told")
	t := table{Columns: []column{{"When", ""}, {"Who", "tell "}}}
	for _, r := range all {
		t.Rows = append(t.Rows, []Line{r.When, say(code(r.Notify))})
	}
	o.add(block{Table: &t})
}

func (o *outline) before(p *Page) {
	if len(p.Inputs)+len(p.Secrets)+len(p.Requires) == 0 {
		return
	}
	o.head(2, "before", "What it needs")
	o.facts([]Fact{{"Programs", lines(codes(p.Requires))}, {"Secrets", lines(codes(p.Secrets))}})
	o.fields("Inputs", p.Inputs)
}

func (o *outline) fields(title string, all []Field) {
	if len(all) == 0 {
		return
	}
	t := table{Title: title, Columns: []column{{"Name", ""}, {"Type", ""}, {"Rules", ""}, {"What it is", ""}}}
	for _, f := range all {
		t.Rows = append(t.Rows, []Line{say(code(f.Name)), say(f.Type), f.Rules, optional(f.Description)})
	}
	o.add(block{Table: &t})
}

func (o *outline) step(s Step) {
	o.head(3, "step-"+s.ID, fmt.Sprintf("%d. %s", s.Number, s.Title))
	o.prose(s.Why)
	o.facts(append([]Fact{{"Step", lines(say(code(s.ID), ", done by ", s.Who))}}, s.given()...))
	switch {
	case s.Script != "":
		o.add(block{Code: &listing{s.Shell, s.Script}})
	case s.Instructions != "":
		o.add(block{Quote: quoted(s.Instructions)})
	default:
		o.add(block{Text: say("What is done: ", code(s.Does))})
	}
	o.boxes(s.Checklist)
	o.fields("To say", s.Form)
	o.facts(s.wanted())
}

// quoted are the lines of a text that is a document's own.
func quoted(text string) []string { return strings.Split(strings.Trim(oneNewline(text), " \n"), "\n") }

func codeLines(text string) []Line {
	if text == "" {
		return nil
	}
	return []Line{say(code(text))}
}

func (s Step) variables() []Line {
	var all []Line
	for _, v := range s.Variables {
		all = append(all, say(code(v.Name), " is ", code(v.Value)))
	}
	return all
}

func (s Step) outputs() []Line {
	var all []Line
	for _, out := range s.Outputs {
		article := ", a "
		if strings.IndexAny(out.Type, "aeiou") == 0 {
			article = ", an "
		}
		l := say(code(out.Name), article, out.Type)
		if out.Unit != "" {
			l = say(l, " in ", out.Unit)
		}
		all = append(all, l)
	}
	return all
}

func (o *outline) boxes(items []string) {
	var all []Line
	for _, item := range items {
		all = append(all, say(box, " ", item))
	}
	o.list(all)
}

// box is what is ticked.
const box = "☐"

func evidenceLines(all []Evidence) []Line {
	var items []Line
	for _, e := range all {
		items = append(items, e.Line())
	}
	return items
}

// Line is what is asked for.
func (e Evidence) Line() Line {
	l := say(code(e.Name))
	if e.Required {
		l = say(l, ", required")
	}
	if e.Description != "" {
		l = say(l, ": ", e.Description)
	}
	return l
}
