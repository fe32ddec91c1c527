// Package handbook is a runbook as people read it: text, Markdown, HTML, a
// checklist to print.
//
// Of turns a loaded runbook into a Page: everything that it says, with schedules,
// promises, conditions and limits in words. The Page is what JSON gives; Text,
// Markdown and HTML are its sections in order, Checklist and ChecklistHTML the same
// as something to tick and to sign.
//
// Nothing is evaluated, and of secrets there are the names. What a document says
// may be hostile: no text of it becomes markup in any of the formats, and characters
// that no reader can see are shown as U+FFFD.
package handbook

import (
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Page is a runbook in words.
type Page struct {
	V          int         `json:"v"`
	ID         string      `json:"id"`
	Version    string      `json:"version"`
	Title      string      `json:"title"`
	Class      string      `json:"class"`
	Digest     string      `json:"digest"` // "sha256:" and 64 hex digits, of the document's bytes
	Owner      Line        `json:"owner,omitempty"`
	ReviewBy   string      `json:"review_by,omitempty"` // a day
	Scripts    Line        `json:"scripts,omitempty"`   // who keeps them
	Why        string      `json:"why,omitempty"`
	References []Reference `json:"references,omitempty"`
	Decisions  []Decision  `json:"decisions,omitempty"`
	Due        []Line      `json:"due"`
	Promised   []Line      `json:"promised,omitempty"`
	Told       []Rung      `json:"told,omitempty"`
	Requires   []string    `json:"requires,omitempty"`
	Inputs     []Field     `json:"inputs,omitempty"`
	Secrets    []string    `json:"secrets,omitempty"` // names alone
	Steps      []Step      `json:"steps"`
}

// Reference is a clause that asks for the procedure.
type Reference struct {
	Authority string `json:"authority"`
	Clause    string `json:"clause,omitempty"`
}

// Decision is one thing that was agreed.
type Decision struct {
	Date    string `json:"date"` // a day
	By      string `json:"by"`
	Decided string `json:"decided"`
	Because string `json:"because,omitempty"`
}

// Rung is one line of the two ladders, in their order.
type Rung struct {
	When   Line   `json:"when"`
	Notify string `json:"notify"`
}

// Field is a value that somebody gives: an input, or a field of a form.
type Field struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	Rules       Line   `json:"rules"` // whether it is required, its default, its limits
	Default     string `json:"default,omitempty"`
}

// Step is one step in words.
type Step struct {
	Number       int        `json:"number"` // from 1
	ID           string     `json:"id"`
	Title        string     `json:"title"`
	Why          string     `json:"why,omitempty"`
	Kind         string     `json:"kind"`
	Who          Line       `json:"who"`
	Decides      bool       `json:"decides,omitempty"` // it waits for somebody else's yes or no
	Does         string     `json:"does"`              // one line
	Shell        string     `json:"shell,omitempty"`
	Script       string     `json:"script,omitempty"`
	Instructions string     `json:"instructions,omitempty"`
	Folder       string     `json:"folder,omitempty"`
	Variables    []Variable `json:"variables,omitempty"`
	Needs        []string   `json:"needs,omitempty"` // steps that must have passed
	Conditions   []Line     `json:"conditions,omitempty"`
	Requires     []string   `json:"requires,omitempty"`
	Checklist    []string   `json:"checklist,omitempty"`
	Form         []Field    `json:"form,omitempty"`
	Evidence     []Evidence `json:"evidence,omitempty"`
	Expected     []Line     `json:"expected,omitempty"`
	Outputs      []Output   `json:"outputs,omitempty"`
	Normal       []Line     `json:"normal,omitempty"`
	Limits       []Line     `json:"limits,omitempty"`
	Otherwise    []Line     `json:"otherwise"` // what follows when it fails, or is cut off
}

// Variable is one entry of a step's environment, not evaluated.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Evidence is a file that a person is asked for.
type Evidence struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required"`
}

// Output is a value that a step hands on.
type Output struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Unit string `json:"unit,omitempty"`
}

// Of puts a runbook into words.
func Of(r *runbook.Runbook) *Page {
	p := &Page{
		V: 1, ID: r.ID, Version: r.Version, Title: r.Title, Class: spaced(string(r.Class)), Digest: r.Digest,
		Owner: ownerLine(r.Owner), ReviewBy: day(r.ReviewBy), Scripts: scriptsLine(r.Scripts), Why: r.Rationale,
		Due: due(r.Schedule), Promised: Promised(r.SLA), Told: told(r.Escalation),
		Requires: required(r.Requires), Inputs: fields(r.Inputs),
	}
	for _, ref := range r.References {
		p.References = append(p.References, Reference(ref))
	}
	for _, d := range r.Decisions {
		p.Decisions = append(p.Decisions, Decision{Date: day(d.Date), By: d.By, Decided: d.Decided, Because: d.Because})
	}
	for _, s := range r.Secrets {
		p.Secrets = append(p.Secrets, s.Name)
	}
	for i, s := range r.Steps {
		p.Steps = append(p.Steps, stepOf(i+1, s))
	}
	return p
}

// Step returns the step with this id, or nil.
func (p *Page) Step(id string) *Step {
	for i := range p.Steps {
		if p.Steps[i].ID == id {
			return &p.Steps[i]
		}
	}
	return nil
}

// stepOf puts a step into words.
func stepOf(number int, s *runbook.Step) Step {
	step := Step{
		Number: number, ID: s.ID, Title: s.Title, Why: s.Rationale, Kind: s.Kind, Who: who(s), Does: s.Action.Describe(),
		Needs: s.Needs, Conditions: conditions(s), Requires: required(s.Requires), Expected: expected(s.Expect),
		Normal: normals(s), Limits: limits(s), Otherwise: otherwise(s),
	}
	if written, ok := s.Action.(runbook.HasWording); ok {
		w := written.Wording()
		step.Shell, step.Script, step.Instructions = w.Shell, w.Script, w.Instructions
	}
	if s.Dir != nil {
		step.Folder = s.Dir.Source
	}
	for _, v := range s.Env {
		step.Variables = append(step.Variables, Variable{v.Name, v.Value.Source})
	}
	_, step.Decides = s.Action.(runbook.AsksApproval)
	if person, ok := s.Action.(runbook.AsksPerson); ok {
		task := person.AsksPerson()
		step.Checklist, step.Form = task.Checklist, fields(task.Form)
		for _, e := range task.Evidence {
			step.Evidence = append(step.Evidence, Evidence(e))
		}
	}
	for _, o := range s.Outputs {
		step.Outputs = append(step.Outputs, Output{o.Name, string(o.Type), o.Unit})
	}
	return step
}

// day is a date, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
