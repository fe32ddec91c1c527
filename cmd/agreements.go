package cmd

import (
	"time"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// promises are those to a client at an instant.
func (p *place) promises(client string, at time.Time) (shelf.Promises, error) {
	found, err := p.agreementWith(client, at)
	return shelf.Promises{Calendars: p.calendars(), Agreement: found}, err
}

// agreementWith is the agreement of the workspace with a client that is in force
// at an instant; nil where there is none.
func (p *place) agreementWith(client string, at time.Time) (*agreement.Agreement, error) {
	files, err := workspaceFiles(p)
	if err != nil {
		return nil, err
	}
	return shelf.AgreementWith(files, client, at)
}
