package audit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/record"
)

// steps, end and start edit what the operator signs. Each is told consistently:
// what follows from the edited part was computed from it, and only the rule
// says no.
func steps(edit func(b *bench, steps []record.Step) []record.Step) func(*bench) {
	return func(b *bench) {
		s := b.begin()
		s.editSteps = func(steps []record.Step) []record.Step { return edit(b, steps) }
		s.tell(1000)
	}
}

func end(edit func(*record.RunEnd)) func(*bench) {
	return func(b *bench) { s := b.begin(); s.editEnd = edit; s.tell(1000) }
}

func start(edit func(*bench, *record.RunStart)) func(*bench) {
	return func(b *bench) {
		s := b.begin()
		s.editStart = func(r *record.RunStart) { edit(b, r) }
		s.tell(1000)
	}
}

// TestRecomputed: by the operator, who signs a verdict that isn't so.
func TestRecomputed(t *testing.T) {
	failing := func(edit func(*record.RunEnd)) func(*bench) {
		return func(b *bench) {
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step {
				steps[0].Outcome, steps[0].Cause = record.Failed, record.CauseExit
				return steps
			}
			s.editEnd = edit
			s.tell(1000)
		}
	}
	try(t, []attack{
		{"failed says done", failing(func(e *record.RunEnd) { e.Verdict.Outcome = record.RunDone }), "verdict-differs", `is "done", its steps give "failed"`},
		{"aborted says done", end(func(e *record.RunEnd) { e.Aborted = true }), "verdict-differs", `its steps give "aborted"`},
		{"a must step missing", end(func(e *record.RunEnd) {
			e.Steps = slices.DeleteFunc(slices.Clone(e.Steps), func(s record.Step) bool { return s.ID == "look" })
		}), "verdict-differs", `its steps give "failed"`},
		{"late says not late", func(b *bench) {
			s := b.begin()
			s.signStart()
			b.pass(3 * time.Hour)
			s.work(1000)
			s.finish()
			s.end.Verdict.Late = false
			s.signEnd()
		}, "sla-differs", "its times and terms give late"},
		{"missed says met", func(b *bench) {
			s := b.begin()
			s.signStart()
			b.pass(3 * time.Hour)
			s.work(1000)
			s.finish()
			met := true
			s.end.SLA.Met = &met
			s.signEnd()
		}, "sla-differs", "give missed"},
		{"not judged", end(func(e *record.RunEnd) { e.SLA = agreement.Facts{NotJudged: "no SLA"} }), "sla-differs", "not judged"},
		{"elapsed", end(func(e *record.RunEnd) { e.SLA.Elapsed /= 2 }), "sla-differs", "it took"},
		{"a later deadline", start(func(_ *bench, r *record.RunStart) {
			later := r.Deadline.Add(time.Hour)
			r.Deadline = &later
		}), "sla-differs", "has the deadline"},
		{"open for ever", start(func(_ *bench, r *record.RunStart) { r.FinishBy = r.FinishBy.AddDate(100, 0, 0) }), "sla-differs", "stay open"},
		{"other terms than the runbook's", start(func(_ *bench, r *record.RunStart) {
			r.SLA = &agreement.Terms{Clock: "started", CompleteWithin: runbook.Nanoseconds(20 * time.Hour)}
			deadline, _ := r.SLA.Deadline(r.Started)
			r.Deadline, r.FinishBy = &deadline, deadline
		}), "source-differs", "SLA"},
	})
}

// TestRecomputedStart: by the operator, who pins something else than the runbook.
func TestRecomputedStart(t *testing.T) {
	try(t, []attack{
		{"a step not pinned", func(b *bench) {
			s := b.begin()
			s.editStart = func(r *record.RunStart) { r.Steps = r.Steps[:3] }
			s.editSteps = func(steps []record.Step) []record.Step { return steps[:3] }
			s.tell(1000)
		}, "source-differs", "not the 4 of the runbook"},
		{"a must that should", start(func(_ *bench, r *record.RunStart) { r.Steps[1].Priority = "should" }), "source-differs", "priority"},
		{"a step that may not be needed", start(func(_ *bench, r *record.RunStart) { r.Steps[1].Conditional = true }), "source-differs", "condition"},
		{"a reference that is text", start(func(_ *bench, r *record.RunStart) { r.Change = "as Ana said" }), "statement-malformed", "reference of a change"},
		{"no minimum", start(func(_ *bench, r *record.RunStart) { r.Steps[1].MinDuration = 0 }), "source-differs", "min_duration"},
		{"a wider tolerance", start(func(_ *bench, r *record.RunStart) { r.Steps[0].Normal[0].Within.Amount = 400 }), "source-differs", "normal values"},
		{"another version", start(func(_ *bench, r *record.RunStart) { r.Runbook.Version = "2.0.0" }), "source-differs", "2.0.0"},
		{"another runbook's bytes", start(func(b *bench, r *record.RunStart) { r.Runbook.Source = must(b.store.PutBlob([]byte("x"))).Digest }), "source-differs", "the kept runbook"},
		{"a priority of no kind", start(func(_ *bench, r *record.RunStart) { r.Steps[1].Priority = "Must" }), "statement-malformed", "no priority"},
		{"deviation removed from a step", func(b *bench) {
			b.history()
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step { steps[0].Deviates = nil; return steps }
			s.tell(2000)
		}, "deviation-differs", "what it tells gives outside_normal"},
		{"deviation removed from the verdict", func(b *bench) {
			b.history()
			s := b.begin()
			s.editEnd = func(e *record.RunEnd) { e.Verdict.Deviations = nil }
			s.tell(2000)
		}, "deviation-differs", "its steps give outside_normal"},
		{"an end made for another log", end(func(e *record.RunEnd) { e.Writer.ID = "desktop" }), "writer-differs", "made for the log of"},
		{"a longer time to finish", start(func(_ *bench, r *record.RunStart) { r.FinishBy = r.FinishBy.AddDate(1, 0, 0) }), "sla-differs", "must finish by"},
	})
}

// TestRecomputedSteps: by the operator, who tells of steps what isn't so.
func TestRecomputedSteps(t *testing.T) {
	try(t, []attack{
		{"done differently hidden", steps(func(b *bench, all []record.Step) []record.Step {
			all[1].Facts = must(b.laptop.PutJSON(record.Facts{Answer: &record.Answer{Differently: "by phone"}}))
			return all
		}), "deviation-differs", "done_differently"},
		{"too fast hidden", steps(func(_ *bench, all []record.Step) []record.Step { all[1].Duration = 1; return all }), "deviation-differs", "too_fast"},
		{"a longer duration", steps(func(_ *bench, all []record.Step) []record.Step {
			all[1].Duration = runbook.Nanoseconds(time.Hour)
			return all
		}), "times-contradict", "lasted 1h0m0s"},
		{"a checklist hidden", start(func(b *bench, r *record.RunStart) {
			r.Inputs = must(b.laptop.PutJSON(record.Inputs{Checklist: true}))
		}), "deviation-differs", "gives checklist"},
		{"a person's step observed", steps(func(_ *bench, all []record.Step) []record.Step { all[1].Proof = runbook.Observed; return all }), "proof-differs", "automation never satisfies it"},
		{"a person's step measured", steps(func(_ *bench, all []record.Step) []record.Step { all[1].Proof = runbook.Measured; return all }), "proof-differs", "automation never satisfies it"},
		{"a person's step without an answer", steps(func(_ *bench, all []record.Step) []record.Step { all[1].Facts = ""; return all }), "proof-differs", "no answer was kept"},
		{"an automated step attested", steps(func(_ *bench, all []record.Step) []record.Step { all[3].Proof = runbook.Attested; return all }), "proof-differs", "no checklist"},
		{"passed without an attempt", steps(func(_ *bench, all []record.Step) []record.Step { all[3].Attempts = 0; return all }), "proof-differs", "without an attempt"},
		{"left out, unasked", steps(func(_ *bench, all []record.Step) []record.Step {
			all[0] = record.Step{ID: "size", Outcome: record.LeftOut, Started: all[0].Started, Ended: all[0].Started}
			return all
		}), "step-left-out", "wasn't asked to"},
		{"not needed, without a condition", steps(func(_ *bench, all []record.Step) []record.Step {
			all[1].Outcome, all[1].Cause = record.NotNeeded, record.CauseCondition
			return all
		}), "step-left-out", "gives it no such condition"},
		{"a step twice", steps(func(_ *bench, all []record.Step) []record.Step { return append(all, all[3]) }), "step-twice", "told before"},
		{"a step of no runbook", steps(func(_ *bench, all []record.Step) []record.Step {
			extra := all[3]
			extra.ID = "extra"
			return append(all, extra)
		}), "step-unknown", `"extra"`},
		{"steps in another order", steps(func(_ *bench, all []record.Step) []record.Step { all[2], all[3] = all[3], all[2]; return all }), "step-order", "stands behind it"},
		{"an outcome of no kind", steps(func(_ *bench, all []record.Step) []record.Step { all[3].Outcome = "Passed"; return all }), "statement-malformed", "no outcome"},
		{"ended before it started", steps(func(_ *bench, all []record.Step) []record.Step {
			all[3].Ended = all[3].Started.Add(-time.Hour)
			return all
		}), "times-contradict", "too early"},
		{"a step before the run", steps(func(_ *bench, all []record.Step) []record.Step {
			all[0].Started = all[0].Started.Add(-time.Hour)
			return all
		}), "times-contradict", "too early"},
		{"blob's size", steps(func(_ *bench, all []record.Step) []record.Step { all[1].Evidence[0].Size++; return all }), "blob-malformed", "size differs"},
		{"facts with an unknown field", steps(func(b *bench, all []record.Step) []record.Step {
			all[3].Facts = must(b.store.PutBlob([]byte(`{"detail":"x","Detail":"y"}`))).Digest
			return all
		}), "blob-malformed", "wrong case"},
	})
}

// TestBaselines: by the operator, who makes an unusual value usual.
func TestBaselines(t *testing.T) {
	with := func(edit func(b *bench, past []*story, j *record.Judged)) func(*bench) {
		return func(b *bench) {
			past := b.history()
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step {
				edit(b, past, &steps[0].Normal[0])
				return steps
			}
			s.tell(1400)
		}
	}
	try(t, []attack{
		{"invented normal", with(func(_ *bench, _ []*story, j *record.Judged) { *j.Normal = 1400 }), "baseline-differs", "says that normal for bytes is 1400"},
		{"invented standing", func(b *bench) {
			b.history()
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step {
				steps[0].Normal[0].Standing, steps[0].Deviates = runbook.Within, nil
				return steps
			}
			s.tell(2000)
		}, "normal-differs", `is "within", its terms give "outside"`},
		{"beyond passes", func(b *bench) {
			b.history()
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step {
				steps[0].Outcome, steps[0].Cause = record.Passed, ""
				return steps
			}
			s.tell(9000)
		}, "normal-differs", "beyond what may pass"},
		{"runs that are in no log", with(func(_ *bench, _ []*story, j *record.Judged) { j.From[1] = "sha256:" + strings.Repeat("ab", 32) }), "baseline-differs", "is in no log"},
		{"a start for a run", with(func(_ *bench, past []*story, j *record.Judged) { j.From[1] = past[0].startRef }), "baseline-differs", "is no end of a run"},
		{"one run twice", with(func(_ *bench, _ []*story, j *record.Judged) { j.From[1] = j.From[0] }), "baseline-differs", "counts twice"},
		{"too many runs", with(func(_ *bench, past []*story, j *record.Judged) { j.From = append(j.From, past[0].endRef) }), "baseline-differs", "ask for 3"},
		{"the welcome ones", with(func(_ *bench, past []*story, j *record.Judged) {
			j.From = []string{past[2].endRef, past[1].endRef, past[0].endRef}
			*j.Normal = 1100
		}), "baseline-differs", "leaves out the run"},
		{"no baseline though there is one", with(func(_ *bench, _ []*story, j *record.Judged) {
			j.From, j.Normal, j.Standing = nil, nil, runbook.NoBaseline
		}), "baseline-differs", "with 0 of 3 earlier runs"},
		{"another value", with(func(_ *bench, _ []*story, j *record.Judged) { j.Value = 1200 }), "normal-differs", `its output bytes is "1400"`},
		{"not compared at all", steps(func(_ *bench, all []record.Step) []record.Step { all[0].Normal = nil; return all }), "normal-differs", "not held to what is normal"},
		{"compared for nothing", steps(func(_ *bench, all []record.Step) []record.Step {
			all[3].Normal = []record.Judged{{Output: "bytes", Standing: runbook.Within}}
			return all
		}), "normal-differs", "which nothing asks for"},
	})
}

// TestLaterRun: a value can't be compared with a run that was logged after it.
func TestLaterRun(t *testing.T) {
	b := newBench(t)
	b.begin().tell(1000)
	early := b.leaves()
	b.begin().tell(1100)
	all := b.leaves()
	b.rewrite("laptop", b.logKey, slices.Concat(all[len(early):], early))
	if r := b.verify(); !slices.ContainsFunc(r.Findings, func(f audit.Finding) bool {
		return f.Rule == "baseline-differs" && strings.Contains(f.What, "was logged later")
	}) {
		t.Errorf("findings: %+v", r.Findings)
	}
}
