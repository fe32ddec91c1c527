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

// people are read once for all rules that ask.
func (p *pass) people(all *Documents) people {
	if p.everybody != nil {
		return *p.everybody
	}
	around, _ := shelf.Contacts(p.Known.Around)
	documents := slices.Clone(all.Contacts)
	for _, c := range around {
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
	p.everybody = &people{}
	for _, client := range clients {
		c, problems := shelf.ContactsOf(client, documents, p.Known.Calendars)
		for _, problem := range problems {
			if !slices.Contains(p.everybody.problems, problem) {
				p.everybody.problems = append(p.everybody.problems, problem)
			}
		}
		if c != nil {
			p.everybody.joined = append(p.everybody.joined, c)
		}
	}
	return *p.everybody
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
