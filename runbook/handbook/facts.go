package handbook

import (
	"regexp"
	"slices"
	"strings"
)

// Fact is something that has a name, and what is said about it.
type Fact struct {
	Name  string `json:"name"`
	Lines []Line `json:"lines"`
}

func (f Fact) text() string { return joined(f.Lines, "\n").String() }

// Say makes a fact of plain lines.
func Say(name string, lines ...string) Fact { return Fact{name, sayEach(lines)} }

// WriteFacts is facts as plain text with lines of at most so many columns. Those that
// say nothing are left out.
func WriteFacts(all []Fact, width int) string {
	t := text{width: width}
	for _, f := range thatSay(all) {
		t.fact(f)
	}
	return visible(t.out.String())
}

func thatSay(all []Fact) []Fact {
	return slices.DeleteFunc(slices.Clone(all), func(f Fact) bool { return len(f.Lines) == 0 })
}

// lines are the lines that say something.
func lines(all ...Line) []Line {
	return slices.DeleteFunc(all, func(l Line) bool { return len(l) == 0 })
}

func plain(text string) []Line {
	if text == "" {
		return nil
	}
	return []Line{say(text)}
}

// Facts are what the document says of a step, beside its title and why it is there.
func (s *Step) Facts() []Fact {
	return thatSay(slices.Concat(
		[]Fact{{"Who", lines(s.Who)}, {"Does", plain(s.Does)}},
		s.given(),
		[]Fact{{"Checklist", sayEach(s.Checklist)}, {"To say", aboutFields(s.Form)}},
		s.wanted(),
	))
}

// given is what the work of a step starts from.
func (s *Step) given() []Fact {
	return []Fact{
		{"Conditions", s.Conditions},
		{"Programs", lines(codes(s.Requires))},
		{"Folder", codeLines(s.Folder)},
		{"Variables", s.variables()},
	}
}

// wanted is what is to come of it, and what follows when it doesn't.
func (s *Step) wanted() []Fact {
	return []Fact{
		{"To attach", evidenceLines(s.Evidence)},
		{"Expected", s.Expected},
		{"Gives", s.outputs()},
		{"Normal", s.Normal},
		{"Limits", s.Limits},
		{"Otherwise", s.Otherwise},
	}
}

func aboutFields(all []Field) []Line {
	var lines []Line
	for _, f := range all {
		lines = append(lines, say(code(f.Name), ": ", f.About()))
	}
	return lines
}

// said is all that the document says of a step.
func (s *Step) said() []Fact {
	all := thatSay([]Fact{{"Title", plain(s.Title)}, {"Why", sayEach(paragraphs(s.Why))}})
	script := sayEach(strings.Split(strings.TrimSpace(oneNewline(s.Script+s.Instructions)), "\n"))
	for _, f := range s.Facts() {
		if f.Name == "Does" && s.Script+s.Instructions != "" {
			f.Lines = script
		}
		all = append(all, f)
	}
	return all
}

// Reasons are why the document says that it exists, one paragraph a line.
func (p *Page) Reasons() []Line { return sayEach(paragraphs(p.Why)) }

// Reasons are why the step is there, one paragraph a line.
func (s *Step) Reasons() []Line { return sayEach(paragraphs(s.Why)) }

// Clauses are what asks for the procedure.
func (p *Page) Clauses() []Line {
	var all []Line
	for _, r := range p.References {
		all = append(all, r.line())
	}
	return all
}

// Decided are the decisions whose text has one of the words in it; all, where none
// has.
func (p *Page) Decided(words ...string) []Line {
	var named, all []Line
	about := naming(words...)
	for _, d := range p.Decisions {
		l := say(d.Date, " by ", d.By, ": ", d.Decided)
		if d.Because != "" {
			l = say(l, ", because ", d.Because)
		}
		all = append(all, l)
		if about.MatchString(d.Decided + " " + d.Because) {
			named = append(named, l)
		}
	}
	if len(named) > 0 {
		return named
	}
	return all
}

// naming finds any of some words in a text, as it is written or in words; of no words
// it finds none.
func naming(words ...string) *regexp.Regexp {
	all := []string{`[^\s\S]`}
	for _, word := range words {
		if word == "" {
			continue
		}
		all = append(all, regexp.QuoteMeta(word), regexp.QuoteMeta(spaced(word)))
	}
	return regexp.MustCompile(`(?i)(^|\W)(` + strings.Join(all, "|") + `)($|\W)`)
}

// Rungs are the ladders, one rung a line.
func (p *Page) Rungs() []Line {
	var all []Line
	for _, r := range p.Told {
		all = append(all, say(r.Notify, ": ", r.When))
	}
	return all
}

// UsedBy are the steps whose text names a value, such as "inputs.max_age" or
// "steps.size".
func (p *Page) UsedBy(value string) []Line {
	var all []Line
	named := naming(value)
	for i := range p.Steps {
		s := &p.Steps[i]
		needed := slices.Contains(s.Needs, strings.TrimPrefix(value, "steps."))
		if needed || slices.ContainsFunc(s.said(), func(f Fact) bool { return named.MatchString(f.text()) }) {
			all = append(all, say(code(s.ID), ": ", s.Title))
		}
	}
	return all
}
