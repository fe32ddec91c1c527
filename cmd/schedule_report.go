package cmd

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
)

// reportPopulation is when a report is due by the agreement that the plan in force
// was signed under; without one by that of the workspace, which counts from now.
func (a *app) reportPopulation(p *place, h *record.History, id string, at time.Time) (dueTimes, bool, error) {
	with, known, err := a.agreementAsked(p, h, at)
	if with == nil || err != nil {
		return dueTimes{}, false, err
	}
	i := slices.IndexFunc(with.Reports, func(r agreement.Report) bool { return r.ID == id })
	if i < 0 {
		return dueTimes{}, false, nil
	}
	due, err := with.DueReports(known, p.calendars().Find)
	if err != nil {
		return dueTimes{}, false, err
	}
	zone, err := runbook.Zone(with.Reports[i].Schedule.Timezone)
	return dueTimes{Planned: due[i], zone: zone, reportOf: with.ID}, true, err
}

// agreementAsked is the agreement that says which reports are due, and since when
// it does; nil where there is none.
func (a *app) agreementAsked(p *place, h *record.History, at time.Time) (*agreement.Agreement, time.Time, error) {
	if plan := h.PlanAt(at); plan != nil && plan.Body.Agreement != nil {
		with, err := plan.Body.SignedAgreement(a.store(p, p.Client))
		return with, plan.Body.Signed, err
	}
	with, err := p.agreementWith(p.Client, at)
	return with, at, err
}
