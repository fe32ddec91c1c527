package terminal

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// list turns events into the rows of a run's list.
type list struct {
	screen  Screen
	palette palette
	steps   []runbook.StepHead
	resumed bool
	first   int             // the first step that this list saw something of, or -1
	ended   map[string]bool // by step id
}

func newList(s Screen) *list {
	return &list{screen: s, palette: newPalette(s.Out, s.Color), first: -1, ended: map[string]bool{}}
}

// lines are what an event adds to the list for good.
func (l *list) lines(e runbook.Event) []string {
	switch e.Kind {
	case runbook.RunStarted, runbook.RunResumed:
		return l.header(e)
	case runbook.StepStarted:
		l.reached(e.Step)
		delete(l.ended, e.Step) // it is done again after a push back
		return nil
	case runbook.StepRetry:
		return l.retry(e)
	case runbook.StepFinished:
		l.reached(e.Step)
		l.ended[e.Step] = true
		return l.finished(e)
	case runbook.Notice:
		return append(l.label("note", flatten(e.Message)), l.label("", flatten(e.Hint))...)
	case runbook.RunParked:
		return l.parked(e)
	case runbook.RunFinished:
		return l.verdict(e)
	default:
		return nil
	}
}

// reached remembers where the list began, which is not at the first step when
// a run is resumed.
func (l *list) reached(step string) {
	if at := l.position(step); l.first < 0 && at >= 0 {
		l.first = at
	}
}

func (l *list) position(step string) int {
	return slices.IndexFunc(l.steps, func(h runbook.StepHead) bool { return h.ID == step })
}

func (l *list) title(step string) string {
	if at := l.position(step); at >= 0 {
		return flatten(l.steps[at].Title)
	}
	return ""
}

// column is where titles stand: behind the longest id, but a very long one
// must not push all titles to the right.
func (l *list) column() int {
	if l.screen.narrow() || len(l.steps) == 0 {
		return 3
	}
	longest := 0
	for _, step := range l.steps {
		longest = max(longest, cells(flatten(step.ID)))
	}
	return 3 + min(longest, 24) + 2
}

func (l *list) header(e runbook.Event) []string {
	l.steps, l.resumed = e.Steps, e.Kind == runbook.RunResumed
	title, name := flatten(e.Title), nameOf(e)
	if l.resumed {
		name = joined("resumed", name)
	}
	width := l.screen.LayoutWidth()
	var out []string
	if gap := width - cells(title) - cells(name); gap >= 2 {
		out = append(out, l.palette.strong.Render(title)+pad(gap)+l.palette.muted.Render(name))
	} else {
		out = append(out, styled(flowing(title, width), l.palette.strong.Render)...)
		out = append(out, styled(flowing(name, width), l.palette.muted.Render)...)
	}
	for _, line := range []struct{ label, text string }{
		{"why   ", firstSentence(e.Reason)},
		{dueLabel(e) + "   ", dueText(e, l.screen)},
	} {
		if line.text != "" {
			out = append(out, l.hanging(line.label, line.text)...)
		}
	}
	return append(out, "")
}

// hanging sets text behind a label, and the label off.
func (l *list) hanging(label, text string) []string {
	out := hang(label, text, l.screen.LayoutWidth())
	out[0] = l.palette.accent.Render(strings.TrimRight(label, " ")) + out[0][len(strings.TrimRight(label, " ")):]
	return out
}

// label is hanging with one width for all labels at the end of a run.
func (l *list) label(label, text string) []string {
	if text == "" {
		return nil
	}
	return l.hanging(padTo(label, 10), text)
}

// row is a step: symbol, id, title, and to the right what there is to say.
func (l *list) row(symbol, id, title, right string) []string {
	id = flatten(id)
	column, width := l.column(), l.screen.LayoutWidth()
	head := " " + l.palette.symbol(symbol) + " "
	if l.screen.narrow() || 3+cells(id)+2 > column {
		out := []string{head + clip(id, width-3)}
		if one := joined(id, right); cells(one) <= width-3 {
			out[0] = head + one
		} else if right != "" {
			out = append(out, hang(pad(column), right, width)...)
		}
		if title == "" {
			return out
		}
		return append(out, hang(pad(column), title, width)...)
	}
	room := width - column
	if right != "" {
		room -= cells(right) + 2
	}
	out := wrap(title, room)
	for i := range out {
		if i > 0 {
			out[i] = pad(column) + out[i]
			continue
		}
		line := padTo(id, column-3) + padTo(out[0], room)
		if right != "" {
			line += "  " + l.palette.muted.Render(right)
		}
		out[0] = strings.TrimRight(head+line, " ")
	}
	return out
}

func (l *list) finished(e runbook.Event) []string {
	look := shown(e.Outcome)
	right := look.words
	if !look.aside {
		right = joined(strings.TrimSpace(tryText(" try %d", e.Attempt)), runbook.FormatSpan(e.Duration))
	}
	out := l.row(look.symbol, e.Step, l.title(e.Step), right)
	for _, detail := range append(slices.Clone(e.Detail), e.Message) {
		if detail != "" {
			out = append(out, l.below(detail)...)
		}
	}
	if e.Failure != nil {
		out = append(out, l.failure(e.Failure)...)
	}
	return out
}

// below wraps text under the titles.
func (l *list) below(text string) []string {
	return hang(pad(l.column()), Sanitize(text, false), l.screen.LayoutWidth())
}

func (l *list) retry(e runbook.Event) []string {
	text := joined(flatten(e.Message), foundText(e.Failure), againText(e))
	return l.row(symbolAgain, e.Step, text, "")
}

func foundText(f *runbook.StepFailure) string {
	if f == nil {
		return ""
	}
	return flatten(f.Found)
}

// failure is what a technician needs at once. What a program printed stands
// behind a bar, so that it can't pass for a line of msp's own.
func (l *list) failure(f *runbook.StepFailure) []string {
	var out []string
	indent := pad(l.column())
	for _, text := range f.LastLine[max(0, len(f.LastLine)-20):] {
		text = clip(Sanitize(text, false), maxOutputCells)
		out = append(out, styled(barred(indent+"| ", text, l.screen.width()), l.palette.muted.Render)...)
	}
	for _, part := range []struct{ label, text string }{
		{"found     ", f.Found}, {"expected  ", f.Expected}, {"call      ", f.Call}, {"go on     ", f.GoOn},
	} {
		if text := flatten(part.text); text != "" {
			out = append(out, l.hanging(indent+part.label, text)...)
		}
	}
	return out
}

// maxOutputCells is how much of one line of a program's output is shown.
const maxOutputCells = 400

// open are the rows of the steps that weren't reached. What lies before the
// place where a resumed run went on was done earlier.
func (l *list) open() []string {
	var out []string
	for i, step := range l.steps {
		if l.ended[step.ID] || (l.resumed && i < l.first) {
			continue
		}
		out = append(out, l.row(symbolOpen, step.ID, flatten(step.Title), "")...)
	}
	return out
}

func (l *list) parked(e runbook.Event) []string {
	out := append(l.open(), "")
	out = append(out, l.label("parked", flatten(e.Message))...)
	out = append(out, l.label("", flatten(e.Hint))...)
	return append(out, l.closing(e)...)
}

func (l *list) verdict(e runbook.Event) []string {
	out := append(l.open(), "")
	out = append(out, styled(flowing(verdictText(e), l.screen.LayoutWidth()), l.palette.strong.Render)...)
	return append(out, l.closing(e)...)
}

func (l *list) closing(e runbook.Event) []string {
	var out []string
	for _, deviation := range e.Deviations {
		out = append(out, l.label("deviation", flatten(spaced(deviation)))...)
	}
	return append(out, l.label("record", recordText(e))...)
}

func styled(lines []string, render func(...string) string) []string {
	for i, line := range lines {
		lines[i] = render(line)
	}
	return lines
}
