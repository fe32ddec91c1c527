package lint

import (
	"errors"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// referencesOfContacts are those of contacts to each other and to calendars, and the
// names in the ladders of runbooks that no client's contacts know. Ladders are held
// to all contacts of the workspace, if there are any.
func referencesOfContacts(p *pass, all *Documents) {
	around, _ := shelf.Contacts(p.Known.Around)
	everybody := slices.Clone(all.Contacts)
	for _, c := range around {
		if !slices.ContainsFunc(everybody, func(have *agreement.Contacts) bool { return have.Digest == c.Digest }) {
			everybody = append(everybody, c)
		}
	}
	clients := []string{""}
	for _, c := range everybody {
		if !slices.Contains(clients, c.Client) {
			clients = append(clients, c.Client)
		}
	}
	var joined []*agreement.Contacts
	var problems document.Problems
	for _, client := range clients {
		c, more := shelf.ContactsOf(client, everybody, p.Known.Calendars)
		for _, problem := range more {
			if !slices.Contains(problems, problem) { // a shared one stands with each client
				problems = append(problems, problem)
			}
		}
		if c != nil {
			joined = append(joined, c)
		}
	}
	p.problems(problems)
	if len(joined) > 0 {
		for _, r := range all.Runbooks {
			p.unknownContacts(r, joined)
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
