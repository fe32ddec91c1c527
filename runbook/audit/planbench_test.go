package audit_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// daily is the runbook as a plan asks for it: due at 07:00, to be started by
// 07:30 and done by 09:00; a run counts from 06:00 until 19:00.
var daily = strings.NewReplacer(
	"id: backup-verify", "id: backup-daily",
	"sla: {clock: started, complete_within: 2h, target: 95%}",
	`schedule: {cron: "0 7 * * *", timezone: UTC, early: 1h, close_after: 12h}
sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 95%}
inputs:
  host: {type: string, default: a}
  limit: {type: number, default: 5}
  folder: {type: path, default: backups}`).Replace(source)

const asked = `apiVersion: msp/v1
kind: Plan
client: acme
ticker: laptop
runbooks:
  - runbook: backup-daily
    inputs: {host: b}
`

// day is an instant of a day after Monday, 2026-11-16.
func day(n, hour, minute int) time.Time {
	return time.Date(2026, 11, 16+n, hour, minute, 0, 0, time.UTC)
}

func (b *bench) wait(until time.Time) *bench {
	b.now = until
	return b
}

// A planStory is a plan as it is going to be signed.
type planStory struct {
	b        *bench
	ledger   *record.Ledger
	document string
	book     string // the runbook that it asks for
	plan     record.Plan
	run      string // in the leaf
	edit     func(*record.Plan)
	subjects func([]evidence.Subject) []evidence.Subject
	digest   string // of the envelope
}

// plan makes a plan that is signed now.
func (b *bench) plan() *planStory {
	p := &planStory{b: b, ledger: b.laptop, document: asked, book: daily}
	p.plan = record.Plan{
		Client: "acme", Signed: b.now, Ticker: "laptop", Level: "logged",
		Runbooks: []record.PlannedRunbook{{
			Runbook: record.Runbook{ID: "backup-daily", Version: "1.4.0"},
			Schedule: record.Schedule{
				Cron: "0 7 * * *", Timezone: "UTC", OnMissed: "record",
				Early: runbook.Nanoseconds(time.Hour), CloseAfter: runbook.Nanoseconds(12 * time.Hour),
			},
			SLA: &agreement.Terms{
				Clock: "scheduled", StartWithin: runbook.Nanoseconds(30 * time.Minute), CompleteWithin: runbook.Nanoseconds(2 * time.Hour), Target: 95,
			},
		}},
	}
	return p
}

// at moves the schedule to another hour, in the runbook too.
func (p *planStory) at(hour int) *planStory {
	p.book = strings.Replace(p.book, `"0 7 `, fmt.Sprintf(`"0 %d `, hour), 1)
	p.plan.Runbooks[0].Schedule.Cron = fmt.Sprintf("0 %d * * *", hour)
	return p
}

// sign puts the plan into the log.
func (p *planStory) sign() *planStory {
	p.b.t.Helper()
	plan, store := &p.plan, p.b.store
	plan.Writer, plan.Operator = p.ledger.Writer, p.ledger.Signer()
	plan.Digest, plan.Source = runbook.Digest([]byte(p.document)), must(store.PutBlob([]byte(p.document))).Digest
	for i := range plan.Runbooks {
		plan.Runbooks[i].Runbook.Digest = runbook.Digest([]byte(p.book))
		plan.Runbooks[i].Runbook.Source = must(store.PutBlob([]byte(p.book))).Digest
	}
	if p.edit != nil {
		p.edit(plan)
	}
	subjects := []evidence.Subject{record.BlobSubject("plan", plan.Digest), record.BlobSubject("plan source", plan.Source)}
	for _, item := range plan.Runbooks {
		subjects = append(subjects,
			record.BlobSubject("runbook "+item.Runbook.ID, item.Runbook.Digest), record.BlobSubject("runbook "+item.Runbook.ID+" source", item.Runbook.Source))
	}
	if p.subjects != nil {
		subjects = p.subjects(subjects)
	}
	digest, _, err := p.ledger.Write(p.b.t.Context(), record.KindPlan, p.run, subjects, plan)
	if err != nil {
		p.b.t.Fatal(err)
	}
	p.digest = digest
	return p
}

// unplanned makes a run of the planned runbook, bound to nothing.
func (b *bench) unplanned(started time.Time) *story {
	values := map[string]string{"host": "b", "limit": "5", "folder": "/srv/backups"}
	s := b.wait(started.AddDate(0, 0, -1)).follow("backup-daily", daily, record.Inputs{Folder: "/srv", Values: values})
	made := fmt.Sprintf("%012x", started.UnixMilli())
	s.start.Run = fmt.Sprintf("%s-%s-7000-8000-%012d", made[:8], made[8:], b.runs)
	s.start.SLA = b.plan().plan.Runbooks[0].SLA
	s.terms()
	return s
}

// edited makes the run one of an edited runbook.
func (s *story) edited(text string) {
	s.start.Runbook.Digest, s.start.Runbook.Source = runbook.Digest([]byte(text)), must(s.b.store.PutBlob([]byte(text))).Digest
}

// terms computes what follows from the SLA.
func (s *story) terms() {
	s.start.Deadline = nil
	if deadline, ok := s.start.SLA.Deadline(s.start.Started); ok {
		s.start.Deadline = &deadline
	}
	s.start.FinishBy = record.FinishBy(s.start.Started, s.start.Deadline)
}

// planned makes a run as the engine binds it.
func (b *bench) planned(started time.Time) *story {
	b.t.Helper()
	s := b.unplanned(started)
	bound, err := must(record.ReadLogs(b.store, "acme", 0)).Bind("backup-daily", started)
	if err != nil || bound == nil {
		b.t.Fatalf("nothing is due %s: %v", started, err)
	}
	s.bind(bound)
	return s
}

func (s *story) bind(bound *record.Bound) {
	occurrence := bound.Occurrence
	s.start.Occurrence, s.start.SLA = &occurrence, bound.Item.SLA.For(bound.Found)
	s.terms()
}

// failing makes the run fail at its first step.
func (s *story) failing() *story {
	s.editSteps = func(steps []record.Step) []record.Step {
		steps[0].Outcome, steps[0].Cause = record.Failed, record.CauseExit
		return steps[:1]
	}
	return s
}
