package cmd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
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

// contactsProblems are those of the contacts among files, alone and together, and
// of the ladders of runbooks that name nobody. Ladders are held to all contacts of
// the workspace, if there are any.
func contactsProblems(p *place, files []runbook.File, books []*runbook.Runbook, known shelf.Calendars) (document.Problems, error) {
	all, problems := shelf.Contacts(files)
	if len(problems) > 0 {
		return problems, nil
	}
	own, err := workspaceFiles(p)
	if err != nil {
		return nil, err
	}
	others, _ := shelf.Contacts(own)
	for _, c := range others {
		if !slices.ContainsFunc(all, func(have *agreement.Contacts) bool { return have.Digest == c.Digest }) {
			all = append(all, c)
		}
	}
	clients := []string{""}
	for _, c := range all {
		if !slices.Contains(clients, c.Client) {
			clients = append(clients, c.Client)
		}
	}
	var joined []*agreement.Contacts
	for _, client := range clients {
		c, more := shelf.ContactsOf(client, all, known)
		for _, problem := range more {
			if !slices.Contains(problems, problem) { // a shared one stands with each client
				problems = append(problems, problem)
			}
		}
		if c != nil {
			joined = append(joined, c)
		}
	}
	if len(joined) > 0 {
		for _, r := range books {
			problems = append(problems, ladderProblems(r, joined)...)
		}
	}
	return problems, nil
}

// ladderProblems are the names in a runbook's ladders that no client's contacts
// know.
func ladderProblems(r *runbook.Runbook, joined []*agreement.Contacts) document.Problems {
	d := document.NewDecoder()
	for _, rung := range slices.Concat(r.Escalation.NotAcknowledged, r.Escalation.NotResolved) {
		var unknown *agreement.UnknownNameError
		known := slices.ContainsFunc(joined, func(c *agreement.Contacts) bool { return !errors.As(c.Check(rung.Notify), &unknown) })
		if !known {
			d.Report(rung.Position, "unknown-reference", unknown.Hint, "the escalation notifies %s, which is no contact, role or roster", document.Quote(rung.Notify))
		}
	}
	return d.Problems()
}
