package lint

import (
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// people are the contacts around each client, of the documents that are linted and
// those of the workspace.
type people struct {
	joined   []*agreement.Contacts // none where nobody is named
	problems document.Problems     // each once, also where a shared one stands with each client
}

// everybody is who is there, found once for all rules that ask.
func (p *pass) everybody(all *Documents) people {
	if p.joined != nil {
		return *p.joined
	}
	documents := slices.Clone(all.Contacts)
	for _, c := range p.contacts() {
		if !slices.ContainsFunc(documents, func(have *agreement.Contacts) bool { return have.Digest == c.Digest }) {
			documents = append(documents, c)
		}
	}
	clients := []string{""}
	for _, c := range documents {
		if !slices.Contains(clients, c.Client) {
			clients = append(clients, c.Client)
		}
	}
	p.joined = &people{}
	for _, client := range clients {
		c, problems := shelf.ContactsOf(client, documents, p.Known.Calendars)
		for _, problem := range problems {
			if !slices.Contains(p.joined.problems, problem) {
				p.joined.problems = append(p.joined.problems, problem)
			}
		}
		if c != nil {
			p.joined.joined = append(p.joined.joined, c)
		}
	}
	return *p.joined
}

// of are the contacts around the clients whose plans ask for a runbook, or around all
// where none of the plans does.
func (who people) of(r *runbook.Runbook, all *Documents) []*agreement.Contacts {
	var mine []*agreement.Contacts
	for _, plan := range all.Plans {
		for _, item := range plan.Items {
			if c := who.around(plan.Client); item.Runbook == r.ID && c != nil && !slices.Contains(mine, c) {
				mine = append(mine, c)
			}
		}
	}
	if mine == nil {
		return who.joined
	}
	return mine
}

// around are the contacts around a client; nil where there are none.
func (who people) around(client string) *agreement.Contacts {
	var shared *agreement.Contacts
	for _, c := range who.joined {
		if c.Client == client {
			return c
		}
		if c.Client == "" {
			shared = c
		}
	}
	return shared
}
