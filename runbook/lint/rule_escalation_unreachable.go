package lint

import (
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
)

var escalationUnreachable = Rule{
	ID: "escalation-unreachable", Severity: Warning,
	Summary: "a rung that reaches nobody when it comes, or the one who was told first",
	Why: `A rung that names people without a channel, away, or not on duty at the hour at which it
comes is no rung: nobody hears that the work isn't done. The coming four weeks of the
schedule are looked at, or each hour of a week for work that can be reported at any. A
ladder that ends with the person with whom it began raises nothing to anybody.`,
	Source: "ISO/IEC 20000-1:2018, 8.6.1",
	Bad: `-- people.yaml --
kind: Contacts
contacts:
  - {id: jo, name: Jo Turner, side: provider, roles: [mail-technician], channels: [mail: jo@provider.example]}
  - {id: sam, name: Sam Reed, side: provider, roles: [lead]}
  - {id: kim, name: Kim Vance, side: client, roles: [it-director], channels: [mail: kim@acme.example]}
-- mail-queue.yaml --
escalation: {not_resolved: [{after: 50%, notify: lead}]}`,
	Good: `-- people.yaml --
kind: Contacts
contacts:
  - {id: jo, name: Jo Turner, side: provider, roles: [mail-technician], channels: [mail: jo@provider.example]}
  - {id: sam, name: Sam Reed, side: provider, roles: [lead], channels: [mail: sam@provider.example]}
  - {id: kim, name: Kim Vance, side: client, roles: [it-director], channels: [mail: kim@acme.example]}
-- mail-queue.yaml --
escalation: {not_resolved: [{after: 50%, notify: lead}]}`,
	all: func(p *pass, all *Documents) {
		who := p.everybody(all)
		for _, r := range all.Runbooks {
			p.root = r.Root
			for _, c := range who.of(r, all) {
				found := p.unreachable(r, c, "not_acknowledged", r.Escalation.NotAcknowledged)
				if p.unreachable(r, c, "not_resolved", r.Escalation.NotResolved) || found {
					break // what holds around one client need not be said for the next
				}
			}
		}
	},
}

// unreachable reports the rungs of a ladder that reach nobody at one of the times at
// which they come, and a ladder that ends where it began.
func (p *pass) unreachable(r *runbook.Runbook, c *agreement.Contacts, name string, ladder []runbook.Rung) bool {
	found := false
	items := p.node("escalation", name).Items()
	for i, rung := range ladder {
		for _, at := range p.comings(r, rung) {
			if why := unreachableAt(c, rung.Notify, r.Owner, at); why != "" {
				p.report(items[i].Value("notify").Position(), "name somebody who is there, or a roster", "%s reaches nobody: %s", document.Quote(rung.Notify), why)
				found = true
				break
			}
		}
	}
	if last := len(ladder) - 1; last > 0 && !found {
		first, end := only(c, ladder[0].Notify, r.Owner, p.Known.Now), only(c, ladder[last].Notify, r.Owner, p.Known.Now)
		if first != "" && first == end {
			p.report(items[last].Value("notify").Position(), "notify: lead", "the ladder ends with %s, who is the first to be told", first)
			found = true
		}
	}
	return found
}

// only is who alone stands behind a name; "" where that isn't one person.
func only(c *agreement.Contacts, name string, owner runbook.Owner, at time.Time) string {
	who, err := c.Who(name, owner, at)
	if err != nil || len(who) != 1 {
		return ""
	}
	return who[0].Contact.ID
}

var unreachableWords = map[string]string{
	agreement.Away:      "is away",
	agreement.NoChannel: "has no channel",
	agreement.OffHours:  "is reached in working hours only",
}

// unreachableAt says why nobody behind a name can be told something at an instant; ""
// where somebody can, and for a name that nobody has.
func unreachableAt(c *agreement.Contacts, name string, owner runbook.Owner, at time.Time) string {
	who, err := c.Who(name, owner, at)
	if err != nil || name == agreement.OwnerName && owner == (runbook.Owner{}) {
		return "" // which unknown-reference tells, or no-owner
	}
	when := "on " + at.Format("Mon 2006-01-02 15:04 MST") + ", "
	if len(who) == 0 && name == agreement.OwnerName {
		return "the owner has no address, and nobody has its role"
	}
	if len(who) == 0 {
		return when + "nobody is on duty"
	}
	always := true
	var whys []string
	for _, person := range who {
		why := person.Contact.Unreachable(at)
		if why == "" {
			return ""
		}
		always = always && why == agreement.NoChannel
		whys = append(whys, fmt.Sprintf("%s %s", person.Contact.ID, unreachableWords[why]))
	}
	if always {
		return strings.Join(whys, ", ")
	}
	return when + strings.Join(whys, ", ")
}

// comings are the instants of the coming weeks at which a rung comes.
func (p *pass) comings(r *runbook.Runbook, rung runbook.Rung) []time.Time {
	promises := p.promises(r)
	if len(promises) == 0 {
		return nil
	}
	m := promises[0]
	const most = 100
	today := p.Known.today()
	zone := time.UTC
	if m.due {
		zone = m.times.Rule.Zone()
	}
	var all []time.Time
	for from := range m.instants(today, today.AddDate(0, 0, 28)) {
		if at, ok := m.reaches(rung, from); ok {
			all = append(all, at.In(zone))
		}
		if len(all) == most {
			break
		}
	}
	if !m.due && m.calendar == nil && len(all) > 0 {
		for hour := range 7 * 24 {
			all = append(all, all[0].Add(time.Duration(hour)*time.Hour))
		}
	}
	return all
}

// reaches is the instant at which a rung comes when the clock begins at another.
func (m promise) reaches(rung runbook.Rung, from time.Time) (time.Time, bool) {
	if !rung.After.IsZero() {
		return m.comes(rung, from)
	}
	_, within := m.completion()
	if within.IsZero() {
		_, within = m.allowance()
	}
	return agreement.Clock{Start: from, Calendar: m.calendar, Target: m.span(within)}.At(rung.Share)
}
