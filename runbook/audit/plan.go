package audit

import (
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// A plan is a plan statement that can be relied on. What it pins is what
// counts; its documents are held to that, and inputs stand only there.
type plan struct {
	*statement
	items    []plannedItem
	document *schedule.Plan // nil when it can't be read, or differs
}

// A plannedItem is a runbook that a plan asks for.
type plannedItem struct {
	record.PlannedRunbook
	population schedule.Planned // as if no other plan took this one's place
	unreadable bool             // the population can't be computed
}

// at finds what the plan asks for of a runbook at an instant. The item is nil
// when it doesn't ask for the runbook at all, or nobody can tell when.
func (p *plan) at(runbookID string, t time.Time) (item *plannedItem, o schedule.Occurrence, ok bool) {
	for i := range p.items {
		if p.items[i].Runbook.ID != runbookID || p.items[i].unreadable {
			continue
		}
		item = &p.items[i]
		if o, ok = item.population.At(t); ok {
			return item, o, true
		}
	}
	return item, o, false
}

// inputs are what the plan's document gives an item; ok is false when it can't
// be read.
func (p *plan) inputs(item *plannedItem) (inputs map[string]string, ok bool) {
	if p.document == nil {
		return nil, false
	}
	for i := range p.items {
		if &p.items[i] == item {
			return p.document.Items[i].Inputs, true
		}
	}
	return nil, false
}

// A planAudit checks one plan statement.
type planAudit struct {
	reader
	plan *plan
}

// A planResult is what remains of a plan statement.
type planResult struct {
	traces
	found []found
	ref   ref
	plan  *plan // nil when it can't be relied on
	err   error
}

func (a *audit) auditPlan(r ref) planResult {
	v := &planAudit{reader: reader{audit: a}}
	err := v.check(r)
	return planResult{v.traces, v.found, r, v.plan, err}
}

// rank orders the plans as they took effect: by when they were signed, else as
// they were logged.
func (a *audit) rank(results []planResult) {
	for _, r := range results {
		if r.plan == nil {
			a.lostPlans = append(a.lostPlans, r.ref)
		} else {
			a.plans = append(a.plans, r.plan)
		}
	}
	slices.SortStableFunc(a.plans, func(x, y *plan) int { return x.plan.Signed.Compare(y.plan.Signed) })
}

func (v *planAudit) check(r ref) error {
	s, err := v.readStatement(r)
	if s == nil || err != nil {
		return err
	}
	p := &plan{statement: s, items: make([]plannedItem, len(s.plan.Runbooks))}
	if v.accepts(s.key) && v.mayPlan(s) && s.plan.Client == v.client {
		v.plan = p
	}
	if s.plan.Client != v.client {
		v.broken(ruleClient, s.place(), "%s is of the client %q, this is the evidence of %s", s.name(), s.plan.Client, v.client)
	}
	v.checkWriter(s)
	documents := []record.NamedBlob{{Name: "the plan", Digest: s.plan.Digest}}
	for i, pinned := range s.plan.Runbooks {
		documents = append(documents, record.NamedBlob{Name: "the runbook " + pinned.Runbook.ID, Digest: pinned.Runbook.Digest})
		p.items[i].PlannedRunbook = pinned
		v.populate(s, &p.items[i])
	}
	for _, pinned := range s.plan.Calendars {
		documents = append(documents, record.NamedBlob{Name: "the calendar " + pinned.Calendar.ID, Digest: pinned.Digest})
	}
	if a := s.plan.Agreement; a != nil {
		documents = append(documents, record.NamedBlob{Name: "the agreement " + a.ID, Digest: a.Digest})
	}
	if what := s.subjectsDiffer(documents...); what != "" {
		v.broken(ruleSubjects, s.place(), "%s: %s", s.name(), what)
	}
	return v.readBlobs(v.planBlobs(p))
}

func (v *planAudit) populate(s *statement, item *plannedItem) {
	var err error
	if item.population, err = s.plan.CheckedPopulation(item.PlannedRunbook, time.Time{}); err != nil {
		item.unreadable = true
		v.broken(rulePlan, s.place(), "%s: when the runbook %s is due can't be computed: %s", s.name(), item.Runbook.ID, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

func (v *planAudit) planBlobs(p *plan) []namedBlob {
	var all []namedBlob
	for i, b := range p.blobs() {
		n := namedBlob{NamedBlob: b, by: p.statement, read: func() error { return v.readDocument(p) }}
		switch of := i - 1; {
		case of == len(p.items)+len(p.plan.Calendars):
			n.read = func() error { return v.readAgreement(p.statement) }
		case of >= len(p.items):
			n.read = func() error { return v.readCalendar(p.statement, p.plan.Calendars[of-len(p.items)]) }
		case of >= 0:
			n.read = func() error { return v.readPlanned(p.statement, p.items[of].PlannedRunbook) }
		}
		all = append(all, n)
	}
	return all
}

// readDocument holds the kept plan to the digest that was signed, and what was
// pinned to what it says.
func (v *planAudit) readDocument(p *plan) error {
	content, err := record.GetBlob(v.store, p.plan.Source)
	if err != nil {
		return err
	}
	pinned := p.plan
	if digest := runbook.Digest(content); digest != pinned.Digest {
		v.broken(rulePlan, p.place(), "%s: the kept plan has the digest %s, and %s was signed", p.name(), short(digest), short(pinned.Digest))
		return nil
	}
	written, problems := schedule.LoadPlan("plan", content)
	if written == nil {
		v.broken(rulePlan, p.place(), "%s: its document is no plan: %s", p.name(), problems[0].Message)
		return nil
	}
	if what := planDiffers(pinned, written); what != "" && pinned.Client == v.client {
		v.broken(rulePlan, p.place(), "%s: %s", p.name(), what)
		return nil
	}
	p.document = written
	return nil
}

// planDiffers says how a plan that was signed is not the one in its document.
func planDiffers(pinned *record.Plan, written *schedule.Plan) string {
	switch {
	case pinned.Client != written.Client:
		return "it is of the client " + quoted(pinned.Client) + ", its document of " + quoted(written.Client)
	case pinned.Ticker != written.Ticker:
		return "it names the ticker " + quoted(pinned.Ticker) + ", its document " + quoted(written.Ticker)
	case pinned.Level != written.Level:
		return "it demands the level " + quoted(pinned.Level) + ", its document " + quoted(written.Level)
	case !slices.EqualFunc(pinned.Runbooks, written.Items, sameItem):
		return "its runbooks and their days are not those of its document in their order"
	default:
		return ""
	}
}

func sameItem(pinned record.PlannedRunbook, written schedule.Item) bool {
	return pinned.Runbook.ID == written.Runbook && pinned.From == dayText(written.From) && pinned.Until == dayText(written.Until)
}

func dayText(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}

// readPlanned holds a kept runbook to the digest that the plan pins, and the
// pinned schedule and SLA to what it says.
func (v *planAudit) readPlanned(s *statement, item record.PlannedRunbook) error {
	content, err := record.GetBlob(v.store, item.Runbook.Source)
	if err != nil {
		return err
	}
	id := item.Runbook.ID
	if digest := runbook.Digest(content); digest != item.Runbook.Digest {
		v.broken(rulePlan, s.place(), "%s: the kept runbook %s has the digest %s, and the plan was signed for %s", s.name(), id, short(digest), short(item.Runbook.Digest))
		return nil
	}
	root, problems := document.Parse(id+".yaml", content, document.DefaultLimits)
	if root == nil || len(problems) > 0 {
		v.note(ruleNotCompared, s.place(), "%s: the runbook %s can't be read, so its schedule and SLA were not held to it", s.name(), id)
		return nil
	}
	for _, what := range plannedDiffers(item, root, s.plan.Calendar) {
		v.broken(rulePlan, s.place(), "%s: of the runbook %s it pins another %s than stands there", s.name(), id, what)
	}
	return nil
}

// plannedDiffers says what a plan pins otherwise than the runbook has it.
func plannedDiffers(item record.PlannedRunbook, root *document.Node, calendars schedule.Lookup) (what []string) {
	sla := child(root, "sla")
	calendar := child(sla, "calendar").Text()
	if child(sla, "agreement") != nil && item.SLA != nil {
		calendar = item.SLA.Calendar // which the agreement names
	}
	in, err := calendars(calendar)
	if err != nil {
		in = nil // 24x7, or one that isn't pinned, which the population tells of
	}
	if child(root, "id").Text() != item.Runbook.ID {
		what = append(what, "id")
	}
	if child(root, "version").Text() != item.Runbook.Version {
		what = append(what, "version")
	}
	if written, ok := writtenSchedule(child(root, "schedule"), in); !ok || written != item.Schedule {
		what = append(what, "schedule")
	}
	if !readSLA(sla).same(item.SLA, in) {
		what = append(what, "SLA")
	}
	return what
}

// checkPlanOrder tells of plans that took the place of one in another log.
func (a *audit) checkPlanOrder() {
	for i := 1; i < len(a.plans); i++ {
		p, q := a.plans[i-1], a.plans[i]
		if p.log == q.log {
			continue
		}
		at := q.place()
		at.cause = "order"
		a.note(rulePlanOrder, at, "%s took the place of %s on %s by its signer's word", q.name(), p.name(), instant(&q.plan.Signed))
	}
}
