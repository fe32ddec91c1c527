package lint

import (
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var responderMissing = Rule{
	ID: "responder-missing", Severity: Warning,
	Summary: "a promise to respond, and nobody who is told to",
	Why: `What a client reports has to reach somebody before it can be acknowledged. A promise of
15 minutes without a ladder for what nobody has acknowledged is kept by chance, and a
target whose owner is a role that nobody has is answered for by nobody.`,
	Source: "ISO/IEC 20000-1:2018, 8.6.1",
	Bad: `class: ad_hoc
# without: schedule
sla: {clock: reported, acknowledge_within: 1h, resolve_within: 8h, target: 95%}
escalation: {not_resolved: [{after: 50%, notify: owner}]}`,
	Good: `class: ad_hoc
# without: schedule
sla: {clock: reported, acknowledge_within: 1h, resolve_within: 8h, target: 95%}
escalation:
  not_acknowledged: [{after: 30m, notify: on-call}]
  not_resolved: [{after: 50%, notify: owner}]`,
	runbook: func(p *pass, r *runbook.Runbook) {
		if len(r.Escalation.NotAcknowledged) > 0 || len(r.Escalation.NotResolved) == 0 {
			return // without any, no-escalation tells it
		}
		for _, m := range p.promises(r) {
			key, within := "acknowledge_within", m.AcknowledgeWithin
			if within.IsZero() {
				key, within = "respond_within", m.RespondWithin
			}
			if m.Clock == runbook.ClockReported && !within.IsZero() {
				p.report(p.place(m, key), "escalation: {not_acknowledged: [{after: "+exact(m.span(within)/2)+", notify: on-call}]}", "%s, and nobody is told of what is reported", m.says(key, within))
				return
			}
		}
	},
	all: func(p *pass, all *Documents) {
		who := p.everybody(all)
		for _, a := range all.Agreements {
			c := who.around(a.Client)
			if c == nil {
				continue
			}
			for _, t := range a.Targets {
				if c.Check(t.Owner) != nil {
					p.report(a.Root.Value("targets", t.Name, "owner").Position(), "give the role to a contact, or name one that somebody has", "nobody is %s, who answers for the target %s", document.Quote(t.Owner), t.Name)
				}
			}
		}
	},
}
