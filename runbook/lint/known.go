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

	// Shellcheck gives what shellcheck finds in each of some scripts, or nothing
	// where it can't be asked; nil where it isn't to be.
	Shellcheck func([]Script) [][]ShellFinding
}

// promises are those to a client now.
func (k Known) promises(client string) (shelf.Promises, error) {
	found, err := shelf.AgreementWith(k.Around, client, k.Now)
	return shelf.Promises{Calendars: k.Calendars, Agreement: found}, err
}

// terms are the SLAs that a runbook's own stands for: itself, or the target that it
// names in each agreement of the workspace that has one.
func (k Known) terms(r *runbook.Runbook) []*runbook.SLA {
	if r.SLA == nil {
		return nil
	}
	if r.SLA.Agreement == "" {
		return []*runbook.SLA{r.SLA}
	}
	var all []*runbook.SLA
	for _, f := range k.Around {
		if !f.Is(runbook.KindAgreement) {
			continue
		}
		with, _ := agreement.LoadAgreement(f.Name, f.Source)
		if with == nil {
			continue
		}
		if sla, err := (agreement.Lookup{Agreement: with, Calendar: k.Calendars.Find}).SLA(r.SLA); err == nil {
			all = append(all, sla)
		}
	}
	return all
}

// people are the contacts of the library, read once.
func (l *Linter) people() []*agreement.Contacts {
	l.readPeople.Do(func() { l.contacts, _ = shelf.Contacts(l.Known.Around) })
	return l.contacts
}
