package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/escalate"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// about is what a matter is, and what notices about it name.
type about struct {
	escalate.Matter
	runbook               string // its id
	run, occurrence, item string
	since                 time.Time // notices from before it are about an earlier time
}

// matters are what people are told about, by runbook, the oldest first: what isn't
// done, and the items that somebody has to see to.
func (c *clientTick) matters() (map[string][]about, error) {
	exceptions, _, err := c.standing.Exceptions(c.at)
	if err != nil {
		return nil, err
	}
	items := c.standing.ItemsAt(c.at)
	closed := c.standing.ClosedItems(items, c.at)
	all := map[string][]about{}
	undone := map[string]int{}
	for _, e := range exceptions {
		if !undoneState(e) || closed[e.ItemID()] {
			continue
		}
		m, err := c.occurrence(e, undone[e.Runbook()])
		if err != nil {
			return nil, err
		}
		undone[e.Runbook()]++
		all[m.runbook] = append(all[m.runbook], m)
	}
	for _, item := range items.Open {
		m := c.item(item)
		all[m.runbook] = append(all[m.runbook], m)
	}
	for _, of := range all {
		slices.SortStableFunc(of, func(x, y about) int { return cmp.Or(x.Clock.Compare(y.Clock), cmp.Compare(x.Name, y.Name)) })
	}
	return all, nil
}

// undoneState reports whether work is not done: it wasn't recovered, and nobody
// waived it.
func undoneState(e record.Exception) bool {
	undone := []schedule.State{schedule.Due, schedule.Running, schedule.Waiting, schedule.Failed, schedule.Missed, schedule.Unknown}
	return slices.Contains(undone, e.State) && e.RecoveredAt == nil && e.Waiver == ""
}

// occurrence is the matter of an occurrence that isn't done. Before says how many
// of its runbook before it aren't either.
func (c *clientTick) occurrence(e record.Exception, before int) (about, error) {
	plan, item := plannedOf(c.standing, e)
	if plan == nil {
		return about{}, fmt.Errorf("no plan that can be read asks for %s", e.Name)
	}
	population, err := plan.Population(*item, time.Time{})
	if err != nil {
		return about{}, err
	}
	var found schedule.Occurrence
	for o := range population.Between(e.Due, e.Due.Add(1)) {
		found = o
	}
	book := c.book(*item)
	m := about{runbook: e.Runbook(), occurrence: e.Name, run: e.DecidedBy}
	m.Matter = escalate.Matter{
		Name: e.Name, Client: c.client, Title: book.Title, Owner: book.Owner, Ladders: book.Escalation,
		Clock: e.Due, Since: e.Due, Calendar: found.Calendar, Impact: impactOf(book), Zone: zoneOf(e.Name),
	}
	run := c.runOf(e.Name)
	if run != nil {
		m.run = run.Run
	}
	c.clock(&m, item.SLA.For(found), run)
	m.Acknowledged = c.acknowledged(m)
	describe(&m.Matter, e, run, before)
	return m, nil
}

// plannedOf is the plan that asks for an occurrence, and its runbook in it.
func plannedOf(s *record.Standing, e record.Exception) (*record.Plan, *record.PlannedRunbook) {
	for i := range s.Plans {
		plan := &s.Plans[i]
		if plan.Digest != e.Plan {
			continue
		}
		for k := range plan.Body.Runbooks {
			if plan.Body.Runbooks[k].Runbook.ID == e.Runbook() {
				return &plan.Body, &plan.Body.Runbooks[k]
			}
		}
	}
	return nil, nil
}

// runOf is the run that is at an occurrence.
func (c *clientTick) runOf(occurrence string) *record.Attempt {
	for _, run := range c.standing.OpenRuns(c.at) {
		if run.Occurrence == occurrence {
			return run
		}
	}
	return nil
}

// clock gives a matter the clock of what was promised: of the whole work, or where
// that runs from a start that nobody made, of the start.
func (c *clientTick) clock(m *about, terms *agreement.Terms, run *record.Attempt) {
	pauses := record.PausesUnder(terms, c.standing.HoldsOf(m.run, m.occurrence, c.at, nil), c.at)
	clock, ok := terms.Beginning(pauses...)
	if run != nil {
		clock, ok = terms.Completion(run.Started, pauses...)
	} else if terms.Clock == string(runbook.ClockScheduled) && terms.CompleteWithin > 0 {
		clock, ok = terms.Completion(m.Clock, pauses...)
	}
	if !ok {
		return
	}
	m.Share = clock.At
	if deadline, known := clock.Deadline(); known {
		m.Deadline = deadline
	}
}

// acknowledged is when somebody took it on first; zero when nobody did.
func (c *clientTick) acknowledged(m about) time.Time {
	same := func(x, y string) bool { return x != "" && x == y }
	for _, ack := range c.standing.Acks { // by when they were signed
		if same(m.run, ack.Body.Run) || same(m.occurrence, ack.Body.Occurrence) || same(m.item, ack.Body.Item) {
			return ack.Body.Signed
		}
	}
	return time.Time{}
}

// impactOf is why the work is done.
func impactOf(book *runbook.Runbook) string {
	if book.Rationale == "" {
		return ""
	}
	return "Why it is done: " + strings.Join(strings.Fields(book.Rationale), " ")
}

// describe says what is wrong with an occurrence.
func describe(m *escalate.Matter, e record.Exception, run *record.Attempt, before int) {
	due := e.Due.In(m.Zone).Format("Mon 2006-01-02 15:04 MST")
	switch {
	case run != nil && e.State == schedule.Waiting:
		m.What = fmt.Sprintf("The run %s of %s, due %s, waits for a person.", record.ShortID(run.Run), e.Runbook(), due)
		if run.Waiting != "" {
			m.Tried = fmt.Sprintf("What comes before the step %s is done.", run.Waiting)
		}
		m.Next = "Somebody who may goes on: msp resume " + record.ShortID(run.Run) + ", or msp approve."
	case run != nil:
		m.What = fmt.Sprintf("The run %s of %s, due %s, is not done yet.", record.ShortID(run.Run), e.Runbook(), due)
		m.Tried = "It began at " + run.Started.In(m.Zone).Format("15:04 MST") + "."
	case e.State == schedule.Failed:
		m.What = fmt.Sprintf("The run %s of %s, due %s, failed.", record.ShortID(e.DecidedBy), e.Runbook(), due)
		if e.Step != "" {
			m.What = strings.TrimSuffix(m.What, ".") + " at the step " + e.Step + "."
		}
		m.Failed = e.Closes
		if e.Ended != nil {
			m.Failed = *e.Ended
		}
	case e.State == schedule.Missed:
		m.What = fmt.Sprintf("Nobody did %s, which was due %s, and it can't be done any more.", e.Runbook(), due)
		m.Failed = e.Closes
	case e.State == schedule.Unknown:
		m.What = fmt.Sprintf("What is recorded of %s, due %s, doesn't say whether it was done.", e.Runbook(), due)
		m.Failed = e.Due
	default:
		m.What = fmt.Sprintf("No run of %s, due %s, has started.", e.Runbook(), due)
	}
	if before > 0 {
		m.What += fmt.Sprintf(" Of those before it %d are not done either.", before)
	}
}

// item is the matter of an item that is open: its owner is told when its time is
// up.
func (c *clientTick) item(item record.OpenItem) about {
	body := item.Body
	m := about{runbook: body.Runbook, item: body.Item, run: body.Run}
	m.Matter = escalate.Matter{
		Name: body.Item, Client: c.client, Title: "the open item " + body.Item, Owner: runbook.Owner{Role: body.Owner},
		Clock: body.Opened, Since: body.Opened, Deadline: body.Due, Zone: time.UTC,
		Next: "See to it and close it, or have it waived: msp open shows it.",
	}
	if item.Reopened != nil {
		m.since = *item.Reopened
		m.Clock, m.Since, m.Deadline = m.since, m.since, m.since
	}
	if plan := c.standing.PlanAt(c.at); plan != nil {
		for _, planned := range plan.Body.Runbooks {
			if planned.Runbook.ID == body.Runbook {
				m.Owner = c.book(planned).Owner
			}
		}
	}
	if body.Occurrence != "" {
		m.Zone = zoneOf(body.Occurrence)
	}
	m.Acknowledged = c.acknowledged(m)
	var answers record.Answers
	if err := record.GetJSON(c.store, body.Answers, &answers); err == nil {
		m.What, m.Impact, m.Tried = sentence(answers.What), sentence(answers.Impact), sentence(answers.Tried)
	}
	return m
}

func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:] + "."
}
