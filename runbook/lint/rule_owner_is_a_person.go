package lint

import (
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
)

var ownerIsAPerson = Rule{
	ID: "owner-is-a-person", Severity: Warning,
	Summary: "a runbook's owner is a person, and not a team or role",
	Why: `People change. A procedure that belongs to a person belongs to nobody on the day that
they leave, are on holiday or are ill. A team or a role has somebody in it.`,
	Bad:  `owner: {contact: jo.turner@provider.example}`,
	Good: `owner: {team: mail, role: mail-technician, contact: mail@provider.example}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		const hint = "owner: {team: backup, role: backup-technician}, and a mailbox that several people read"
		owner := p.node("owner")
		for _, key := range []string{"team", "role", "contact"} {
			n := owner.Value(key)
			if c := p.personNamed(n.Text()); c != nil {
				p.report(n.Position(), hint, "the owner's %s, %s, is the person %s", key, document.Quote(n.Text()), c.ID)
				return
			}
		}
		if r.Owner.Contact != "" && r.Owner.Team == "" && r.Owner.Role == "" {
			p.report(owner.Value("contact").Position(), hint, "the owner is only an address, %s", document.Quote(r.Owner.Contact))
		}
	},
}

// personNamed is the contact of the library whose name or address a text is.
func (p *pass) personNamed(text string) *agreement.Contact {
	if text == "" {
		return nil
	}
	for _, c := range p.contacts() {
		for _, person := range c.People {
			if strings.EqualFold(person.Name, text) || person.ID == text {
				return person
			}
			for _, channel := range person.Channels {
				if strings.EqualFold(channel.Address, text) {
					return person
				}
			}
		}
	}
	return nil
}
