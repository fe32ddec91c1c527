package cmd

import (
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

// promises are where the names in the schedules and SLAs of a client's runbooks
// get their meaning: the calendars, and the agreement with the client.
type promises struct {
	calendars
	agreement *agreement.Agreement // nil where there is none
}

func (k promises) lookup() agreement.Lookup {
	return agreement.Lookup{Agreement: k.agreement, Calendar: k.find}
}

// promises are those to a client at an instant.
func (p *place) promises(client string, at time.Time) (promises, error) {
	found, err := p.agreementWith(client, at)
	return promises{p.calendars(), found}, err
}

// agreementWith is the agreement of the workspace with a client that is in force
// at an instant; nil where there is none.
func (p *place) agreementWith(client string, at time.Time) (*agreement.Agreement, error) {
	files, err := workspaceFiles(p)
	if err != nil {
		return nil, err
	}
	var found *agreement.Agreement
	for _, f := range files {
		if !f.Is(runbook.KindAgreement) {
			continue
		}
		read, problems := agreement.LoadAgreement(f.Name, f.Source)
		if read == nil {
			return nil, hint(fmt.Errorf("an agreement has problems, the first at %w", problems[0]), "msp lint shows them")
		}
		if read.Client != client || !inForce(read, at) {
			continue
		}
		if found != nil {
			return nil, hint(fmt.Errorf("two agreements with %s are in force: %s and %s", client, found.Position, read.Position),
				"end the older one with until, on the day before the newer one's effective_from")
		}
		found = read
	}
	return found, nil
}

// inForce says whether an instant lies in one of an agreement's days.
func inForce(a *agreement.Agreement, at time.Time) bool {
	zone, err := runbook.Zone(a.Timezone)
	if err != nil {
		return false
	}
	day := at.In(zone).Format(time.DateOnly)
	return day >= a.From.Format(time.DateOnly) && (a.Until.IsZero() || day <= a.Until.Format(time.DateOnly))
}
