package agreement

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Page is the agreement as the page that both parties sign, in Markdown. It says
// everything that the document says, and ends with its digest, which records
// carry.
func (a *Agreement) Page() string {
	p := &page{}
	p.line("# %s", a.Title)
	p.line("")
	p.line("Agreement %s, version %s, from %s%s. Months are those of %s.", a.ID, a.Version, day(a.From), untilDay(a.Until), a.Timezone)
	p.section("Parties")
	p.item("Client: %s", a.ClientSide)
	p.item("Provider: %s", a.ProviderSide)
	p.optional("Contacts and rosters", a.Contacts)
	p.section("Services")
	p.item("In scope: %s", listed(a.InScope))
	p.item("Out of scope: %s", listed(a.OutOfScope))
	p.targets(a)
	p.holds(a.Holds)
	p.credits(a)
	p.supports(a.Supports)
	p.kpis(a.KPIs)
	p.communication(a)
	p.ending(a)
	p.section("Signatures")
	for _, side := range []struct {
		name  string
		party Party
	}{{"client", a.ClientSide}, {"provider", a.ProviderSide}} {
		p.item("For the %s, %s, %s: ________________ on ____________", side.name, side.party.Name, side.party.Role)
	}
	p.line("")
	p.line("Digest of the document: %s", a.Digest)
	return p.text.String()
}

// page is a text that grows by lines.
type page struct{ text strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

func (p *page) section(title string) { p.line("\n## %s\n", title) }

// item is one point of a list. Text of several lines becomes one.
func (p *page) item(format string, args ...any) {
	p.line("- %s", strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " "))
}

// optional is an item that is left out when there is nothing to say.
func (p *page) optional(name, text string) {
	if text != "" {
		p.item("%s: %s", name, text)
	}
}

func (p *page) targets(a *Agreement) {
	p.section("Targets")
	for _, t := range a.Targets {
		p.item("**%s**: %s of each %s, %s, from when the work %s; owner %s",
			t.Name, t.Percent, t.Window, promised(t.Promises), clockWords[t.Promises.Clock], t.Owner)
		for _, tier := range t.Tiers {
			p.line("  - below %s: a credit of %s of the monthly fee", tier.Below, tier.Credit)
		}
	}
	p.line("")
	p.line("Exactly the target is met. What is still open and past its target counts as missed. A window in which nothing was due has no attainment.")
}

var clockWords = map[runbook.Clock]string{
	runbook.ClockScheduled: "is due", runbook.ClockStarted: "starts", runbook.ClockReported: "is reported",
}

// promised is what an SLA promises: "start within 30m, complete within 2h in
// uk-office".
func promised(s runbook.SLA) string {
	var all []string
	for _, promise := range promisesOf(s) {
		if !promise.length.IsZero() {
			all = append(all, strings.ReplaceAll(promise.name, "_", " ")+" "+promise.length.String())
		}
	}
	hours := "around the clock"
	if s.Calendar != "" {
		hours = "in the hours of " + s.Calendar
	}
	return strings.Join(all, ", ") + " " + hours
}

func (p *page) holds(rules HoldRules) {
	reasons := rules.PausesFor
	if reasons == nil {
		reasons = usualReasons()
	}
	most := rules.Max.Span()
	if most == 0 {
		most = UsualHold
	}
	p.section("Holds")
	if len(reasons) == 0 {
		p.item("Nothing pauses a clock.")
		return
	}
	p.item("A clock pauses for: %s. The client sees each hold and its reason.", listed(words(reasons)))
	p.item("A hold counts for %s at most, and longer only from when a lead confirms it.", runbook.FormatSpan(most))
}

func (p *page) credits(a *Agreement) {
	p.section("Credits and exclusions")
	switch c := a.Credits; {
	case c == nil:
		p.item("No credits are given.")
	default:
		p.item("The monthly fee is %s. The credits of a month are at most %s of it.", c.MonthlyFee, c.Cap)
		if !c.ClaimWithin.IsZero() {
			p.item("A credit is claimed within %s of the month's end.", c.ClaimWithin)
		}
		p.item("One event gives one credit.")
		p.item("A credit in %d of %d months is a chronic failure.", c.Chronic.Months, c.Chronic.Of)
	}
	for _, e := range a.Exclusions {
		p.item("Excluded, where %s approves each: %s (%s)", e.Approver, e.What, e.ID)
	}
}

func (p *page) supports(all []Support) {
	if len(all) == 0 {
		return
	}
	p.section("What the targets rest on")
	for _, s := range all {
		percent := ""
		if s.Percent != 0 {
			percent = ", " + s.Percent.String()
		}
		p.item("%s (%s, %s) for %s: %s%s", s.Name, s.Kind, s.With, s.Target, promised(s.Promises), percent)
	}
}

func (p *page) kpis(all []KPI) {
	if len(all) == 0 {
		return
	}
	p.section("Key performance indicators")
	for _, k := range all {
		p.item("%s: from %s to %s %s by %s; owner %s", k.Metric, k.Baseline, k.Target, k.Unit, day(k.By), k.Owner)
		for _, r := range k.Revisions {
			now := k.At(r.Date)
			p.line("  - from %s on: from %s to %s %s by %s; owner %s. %s", day(r.Date), now.Baseline, now.Target, k.Unit, day(now.By), now.Owner, strings.Join(strings.Fields(r.Because), " "))
		}
	}
}

func (p *page) communication(a *Agreement) {
	if len(a.Reports)+len(a.Telling) == 0 {
		return
	}
	p.section("Reports and communication")
	for _, r := range a.Reports {
		p.item("%s (%s), by %s to %s, due %s %s", r.Title, r.ID, r.Owner, r.To, cmp.Or(r.Schedule.Cron, r.Schedule.RRule), r.Schedule.Timezone)
	}
	for _, t := range a.Telling {
		line := t.When + ": " + t.To + " is told"
		if t.By != "" {
			line += " by " + t.By
		}
		if !t.Within.IsZero() {
			line += " within " + t.Within.String()
		}
		p.item("%s", line)
	}
}

func (p *page) ending(a *Agreement) {
	if a.Scripts == (Scripts{}) && len(a.Retention) == 0 && a.Trial == nil && a.Exit == (Exit{}) {
		return
	}
	p.section("Ownership, retention and exit")
	if s := a.Scripts; s.Owner != "" {
		p.item("The scripts belong to the %s.", s.Owner)
		p.optional("Their licence", s.Licence)
		p.optional("At the end", s.OnExit)
	}
	for _, r := range a.Retention {
		line := r.What + " are kept for " + r.Keep.String()
		if r.Then != "" {
			line += ", then " + r.Then
		}
		p.item("%s", line)
	}
	if t := a.Trial; t != nil {
		credits := "without credits"
		if t.Credits {
			credits = "with credits"
		}
		p.item("Trial until %s, %s.", day(t.Until), credits)
	}
	if !a.Exit.Notice.IsZero() {
		p.item("Notice of %s ends the agreement.", a.Exit.Notice)
	}
	p.optional("Handover", a.Exit.Handover)
	p.optional("Data", a.Exit.Data)
}

// String is the party and who signs for it.
func (p Party) String() string {
	text := p.Name + ", " + p.Role
	if p.Contact != "" {
		text += ", " + p.Contact
	}
	return text
}

func listed(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

func day(at time.Time) string { return at.Format(time.DateOnly) }

func untilDay(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return " until " + day(at)
}
