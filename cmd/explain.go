package cmd

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/handbook"
)

// explanation is msp explain --json.
type explanation struct {
	V       int             `json:"v"`
	Runbook string          `json:"runbook"`
	Version string          `json:"version"`
	Digest  string          `json:"digest"`
	Client  string          `json:"client"`
	Kind    string          `json:"kind"` // runbook, step, input, or one of the parts
	About   string          `json:"about"`
	Title   string          `json:"title"`
	Why     []handbook.Fact `json:"why"`
	Says    []handbook.Fact `json:"says"`             // the document, about the part
	Record  *pastRecord     `json:"record,omitempty"` // the client's logs; nil where no run is in them
	People  []whoRung       `json:"people,omitempty"` // behind the names, now
}

type explainedPart struct {
	name  string
	words []string
}

// The parts of a runbook that can be explained by a name, beside its steps and
// inputs, and the words by which a decision is about one.
var explainedParts = []explainedPart{
	{"schedule", []string{"schedule", "due", "calendar", "night", "nightly", "daily", "weekly", "monthly"}},
	{"sla", []string{"sla", "target", "deadline", "late", "promised"}},
	{"escalation", []string{"escalation", "escalate", "told", "notify", "on-call"}},
	{"owner", []string{"owner", "responsible"}},
}

func (a *app) explainCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "explain RUNBOOK[#PART]", GroupID: groupWrite, Short: "say why a runbook, or a part of one, is as it is", Args: cobra.ExactArgs(1),
		Long: `Say why a runbook or a part of it is there, who decided it, what it was before, what
is normal and how it fared in the client's earlier runs. PART is a step, an input,
or schedule, sla, escalation, owner. Nothing is run, and nothing is written.`,
		Example:           "  msp explain backup-verify\n  msp explain backup-verify#size\n  msp explain backup-verify#sla --client acme",
		ValidArgsFunction: a.completeExplained,
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			e, err := a.explain(p, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(e)
			}
			return a.showExplanation(e)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// explain puts together what is known of what a word names.
func (a *app) explain(p *place, word string) (*explanation, error) {
	word, part := cutPart(word)
	r, err := findRunbook(p, word)
	if err != nil {
		return nil, err
	}
	page := handbook.Of(r)
	e := &explanation{V: 2, Runbook: r.ID, Version: r.Version, Digest: r.Digest, Client: p.Client, About: part, Title: r.Title}
	if err := e.say(page, part); err != nil {
		return nil, err
	}
	if e.Kind == "sla" {
		a.sayAgreed(p, r, e)
	}
	if e.Kind == "escalation" || e.Kind == "owner" {
		if who, err := p.who(r, a.Now()); err == nil { // else msp who says what is wrong
			e.People = who.Rungs
		}
	}
	history, err := a.history(p)
	if err != nil {
		return nil, err
	}
	e.Record = a.past(a.store(p, p.Client), history, r, e)
	return e, nil
}

// cutPart takes what stands behind the last # off a word. A file whose name has one
// is named whole.
func cutPart(word string) (named, part string) {
	at := strings.LastIndexByte(word, '#')
	if at < 0 {
		return word, ""
	}
	if _, err := os.Stat(word); err == nil {
		return word, ""
	}
	return word[:at], word[at+1:]
}

// say takes from the page what it says about a part.
func (e *explanation) say(page *handbook.Page, part string) error {
	step := page.Step(part)
	input := slices.IndexFunc(page.Inputs, func(f handbook.Field) bool { return f.Name == part })
	known := slices.IndexFunc(explainedParts, func(known explainedPart) bool { return known.name == part })
	switch {
	case part == "":
		e.Kind, e.Why, e.Says = "runbook", because(page, "Why"), aboutRunbook(page)
	case step != nil:
		e.Kind, e.Title, e.Says = "step", step.Title, aboutStep(page, step)
		e.Why = append([]handbook.Fact{{Name: "Why", Lines: step.Reasons()}}, because(page, "The runbook", stepWords(step)...)...)
	case input >= 0:
		e.Kind, e.Title, e.Says = "input", page.Inputs[input].Description, aboutInput(page, page.Inputs[input])
		e.Why = because(page, "The runbook", part)
	case known >= 0:
		e.Kind, e.Why, e.Says = part, because(page, "Why", explainedParts[known].words...), aboutPart(page, part)
	default:
		return unknownPart(page, part)
	}
	return nil
}

// because is why the runbook is there, and the decisions about what some words name.
func because(page *handbook.Page, name string, words ...string) []handbook.Fact {
	return []handbook.Fact{
		{Name: name, Lines: page.Reasons()},
		{Name: "Required by", Lines: page.Clauses()},
		{Name: "Decided", Lines: page.Decided(words...)},
		{Name: "Owner", Lines: aLine(page.Owner)},
	}
}

// stepWords are those by which a decision is about a step.
func stepWords(step *handbook.Step) []string {
	words := []string{step.ID, step.Title}
	for _, o := range step.Outputs {
		words = append(words, o.Name)
	}
	return words
}

func unknownPart(page *handbook.Page, part string) error {
	names := partsOf(page)
	err := fmt.Errorf("the runbook %s has no part %s", page.ID, document.Quote(part))
	if near := document.Nearest(part, names); near != "" {
		return usageError(err, "did you mean "+page.ID+"#"+near+"?")
	}
	return usageError(err, "it has "+strings.Join(names, ", "))
}

// partsOf are the names that can stand behind the #.
func partsOf(page *handbook.Page) []string {
	var names []string
	for _, s := range page.Steps {
		names = append(names, s.ID)
	}
	for _, f := range page.Inputs {
		names = append(names, f.Name)
	}
	for _, known := range explainedParts {
		names = append(names, known.name)
	}
	return names
}

func aboutRunbook(page *handbook.Page) []handbook.Fact {
	steps := make([]string, len(page.Steps))
	for i, s := range page.Steps {
		steps[i] = s.ID + ": " + s.Title
	}
	return []handbook.Fact{
		{Name: "Due", Lines: page.Due},
		{Name: "Promised", Lines: page.Promised},
		{Name: "Told", Lines: page.Rungs()},
		handbook.Say("Steps", steps...),
	}
}

func aLine(l handbook.Line) []handbook.Line {
	if len(l) == 0 {
		return nil
	}
	return []handbook.Line{l}
}

func aboutStep(page *handbook.Page, step *handbook.Step) []handbook.Fact {
	return append(step.Facts(), handbook.Fact{Name: "Used by", Lines: page.UsedBy("steps." + step.ID)})
}

func aboutInput(page *handbook.Page, f handbook.Field) []handbook.Fact {
	return []handbook.Fact{
		{Name: "Is", Lines: aLine(f.About())},
		{Name: "Used by", Lines: page.UsedBy("inputs." + f.Name)},
	}
}

func aboutPart(page *handbook.Page, part string) []handbook.Fact {
	says := map[string][]handbook.Fact{
		"schedule":   {{Name: "Due", Lines: page.Due}, {Name: "Promised", Lines: page.Promised}},
		"sla":        {{Name: "Promised", Lines: page.Promised}, {Name: "Told", Lines: page.Rungs()}},
		"escalation": {{Name: "Told", Lines: page.Rungs()}, {Name: "Promised", Lines: page.Promised}},
		"owner":      {{Name: "Owner", Lines: aLine(page.Owner)}, handbook.Say("Review by", said(page.ReviewBy)...), {Name: "Scripts", Lines: aLine(page.Scripts)}},
	}[part]
	if len(says[0].Lines) == 0 {
		says[0] = handbook.Say(says[0].Name, "the runbook says nothing about it")
	}
	return says
}

// said is a text as the lines of a fact.
func said(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// sayAgreed adds what the agreement with the client promises by a target's name.
func (a *app) sayAgreed(p *place, r *runbook.Runbook, e *explanation) {
	if r.SLA == nil || r.SLA.Agreement == "" {
		return
	}
	known, err := p.promises(p.Client, a.Now())
	if err == nil {
		if sla, err := known.Lookup().SLA(r.SLA); err == nil {
			e.Says = slices.Insert(e.Says, 1, handbook.Fact{Name: "That is", Lines: handbook.Promised(sla)})
			return
		}
	}
	e.Says = slices.Insert(e.Says, 1, handbook.Say("That is", "not known: no agreement with "+p.Client+" that is in force says it"))
}

// showExplanation prints what is known of a step as somebody needs it who is called
// at night: why it is there, what is normal, how it fared, and then what it does. Of
// another part, what it says comes first.
func (a *app) showExplanation(e *explanation) error {
	head := e.Runbook + " " + e.Version
	if e.About != "" {
		head = e.About + " of " + head
	}
	groups := [][]handbook.Fact{e.Says, {e.peopleFact()}, e.Why, e.Record.facts(e)}
	if e.Kind == "step" || e.Kind == "runbook" {
		groups = [][]handbook.Fact{e.Why, e.Record.facts(e), e.Says}
	}
	text := strings.TrimLeft(e.Title+"\n"+head+" · "+e.Client+"\n", "\n")
	for _, group := range groups {
		if facts := handbook.WriteFacts(group, a.pageWidth()); facts != "" {
			text += "\n" + facts
		}
	}
	_, err := fmt.Fprint(a.Stdout, terminal.Sanitize(text, true))
	return err
}

// peopleFact are those behind the names now, the first of each.
func (e *explanation) peopleFact() handbook.Fact {
	var lines []string
	for _, rung := range e.People {
		line := rung.Notify + ": no contacts say who that is"
		if len(rung.People) > 0 {
			person := rung.People[0]
			line = rung.Notify + ": " + person.Name
			switch {
			case person.Unreachable != "":
				line += ", not reached: " + person.Unreachable
			case len(person.Channels) > 0:
				line += " (" + strings.Join(person.Channels, ", ") + ")"
			}
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return handbook.Say("Now", lines...)
}

// completeExplained offers runbooks, and behind a # their parts.
func (a *app) completeExplained(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	named, _, behind := strings.Cut(word, "#")
	p, err := a.place()
	if !behind || err != nil || len(args) > 0 {
		return a.completeRunbooks(c, args, word)
	}
	r, err := findRunbook(p, named)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []string
	for _, part := range partsOf(handbook.Of(r)) {
		words = append(words, named+"#"+part)
	}
	return offer(words, word)
}
