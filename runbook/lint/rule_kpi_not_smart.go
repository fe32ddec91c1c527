package lint

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
)

// kpiNotSMART is about what a KPI says. That it says all of it, its reader demands
// under the same id.
var kpiNotSMART = Rule{
	ID: "kpi-not-smart", Severity: Warning,
	Summary: "a KPI that isn't specific, measurable and with a date to come",
	Why: `A figure becomes better when everybody knows what is counted, in which unit, from where
to where, by when, and who answers for it. One whose day has passed without a revision
is nobody's any more, and one whose target is its baseline asks for nothing.`,
	Source: "ITIL 4, continual improvement; G. T. Doran, There's a S.M.A.R.T. way to write management's goals and objectives, 1981",
	Bad: `kind: Agreement
kpis:
  - {metric: letters that wait over an hour, unit: letters, baseline: 40, target: 10, by: 2026-06-30, owner: service-manager}`,
	Good: `kind: Agreement
kpis:
  - metric: letters that wait over an hour
    unit: letters
    baseline: 40
    target: 10
    by: 2026-06-30
    owner: service-manager
    revisions: [{date: 2026-07-01, by: 2026-12-31, because: The new server came in May.}]`,
	agreement: func(p *pass, a *agreement.Agreement) {
		today := p.Known.today()
		if !a.Until.IsZero() && a.Until.Before(today) {
			return
		}
		for i, k := range a.KPIs {
			p.kpi(k, k.At(today), p.node("kpis").Items()[i], today)
		}
	},
}

// vague are words for a metric that nobody can count.
var vague = []string{"quality", "performance", "service", "satisfaction", "efficiency", "productivity", "security", "reliability", "communication"}

// kpi looks at a KPI as it was written, and as it is in force.
func (p *pass) kpi(k, now agreement.KPI, n *document.Node, today time.Time) {
	if slices.Contains(vague, strings.ToLower(k.Metric)) {
		p.report(n.Value("metric").Position(), "say what is counted: restore tests that pass", "nobody can count %s", document.Quote(k.Metric))
	}
	if now.By.Before(today) {
		p.report(p.lastOf(n, "by"), "revisions: [{date: "+today.Format(time.DateOnly)+", by: "+today.AddDate(1, 0, 0).Format(time.DateOnly)+", because: …}]",
			"%s was to reach %s by %s, which was %s, and no revision says what became of it", document.Quote(k.Metric), now.Target, now.By.Format(time.DateOnly), ago(now.By, today))
	}
	from, err := strconv.ParseFloat(now.Baseline, 64)
	to, err2 := strconv.ParseFloat(now.Target, 64)
	if err == nil && err2 == nil && from == to {
		p.report(p.lastOf(n, "target"), "name a target that isn't reached yet", "the target of %s is %s, which it is already", document.Quote(k.Metric), now.Target)
	}
}

// lastOf is where the newest revision of a KPI says a key, or else the KPI itself. One
// of a day to come isn't in force yet.
func (p *pass) lastOf(n *document.Node, key string) document.Position {
	at := n.Value(key).Position()
	for _, revision := range n.Value("revisions").Items() {
		date, err := time.Parse(time.DateOnly, revision.Value("date").Text())
		if found := revision.Value(key); err == nil && found != nil && !date.After(p.Known.Now) {
			at = found.Position()
		}
	}
	return at
}
