package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// lines is a Printer that only ever adds lines.
type lines struct {
	mu        sync.Mutex
	out       io.Writer
	render    func(runbook.Event) []string
	suspended bool
	held      []string
}

func newLines(out io.Writer, render func(runbook.Event) []string) *lines {
	return &lines{out: out, render: render}
}

func (l *lines) Print(e runbook.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.suspended && e.Kind == runbook.StepOutput {
		return // holding it back could take any amount of memory
	}
	l.held = append(l.held, l.render(e)...)
	if !l.suspended {
		l.flush()
	}
}

func (l *lines) flush() {
	if len(l.held) == 0 {
		return
	}
	// A screen that is gone must not end the run.
	_, _ = io.WriteString(l.out, strings.Join(l.held, "\n")+"\n")
	l.held = l.held[:0]
}

func (l *lines) Suspend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.suspended = true
}

func (l *lines) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.suspended = false
	l.flush()
}

func (l *lines) Close() { l.Resume() }

// plain says each event in one line with its time.
type plain struct {
	screen Screen
	titles map[string]string // by step id
}

func newPlain(s Screen) *plain { return &plain{screen: s, titles: map[string]string{}} }

func (p *plain) lines(e runbook.Event) []string {
	for _, step := range e.Steps {
		p.titles[step.ID] = flatten(step.Title)
	}
	subject := flatten(e.Step)
	if subject == "" {
		subject = joinWords("run", shortID(e.Run))
	}
	what := strings.Join(slices.DeleteFunc(p.words(e), func(s string) bool { return s == "" }), "; ")
	return []string{strings.TrimSpace(p.stamp(e) + " " + subject + " " + what)}
}

func (p *plain) stamp(e runbook.Event) string {
	at := e.At
	if at.IsZero() {
		at = p.screen.Now()
	}
	return at.In(p.screen.Local).Format(time.RFC3339)
}

// words are the parts of what an event says; empty ones are left out.
func (p *plain) words(e runbook.Event) []string {
	switch e.Kind {
	case runbook.RunStarted:
		return []string{"started: " + flatten(e.Title), nameOf(e), labelled("why ", firstSentence(e.Reason)), labelled(dueLabel(e)+" ", dueText(e, p.screen))}
	case runbook.RunResumed:
		return []string{"resumed: " + flatten(e.Title), nameOf(e), labelled(dueLabel(e)+" ", dueText(e, p.screen))}
	case runbook.StepStarted:
		return []string{"started" + tryText(" (try %d)", e.Attempt) + labelled(": ", p.titles[e.Step])}
	case runbook.StepOutput:
		return []string{"output: " + Sanitize(e.Line, false)}
	case runbook.StepRetry:
		return append([]string{againText(e)}, failureWords(e)...)
	case runbook.StepFinished:
		return p.finished(e)
	case runbook.RunParked:
		return append([]string{"parked: " + flatten(e.Message), flatten(e.Hint)}, closing(e)...)
	case runbook.RunFinished:
		return append([]string{"finished: " + verdictText(e)}, closing(e)...)
	default:
		return []string{flatten(string(e.Kind)) + ": " + flatten(e.Message), flatten(e.Hint)}
	}
}

func (p *plain) finished(e runbook.Event) []string {
	look := shown(e.Outcome)
	head := look.words
	if !look.aside {
		head += " in " + runbook.FormatSpan(e.Duration)
	}
	words := []string{head + tryText(" (try %d)", e.Attempt)}
	for _, detail := range e.Detail {
		words = append(words, Sanitize(detail, false))
	}
	return append(words, failureWords(e)...)
}

func failureWords(e runbook.Event) []string {
	f := e.Failure
	if f == nil {
		return []string{flatten(e.Message)}
	}
	return []string{
		flatten(e.Message), labelled("found ", flatten(f.Found)), labelled("expected ", flatten(f.Expected)),
		labelled("call ", flatten(f.Call)), labelled("go on with ", flatten(f.GoOn)),
	}
}

func closing(e runbook.Event) []string {
	var words []string
	for _, deviation := range e.Deviations {
		words = append(words, "deviation "+flatten(spaced(deviation)))
	}
	if text := recordText(e); text != "" {
		words = append(words, "record "+text)
	}
	return words
}

func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}

// jsonLines prints one JSON object a line.
type jsonLines struct {
	mu  sync.Mutex
	out io.Writer
}

// NewJSON returns the printer for programs: the events as they are, one JSON
// object a line. Characters that could act on a terminal stand as \u escapes,
// which leaves the values what they were.
func NewJSON(w io.Writer) Printer { return &jsonLines{out: w} }

func (j *jsonLines) Print(e runbook.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		buffer.Reset() // only a time beyond the year 9999 gets here
		fmt.Fprintf(&buffer, "{\"v\":%d,\"event\":%q,\"message\":%q}\n", e.V, e.Kind, "msp can't write this event: "+err.Error())
	}
	_, _ = j.out.Write(escapeJSON(buffer.Bytes()))
}

func (j *jsonLines) Close() {}

// escapeJSON escapes what encoding/json leaves in strings though a terminal
// could act on it. Outside of strings JSON is ASCII.
func escapeJSON(object []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(object))
	for _, r := range string(object) {
		if r != '\n' && dangerous(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}
