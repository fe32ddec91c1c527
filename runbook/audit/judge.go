package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
)

func quoted(s string) string { return strconv.Quote(s) }

func short(digest string) string {
	hex := strings.TrimPrefix(digest, "sha256:")
	return hex[:min(12, len(hex))]
}

// checkTerms computes again what the run-start derives from its own terms, from
// what it was asked for and from its plan.
func (v *runAudit) checkTerms(s *statement) {
	start := s.start
	v.checkReported(s)
	deadline, ok := start.SLA.Deadline(start.Started)
	switch {
	case ok != (start.Deadline != nil), ok && !deadline.Equal(*start.Deadline):
		v.broken(ruleSLA, s.place(), "%s has the deadline %s, its terms give %s", s.name(), instant(start.Deadline), instant(when(ok, deadline)))
	}
	if finishBy := record.FinishBy(start.Started, when(ok, deadline)); !start.FinishBy.Equal(finishBy) {
		v.broken(ruleSLA, s.place(), "%s may stay open until %s, and it must finish by %s", s.name(), instant(&start.FinishBy), instant(&finishBy))
	}
	asked, untold := v.unlikePlan(start)
	switch {
	case v.inputs == nil:
		untold = append(untold, record.DeviatedChecklist, record.DeviatedStartAt)
	case v.inputs.Checklist:
		asked = append(asked, record.DeviatedChecklist)
	}
	if v.inputs != nil && v.inputs.StartAt != "" {
		asked = append(asked, record.DeviatedStartAt)
	}
	for _, d := range start.Deviations {
		if slices.Contains(untold, d) {
			asked = append(asked, d) // at its word
		}
	}
	if !sameDeviations(asked, start.Deviations) {
		v.broken(ruleDeviation, s.place(), "%s states the deviations %s, what the run was asked for gives %s", s.name(), list(start.Deviations), list(asked))
	}
}

// checkReported holds a run to what it is about: that was reported before it
// began, and its clock begins there.
func (v *runAudit) checkReported(s *statement) {
	terms := s.start.SLA
	if terms == nil || terms.Reported == nil {
		return
	}
	if terms.Clock != string(runbook.ClockReported) {
		v.broken(ruleSLA, s.place(), "%s says that it is about %s, and its terms don't count from a report", s.name(), terms.Reported.Source)
	}
	v.inOrder(s, "its start after what was reported", "", terms.Reported.At, s.start.Started)
}

func when(ok bool, t time.Time) *time.Time {
	if !ok {
		return nil
	}
	return &t
}

func instant(t *time.Time) string {
	if t == nil {
		return "none"
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999999Z")
}

func sameDeviations(x, y []record.Deviation) bool {
	return slices.Equal(x, y) || slices.Equal(slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y)))
}

func list(all []record.Deviation) string {
	if len(all) == 0 {
		return "none"
	}
	words := make([]string, len(all))
	for i, d := range all {
		words[i] = string(d)
	}
	return strings.Join(words, ", ")
}

// judge computes again how the run stands, and holds what it says to it.
func (v *runAudit) judge(start *statement) {
	steps, computed, differ := v.checkSteps(start)
	if len(v.ends) == 0 {
		v.judgeOpen(start)
		v.result.line.Deviations = record.Judge(*start.start, computed, false, start.start.Started).Deviations
		return
	}
	end := v.ends[0]
	v.checkEndTimes(start, end)
	holds, told := v.namedHolds(end)
	pauses := record.PausesUnder(start.start.SLA, holds, end.end.Ended)
	stated := record.Judge(*start.start, steps, end.end.Aborted, end.end.Ended, pauses...)
	if !v.damaged && told {
		v.compareVerdict(end, stated)
		v.compareSLA(start, end, pauses)
	}
	verdict := stated
	if differ {
		verdict = record.Judge(*start.start, computed, end.end.Aborted, end.end.Ended, pauses...)
	}
	if len(holds) > 0 && told {
		v.result.held = &heldRun{v, start, end, computed, holds}
	}
	line := v.result.line
	line.Late, line.Deviations = verdict.Late, verdict.Deviations
	if v.damaged || v.refused && verdict.Outcome == record.RunDone {
		return
	}
	line.State = string(verdict.Outcome)
	v.result.verdict, v.result.judged = &verdict, start.start.SLA.NotJudged() == ""
	v.result.past = v.remember(start, end, record.StandingSteps(*start.start, steps))
}

func (v *runAudit) judgeOpen(start *statement) {
	line := v.result.line
	switch {
	case v.damaged || v.endUntold(start.ref): // the end may be what can't be read
		if v.damaged {
			return
		}
		at := start.place()
		at.cause = "open"
		v.note(ruleNotCompared, at, "whether the run %s has ended can't be told: %s", v.run, v.gap())
	case v.at.After(v.finishBy(start)):
		finishBy := v.finishBy(start)
		line.State = stateNeverFinished
		v.broken(ruleNeverFinished, start.place(), "the run %s of %s had to finish by %s and has no end", v.run, start.start.Runbook.ID, instant(&finishBy))
	default:
		line.State = stateOpen
	}
}

func (v *runAudit) compareVerdict(end *statement, computed record.Verdict) {
	stated := end.end.Verdict
	if stated.Outcome != computed.Outcome {
		v.broken(ruleVerdict, end.place(), "%s says that the run is %s, its steps give %s", end.name(), quoted(string(stated.Outcome)), quoted(string(computed.Outcome)))
	}
	if stated.Late != computed.Late {
		v.broken(ruleSLA, end.place(), "%s says that the run is %s, its times and terms give %s", end.name(), lateness(stated.Late), lateness(computed.Late))
	}
	if !slices.Equal(stated.Deviations, computed.Deviations) {
		v.broken(ruleDeviation, end.place(), "%s states the deviations %s, its steps give %s", end.name(), list(stated.Deviations), list(computed.Deviations))
	}
}

func lateness(late bool) string {
	if late {
		return "late"
	}
	return "not late"
}

func (v *runAudit) compareSLA(start, end *statement, pauses []agreement.Pause) {
	computed := start.start.SLA.Judge(start.start.Started, end.end.Ended, pauses...)
	if what := factsDiffer(end.end.SLA, computed); what != "" {
		v.broken(ruleSLA, end.place(), "%s: %s", end.name(), what)
	}
}

// factsDiffer compares what was stated about the SLA with what is computed.
// The time elapsed may differ by a second: an engine that is at work reads a
// monotonic clock, and statements hold the time of day.
func factsDiffer(stated, computed agreement.Facts) string {
	met := func(f agreement.Facts) string {
		switch {
		case f.Met == nil:
			return "not judged"
		case *f.Met:
			return "met"
		default:
			return "missed"
		}
	}
	switch {
	case met(stated) != met(computed):
		return fmt.Sprintf("it says that the SLA is %s, its times and terms give %s", met(stated), met(computed))
	case stated.NotJudged != computed.NotJudged:
		return fmt.Sprintf("it says of its SLA %q, its terms give %q", stated.NotJudged, computed.NotJudged)
	case !sameInstant(stated.AcknowledgeBy, computed.AcknowledgeBy):
		return fmt.Sprintf("it says that it had to be acknowledged by %s, its terms give %s", instant(stated.AcknowledgeBy), instant(computed.AcknowledgeBy))
	case !sameInstant(stated.StartBy, computed.StartBy):
		return fmt.Sprintf("it says that it had to start by %s, its terms give %s", instant(stated.StartBy), instant(computed.StartBy))
	case !sameInstant(stated.Deadline, computed.Deadline):
		return fmt.Sprintf("it says that its deadline is %s, its terms give %s", instant(stated.Deadline), instant(computed.Deadline))
	case (stated.Elapsed - computed.Elapsed).Span().Abs() > time.Second:
		return fmt.Sprintf("it says that it took %s, its times give %s", stated.Elapsed.Span(), computed.Elapsed.Span())
	default:
		return ""
	}
}

func sameInstant(x, y *time.Time) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Equal(*y)
}

// checkEndTimes holds the claimed times of the run's parts to each other.
func (v *runAudit) checkEndTimes(start, end *statement) {
	v.inOrder(end, "the run's end", "", start.start.Started, end.end.Ended)
	for _, s := range v.segments {
		v.inOrder(s, "the segment's end", "", start.start.Started, s.segment.Until)
		v.inOrder(end, "the run's end after its segments", "", s.segment.Until, end.end.Ended)
	}
}

// inOrder says when what comes later, something of the thing named, claims an
// earlier time: a little is a clock that was set, much is a contradiction.
func (v *runAudit) inOrder(s *statement, something, of string, from, to time.Time) bool {
	back := from.Sub(to)
	if back <= 0 {
		return true
	}
	at := s.place()
	at.cause = s.leaf.Envelope
	if back <= clockSlack {
		v.note(ruleTimes, at, "%s: %s%s lies %s too early; a clock was set", s.name(), something, of, back)
	} else {
		v.broken(ruleTimes, at, "%s: %s%s, %s, lies %s too early", s.name(), something, of, instant(&to), back)
	}
	return false
}
