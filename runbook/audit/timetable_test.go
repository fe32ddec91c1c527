package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/trust"
)

// occurrence is what the newest plan asks for on a day.
func (b *bench) occurrence(n int) record.Occurrence {
	history := must(record.ReadHistory(b.store, "acme", 0))
	for _, e := range must(history.Expected(day(n, 0, 0), day(n+1, 0, 0), b.now)) {
		return record.Occurrence{Name: e.Name, Plan: e.Plan, Due: e.Due, Opens: e.Opens, Closes: e.Closes}
	}
	b.t.Fatalf("nothing is due on day %d", n)
	return record.Occurrence{}
}

// unmet says, now, that nobody did what was due on a day.
func (b *bench) unmet(n int, edit ...func(*record.Unmet)) string {
	u := record.Unmet{Client: "acme", Writer: b.laptop.Writer, Logged: b.now, Occurrence: b.occurrence(n), State: "missed"}
	for _, e := range edit {
		e(&u)
	}
	return b.saying(b.laptop, record.KindOccurrence, u, b.logKey)
}

// missing signs the plan, does nothing until the evening of the first day, and
// has that said.
func (b *bench) missing(edit ...func(*record.Unmet)) string {
	b.plan().sign()
	return b.wait(day(0, 20, 0)).unmet(0, edit...)
}

func (b *bench) waiving(occurrence string, until time.Time) string {
	return b.saying(b.laptop, record.KindWaiver, record.Waiver{
		Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), Signed: b.now, Occurrence: occurrence, Until: until,
		Why: must(b.laptop.PutJSON(record.Words{Text: "the site is closed"})),
	})
}

// elsewhere tells a planned run in the log of the desk.
func (s *scene) elsewhere(started time.Time) {
	run := s.planned(started)
	was := s.sit(s.desk(s.operator))
	run.ledger, run.start.Writer = s.laptop, s.laptop.Writer
	run.tell(1000)
	s.sit(was)
}

func states(want audit.Counts) check {
	return counted("the states", func(r *audit.Report) bool {
		c := r.Counts
		got := audit.Counts{
			Expected: c.Expected, ExpectedOnTime: c.ExpectedOnTime, ExpectedLate: c.ExpectedLate, ExpectedFailed: c.ExpectedFailed, ExpectedMissed: c.ExpectedMissed,
			ExpectedOpen: c.ExpectedOpen, ExpectedWaived: c.ExpectedWaived, ExpectedNotApplicable: c.ExpectedNotApplicable, Stated: c.Stated,
		}
		return cmp.Equal(want, got) && got.Expected == got.ExpectedOnTime+got.ExpectedLate+got.ExpectedFailed+got.ExpectedMissed+got.ExpectedOpen+got.ExpectedWaived+got.ExpectedNotApplicable
	})
}

func all(checks ...check) check {
	return func(t *testing.T, s *scene) {
		t.Helper()
		for _, c := range checks {
			c(t, s)
		}
	}
}

var onceMissed = all(whole, states(audit.Counts{Expected: 1, ExpectedMissed: 1, Stated: 1}))

func missedOnce(s *scene) { s.missing() }

// Somebody who says of an occurrence what isn't so, or does it when it was said
// that nobody did.
var tableOfOccurrences = []tableLine{
	{
		"states a miss of what nobody asked for",
		func(s *scene) {
			s.missing(func(u *record.Unmet) { u.Occurrence.Name = nominal(0) + "x" })
		}, all(found("unmet-unplanned", "doesn't ask for that"), states(audit.Counts{Expected: 1, ExpectedMissed: 1})),
		missedOnce, onceMissed,
	},
	{
		"states a miss by a plan that no log holds",
		func(s *scene) {
			s.missing(func(u *record.Unmet) { u.Occurrence.Plan = "sha256:" + nobody })
		}, found("unmet-unplanned", "that no log holds"),
		missedOnce, onceMissed,
	},
	{
		"states a miss of what another plan had taken the place of",
		func(s *scene) {
			s.plan().sign()
			old := s.occurrence(1)
			s.wait(day(0, 12, 0)).plan().at(9).sign()
			s.wait(day(1, 23, 0)).unmet(1, func(u *record.Unmet) { u.Occurrence = old })
		}, found("unmet-unplanned", "doesn't ask for that"),
		func(s *scene) {
			s.plan().sign()
			old := s.occurrence(0)
			s.wait(day(0, 20, 0)).plan().at(9).sign()
			s.wait(day(0, 23, 0)).unmet(0, func(u *record.Unmet) { u.Occurrence = old })
		}, onceMissed,
	},
	{
		"states a miss before its window has closed",
		func(s *scene) {
			s.plan().sign()
			s.wait(day(0, 18, 59)).unmet(0)
			s.wait(day(0, 20, 0))
		}, all(found("unmet-early", "could be done until"), states(audit.Counts{Expected: 1, ExpectedMissed: 1})),
		func(s *scene) {
			s.plan().sign()
			s.wait(day(0, 19, 0)).unmet(0)
		}, onceMissed,
	},
	{
		"dates a miss ahead",
		func(s *scene) {
			s.plan().sign()
			s.wait(day(0, 18, 0)).unmet(0, func(u *record.Unmet) { u.Logged = day(0, 19, 0) })
			s.wait(day(0, 18, 1))
			s.stamp()
			s.wait(day(0, 20, 0))
		}, found("unmet-early", "existed by"),
		func(s *scene) {
			s.missing()
			s.stamp()
		}, onceMissed,
	},
	{
		"states a miss of what its own log shows to be done",
		func(s *scene) {
			s.plan().sign()
			s.planned(day(0, 7, 0)).tell(1000)
			s.wait(day(0, 20, 0)).unmet(0)
		}, all(found("unmet-though-run", "lies before it"), states(audit.Counts{Expected: 1, ExpectedOnTime: 1, Stated: 1})),
		missedOnce, onceMissed,
	},
	{
		"does afterwards what was missed, and dates it back",
		func(s *scene) {
			run := s.plan().sign().b.planned(day(0, 7, 0))
			s.wait(day(0, 20, 0)).unmet(0)
			s.wait(day(0, 7, 1))
			run.tell(1000)
			s.wait(day(0, 21, 0))
		}, all(found("run-after-unmet", "lies behind"), states(audit.Counts{Expected: 1, ExpectedMissed: 1, Stated: 1})),
		func(s *scene) {
			s.missing()
			s.unplanned(day(0, 21, 0)).tell(1000)
			s.wait(day(0, 23, 0))
		}, onceMissed,
	},
	{
		"does it afterwards elsewhere, and dates it back",
		func(s *scene) {
			s.missing()
			s.elsewhere(day(0, 7, 0))
			s.wait(day(0, 21, 0))
		}, all(told("unmet-stands", "nothing from outside shows that"), states(audit.Counts{Expected: 1, ExpectedMissed: 1, Stated: 1})),
		func(s *scene) {
			s.plan().sign()
			run := s.planned(day(0, 7, 0))
			was := s.sit(s.bench.desk(s.operator))
			run.ledger, run.start.Writer = s.laptop, s.laptop.Writer
			run.tell(1000)
			s.stamp()
			s.sit(was)
			s.wait(day(0, 20, 0)).unmet(0)
		}, all(told("unmet-superseded", "proven to have begun"), states(audit.Counts{Expected: 1, ExpectedOnTime: 1, Stated: 1})),
	},
	{
		"states a miss from a machine that isn't the ticker",
		func(s *scene) {
			p := s.plan()
			p.plan.Ticker, p.document = "", withoutTicker
			p.sign()
			s.wait(day(0, 20, 0)).unmet(0)
		}, found("ticker-differs", `names as its ticker ""`),
		missedOnce, onceMissed,
	},
	{
		"states a miss with an operator's key",
		func(s *scene) {
			s.plan().sign()
			u := record.Unmet{Client: "acme", Writer: s.laptop.Writer, Logged: day(0, 20, 0), Occurrence: s.occurrence(0), State: "missed"}
			u.Writer.Key = s.operator.Public().AuthorizedKey()
			s.wait(day(0, 20, 0)).saying(s.laptop, record.KindOccurrence, u, s.operator)
		}, found("writer-differs", "was made for a log with the key"),
		missedOnce, onceMissed,
	},
	{
		"states a miss twice",
		func(s *scene) { s.missing(); s.pass(time.Hour); s.unmet(0) }, onceMissed,
		missedOnce, onceMissed,
	},
	{
		"says waived, and names no waiver that says so",
		func(s *scene) {
			s.plan().sign()
			other := s.waiving(nominal(4), day(9, 0, 0))
			s.wait(day(0, 20, 0)).unmet(0, func(u *record.Unmet) { u.State, u.Waiver = "waived", other })
		}, all(found("unmet-not-waived", "doesn't say so"), states(audit.Counts{Expected: 1, ExpectedMissed: 1})),
		func(s *scene) {
			s.plan().sign()
			waiver := s.waiving("acme/backup-daily/", day(9, 0, 0))
			s.wait(day(0, 20, 0)).unmet(0, func(u *record.Unmet) { u.State, u.Waiver = "waived", waiver })
		}, all(whole, states(audit.Counts{Expected: 1, ExpectedWaived: 1, Stated: 1})),
	},
	{
		"goes on after its waiver has ended",
		func(s *scene) { s.plan().sign(); s.waiving("acme/backup-daily/", day(1, 7, 0)); s.wait(day(1, 20, 0)) },
		all(whole, states(audit.Counts{Expected: 2, ExpectedWaived: 1, ExpectedMissed: 1})),
		func(s *scene) { s.plan().sign(); s.waiving("acme/backup-daily/", day(2, 7, 0)); s.wait(day(1, 20, 0)) },
		all(whole, states(audit.Counts{Expected: 2, ExpectedWaived: 2})),
	},
	{
		"waives without being an approver",
		func(s *scene) {
			r := s.roster()
			carl := r.hire("carl", trust.Operator)
			r.sign()
			s.plan().signBy(r.ana)
			r.waiveDaily(carl)
			s.wait(day(0, 20, 0))
		}, all(found("signer-not-entitled", "it takes approver or lead"), states(audit.Counts{Expected: 1, ExpectedMissed: 1})),
		func(s *scene) {
			r := s.roster().sign()
			s.plan().signBy(r.ana)
			r.waiveDaily(r.ana)
			s.wait(day(0, 20, 0))
		}, all(whole, states(audit.Counts{Expected: 1, ExpectedWaived: 1})),
	},
}

var nobody = "abababababababababababababababababababababababababababababababab"

const withoutTicker = `apiVersion: msp/v1
kind: Plan
client: acme
runbooks:
  - runbook: backup-daily
    inputs: {host: b}
`

func (p *planStory) signBy(key *evidence.PrivateKey) {
	was := p.ledger.Operator
	p.ledger.Operator = key
	p.sign()
	p.ledger.Operator = was
}

func (r *roster) waiveDaily(key *evidence.PrivateKey) {
	r.laptop.Operator = key
	r.waiving("acme/backup-daily/", day(9, 0, 0))
	r.laptop.Operator = r.ben
}

// clock holds the clock of a run, now unless the edit says otherwise.
func (b *bench) clock(run string, edit ...func(*record.Hold)) string {
	h := record.Hold{
		Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), Signed: b.pass(time.Minute), Kind: record.HoldClock, Run: run,
		Reason: record.HoldClient, Why: must(b.laptop.PutJSON(record.Words{Text: "they have to sign"})),
	}
	for _, e := range edit {
		e(&h)
	}
	return b.saying(b.laptop, record.KindHold, h)
}

// held begins a run, holds its clock and ends it.
func held(s *scene) {
	run := s.begin()
	run.signStart()
	s.clock(run.start.Run)
	run.work(1000)
	run.finish()
	run.signEnd()
}

// Somebody who has a clock stand still that ran.
var tableOfHolds = []tableLine{
	{
		"holds the clock of a run that has ended",
		func(s *scene) { s.clock(s.begin().tell(1000).start.Run) }, found("hold-after-end", "was logged after its end"),
		held, whole,
	},
	{
		"dates a hold back",
		func(s *scene) {
			run := s.begin()
			run.signStart()
			s.pass(time.Hour)
			s.ack()
			s.clock(run.start.Run, func(h *record.Hold) { h.Signed = h.Signed.Add(-30 * time.Minute) })
		}, found("hold-backdated", "lies before it"),
		held, whole,
	},
	{
		"holds a clock before anybody outside could see it",
		func(s *scene) {
			run := s.begin()
			run.signStart()
			s.clock(run.start.Run)
			s.pass(time.Hour)
			s.stamp()
		}, told("hold-claimed", "shown to have been there by"),
		func(s *scene) {
			run := s.begin()
			run.signStart()
			s.clock(run.start.Run)
			s.stamp()
		}, untold("hold-claimed"),
	},
	{
		"holds a clock for a reason of their own",
		func(s *scene) {
			run := s.begin()
			run.signStart()
			s.clock(run.start.Run, func(h *record.Hold) { h.Reason = "lunch" })
		}, found("statement-malformed", `"lunch" is no reason`),
		held, whole,
	},
	{
		"confirms a hold without being a lead",
		func(s *scene) {
			r := s.roster().sign()
			run := s.begin()
			run.start.Trust = r.newest
			run.signStart()
			first := s.clock(run.start.Run)
			s.clock(run.start.Run, func(h *record.Hold) { h.Confirms = first })
		}, found("signer-not-entitled", "it takes lead"),
		func(s *scene) {
			r := s.roster().sign()
			run := s.begin()
			run.start.Trust = r.newest
			run.signStart()
			first := s.clock(run.start.Run)
			s.laptop.Operator = r.ana
			s.clock(run.start.Run, func(h *record.Hold) { h.Confirms = first })
			s.laptop.Operator = r.ben
		}, whole,
	},
}

// TestHeld: what is claimed of a hold is told beside what is proven.
func TestHeld(t *testing.T) {
	s := newScene(t)
	run := s.begin()
	run.signStart()
	first := s.clock(run.start.Run, func(h *record.Hold) { h.Max = 3600e9 })
	from := s.now
	s.pass(10 * time.Second)
	s.stamp()
	second := s.clock(run.start.Run)
	again := s.now
	held := s.verify().Held
	ends, proven := from.Add(time.Hour), from.Add(11*time.Second) // and the accuracy of the token
	by := s.operator.Public().ID()
	want := []audit.HeldLine{
		{Statement: first, Run: run.start.Run, Reason: "waiting_client", From: from, To: &ends, Proven: &proven, By: by},
		{Statement: second, Run: run.start.Run, Reason: "waiting_client", From: again, By: by},
	}
	if diff := cmp.Diff(want, held); diff != "" {
		t.Error(diff)
	}
}

// TestWordsOfTime: what means nothing counts for nothing.
func TestWordsOfTime(t *testing.T) {
	words := func(b *bench) string { return must(b.laptop.PutJSON(record.Words{Text: "x"})) }
	notice := func(edit func(*record.Notice)) func(*bench) {
		return func(b *bench) {
			b.plan().sign()
			n := record.Notice{
				Client: "acme", Writer: b.laptop.Writer, Logged: b.pass(time.Minute), Occurrence: nominal(0), Key: "k", Ladder: "not_resolved", Rung: 1, Channel: "mail",
				Outcome: record.NoticeSent, Attempt: 1, Told: must(b.laptop.PutJSON(record.Told{To: "ana"})),
			}
			edit(&n)
			b.saying(b.laptop, record.KindNotice, n, b.logKey)
		}
	}
	item := func(edit func(*record.Item)) func(*bench) {
		return func(b *bench) {
			b.plan().sign()
			i := record.Item{
				Client: "acme", Writer: b.laptop.Writer, By: b.laptop.Writer, Opened: b.pass(time.Minute), Item: record.ItemID("missed", nominal(0)), Kind: "missed",
				Occurrence: nominal(0), Owner: "lead", Due: b.now.Add(time.Hour), Answers: must(b.laptop.PutJSON(record.Answers{What: "missed"})),
			}
			edit(&i)
			b.saying(b.laptop, record.KindItem, i, b.logKey)
		}
	}
	closing := func(edit func(*record.Closing)) func(*bench) {
		return func(b *bench) {
			item(func(*record.Item) {})(b)
			c := record.Closing{
				Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), Signed: b.pass(time.Minute), Item: "missed-1", Opening: b.leaves()[1].Envelope,
				How: record.CloseFixed, Why: words(b),
			}
			edit(&c)
			b.saying(b.laptop, record.KindClosing, c)
		}
	}
	try(t, []attack{
		{"an outcome of a notice", notice(func(n *record.Notice) { n.Outcome = "lost" }), "statement-malformed", "lost"},
		{"a failed notice without a reason", notice(func(n *record.Notice) { n.Outcome = "failed" }), "statement-malformed", "says why"},
		{"a repeat before the first", notice(func(n *record.Notice) { n.Repeat = -1 }), "statement-malformed", "which notice"},
		{"a notice of nothing", notice(func(n *record.Notice) { n.Occurrence = "" }), "statement-malformed", "about"},
		{"a notice of another machine", func(b *bench) {
			p := b.plan()
			p.plan.Ticker, p.document = "", withoutTicker
			p.sign()
			b.saying(b.laptop, record.KindNotice, record.Notice{
				Client: "acme", Writer: b.laptop.Writer, Logged: b.pass(time.Minute), Occurrence: nominal(0), Key: "k", Outcome: "sent", Attempt: 1,
				Told: must(b.laptop.PutJSON(record.Told{To: "ana"})),
			}, b.logKey)
		}, "ticker-differs", "notice"},
		{"an item of no kind", item(func(i *record.Item) { i.Kind = "bad" }), "statement-malformed", "bad"},
		{"an item of nobody", item(func(i *record.Item) { i.Owner = "" }), "statement-malformed", "who sees to it"},
		{"an item without an id", item(func(i *record.Item) { i.Item = "" }), "statement-malformed", "id of an item"},
		{"a way to close", closing(func(c *record.Closing) { c.How = "forgotten" }), "statement-malformed", "forgotten"},
		{"a workaround for good", closing(func(c *record.Closing) { c.How = "workaround" }), "statement-malformed", "until when"},
		{"a miss with a waiver", func(b *bench) {
			b.missing(func(u *record.Unmet) { u.Waiver = b.leaves()[0].Envelope })
		}, "statement-malformed", "names its waiver"},
		{"a state", func(b *bench) { b.missing(func(u *record.Unmet) { u.State = string(schedule.OnTime) }) }, "statement-malformed", "on_time"},
	})
	b := newBench(t)
	b.pin()
	notice(func(*record.Notice) {})(b)
	closing(func(*record.Closing) {})(b)
	b.saying(b.laptop, record.KindHandoff, record.Handoff{
		Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), Signed: b.pass(time.Minute), Note: must(b.laptop.PutJSON(record.HandoffNote{Page: "all quiet"})),
	})
	wantOK(t, b.verify())
}
