package cmd

import (
	"fmt"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// contacts are the people of a client; nil where the workspace names nobody.
func (p *place) contacts(client string) (*agreement.Contacts, error) {
	files, err := workspaceFiles(p)
	if err != nil {
		return nil, err
	}
	all, problems := shelf.Contacts(files)
	if len(problems) == 0 {
		var joined *agreement.Contacts
		if joined, problems = shelf.ContactsOf(client, all, p.calendars()); len(problems) == 0 {
			return joined, nil
		}
	}
	return nil, hint(fmt.Errorf("the contacts of %s can't be taken: the first problem is at %s: %s", client, problems[0].Position, problems[0].Message), "msp lint shows them all")
}
