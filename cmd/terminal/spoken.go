package terminal

import (
	"fmt"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// spoken says the events in words, for a screen reader: nothing is redrawn,
// nothing stands beside anything, no symbol carries a meaning. What programs
// print is only said when a step failed.
type spoken struct {
	list *list
	said string // the step whose title was said last
}

func newSpoken(s Screen) *spoken {
	s.Color = false
	return &spoken{list: newList(s)}
}

func (s *spoken) lines(e runbook.Event) []string {
	l := s.list
	switch e.Kind {
	case runbook.RunStarted, runbook.RunResumed:
		l.steps, l.resumed = e.Steps, e.Kind == runbook.RunResumed
		return s.header(e)
	case runbook.StepStarted:
		l.reached(e.Step)
		s.said = e.Step
		return s.say(joinWords(s.place(e.Step)+" started:", l.title(e.Step)+tryText(" (try %d)", e.Attempt)))
	case runbook.StepRetry:
		return s.say(s.place(e.Step)+" "+againText(e),
			labelled("detail: ", flatten(e.Message)), labelled("found: ", foundText(e.Failure)))
	case runbook.StepFinished:
		l.reached(e.Step)
		l.ended[e.Step] = true
		return s.finished(e)
	case runbook.Notice:
		return s.say("note: "+flatten(e.Message), labelled("hint: ", flatten(e.Hint)))
	case runbook.RunParked:
		return s.end(e, "parked: "+flatten(e.Message), labelled("hint: ", flatten(e.Hint)))
	case runbook.RunFinished:
		return s.end(e, "finished: "+spokenJoin(verdictText(e)))
	default:
		return nil
	}
}

// say wraps each sentence that isn't empty.
func (s *spoken) say(sentences ...string) []string {
	var out []string
	for _, sentence := range sentences {
		if strings.TrimSpace(sentence) != "" {
			out = append(out, flowing(sentence, s.list.screen.width())...)
		}
	}
	return out
}

func (s *spoken) header(e runbook.Event) []string {
	title := "started: " + flatten(e.Title)
	if e.Kind == runbook.RunResumed {
		title = "resumed: " + flatten(e.Title)
	}
	return s.say(title, "runbook: "+spokenJoin(nameOf(e)), labelled("why: ", firstSentence(e.Reason)),
		labelled(dueLabel(e)+": ", spokenJoin(dueText(e, s.list.screen))), fmt.Sprintf("%d steps", len(e.Steps)))
}

// place says which of how many: "step 2 of 5, intact".
func (s *spoken) place(step string) string {
	at := s.list.position(step)
	if at < 0 {
		return "step " + flatten(step)
	}
	return fmt.Sprintf("step %d of %d, %s,", at+1, len(s.list.steps), flatten(step))
}

func (s *spoken) finished(e runbook.Event) []string {
	look := shown(e.Outcome)
	head := look.words + ": " + strings.TrimSuffix(s.place(e.Step), ",")
	if !look.aside {
		head += ", in " + runbook.FormatSpan(e.Duration) + tryText(" (try %d)", e.Attempt)
	}
	out := s.say(head)
	if s.said != e.Step {
		out = append(out, s.say(labelled("title: ", s.list.title(e.Step)))...)
	}
	for _, detail := range e.Detail {
		out = append(out, s.say("detail: "+spokenJoin(Sanitize(detail, false)))...)
	}
	if e.Failure == nil {
		return append(out, s.say(labelled("detail: ", flatten(e.Message)))...)
	}
	if last := e.Failure.LastLine; len(last) > 0 {
		out = append(out, s.say("the last lines of its output:")...)
		for _, text := range last[max(0, len(last)-20):] {
			out = append(out, barred("output: ", clip(Sanitize(text, false), maxOutputCells), s.list.screen.width())...)
		}
	}
	return append(out, s.say(
		labelled("detail: ", flatten(e.Message)), labelled("found: ", flatten(e.Failure.Found)), labelled("expected: ", flatten(e.Failure.Expected)),
		labelled("call: ", flatten(e.Failure.Call)), labelled("go on with: ", flatten(e.Failure.GoOn)))...)
}

func (s *spoken) end(e runbook.Event, sentences ...string) []string {
	l := s.list
	var out []string
	for i, step := range l.steps {
		if !l.ended[step.ID] && (!l.resumed || i >= l.first) {
			out = append(out, s.say("not finished: "+s.place(step.ID)+" "+flatten(step.Title))...)
		}
	}
	out = append(out, s.say(sentences...)...)
	for _, deviation := range e.Deviations {
		out = append(out, s.say("deviation: "+flatten(spaced(deviation)))...)
	}
	return append(out, s.say(labelled("record: ", spokenJoin(recordText(e))))...)
}

// spokenJoin says with a comma what other screens set apart with a dot.
func spokenJoin(text string) string { return strings.ReplaceAll(text, " · ", ", ") }

func joinWords(words ...string) string { return strings.TrimSpace(strings.Join(words, " ")) }
