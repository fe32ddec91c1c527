package manual

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// evidenceName is the form of a piece of evidence's name, which also names a
// file in what is handed over.
var evidenceName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`) })

var foreignKeys = map[string]string{
	"text": `msp says "instructions"`, "description": `msp says "instructions"`, "prompt": `msp says "instructions"`, "message": `msp says "instructions"`,
	"fields": `msp says "form"`, "inputs": `msp says "form"`, "questions": `msp says "form"`,
	"checks": `msp says "checklist"`, "todo": `msp says "checklist"`,
	"attachments": `msp says "evidence"`, "files": `msp says "evidence"`,
	"duration": `msp says "estimate"`, "timeout": "it is a key of the step, beside manual", "by": "it is a key of the step, beside manual",
}

// Decode reads what a person is asked to do.
func (Kind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	a := &action{}
	if n == nil {
		d.Report(n.Position(), "missing-key", "", "a manual step says what to do")
		return a
	}
	m := d.MapLike(n, "a manual step", "manual: {instructions: …}")
	if instructions := m.Need("instructions"); instructions != nil {
		a.instructions = runbook.NewTemplate(instructions, d)
		if instructions.Kind() == document.String && strings.TrimSpace(instructions.Text()) == "" {
			d.Report(instructions.Position(), "bad-value", "", "the instructions are empty")
		}
	}
	a.checklist = decodeChecklist(m.Take("checklist"), d)
	if form := m.Take("form"); form != nil {
		a.form = runbook.DecodeFields(form, "a form's field", d)
		if form.Kind() == document.Mapping && len(form.Fields()) == 0 {
			d.Report(form.Position(), "bad-value", "leave it out", "an empty form asks nothing")
		}
	}
	a.evidence = decodeEvidence(m.Take("evidence"), d)
	a.estimate = decodeEstimate(m.Take("estimate"), d)
	m.Done(foreignKeys)
	return a
}

func decodeChecklist(n *document.Node, d *document.Decoder) []string {
	if n == nil {
		return nil
	}
	var checklist []string
	seen := map[string]bool{}
	items := d.List(n, "a list of texts")
	for _, item := range items {
		text := line(item, "an item of the checklist", d)
		if seen[text] && text != "" {
			d.Report(item.Position(), "duplicate-id", "", "%s stands twice in the checklist", document.Quote(text))
		}
		seen[text] = true
		checklist = append(checklist, text)
	}
	if n.Kind() == document.List && len(items) == 0 {
		d.Report(n.Position(), "bad-value", "leave it out", "an empty checklist asks nothing")
	}
	return checklist
}

// line is fixed text of one line: what a person ticks or reads is the same in
// the runbook, on the screen and in the record.
func line(n *document.Node, what string, d *document.Decoder) string {
	text := d.String(n)
	switch {
	case n.Kind() != document.String:
	case strings.TrimSpace(text) == "":
		d.Report(n.Position(), "bad-value", "", "%s is empty", what)
	case strings.ContainsAny(text, "\r\n"):
		d.Report(n.Position(), "bad-value", "", "%s is one line", what)
	case strings.Contains(text, "${{"):
		d.Report(n.TextPosition(strings.Index(text, "${{")), "expression-in-title", "an expression can stand in the instructions", "%s is fixed text", what)
	}
	return text
}

func decodeEvidence(n *document.Node, d *document.Decoder) []runbook.EvidenceRequest {
	if n == nil {
		return nil
	}
	var requests []runbook.EvidenceRequest
	seen := map[string]bool{}
	items := d.List(n, "a list of evidence")
	for _, item := range items {
		m := d.Map(item, "a piece of evidence")
		var r runbook.EvidenceRequest
		if name := m.Need("name"); name != nil {
			r.Name = d.String(name)
			checkEvidenceName(name, r.Name, seen, d)
		}
		if t := m.Need("type"); t != nil {
			d.Enum(t, "file")
		}
		if description := m.Take("description"); description != nil {
			r.Description = line(description, "a description", d)
		}
		r.Required = d.Bool(m.Take("required"))
		m.Done(map[string]string{"id": `msp says "name"`, "title": `msp says "description"`, "optional": `msp says "required"`})
		requests = append(requests, r)
	}
	if n.Kind() == document.List && len(items) == 0 {
		d.Report(n.Position(), "bad-value", "leave it out", "an empty list of evidence asks nothing")
	}
	return requests
}

func checkEvidenceName(n *document.Node, name string, seen map[string]bool, d *document.Decoder) {
	switch {
	case n.Kind() != document.String:
	case !evidenceName().MatchString(name):
		d.Report(n.Position(), "bad-value", "lower-case letters, digits, hyphens and underscores", "evidence can't be called %s", document.Quote(name))
	case seen[name]:
		d.Report(n.Position(), "duplicate-id", "", "the evidence %s stands twice", document.Quote(name))
	}
	seen[name] = true
}

func decodeEstimate(n *document.Node, d *document.Decoder) time.Duration {
	if n == nil {
		return 0
	}
	text := d.Text(n)
	if text == "" && n.Kind() != document.String {
		return 0
	}
	estimate, err := runbook.ParseDuration(text)
	if err != nil {
		d.Report(n.Position(), "duration", "a duration has a unit: 5m, 1h30m", "%s is not a duration: %s", document.Quote(text), err)
	}
	return estimate.Span
}
