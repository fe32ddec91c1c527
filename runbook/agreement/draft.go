package agreement

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// draft reads an agreement, and collects what is wrong with it.
type draft struct{ *document.Decoder }

// The words of other tools, and of other documents.
var (
	foreignAgreementKeys = map[string]string{
		"customer": `msp says "client"`, "tenant": `msp says "client"`, "name": `msp says "title"`,
		"slas": `msp says "targets"`, "slos": `msp says "targets"`, "objectives": `msp says "targets"`, "sla": `msp says "targets"`,
		"penalties": `msp says "credits"`, "scope": `msp says "services"`, "metrics": `msp says "kpis"`,
		"olas": `msp says "supported_by"`, "contracts": `msp says "supported_by"`,
		"start": `msp says "effective_from"`, "from": `msp says "effective_from"`, "end": `msp says "until"`, "term": `msp says "effective_from" and "until"`,
		"termination": `msp says "exit"`, "tz": `msp says "timezone"`, "escalation": "an escalation stands in the runbook",
	}
	foreignTargetKeys = map[string]string{
		"threshold": `msp says "target"`, "attainment": `msp says "target"`, "period": `msp says "window"`, "hours": `msp says "calendar"`,
		"response_time": `msp says "respond_within"`, "resolution_time": `msp says "resolve_within"`, "deadline": `msp says "complete_within"`,
		"penalties": `msp says "credits"`, "tiers": `msp says "credits"`,
	}
	foreignCreditKeys = map[string]string{
		"fee": `msp says "monthly_fee"`, "maximum": `msp says "cap"`, "tiers": "the tiers stand in the targets: credits: [{below: 95%, credit: 5%}]",
	}
	foreignKPIKeys = map[string]string{
		"name": `msp says "metric"`, "deadline": `msp says "by"`, "due": `msp says "by"`, "goal": `msp says "target"`, "history": `msp says "revisions"`,
	}
)

func (d draft) agreement(root *document.Node) *Agreement {
	m := d.Map(root, "an agreement")
	a := &Agreement{Position: root.Position()}
	if !runbook.DecodeHeader(m, runbook.KindAgreement, d.Decoder) {
		return a
	}
	a.ID, a.Client = d.id(m.Need("id")), d.id(m.Need("client"))
	a.Version, a.Title = d.version(m.Need("version")), d.line(m.Need("title"))
	a.Timezone = d.zone(m.Need("timezone"))
	a.From = d.Date(m.Need("effective_from"))
	until := m.Take("until")
	a.Until = d.Date(until)
	if !a.Until.IsZero() && a.Until.Before(a.From) {
		d.Report(until.Position(), "bad-value", "until is the last day that counts", "until is before effective_from, %s", a.From.Format(time.DateOnly))
	}
	a.Contacts = d.id(m.Take("contacts"))
	d.parties(m.Need("parties"), a)
	d.services(m.Need("services"), a)
	a.Targets = d.targets(m.Need("targets"))
	a.Supports = list(d, m.Take("supported_by"), "a list of OLAs and contracts", func(n *document.Node) Support { return d.support(n, a.Targets) })
	a.Holds = d.holds(m.Take("holds"))
	a.Credits = d.credits(m.Take("credits"))
	a.Exclusions = list(d, m.Take("exclusions"), "a list of exclusions", d.exclusion)
	a.KPIs = list(d, m.Take("kpis"), "a list of KPIs", d.kpi)
	a.Reports = list(d, m.Take("reports"), "a list of reports", d.report)
	a.Telling = list(d, m.Take("communication"), "a list of who is told what", d.telling)
	a.Retention = list(d, m.Take("retention"), "a list of what is kept", d.retention)
	a.Scripts, a.Trial, a.Exit = d.scripts(m.Take("scripts")), d.trial(m.Take("trial"), a.From), d.exit(m.Take("exit"))
	m.Done(foreignAgreementKeys)
	d.check(a)
	return a
}

func (d draft) parties(n *document.Node, a *Agreement) {
	m := d.Map(n, "the map of parties")
	a.ClientSide, a.ProviderSide = d.party(m.Need("client"), "the client"), d.party(m.Need("provider"), "the provider")
	m.Done(map[string]string{"customer": `msp says "client"`, "vendor": `a vendor's contract stands under "supported_by"`})
}

func (d draft) party(n *document.Node, what string) Party {
	m := d.MapLike(n, what, "{name: Acme Ltd, role: it-director}")
	p := Party{Name: d.line(m.Need("name")), Role: d.line(m.Need("role")), Contact: d.line(m.Take("contact"))}
	m.Done(map[string]string{"signed_by": `msp says "role": who signs for it`, "email": `msp says "contact"`})
	return p
}

func (d draft) services(n *document.Node, a *Agreement) {
	m := d.MapLike(n, "the services", "services: {in_scope: [backup-verify]}")
	seen := map[string]document.Position{}
	runbooks := func(n *document.Node) []string {
		return list(d, n, "a list of runbooks", func(item *document.Node) string {
			id := d.id(item)
			d.once(seen, id, item.Position(), "the runbook")
			return id
		})
	}
	a.InScope, a.OutOfScope = runbooks(m.Need("in_scope")), runbooks(m.Take("out_of_scope"))
	m.Done(map[string]string{"included": `msp says "in_scope"`, "excluded": `msp says "out_of_scope"`})
}

func (d draft) targets(n *document.Node) []Target {
	if n == nil {
		return nil
	}
	d.MapLike(n, "the targets", "targets: {backup-daily: {clock: scheduled, complete_within: 2h, target: 95%, owner: …}}")
	var targets []Target
	for _, entry := range n.Fields() {
		if !runbook.ValidID(entry.Key) {
			d.Report(entry.KeyPosition, "bad-value", runbook.IDHint(entry.Key), "a target can't be called %s", document.Quote(entry.Key))
		}
		targets = append(targets, d.target(entry))
	}
	return targets
}

func (d draft) target(entry document.Field) Target {
	m := d.Map(entry.Value, "a target")
	t := Target{Position: entry.KeyPosition, Name: entry.Key, Window: Month}
	t.Promises = runbook.DecodePromises(m, entry.Value.Position(), d.Decoder)
	t.Percent = d.percent(m.Need("target"))
	t.Owner = d.line(m.Need("owner"))
	if window := m.Take("window"); window != nil {
		t.Window = Window(d.Enum(window, string(Month), string(Quarter)))
	}
	t.Tiers = list(d, m.Take("credits"), "a list of tiers", d.tier)
	m.Done(foreignTargetKeys)
	return t
}

func (d draft) tier(n *document.Node) Tier {
	m := d.Map(n, "a tier")
	t := Tier{Position: n.Position(), Below: d.percent(m.Need("below")), Credit: d.percent(m.Need("credit"))}
	m.Done(map[string]string{"under": `msp says "below"`, "attainment": `msp says "below"`, "percent": `msp says "credit"`})
	return t
}

func (d draft) support(n *document.Node, targets []Target) Support {
	m := d.Map(n, "an OLA or contract")
	supports := m.Need("supports")
	s := Support{
		Position: n.Position(), Name: d.line(m.Need("name")), Kind: d.Enum(m.Need("kind"), OLA, Contract), With: d.line(m.Need("with")),
		Target: d.id(supports), Percent: d.percent(m.Take("target")),
	}
	known := names(targets)
	if s.Target != "" && !slices.Contains(known, s.Target) {
		d.Report(supports.Position(), "unknown-reference", didYouMean(s.Target, known), "%s supports %s, which is no target of the agreement", document.Quote(s.Name), document.Quote(s.Target))
	}
	s.Promises = runbook.DecodePromises(m, n.Position(), d.Decoder)
	m.Done(foreignTargetKeys)
	return s
}

func names(targets []Target) []string {
	var all []string
	for _, t := range targets {
		all = append(all, t.Name)
	}
	return all
}

func (d draft) holds(n *document.Node) HoldRules {
	if n == nil {
		return HoldRules{}
	}
	m := d.Map(n, "holds")
	rules := HoldRules{Max: runbook.Nanoseconds(d.plainTime(m.Need("max")).Span)}
	if reasons := m.Take("pauses_for"); reasons != nil {
		rules.PausesFor = []Reason{}
		for _, item := range d.List(reasons, "a list of reasons") {
			rules.PausesFor = append(rules.PausesFor, Reason(d.Enum(item, words(Reasons())...)))
		}
	}
	m.Done(map[string]string{"limit": `msp says "max"`, "reasons": `msp says "pauses_for"`})
	return rules
}

func words(reasons []Reason) []string {
	var all []string
	for _, r := range reasons {
		all = append(all, string(r))
	}
	return all
}

func (d draft) credits(n *document.Node) *Credits {
	if n == nil {
		return nil
	}
	m := d.Map(n, "the credits")
	c := &Credits{Cap: Whole, Chronic: Chronic{Months: 3, Of: 6}}
	fee := m.Need("monthly_fee")
	var err error
	if c.MonthlyFee, err = ParseMoney(fee.Text()); err != nil && d.line(fee) != "" {
		d.Report(fee.Position(), "bad-value", "write 2500.00 GBP", "%s is no fee: %s", document.Quote(fee.Text()), err)
	}
	if most := m.Take("cap"); most != nil {
		c.Cap = d.percent(most)
	}
	c.ClaimWithin = d.plainTime(m.Take("claim_within"))
	if chronic := m.Take("chronic"); chronic != nil {
		of := d.Map(chronic, "chronic")
		c.Chronic = Chronic{Months: d.Int(of.Need("months")), Of: d.Int(of.Need("of"))}
		of.Done(nil)
		if chronic.Kind() == document.Mapping && (c.Chronic.Months < 1 || c.Chronic.Of < c.Chronic.Months || c.Chronic.Of > 120) {
			d.Report(chronic.Position(), "bad-value", "chronic: {months: 3, of: 6}", "chronic is a number of months with a credit out of as many or more, at most 120")
		}
	}
	m.Done(foreignCreditKeys)
	return c
}

func (d draft) exclusion(n *document.Node) Exclusion {
	m := d.Map(n, "an exclusion")
	e := Exclusion{Position: n.Position(), ID: d.id(m.Need("id")), What: d.words(m.Need("what")), Approver: d.line(m.Need("approver"))}
	m.Done(map[string]string{"approved_by": `msp says "approver"`, "reason": `msp says "what"`})
	return e
}

// kpiExamples say what a KPI may have under a key.
var kpiExamples = map[string]string{
	"metric": "metric: restore tests that pass", "unit": "unit: percent", "baseline": "baseline: 82",
	"target": "target: 95", "by": "by: 2027-12-31", "owner": "owner: service-manager",
}

func (d draft) kpi(n *document.Node) KPI {
	m := d.Map(n, "a KPI")
	need := func(key string) *document.Node { return m.NeedBy(key, "kpi-not-smart", kpiExamples[key]) }
	k := KPI{
		Position: n.Position(), Metric: d.line(need("metric")), Unit: d.line(need("unit")),
		Baseline: d.number(need("baseline")), Target: d.number(need("target")), By: d.Date(need("by")), Owner: d.line(need("owner")),
	}
	k.Revisions = list(d, m.Take("revisions"), "a list of revisions", d.revision)
	m.Done(foreignKPIKeys)
	if !slices.IsSortedFunc(k.Revisions, func(a, b Revision) int { return a.Date.Compare(b.Date) }) {
		d.Report(n.Position(), "bad-value", "the oldest stands first", "the revisions of a KPI are not in the order of their dates")
	}
	return k
}

func (d draft) revision(n *document.Node) Revision {
	m := d.Map(n, "a revision")
	r := Revision{
		Date: d.Date(m.Need("date")), Baseline: d.number(m.Take("baseline")), Target: d.number(m.Take("target")),
		By: d.Date(m.Take("by")), Owner: d.line(m.Take("owner")), Because: d.words(m.Need("because")),
	}
	m.Done(foreignKPIKeys)
	if n.Kind() == document.Mapping && !slices.ContainsFunc(m.Keys(), func(key string) bool { return key != "date" && key != "because" }) {
		d.Report(n.Position(), "bad-value", "say its baseline, target, by or owner", "a revision changes nothing")
	}
	return r
}

func (d draft) report(n *document.Node) Report {
	m := d.Map(n, "a report")
	r := Report{
		Position: n.Position(), ID: d.id(m.Need("id")), Title: d.line(m.Need("title")),
		Owner: d.line(m.Need("owner")), To: d.line(m.Need("to")), Schedule: runbook.DecodeSchedule(m.Need("schedule"), d.Decoder),
	}
	m.Done(map[string]string{"cron": "put it into schedule: {cron: …}", "every": "put it into schedule: {cron: …}", "by": `msp says "owner"`})
	return r
}

func (d draft) telling(n *document.Node) Telling {
	m := d.Map(n, "a line of the communication")
	t := Telling{When: d.words(m.Need("when")), To: d.line(m.Need("to")), By: d.line(m.Take("by")), Within: d.duration(m.Take("within"))}
	m.Done(map[string]string{"notify": `msp says "to"`, "channel": `msp says "by"`, "after": `msp says "within"`})
	return t
}

func (d draft) retention(n *document.Node) Retention {
	m := d.Map(n, "what is kept")
	r := Retention{What: d.line(m.Need("what")), Keep: d.plainTime(m.Need("keep")), Then: d.words(m.Take("then"))}
	m.Done(map[string]string{"for": `msp says "keep"`})
	return r
}

func (d draft) scripts(n *document.Node) Scripts {
	if n == nil {
		return Scripts{}
	}
	m := d.Map(n, "scripts")
	s := Scripts{Owner: d.Enum(m.Need("owner"), "provider", "client"), Licence: d.line(m.Take("licence")), OnExit: d.words(m.Take("on_exit"))}
	m.Done(map[string]string{"license": `msp says "licence"`})
	return s
}

func (d draft) trial(n *document.Node, begins time.Time) *Trial {
	if n == nil {
		return nil
	}
	m := d.Map(n, "a trial")
	until := m.Need("until")
	t := &Trial{Until: d.Date(until), Credits: d.Bool(m.Take("credits"))}
	if !t.Until.IsZero() && t.Until.Before(begins) {
		d.Report(until.Position(), "bad-value", "until is the last day that counts", "the trial ends before the agreement begins")
	}
	m.Done(map[string]string{"end": `msp says "until"`})
	return t
}

func (d draft) exit(n *document.Node) Exit {
	if n == nil {
		return Exit{}
	}
	m := d.Map(n, "an exit")
	e := Exit{Notice: d.plainTime(m.Need("notice")), Handover: d.words(m.Take("handover")), Data: d.words(m.Take("data"))}
	m.Done(map[string]string{"period": `msp says "notice"`})
	return e
}
