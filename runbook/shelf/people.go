package shelf

import (
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Contacts reads the documents of kind Contacts among files.
func Contacts(files []runbook.File) ([]*agreement.Contacts, document.Problems) {
	var all []*agreement.Contacts
	var problems document.Problems
	for _, f := range files {
		if !f.Is(runbook.KindContacts) {
			continue
		}
		c, broken := agreement.LoadContacts(f.Name, f.Source)
		problems = append(problems, broken...)
		if c != nil {
			all = append(all, c)
		}
	}
	return all, problems
}

// ContactsOf joins the contacts that all clients share and a client's own, with the
// calendars in which they work; nil where nobody is named.
func ContactsOf(client string, all []*agreement.Contacts, known Calendars) (*agreement.Contacts, document.Problems) {
	var mine []*agreement.Contacts
	for _, c := range all {
		if c.Client == "" || c.Client == client {
			mine = append(mine, c)
		}
	}
	if len(mine) == 0 {
		return nil, nil
	}
	joined, problems := agreement.Join(mine...)
	if len(problems) > 0 {
		return nil, problems
	}
	calendars := map[string]*schedule.Calendar{}
	for _, person := range joined.People {
		if c, err := known.Find(person.Calendar); person.Calendar != "" && err == nil {
			calendars[person.Calendar] = c
		}
	}
	return joined, joined.Bind(calendars)
}
