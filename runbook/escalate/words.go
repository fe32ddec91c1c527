package escalate

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Words are what a notice says, in sentences of plain text. They may hold what
// people typed: whoever sends or prints them takes out what isn't text.
type Words struct {
	Title    string // one line
	What     string
	Since    time.Time // in the schedule's zone
	Impact   string
	Tried    string
	Next     string
	Severity string // critical | error | warning
}

// How bad it is: the time is up, the work has failed within it, it isn't done.
const (
	SeverityCritical = "critical"
	SeverityError    = "error"
	SeverityWarning  = "warning"
)

// wordsTemplate holds the sentences by the names of the parts.
const wordsTemplate = `
{{- define "title"}}{{with .Client}}{{.}}: {{end}}{{.Title}}: {{.State}} since {{.Since}}{{end}}
{{- define "what"}}{{or .What "The work is not done."}}{{end}}
{{- define "impact"}}{{or .Impact "Nobody has said what depends on it."}}
	{{- with .Deadline}} The time that was agreed
	{{- if $.Late}} ended at {{.}}, {{$.Left}} ago.{{else if $.Left}} ends at {{.}}, in {{$.Left}}.{{else}} ends now.{{end}}{{end}}{{end}}
{{- define "tried"}}{{or .Tried "Nothing that was written down."}}
	{{- with .Told}} Told so far: {{range $i, $who := .}}{{if $i}}, {{end}}{{$who}}{{end}}.{{end}}
	{{- with .Acknowledged}} Acknowledged at {{.}}.{{end}}{{end}}
{{- define "next"}}{{or .Next .Ask}}
	{{- with .Then}} After this, {{.}}.{{end}}{{end}}`

var parts = sync.OnceValue(func() *template.Template { return template.Must(template.New("").Parse(wordsTemplate)) })

// saying is what the templates see.
type saying struct {
	Client, Title, State, Since, What, Impact string
	Deadline, Left                            string
	Late                                      bool
	Tried, Acknowledged                       string
	Told                                      []string
	Next, Ask, Then                           string
}

// mostTold is how many of those who were told a notice names.
const mostTold = 8

func (t *tick) words(s step) Words {
	m := t.matter
	say := saying{
		Client: m.Client, Title: cmp.Or(m.Title, m.Name), State: "not resolved", Since: t.clock(m.Since),
		What: m.What, Impact: m.Impact, Tried: m.Tried, Next: m.Next, Told: t.toldSoFar(), Then: t.then(),
		Ask: "Finish it, or hold or waive it and say why.",
	}
	if s.ladder == NotAcknowledged {
		say.State, say.Ask = "not acknowledged", "Take it on: msp ack '"+m.Name+"'."
	}
	if happened(m.Acknowledged, t.at) {
		say.Acknowledged = t.clock(m.Acknowledged)
	}
	if !m.Deadline.IsZero() {
		say.Deadline, say.Late = t.clock(m.Deadline), t.at.After(m.Deadline)
		if left := t.at.Sub(m.Deadline).Abs(); left > 0 {
			say.Left = runbook.FormatSpan(left)
		}
	}
	return Words{
		Title: part("title", say), What: part("what", say), Since: m.Since.In(t.zone()), Impact: part("impact", say),
		Tried: part("tried", say), Next: part("next", say), Severity: t.severity(),
	}
}

// part is one part of the words. The templates and what they see stand in this
// file, and a test fills in each: they can't fail on a matter.
func part(name string, say saying) string {
	var text strings.Builder
	if err := parts().ExecuteTemplate(&text, name, say); err != nil {
		return say.What
	}
	return text.String()
}

func (t *tick) severity() string {
	switch m := t.matter; {
	case !m.Deadline.IsZero() && t.at.After(m.Deadline):
		return SeverityCritical
	case happened(m.Failed, t.at):
		return SeverityError
	default:
		return SeverityWarning
	}
}

func (t *tick) zone() *time.Location {
	if t.matter.Zone == nil {
		return time.UTC
	}
	return t.matter.Zone
}

// clock is an instant on the schedule's wall clock.
func (t *tick) clock(at time.Time) string { return at.In(t.zone()).Format("Mon 2006-01-02 15:04 MST") }

// toldSoFar are the newest of those who were told, in order.
func (t *tick) toldSoFar() []string {
	var told []string
	for _, n := range t.made {
		if n.Outcome == Sent {
			told = append(told, cmp.Or(n.Name, n.Contact, n.Notify)+" at "+t.clock(n.At))
		}
	}
	return told[max(0, len(told)-mostTold):]
}

// then says who is told next, as things stand.
func (t *tick) then() string {
	var first time.Time
	var names []string
	for _, rungs := range t.matter.ladders(t.at) {
		for _, rung := range rungs {
			due, known := t.matter.instant(rung)
			switch {
			case !known || !due.After(t.at) || !first.IsZero() && due.After(first):
			case due.Equal(first):
				names = append(names, rung.Notify)
			default:
				first, names = due, []string{rung.Notify}
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	verb := " is told at "
	if len(names) > 1 {
		verb = " are told at "
	}
	return strings.Join(slices.Compact(names), " and ") + verb + t.clock(first)
}
