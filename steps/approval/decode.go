package approval

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// roles are those that people have. An agent is a machine, which agrees to
// nothing.
var roles = []string{"operator", "approver", "author", "lead", "auditor"}

// mostApprovals is more people than any provider has to ask.
const mostApprovals = 20

var foreignKeys = map[string]string{
	"role": `msp says "roles", a list`, "approvers": `msp says "roles", a list`, "users": "who has a role is said in the client's trust statement",
	"groups": "who has a role is said in the client's trust statement", "by": `msp says "roles", a list`,
	"count": `msp says "min_approvals"`, "required": `msp says "min_approvals"`, "minimum": `msp says "min_approvals"`, "min": `msp says "min_approvals"`,
	"message": `msp says "instructions"`, "text": `msp says "instructions"`, "prompt": `msp says "instructions"`,
	"steps": `msp says "show"`, "outputs": `msp says "show"`,
}

// Decode reads who has to agree.
func (Kind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	a := &action{terms: runbook.Approval{Min: 1}}
	if n == nil {
		d.Report(n.Position(), "missing-key", "approval: {roles: [lead]}", "an approval says who may give it")
		return a
	}
	m := d.MapLike(n, "an approval", "approval: {roles: [lead]}")
	a.terms.Roles = decodeRoles(m.Need("roles"), d)
	if least := m.Take("min_approvals"); least != nil {
		a.terms.Min = d.IntBetween(least, 1, mostApprovals, "it counts people")
	}
	decodeTimeout(a, m, d)
	if text := m.Take("instructions"); text != nil {
		a.terms.Instructions = decodeInstructions(text, d)
	}
	if show := m.Take("show"); show != nil {
		a.terms.Show, a.show = decodeShow(show, d)
	}
	m.Done(foreignKeys)
	return a
}

func decodeRoles(n *document.Node, d *document.Decoder) []string {
	if n == nil {
		return nil
	}
	var named []string
	items := d.List(n, "a list of roles")
	for _, item := range items {
		role := d.Enum(item, roles...)
		switch {
		case role == "":
		case slices.Contains(named, role):
			d.Report(item.Position(), "duplicate-id", "", "the role %s stands twice", role)
		default:
			named = append(named, role)
		}
	}
	if n.Kind() == document.List && len(items) == 0 {
		d.Report(n.Position(), "bad-value", "roles: [lead]", "with no role nobody could approve")
	}
	return named
}

func decodeTimeout(a *action, m *document.Map, d *document.Decoder) {
	timeout, on := m.Take("timeout"), m.Take("on_timeout")
	if timeout != nil {
		text := d.Text(timeout)
		span, err := runbook.ParseDuration(text)
		switch {
		case text == "" && timeout.Kind() != document.String:
		case err != nil:
			d.Report(timeout.Position(), "duration", "a duration has a unit: 30m, 1h30m", "%s is not a duration: %s", document.Quote(text), err)
		case span.Span <= 0:
			d.Report(timeout.Position(), "bad-value", "leave it out to wait without an end", "a timeout of %s leaves nobody time to look", text)
		default:
			a.terms.Timeout = span
		}
	}
	switch {
	case on == nil:
	case on.Kind() == document.String && on.Text() == "approve":
		d.Report(on.Position(), "bad-value", "on_timeout: reject", "silence is no approval: after its timeout a step can only be rejected")
	default:
		d.Enum(on, "reject")
		if timeout == nil {
			d.Report(on.Position(), "bad-value", "timeout: 30m", "on_timeout means nothing without a timeout")
		}
	}
}

// decodeInstructions reads fixed text: whoever approves reads it in the runbook
// as well.
func decodeInstructions(n *document.Node, d *document.Decoder) string {
	text := d.String(n)
	switch {
	case n.Kind() != document.String:
	case strings.TrimSpace(text) == "":
		d.Report(n.Position(), "bad-value", "", "the instructions are empty")
	case strings.Contains(text, "${{"):
		d.Report(n.TextPosition(strings.Index(text, "${{")), "expression-in-title", "the steps named by show have their values beside them", "the instructions of an approval are fixed text")
	}
	return text
}

func decodeShow(n *document.Node, d *document.Decoder) (ids []string, nodes []*document.Node) {
	for _, item := range d.List(n, "a list of steps") {
		id := d.String(item)
		switch {
		case item.Kind() != document.String:
		case slices.Contains(ids, id):
			d.Report(item.Position(), "duplicate-id", "", "the step %s is shown twice", document.Quote(id))
		default:
			ids, nodes = append(ids, id), append(nodes, item)
		}
	}
	if n.Kind() == document.List && len(n.Items()) == 0 {
		d.Report(n.Position(), "bad-value", "leave it out", "an empty list shows nothing")
	}
	return ids, nodes
}
