package audit_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

func nominal(n int) string {
	return "acme/backup-daily/" + day(n, 7, 0).Format("2006-01-02T15:04:05+00:00") + "[UTC]"
}

func planLine(r *audit.Report) audit.Check {
	i := slices.IndexFunc(r.Checks, func(c audit.Check) bool { return c.Name == "plan" })
	if i < 0 {
		return audit.Check{}
	}
	return r.Checks[i]
}

// particular are the notes about single files, without what a story drops.
func particular(r *audit.Report) []string {
	return rulesOf(slices.DeleteFunc(slices.Clone(r.Unshown), func(f audit.Finding) bool { return f.File == "" || f.Rule == "blob-unnamed" }))
}

// TestPlan: a week in which everything happens that may.
func TestPlan(t *testing.T) {
	b := newBench(t)
	b.pin()
	b.plan().sign()
	b.planned(day(0, 7, 10)).tell(1000)
	tooLate := b.planned(day(1, 7, 31)).tell(1000) // to start
	s := b.planned(day(2, 7, 30))
	s.signStart()
	b.wait(day(2, 8, 50))
	s.work(1000)
	s.finish()
	s.signEnd() // 09:00:07
	// Nothing on the fourth day.
	failed := b.planned(day(4, 7, 10)).failing().tell(1000)
	again := b.planned(day(4, 8, 0)).tell(1000)
	if again.start.Occurrence.Repeats != failed.start.Run {
		t.Fatal("the second run doesn't repeat the first")
	}
	b.planned(day(5, 6, 0)).tell(1000)
	b.unplanned(day(6, 3, 0)).tell(1000) // in no window
	b.planned(day(6, 7, 30)).tell(1000)
	b.wait(day(6, 20, 0)).begin().tell(1000) // of a runbook that no plan asks for
	b.planned(day(8, 7, 30)).signStart()
	b.wait(day(8, 7, 31))

	r := b.verify()
	wantOK(t, r)
	want := audit.Check{Name: "plan", State: audit.OK, Text: "9 occurrences expected since 2026-11-16: 3 on time, 2 late, 1 failed, 2 missed, 1 open"}
	if diff := cmp.Diff(want, planLine(r)); diff != "" {
		t.Error(diff)
	}
	recovered := again.end.Ended
	next := day(8, 0, 0)
	missed := []audit.ExpectedLine{
		{Name: nominal(1), Due: day(1, 7, 0), State: "late", Run: tooLate.start.Run},
		{Name: nominal(2), Due: day(2, 7, 0), State: "late", Run: s.start.Run},
		{Name: nominal(3), Due: day(3, 7, 0), State: "missed", RecoveredAt: &recovered},
		{Name: nominal(4), Due: day(4, 7, 0), State: "failed", Run: failed.start.Run, RecoveredAt: &recovered},
		{Name: nominal(7), Due: day(7, 7, 0), State: "missed"},
	}
	if diff := cmp.Diff(missed, r.Missed); diff != "" {
		t.Errorf("missed, now %s: %s", next, diff)
	}
	c := r.Counts
	if sum := c.ExpectedOnTime + c.ExpectedLate + c.ExpectedFailed + c.ExpectedMissed + c.ExpectedOpen + c.ExpectedUnknown; sum != c.Expected || c.Expected != 9 || c.Plans != 1 {
		t.Errorf("counts don't foot: %+v", c)
	}
	if got := particular(r); len(got) > 0 || slices.Contains(rulesOf(r.Unshown), "no-plan") {
		t.Errorf("unshown: %v", got)
	}
	names := make([]string, len(r.Checks))
	for i, c := range r.Checks {
		names[i] = c.Name
	}
	if diff := cmp.Diff([]string{"log", "signatures", "runs", "sla", "plan", "blobs"}, names); diff != "" {
		t.Error(diff)
	}
}

// TestPlanReplaced: an edited schedule changes nothing before.
func TestPlanReplaced(t *testing.T) {
	b := newBench(t)
	b.plan().sign()
	b.planned(day(1, 7, 10)).tell(1000)
	b.wait(day(2, 12, 0)).plan().at(9).sign()
	later := b.planned(day(3, 9, 10))
	later.edited(strings.Replace(daily, `"0 7 `, `"0 9 `, 1))
	later.tell(1000)
	b.wait(day(5, 8, 0))
	r := b.verify()
	wantOK(t, r)
	if got, want := planLine(r).Text, "5 occurrences expected since 2026-11-16: 2 on time, 0 late, 0 failed, 3 missed, 0 open"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var due []time.Time
	for _, line := range r.Missed {
		due = append(due, line.Due)
	}
	if diff := cmp.Diff([]time.Time{day(0, 7, 0), day(2, 7, 0), day(4, 9, 0)}, due); diff != "" {
		t.Error(diff)
	}
}

// TestNothingDue: a plan from which nothing was due yet is no plan that is met.
func TestNothingDue(t *testing.T) {
	b := newBench(t)
	b.plan().sign()
	r := b.verify()
	wantOK(t, r)
	if got, want := planLine(r).Text, "0 occurrences expected since 2026-11-16: 0 on time, 0 late, 0 failed, 0 missed, 0 open"; got != want {
		t.Errorf("got %s", got)
	}
	if slices.Contains(rulesOf(r.Unshown), "no-plan") {
		t.Error("no-plan beside a plan")
	}
}

// TestPlannedTwins: what looks like the attacks and is none.
func TestPlannedTwins(t *testing.T) {
	values := func(values map[string]string, deviations ...record.Deviation) func(*bench) {
		return func(b *bench) {
			s := b.planned(day(0, 7, 10))
			s.start.Inputs = must(b.laptop.PutJSON(record.Inputs{Folder: "/srv", Values: values}))
			s.start.Deviations = deviations
			s.tell(1000)
		}
	}
	for _, c := range []struct {
		name  string
		build func(*bench)
	}{
		{"the runbook was edited", func(b *bench) {
			s := b.planned(day(0, 7, 10))
			s.edited(daily + "# with a note\n")
			s.start.Deviations = []record.Deviation{record.DeviatedRunbook}
			s.tell(1000)
		}},
		{"the runbook's SLA was edited", func(b *bench) {
			s := b.planned(day(0, 7, 10))
			s.edited(strings.Replace(daily, "complete_within: 2h", "complete_within: 20h", 1))
			s.start.Deviations = []record.Deviation{record.DeviatedRunbook}
			s.tell(1000)
		}},
		{"other inputs", values(map[string]string{"host": "c", "limit": "5", "folder": "/srv/backups"}, record.DeviatedInputs)},
		{"an input left out", values(map[string]string{"host": "b", "folder": "/srv/backups"}, record.DeviatedInputs)},
		{"an input that is a secret", values(map[string]string{"host": "[masked TOKEN]", "limit": "5", "folder": "/srv/backups"})},
		{"exactly in time", func(b *bench) { b.planned(day(0, 7, 30)).tell(1000) }},
		{"at the first instant of the window", func(b *bench) { b.planned(day(0, 6, 0)).tell(1000) }},
		{"parked", func(b *bench) { b.planned(day(0, 7, 0)).tellParked(1000) }},
		{"behind the window", func(b *bench) { b.unplanned(day(0, 19, 0)).tell(1000) }},
		{"the same plan again", func(b *bench) {
			b.wait(day(0, 6, 30)).plan().sign()
			b.planned(day(0, 7, 0)).tell(1000)
		}},
		{"days of the client", func(b *bench) {
			p := b.wait(day(0, 6, 30)).plan()
			p.document = strings.Replace(asked, "    inputs", "    from: 2026-11-16\n    until: 2026-11-17\n    inputs", 1)
			p.plan.Runbooks[0].From, p.plan.Runbooks[0].Until = "2026-11-16", "2026-11-17"
			p.sign()
			b.planned(day(1, 7, 0)).tell(1000)
			b.unplanned(day(2, 7, 0)).tell(1000)
		}},
		{"a planned runbook that only a later msp can read", func(b *bench) {
			p := b.wait(day(0, 6, 30)).plan()
			p.book = "{{"
			p.sign()
		}},
		{"a plan after a clock was set back a little", func(b *bench) {
			b.planned(day(0, 7, 0)).tell(1000)
			b.pass(-30 * time.Second)
			b.plan().sign()
			b.pass(time.Minute)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.plan().sign()
			c.build(b)
			wantOK(t, b.verify())
		})
	}
}

// onPlan signs a plan, and a run that the edit changes before it is signed.
func onPlan(edit func(b *bench, s *story)) func(*bench) {
	return func(b *bench) {
		b.plan().sign()
		b.planned(day(0, 7, 10)).tell(1000)
		s := b.planned(day(1, 7, 10))
		edit(b, s)
		s.tell(1000)
	}
}

// occurrence tells a run whose occurrence was edited.
func occurrence(edit func(o *record.Occurrence)) func(*bench) {
	return onPlan(func(_ *bench, s *story) { edit(s.start.Occurrence) })
}

// TestAttacksOnOccurrences: by the operator, who gives an occurrence other times
// and terms than its plan.
func TestAttacksOnOccurrences(t *testing.T) {
	try(t, []attack{
		{"renamed", occurrence(func(o *record.Occurrence) { o.Name = nominal(0) }), "occurrence-differs", nominal(1)},
		{"due moved", onPlan(func(_ *bench, s *story) {
			s.start.Occurrence.Due = s.start.Occurrence.Due.Add(time.Hour)
			s.start.SLA.Due = &s.start.Occurrence.Due
			s.terms()
		}), "occurrence-differs", "is due 2026-11-17 08:00:00Z, its plan gives 2026-11-17 07:00:00Z"},
		{"opened earlier", occurrence(func(o *record.Occurrence) { o.Opens = o.Opens.Add(-time.Hour) }), "occurrence-differs", "opens"},
		{"closed later", occurrence(func(o *record.Occurrence) { o.Closes = o.Closes.Add(time.Hour) }), "occurrence-differs", "closes"},
		{"without a name", occurrence(func(o *record.Occurrence) { o.Name = "" }), "statement-malformed", "which occurrence"},
		{"deadline moved", onPlan(func(_ *bench, s *story) {
			moved := s.start.Deadline.Add(time.Hour)
			s.start.Deadline = &moved
		}), "sla-differs", "has the deadline"},
		{"terms loosened", onPlan(func(_ *bench, s *story) {
			s.start.SLA.StartWithin *= 10
			s.terms()
		}), "sla-differs", "not the one that its plan gives"},
		{"the clock of the run's own start", onPlan(func(_ *bench, s *story) {
			s.start.SLA.Clock = "started"
			s.terms()
		}), "sla-differs", "not the one that its plan gives"},
		{"terms without their due", onPlan(func(_ *bench, s *story) {
			s.start.SLA.Due = nil
			s.terms()
		}), "sla-differs", "not the one that its plan gives"},
		{"the time to start forgotten", func(b *bench) {
			b.plan().sign()
			s := b.planned(day(0, 7, 31))
			s.editEnd = func(e *record.RunEnd) { e.SLA.StartBy = nil }
			s.tell(1000)
		}, "sla-differs", "had to start by none"},
		{"late says met", func(b *bench) {
			b.plan().sign()
			s := b.planned(day(0, 7, 31))
			s.editEnd = func(e *record.RunEnd) { e.Verdict.Late = false }
			s.tell(1000)
		}, "sla-differs", "its times and terms give late"},
	})
}

// TestAttacksOnWhatIsDue: by the operator, who makes a run count for what it
// isn't, or for nothing.
func TestAttacksOnWhatIsDue(t *testing.T) {
	try(t, []attack{
		{"a run of yesterday for today", func(b *bench) {
			b.plan().sign()
			today := b.planned(day(1, 7, 10))
			s := b.unplanned(day(0, 7, 10))
			s.start.Occurrence, s.start.SLA = today.start.Occurrence, today.start.SLA
			s.terms()
			s.tell(1000)
			b.wait(day(1, 7, 10))
		}, "occurrence-differs", nominal(0)},
		{"a run before the window", func(b *bench) {
			b.plan().sign()
			today := b.planned(day(1, 7, 10))
			s := b.unplanned(day(1, 5, 59))
			s.start.Occurrence, s.start.SLA = today.start.Occurrence, today.start.SLA
			s.terms()
			s.tell(1000)
		}, "occurrence-differs", "in the window of no occurrence"},
		{"a runbook that no plan asks for", func(b *bench) {
			b.plan().sign()
			bound := b.planned(day(0, 7, 10)).start.Occurrence
			s := b.wait(day(-1, 7, 20)).begin()
			s.start.Occurrence = bound
			s.tell(1000)
		}, "occurrence-differs", "doesn't ask for the runbook backup-verify"},
		{"an unknown plan", occurrence(func(o *record.Occurrence) { o.Plan = "sha256:" + strings.Repeat("ab", 32) }), "plan-mismatch", "that no log holds"},
		{"a run for a plan", onPlan(func(b *bench, s *story) { s.start.Occurrence.Plan = b.leaves()[1].Envelope }), "plan-mismatch", "a run-start statement"},
		{"a plan of no form", occurrence(func(o *record.Occurrence) { o.Plan = "the good one" }), "statement-malformed", "is no digest"},
		{"a plan that was replaced", func(b *bench) {
			old := b.plan().sign()
			b.wait(day(0, 12, 0)).plan().at(7).sign()
			s := b.planned(day(1, 7, 10))
			s.start.Occurrence.Plan = old.digest
			s.tell(1000)
		}, "plan-mismatch", "whose place the plan statement (entry 1 of the log of laptop) had taken"},
		{"a plan of later", func(b *bench) {
			b.plan().sign()
			b.wait(day(1, 6, 30).Add(-30 * time.Second)).plan().sign()
			s := b.planned(day(1, 6, 30))
			l := b.leaves()
			b.rewrite("laptop", b.logKey, l[:1])
			must(0, os.RemoveAll(b.dir+"/heads"))
			s.signStart()
			must(0, second(b.laptop.Log.Append(b.t.Context(), l[1])))
			s.work(1000)
			s.finish()
			s.signEnd()
		}, "plan-mismatch", "logged after it"},
		{"a plan that was signed after the start", func(b *bench) {
			b.plan().sign()
			b.wait(day(1, 6, 30)).plan().sign()
			s := b.planned(day(1, 6, 30))
			s.start.Started = s.start.Started.Add(-30 * time.Second)
			s.terms()
			s.tell(1000)
		}, "plan-mismatch", "by a plan that was signed"},
		{"a start from before its plan", func(b *bench) {
			b.plan().sign()
			b.unplanned(day(0, 5, 0)).tell(1000)
			b.wait(day(1, 0, 0))
		}, "times-contradict", "lies behind the plan statement"},
		{"dropped", func(b *bench) {
			b.plan().sign()
			b.unplanned(day(0, 7, 10)).tell(1000)
		}, "unscheduled-though-planned", nominal(0)},
		{"dropped, late", func(b *bench) {
			b.plan().sign()
			b.unplanned(day(0, 18, 59)).tell(1000)
		}, "unscheduled-though-planned", nominal(0)},
		{"due without an occurrence", func(b *bench) {
			b.plan().sign()
			s := b.unplanned(day(0, 5, 0).AddDate(0, 0, 1))
			s.start.SLA = b.planned(day(1, 7, 0)).start.SLA
			b.wait(s.start.Started)
			s.terms()
			s.tell(1000)
		}, "source-differs", "SLA"},
	})
}

// TestAttacksOnDeviations: by the operator, who does something else than was
// planned, or does it again, and doesn't say so.
func TestAttacksOnDeviations(t *testing.T) {
	try(t, []attack{
		{"the runbook was edited, quietly", onPlan(func(_ *bench, s *story) { s.edited(daily + "# with a note\n") }), "deviation-differs", "gives other_runbook"},
		{"an edit invented", onPlan(func(_ *bench, s *story) { s.start.Deviations = []record.Deviation{record.DeviatedRunbook} }), "deviation-differs", "gives none"},
		{"other inputs, quietly", onPlan(func(b *bench, s *story) {
			s.start.Inputs = must(b.laptop.PutJSON(record.Inputs{Folder: "/srv", Values: map[string]string{"host": "b", "limit": "6", "folder": "/srv/backups"}}))
		}), "deviation-differs", "gives other_inputs"},
		{"another folder, quietly", onPlan(func(b *bench, s *story) {
			s.start.Inputs = must(b.laptop.PutJSON(record.Inputs{Folder: "/srv", Values: map[string]string{"host": "b", "limit": "5", "folder": "/tmp"}}))
		}), "deviation-differs", "gives other_inputs"},
		{"a deviation without a plan", func(b *bench) {
			b.plan().sign()
			s := b.unplanned(day(0, 20, 0))
			s.start.Deviations = []record.Deviation{record.DeviatedInputs}
			s.tell(1000)
		}, "deviation-differs", "gives none"},
		{"a repetition of nothing", occurrence(func(o *record.Occurrence) { o.Repeats = "01936999-0000-7000-8000-000000000000" }), "repeats-differs", "in no log"},
		{"a repetition of itself", onPlan(func(_ *bench, s *story) { s.start.Occurrence.Repeats = s.start.Run }), "repeats-differs", "itself"},
		{"a repetition of another occurrence", func(b *bench) {
			b.plan().sign()
			first := b.planned(day(0, 7, 10)).tell(1000)
			s := b.planned(day(1, 7, 10))
			s.start.Occurrence.Repeats = first.start.Run
			s.tell(1000)
		}, "repeats-differs", nominal(0)},
		{"a repetition of one under way", func(b *bench) {
			b.plan().sign()
			first, s := b.planned(day(0, 7, 10)), b.planned(day(0, 7, 11))
			first.signStart()
			s.start.Occurrence.Repeats = first.start.Run
			s.tell(1000)
		}, "repeats-differs", "has no end"},
		{"a repetition of a later one", func(b *bench) {
			b.plan().sign()
			first, s := b.planned(day(0, 7, 10)), b.planned(day(0, 7, 11))
			first.signStart()
			s.start.Occurrence.Repeats = first.start.Run
			s.signStart()
			first.work(1000)
			first.finish()
			first.signEnd()
			s.work(1000)
			s.finish()
			s.signEnd()
		}, "repeats-differs", "had not ended"},
		{"a repetition, quietly", func(b *bench) {
			b.plan().sign()
			b.planned(day(0, 7, 10)).failing().tell(1000)
			s := b.planned(day(0, 7, 20))
			s.start.Occurrence.Repeats = ""
			s.tell(1000)
		}, "repeats-differs", "had ended before it"},
	})
}

// TestAttacksOnPlans: by whoever signs plans, or can write files.
func TestAttacksOnPlans(t *testing.T) {
	edited := func(edit func(*record.Plan)) func(*bench) {
		return func(b *bench) { p := b.plan(); p.edit = edit; p.sign() }
	}
	item := func(edit func(*record.PlannedRunbook)) func(*bench) {
		return edited(func(p *record.Plan) { edit(&p.Runbooks[0]) })
	}
	signed := func(then func(b *bench, p *planStory)) func(*bench) {
		return func(b *bench) {
			p := b.plan().sign()
			b.planned(day(0, 7, 10)).tell(1000)
			then(b, p)
		}
	}
	try(t, []attack{
		{"signed before the one before it", func(b *bench) {
			b.plan().sign()
			b.wait(day(0, 6, 0).Add(-time.Hour)).plan().sign()
			b.wait(day(0, 7, 0))
		}, "plan-backdated", "which lies before it, is of 2026-11-16 06:00:00Z"},
		{"signed before the miss that it undoes", func(b *bench) {
			b.plan().sign()
			b.planned(day(2, 7, 10)).tell(1000)
			b.wait(day(0, 6, 30)).plan().at(9).sign()
			b.wait(day(3, 0, 0))
		}, "plan-backdated", "the run statement (entry 2 of the log of laptop)"},
		{"another document", edited(func(p *record.Plan) { p.Digest = runbook.Digest([]byte("x")) }), "plan-differs", "the kept plan has the digest"},
		{"another ticker", edited(func(p *record.Plan) { p.Ticker = "desk" }), "plan-differs", "ticker"},
		{"another level", edited(func(p *record.Plan) { p.Level = "signed" }), "plan-differs", "level"},
		{"another's document", func(b *bench) {
			p := b.plan()
			p.document = strings.Replace(asked, "acme", "initech", 1)
			p.sign()
		}, "plan-differs", `its document of "initech"`},
		{"a document that is none", func(b *bench) { p := b.plan(); p.document = "x: y\n"; p.sign() }, "plan-differs", "no plan"},
		{"a runbook dropped", edited(func(p *record.Plan) { p.Runbooks = nil }), "plan-differs", "not those of its document"},
		{"from later", item(func(r *record.PlannedRunbook) { r.From = "2027-01-01" }), "plan-differs", "their days"},
		{"until earlier", item(func(r *record.PlannedRunbook) { r.Until = "2026-11-16" }), "plan-differs", "their days"},
		{"another schedule", item(func(r *record.PlannedRunbook) { r.Schedule.Cron = "0 7 1 * *" }), "plan-differs", "another schedule than stands there"},
		{"a longer grace", item(func(r *record.PlannedRunbook) { r.Schedule.Grace = r.SLA.StartWithin }), "plan-differs", "another schedule"},
		{"another SLA", item(func(r *record.PlannedRunbook) { r.SLA.CompleteWithin *= 10 }), "plan-differs", "another SLA"},
		{"a lower target", item(func(r *record.PlannedRunbook) { r.SLA.Target = 50 }), "plan-differs", "another SLA"},
		{"another version", item(func(r *record.PlannedRunbook) { r.Runbook.Version = "2.0.0" }), "plan-differs", "another version"},
		{"another runbook", func(b *bench) {
			p := b.plan()
			p.book = strings.Replace(daily, "id: backup-daily", "id: backup-weekly", 1)
			p.sign()
		}, "plan-differs", "another id"},
		{"not a digest", func(b *bench) {
			p := b.plan()
			p.edit = func(r *record.Plan) { r.Digest = "" }
			p.subjects = func(s []evidence.Subject) []evidence.Subject { return s[1:] }
			p.sign()
		}, "statement-malformed", "is no digest"},
		{"not a runbook's digest", func(b *bench) {
			p := b.plan()
			p.edit = func(r *record.Plan) { r.Runbooks[0].Runbook.Digest = "" }
			p.subjects = func(s []evidence.Subject) []evidence.Subject { return slices.Delete(s, 2, 3) }
			p.sign()
		}, "statement-malformed", "is no digest"},
		{"another runbook's bytes", item(func(r *record.PlannedRunbook) { r.Runbook.Digest = runbook.Digest([]byte("x")) }), "plan-differs", "the plan was signed for"},
		{"a schedule that it can't pin", func(b *bench) {
			p := b.plan()
			p.book = strings.Replace(daily, "early: 1h", "early: 1h, calendar: uk", 1)
			p.sign()
		}, "plan-differs", "another schedule"},
		{"a schedule that never fires", func(b *bench) {
			p := b.plan()
			p.book = strings.Replace(daily, "0 7 * * *", "0 7 30 2 *", 1)
			p.plan.Runbooks[0].Schedule.Cron = "0 7 30 2 *"
			p.sign()
			s := b.unplanned(day(0, 7, 0))
			s.start.Occurrence = &record.Occurrence{Name: nominal(0), Plan: p.digest, Due: day(0, 7, 0), Opens: day(0, 6, 0), Closes: day(0, 19, 0)}
			s.tell(1000)
		}, "plan-differs", "can't be computed"},
		{"another client's", edited(func(p *record.Plan) { p.Client = "initech" }), "client-differs", `"initech"`},
		{"another log's", func(b *bench) {
			b.planned0()
			p := b.plan()
			p.edit = func(p *record.Plan) { p.Writer.ID = "desk" }
			p.sign()
		}, "writer-differs", `"desk"`},
		{"a part of a run", func(b *bench) { p := b.plan(); p.run = "x"; p.sign() }, "spliced", `a part of the run "x"`},
		{"a subject more", func(b *bench) {
			p := b.plan()
			p.subjects = func(s []evidence.Subject) []evidence.Subject {
				return append(s, record.BlobSubject("x", runbook.Digest(nil)))
			}
			p.sign()
		}, "subjects-differ", "nothing that the statement names"},
		{"a subject less", func(b *bench) {
			p := b.plan()
			p.subjects = func(s []evidence.Subject) []evidence.Subject { return s[1:] }
			p.sign()
		}, "subjects-differ", "no subject is the plan"},
		{"not dated", edited(func(p *record.Plan) { p.Signed = time.Time{} }), "statement-malformed", "when it was signed"},
		{"by somebody else, pinned", func(b *bench) {
			b.pin()
			b.planned0()
			p := b.plan()
			p.ledger = b.ledger("laptop", b.logKey, newKey(b.t))
			p.sign()
		}, "signer-unknown", "none of the 1 accepted"},
		{"byte of the statement", signed(func(b *bench, p *planStory) { b.edit(recordFile(p.digest), flipAt(99)) }), "record-changed", "plan statement"},
		{"statement removed", signed(func(b *bench, p *planStory) { must(0, os.Remove(b.path(recordFile(p.digest)))) }), "file-missing", "plan statement"},
		{"byte of the document", signed(func(b *bench, p *planStory) { b.edit(blobFile(p.plan.Source), flipAt(35)) }), "blob-changed", "plan source"},
		{"document removed", signed(func(b *bench, p *planStory) { must(0, os.Remove(b.path(blobFile(p.plan.Source)))) }), "blob-missing", "plan source"},
		{"byte of a planned runbook", signed(func(b *bench, p *planStory) { b.edit(blobFile(p.plan.Runbooks[0].Runbook.Source), flipAt(35)) }), "blob-changed", "source of the runbook backup-daily"},
	})
}

// planned0 makes an honest run before there is a plan.
func (b *bench) planned0() {
	b.begin().tell(1000)
}

// TestHiddenFailure: a failure that was kept out of its occurrence decides it
// all the same.
func TestHiddenFailure(t *testing.T) {
	b := newBench(t)
	b.plan().sign()
	hidden := b.unplanned(day(0, 7, 0)).failing().tell(1000)
	b.planned(day(0, 7, 20)).tell(1000)
	r := b.verify()
	wantOnly(t, r, "unscheduled-though-planned", nominal(0))
	if r.Counts.ExpectedFailed != 1 || r.Counts.ExpectedOnTime != 0 || r.Missed[0].Run != hidden.start.Run {
		t.Errorf("the hidden failure doesn't count: %+v %+v", r.Counts, r.Missed)
	}
}

// TestAbandoned: a run that was never finished has failed its occurrence.
func TestAbandoned(t *testing.T) {
	b := newBench(t)
	b.plan().sign()
	abandoned := b.planned(day(0, 7, 0))
	abandoned.signStart()
	b.planned(day(0, 9, 30)).tell(1000)
	r := b.verify()
	wantOnly(t, r, "run-never-finished", "has no end")
	if r.Counts.ExpectedFailed != 1 || r.Counts.ExpectedOnTime+r.Counts.ExpectedLate != 0 || r.Missed[0].Run != abandoned.start.Run {
		t.Errorf("%+v %+v", r.Counts, r.Missed)
	}
	if diff := cmp.Diff([]string{"occurrence-duplicate"}, particular(r)); diff != "" {
		t.Error(diff)
	}
}

// TestTwoMachines: two that have not met may both do what is due, and one may
// not know the plan.
func TestTwoMachines(t *testing.T) {
	b := newBench(t)
	b.plan().sign()
	first, other := b.planned(day(0, 7, 0)), b.planned(day(0, 7, 5))
	first.tell(1000)
	laptop := b.laptop
	b.laptop = b.ledger("desk", newKey(t), b.operator)
	other.ledger, other.start.Writer = b.laptop, b.laptop.Writer
	other.tell(1000)
	stranger := b.unplanned(day(1, 7, 0))
	stranger.ledger = b.laptop
	stranger.tell(1000)
	r := b.verify()
	wantOK(t, r)
	if diff := cmp.Diff([]string{"occurrence-duplicate", "plan-unknown"}, sorted(particular(r))); diff != "" {
		t.Error(diff)
	}
	i := slices.IndexFunc(r.Unshown, func(f audit.Finding) bool { return f.Rule == "occurrence-duplicate" })
	if what := r.Unshown[i].What; !strings.Contains(what, first.start.Run) || !strings.Contains(what, other.start.Run) {
		t.Errorf("the note names not both: %s", what)
	}
	if r.Counts.ExpectedOnTime != 1 || r.Counts.ExpectedOpen != 1 {
		t.Errorf("%+v", r.Counts)
	}

	// A newer plan that the desk may not have known.
	b.laptop = laptop
	b.wait(day(1, 20, 0)).plan().sign()
	late := b.planned(day(2, 7, 0))
	late.start.Occurrence.Plan = b.leaves()[0].Envelope
	b.laptop = other.ledger
	late.ledger, late.start.Writer = b.laptop, b.laptop.Writer
	late.tell(1000)
	r = b.verify()
	wantOK(t, r)
	if diff := cmp.Diff([]string{"occurrence-duplicate", "plan-unknown", "plan-unknown"}, sorted(particular(r))); diff != "" {
		t.Error(diff)
	}

	// A plan of the desk, which nothing holds to its time.
	elsewhere := b.wait(day(1, 20, 30)).plan()
	b.laptop = b.ledger("shed", newKey(t), b.operator)
	elsewhere.ledger = b.laptop
	elsewhere.sign()
	b.wait(day(2, 20, 0))
	r = b.verify()
	wantOK(t, r)
	if got := rulesOf(r.Unshown); !slices.Contains(got, "plan-order") {
		t.Errorf("notes %v", got)
	}
}

// TestRepeatsUnreadable: a run may repeat one that nobody can read any more.
func TestRepeatsUnreadable(t *testing.T) {
	b := newBench(t)
	b.plan().sign()
	first := b.planned(day(0, 7, 0)).tell(1000)
	b.planned(day(0, 8, 0)).tell(1000)
	b.edit(recordFile(first.startRef), flipAt(40))
	r := b.verify()
	wantOnly(t, r, "record-changed", "run-start")
	if !slices.Contains(particular(r), "not-compared") {
		t.Errorf("notes %v", particular(r))
	}
}

func sorted(rules []string) []string { return slices.Sorted(slices.Values(rules)) }

// TestUnreadableIsUnknown: what can't be read is neither met nor missed.
func TestUnreadableIsUnknown(t *testing.T) {
	b := newBench(t)
	b.pin()
	b.plan().sign()
	lost := b.planned(day(0, 7, 0)).tell(1000)
	halved := b.planned(day(1, 7, 0)).tell(1000)
	b.wait(day(2, 20, 0))
	b.edit(recordFile(lost.startRef), flipAt(40))
	b.edit(recordFile(halved.endRef), flipAt(40))
	r := b.verify()
	want := audit.Check{Name: "plan", State: audit.Unshown, Text: "3 occurrences expected since 2026-11-16: 0 on time, 0 late, 0 failed, 1 missed, 0 open, 2 unknown"}
	if diff := cmp.Diff(want, planLine(r)); diff != "" {
		t.Error(diff)
	}

	b.edit(recordFile(lost.startRef), flipAt(40))
	b.edit(recordFile(halved.endRef), flipAt(40))
	wantOK(t, b.verify())
	desk := b.ledger("desk", newKey(t), b.operator)
	must(0, second(desk.Log.Append(t.Context(), evidence.Leaf{Kind: "run-start", Run: "x", Envelope: lost.startRef})))
	must(0, os.Remove(b.path("logs", "desk", "checkpoint")))
	r = b.verify()
	wantOnly(t, r, "log-empty", "")
	if got, want := planLine(r).Text, "3 occurrences expected since 2026-11-16: 2 on time, 0 late, 0 failed, 0 missed, 0 open, 1 unknown; without the logs that can't be read"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestUnreliablePlan: a plan that can't be relied on asks for nothing, and
// nothing is held to it.
func TestUnreliablePlan(t *testing.T) {
	b := newBench(t)
	p := b.plan().sign()
	b.planned(day(0, 7, 0)).tell(1000)
	b.edit(recordFile(p.digest), flipAt(40))
	r := b.verify()
	wantOnly(t, r, "record-changed", "plan statement")
	if diff := cmp.Diff(audit.Check{Name: "plan", State: audit.Unshown, Text: "no plan that can be relied on"}, planLine(r)); diff != "" {
		t.Error(diff)
	}

	b = newBench(t)
	b.plan().sign()
	none := b.wait(day(0, 6, 10)).plan()
	none.document = strings.Replace(asked, "backup-daily", "other", 1)
	none.book = strings.Replace(daily, "backup-daily", "other", 1)
	none.plan.Runbooks[0].Runbook.ID = "other"
	none.sign()
	b.unplanned(day(0, 7, 0)).tell(1000)
	wantOK(t, b.verify())
	b.edit(recordFile(none.digest), flipAt(40))
	r = b.verify()
	wantOnly(t, r, "record-changed", "plan statement")
	if got := planLine(r).Text; !strings.HasSuffix(got, "; without 1 plan that can't be relied on") {
		t.Error(got)
	}
}

// TestManyExpected: a plan can't ask for so much that nobody ever gets an
// answer.
func TestManyExpected(t *testing.T) {
	b := newBench(t)
	p := b.plan()
	p.book = strings.NewReplacer("0 7 * * *", "* * * * *", ", early: 1h, close_after: 12h", "").Replace(daily)
	p.plan.Runbooks[0].Schedule = record.Schedule{Cron: "* * * * *", Timezone: "UTC", OnMissed: "record"}
	p.sign()
	b.wait(day(365, 0, 0))
	r := b.verify()
	wantOK(t, r)
	want := "200000 occurrences expected since 2026-11-16: 0 on time, 0 late, 0 failed, 200000 missed, 0 open; " +
		"those due from 2027-04-04 03:20:00Z on were not looked at, 200000 are the most"
	if got := planLine(r); got.Text != want || got.State != audit.Unshown {
		t.Errorf("%s\n%s\nwant\n%s", got.State, got.Text, want)
	}
	if n := len(r.Missed); n != 1000 || !r.Missed[n-1].Due.Equal(time.Date(2027, 4, 4, 3, 19, 0, 0, time.UTC)) {
		t.Errorf("%d lines", n)
	}
}
