package lint

import (
	"errors"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// unknownReference looks for what is named. What documents ask of each other besides
// is found on the way.
var unknownReference = Rule{
	ID: "unknown-reference", Severity: Error, RunsAnyway: true,
	Summary: "something is named that isn't there: a step, an input, an output, a runbook, a calendar, an agreement, a contact",
	Why: `A name that leads nowhere is found when it is needed: a plan asks for a runbook that
was renamed, an escalation notifies a role that nobody has, a schedule skips the
days off of a calendar that isn't there.`,
	Bad:       `escalation: {not_resolved: [{after: 50%, notify: the-other-desk}]}`,
	Good:      `escalation: {not_resolved: [{after: 50%, notify: owner}]}`,
	runbook:   referencesOfRunbook,
	plan:      referencesOfPlan,
	agreement: referencesOfAgreement,
	all:       referencesOfContacts,
	forOthers: true,
}

// referencesOfRunbook are what keeps a schedule from ever being due or an SLA from
// being counted. An agreement's terms are those of a client, who isn't known here.
func referencesOfRunbook(p *pass, r *runbook.Runbook) {
	var found document.Problems
	if r.Schedule == nil {
		_, _, err := schedule.PlainSLA(r.SLA, p.Known.Calendars.Find)
		errors.As(err, &found)
	} else if _, err := schedule.Of(r.Schedule, r.SLA, p.Known.Calendars.Find); errors.As(err, &found) {
		found = slices.DeleteFunc(found, func(p document.Problem) bool { return p.Rule == "not-yet" })
	}
	p.problems(found)
}

func referencesOfPlan(p *pass, plan *schedule.Plan) {
	d := document.NewDecoder()
	promised, err := p.promisesTo(plan.Client)
	if err != nil {
		addError(err, plan.Position, d)
	} else {
		p.Known.HoldPlan(plan, promised, d)
	}
	p.problems(d.Problems())
}

func referencesOfAgreement(p *pass, with *agreement.Agreement) {
	d := document.NewDecoder()
	for _, t := range with.Targets {
		if t.Promises.Calendar == "" {
			continue
		}
		if _, err := p.Known.Calendars.Find(t.Promises.Calendar); err != nil {
			d.Report(p.at("targets", t.Name, "calendar"), "unknown-reference", hintOf(err), "the target %s: %s", t.Name, err)
		}
	}
	for _, n := range slices.Concat(p.node("services", "in_scope").Items(), p.node("services", "out_of_scope").Items()) {
		if _, err := p.Known.Runbook(n.Text()); err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			d.Report(n.Position(), "unknown-reference", hintOf(err), "the services name the runbook %s: %s", n.Text(), first)
		}
	}
	people := p.contacts()
	if n := p.node("contacts"); n != nil && len(people) > 0 && !slices.ContainsFunc(people, func(c *agreement.Contacts) bool { return c.ID == n.Text() }) {
		d.Report(n.Position(), "unknown-reference", "contacts names a document of kind Contacts by its id", "there is no document of contacts with the id %s", document.Quote(n.Text()))
	}
	_, err := with.DueReports(p.Known.Now, p.Known.Calendars.Find)
	addError(err, with.Position, d)
	p.problems(d.Problems())
}
