package handbook

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

func ownerLine(o runbook.Owner) Line {
	var parts []Line
	for _, part := range []struct{ what, text string }{{"the team ", o.Team}, {"as ", o.Role}, {"", o.Contact}} {
		if part.text != "" {
			parts = append(parts, say(part.what, part.text))
		}
	}
	return joined(parts, ", ")
}

func scriptsLine(s runbook.Scripts) Line {
	switch {
	case s.Owner == "":
		return nil
	case s.Licence == "":
		return say("belong to the ", s.Owner)
	default:
		return say("belong to the ", s.Owner, ", licence ", s.Licence)
	}
}

// clocks say from when an SLA counts.
var clocks = map[runbook.Clock]string{
	runbook.ClockScheduled: "counted from when it is due",
	runbook.ClockStarted:   "counted from the start of the run",
	runbook.ClockReported:  "counted from the report",
}

// Promised says what was promised about a run; nothing for nil.
func Promised(s *runbook.SLA) []Line {
	switch {
	case s == nil:
		return nil
	case s.Agreement != "":
		return []Line{say("what the agreement with the client says of its target ", code(s.Agreement))}
	}
	var parts []string
	for _, p := range []struct {
		words  string
		length runbook.Duration
	}{
		{"acknowledged within ", s.AcknowledgeWithin},
		{"begun within ", s.RespondWithin},
		{"news every ", s.UpdateEvery},
		{"resolved within ", s.ResolveWithin},
		{"started within ", s.StartWithin},
		{"complete within ", s.CompleteWithin},
	} {
		if !p.length.IsZero() {
			parts = append(parts, p.words+p.length.Text)
		}
	}
	lines := []Line{say(listed(parts), ", ", clocks[s.Clock])}
	if s.Calendar != "" {
		lines = append(lines, say("only the hours of the calendar ", code(s.Calendar), " count"))
	}
	if s.Target != 0 {
		lines = append(lines, say("kept in ", runbook.FormatNumber(s.Target), "% of the runs, or more"))
	}
	return lines
}

// told are the rungs of both ladders.
func told(e runbook.Escalation) []Rung {
	var rungs []Rung
	for _, ladder := range []struct {
		state string
		rungs []runbook.Rung
	}{{"not acknowledged", e.NotAcknowledged}, {"not resolved", e.NotResolved}} {
		for _, r := range ladder.rungs {
			when := fmt.Sprintf("%s after %s", ladder.state, r.After.Text)
			if r.After.IsZero() {
				when = fmt.Sprintf("%s when %s of the promised time is over", ladder.state, runbook.FormatNumber(r.Share)+"%")
			}
			if !r.Repeat.IsZero() {
				when += ", then every " + r.Repeat.Text
			}
			rungs = append(rungs, Rung{When: say(when), Notify: r.Notify})
		}
	}
	return rungs
}

func required(all []runbook.Requirement) []string {
	var tools []string
	for _, r := range all {
		tools = append(tools, strings.TrimSpace(r.Tool+" "+r.Version))
	}
	return tools
}

func fields(all []runbook.Field) []Field {
	var described []Field
	for _, f := range all {
		field := Field{Name: f.Name, Type: string(f.Type), Description: f.Description, Rules: rules(f)}
		if f.Default != nil {
			field.Default = *f.Default
		}
		described = append(described, field)
	}
	return described
}

// rules say what a value must be.
func rules(f runbook.Field) Line {
	var parts []Line
	switch {
	case f.Required:
		parts = append(parts, say("required"))
	case f.Default != nil:
		parts = append(parts, say(code(*f.Default), " unless said"))
	default:
		parts = append(parts, say("may be left out"))
	}
	if len(f.Enum) > 0 {
		parts = append(parts, say("one of ", codes(f.Enum)))
	}
	if f.Minimum != nil {
		parts = append(parts, say("at least ", runbook.FormatNumber(*f.Minimum)))
	}
	if f.Maximum != nil {
		parts = append(parts, say("at most ", runbook.FormatNumber(*f.Maximum)))
	}
	if f.Pattern != nil {
		parts = append(parts, say("of the form ", code(f.Pattern.String())))
	}
	return joined(parts, ", ")
}

// who says who does a step.
func who(s *runbook.Step) Line {
	doer := "msp"
	if _, ok := s.Action.(runbook.AsksPerson); ok {
		doer = "a person"
	}
	if _, ok := s.Action.(runbook.AsksApproval); ok {
		doer = "somebody else than who did the work"
	}
	if s.By != "" {
		return say(doer, ", by ", s.By)
	}
	return say(doer)
}

// conditions say what must hold before a step is done.
func conditions(s *runbook.Step) []Line {
	var lines []Line
	if s.If != nil {
		lines = append(lines, say("only if ", code(s.If.Source)))
	}
	if len(s.Needs) > 0 {
		lines = append(lines, say("only when passed: ", codes(s.Needs)))
	}
	for _, p := range s.Preconditions {
		lines = append(lines, say("fails at once unless ", code(p.Source)))
	}
	return lines
}

func expected(e *runbook.Expect) []Line {
	if e == nil {
		return nil
	}
	var lines []Line
	if len(e.ExitCodes) > 0 {
		words := make([]string, len(e.ExitCodes))
		for i, c := range e.ExitCodes {
			words[i] = strconv.Itoa(c)
		}
		lines = append(lines, say("exit code ", strings.Join(words, " or ")))
	}
	switch {
	case e.Equals != nil && *e.Equals == "":
		lines = append(lines, say("it prints nothing"))
	case e.Equals != nil:
		lines = append(lines, say("it prints exactly ", code(*e.Equals)))
	}
	if e.Contains != "" {
		lines = append(lines, say("what it prints contains ", code(e.Contains)))
	}
	if e.Pattern != nil {
		lines = append(lines, say("what it prints matches ", code(e.Pattern.String())))
	}
	for _, x := range e.Expressions {
		lines = append(lines, say(code(x.Source)))
	}
	return lines
}

// normals say what a step's outputs usually are.
func normals(s *runbook.Step) []Line {
	var lines []Line
	for _, n := range s.Normal {
		parts := []any{code(n.Output), " within ", n.Within, " of "}
		if n.Value != nil {
			parts = append(parts, runbook.FormatNumber(*n.Value)+unitOf(s, n.Output), ", which was agreed")
		} else {
			parts = append(parts, "the median of the last ", n.Over, " runs")
		}
		if n.FailBeyond != nil {
			parts = append(parts, "; further off than ", *n.FailBeyond, " the step fails")
		}
		lines = append(lines, say(parts...))
	}
	return lines
}

func unitOf(s *runbook.Step, output string) string {
	for _, o := range s.Outputs {
		if o.Name == output && o.Unit != "" {
			return " " + o.Unit
		}
	}
	return ""
}

// limits say how long a step may take, and how often it is tried.
func limits(s *runbook.Step) []Line {
	var lines []Line
	if asked, ok := s.Action.(runbook.AsksApproval); ok {
		if until := asked.Approval().Timeout; !until.IsZero() {
			lines = append(lines, say("without an answer it is rejected after ", until.Text))
		}
		return lines
	}
	if person, ok := s.Action.(runbook.AsksPerson); ok {
		if usual := person.AsksPerson().Estimate; usual > 0 {
			lines = append(lines, say("usually takes ", runbook.FormatSpan(usual)))
		}
	} else {
		lines = append(lines, say("cut off after ", s.Timeout.Text))
	}
	if !s.MinDuration.IsZero() {
		lines = append(lines, say("takes ", s.MinDuration.Text, " at least"))
	}
	if s.Retry.MaxAttempts > 1 {
		lines = append(lines, say(retried(s.Retry)))
	}
	return lines
}

func retried(r runbook.Retry) string {
	text := fmt.Sprintf("tried %d times at most", r.MaxAttempts)
	if r.Delay.Span > 0 {
		text += ", " + r.Delay.Text + " apart"
		if r.Backoff > 1 {
			text += ", each pause " + runbook.FormatNumber(r.Backoff) + " times the one before"
		}
		if !r.MaxDelay.IsZero() {
			text += ", " + r.MaxDelay.Text + " at most"
		}
	}
	return text
}

// otherwise says what follows when a step doesn't pass.
func otherwise(s *runbook.Step) []Line {
	failed := "when it fails, the run goes on with the next step"
	if s.OnFailure == runbook.Abort {
		failed = "when it fails, the run ends there"
	}
	if s.Priority == runbook.Should {
		failed += "; the run can succeed without it"
	}
	lines := []Line{say(failed)}
	switch _, person := s.Action.(runbook.AsksPerson); {
	case person:
	case s.Interrupted == runbook.Rerun, s.Interrupted == runbook.AskPerson && s.Action.Repeatable():
		lines = append(lines, say("when it was cut off, it is done again"))
	case s.Interrupted == runbook.Fail:
		lines = append(lines, say("when it was cut off, it counts as failed"))
	default:
		lines = append(lines, say("when it was cut off, a person says what became of it"))
	}
	return lines
}
