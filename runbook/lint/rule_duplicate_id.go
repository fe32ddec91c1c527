package lint

import (
	"github.com/msp-runbook/msp/runbook/document"
)

var duplicateID = Rule{
	ID: "duplicate-id", Severity: Error,
	Summary: "two things have one id or name, or one thing stands twice in a list",
	Why: `A plan, a record and a reference name a runbook, a calendar or a step by its id. Where
two have the same, nobody can say which of them was done; and what stands twice in a
list was most often meant to be another.`,
	Bad: `steps:
  - {id: look, title: Look at the console, run: "true"}
  - {id: look, title: Look again, run: "true"}`,
	Good: `steps:
  - {id: look, title: Look at the console, run: "true"}
  - {id: look_again, title: Look again, run: "true"}`,
	all: func(p *pass, all *Documents) {
		runbooks, calendars := map[string]document.Position{}, map[string]document.Position{}
		for _, r := range all.Runbooks {
			p.once(runbooks, "runbook", r.ID, r.Root.Value("id").Position())
		}
		for _, c := range all.Calendars {
			p.once(calendars, "calendar", c.Calendar.ID, c.Position)
		}
	},
}

func (p *pass) once(seen map[string]document.Position, what, id string, at document.Position) {
	if first, twice := seen[id]; twice {
		p.report(at, "give one of them another id", "the %s %q stands twice, first at %s", what, id, first)
		return
	}
	seen[id] = at
}
