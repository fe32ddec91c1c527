package lint

import (
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// Known is what documents may name that stands elsewhere.
type Known struct {
	Now       time.Time
	Folder    string          // from which the relative paths of a plan's inputs go
	Around    []runbook.File  // the documents of the workspace
	Calendars shelf.Calendars // of the workspace, and those that ship with msp

	// Runbook finds a runbook by id, in the workspace and among those that ship
	// with msp. The error's Hint method, if it has one, says what to do.
	Runbook func(id string) (*runbook.Runbook, error)
}

// people are the contacts of the library, read once.
func (l *Linter) people() []*agreement.Contacts {
	l.readPeople.Do(func() { l.contacts, _ = shelf.Contacts(l.Known.Around) })
	return l.contacts
}
