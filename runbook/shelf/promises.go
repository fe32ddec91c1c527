package shelf

import (
	"fmt"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

// Error says what can't be found, and in its hint what to do.
type Error struct {
	err  error
	hint string
}

const lintShows = "msp lint shows them all"

func (e *Error) Error() string { return e.err.Error() }
func (e *Error) Unwrap() error { return e.err }

// Hint is what to do about it.
func (e *Error) Hint() string { return e.hint }

// Promises are where the names in the schedules and SLAs of a client's runbooks
// get their meaning: the calendars, and the agreement with the client.
type Promises struct {
	Calendars
	Agreement *agreement.Agreement // nil where there is none
}

// Lookup finds the terms that a runbook's SLA names.
func (p Promises) Lookup() agreement.Lookup {
	return agreement.Lookup{Agreement: p.Agreement, Calendar: p.Find}
}

// Named are the ids of the calendars that a runbook names, or its target in the
// agreement.
func (p Promises) Named(r *runbook.Runbook) []string {
	var ids []string
	if r.Schedule != nil && r.Schedule.Calendar != "" {
		ids = append(ids, r.Schedule.Calendar)
	}
	if sla, err := p.Lookup().SLA(r.SLA); err == nil && sla != nil && sla.Calendar != "" {
		ids = append(ids, sla.Calendar)
	}
	return ids
}

// AgreementWith is the agreement with a client, among files, that is in force at an
// instant; nil where there is none.
func AgreementWith(files []runbook.File, client string, at time.Time) (*agreement.Agreement, error) {
	all, err := Agreements(files)
	if err != nil {
		return nil, err
	}
	return InForce(all, client, at)
}

// Agreements reads the agreements among files. With an error, it gives those that
// have no problems.
func Agreements(files []runbook.File) ([]*agreement.Agreement, error) {
	var all []*agreement.Agreement
	var err error
	for _, f := range files {
		if !f.Is(runbook.KindAgreement) {
			continue
		}
		read, problems := agreement.LoadAgreement(f.Name, f.Source)
		switch {
		case read != nil:
			all = append(all, read)
		case err == nil:
			err = &Error{fmt.Errorf("an agreement has problems, the first at %w", problems[0]), lintShows}
		}
	}
	return all, err
}

// InForce is the agreement with a client that is in force at an instant; nil where
// there is none.
func InForce(all []*agreement.Agreement, client string, at time.Time) (*agreement.Agreement, error) {
	var found *agreement.Agreement
	for _, read := range all {
		if read.Client != client || !inForce(read, at) {
			continue
		}
		if found != nil {
			return nil, &Error{
				fmt.Errorf("two agreements with %s are in force: %s and %s", client, found.Position, read.Position),
				"end the older one with until, on the day before the newer one's effective_from",
			}
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
