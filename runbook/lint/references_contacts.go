package lint

import (
	"errors"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
)

// referencesOfContacts are those of contacts to each other and to calendars, and the
// names in the ladders of runbooks that no client's contacts know. Ladders are held
// to all contacts of the workspace, if there are any.
func referencesOfContacts(p *pass, all *Documents) {
	who := p.everybody(all)
	p.problems(who.problems)
	if len(who.joined) > 0 {
		for _, r := range all.Runbooks {
			p.unknownContacts(r, who.joined)
		}
	}
}

func (p *pass) unknownContacts(r *runbook.Runbook, joined []*agreement.Contacts) {
	for _, rung := range slices.Concat(r.Escalation.NotAcknowledged, r.Escalation.NotResolved) {
		var unknown *agreement.UnknownNameError
		known := slices.ContainsFunc(joined, func(c *agreement.Contacts) bool { return !errors.As(c.Check(rung.Notify), &unknown) })
		if !known {
			p.report(rung.Position, unknown.Hint, "the escalation notifies %s, which is no contact, role or roster", document.Quote(rung.Notify))
		}
	}
}
