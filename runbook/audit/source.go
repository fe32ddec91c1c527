package audit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// A writtenBook is what a runbook's own bytes say. Many runs have the same, so
// it is read once and not written to.
type writtenBook struct {
	id, version string
	sla         *writtenSLA
	fields      []runbook.Field
	order       []string // of the steps
	steps       map[string]writtenStep
}

// book is the runbook with these bytes, whose digest is known to be right; nil
// when it can't be read.
func (a *audit) book(digest string, content []byte) *writtenBook {
	book, _ := a.books.get(digest, func() (*writtenBook, error) { return readBook(content), nil })
	return book
}

func readBook(content []byte) *writtenBook {
	root, problems := document.Parse("runbook", content, document.DefaultLimits)
	if root == nil || len(problems) > 0 {
		return nil
	}
	b := &writtenBook{
		id: child(root, "id").Text(), version: child(root, "version").Text(), sla: readSLA(child(root, "sla")),
		fields: runbook.DecodeFields(child(root, "inputs"), "an input", document.NewDecoder()),
	}
	b.order, b.steps = outlineOf(root)
	return b
}

// A writtenStep is what a runbook's own bytes say of a step. Reading a step
// whole takes its kind, which lives outside of runbook/; what a verdict turns
// on is readable without.
type writtenStep struct {
	priority         runbook.Priority
	minDuration      runbook.Nanoseconds
	normals          []record.PinnedNormal
	kinds            []string // its keys, of which one is its kind
	condition, needs bool     // whether it has an if, or needs
	approval         *record.PinnedApproval
}

// checkSource holds what a run-start pins to the runbook that it names: who
// signs as the operator can't quietly leave a step out of the list.
func (v *runAudit) checkSource(s *statement, content []byte) {
	book := v.book(s.start.Runbook.Digest, content)
	if book == nil {
		v.note(ruleNotCompared, s.place(), "%s: the runbook that it names can't be read, so the pinned steps were not held to it", s.name())
		return
	}
	differs := func(format string, args ...any) {
		v.broken(ruleSource, s.place(), "%s: "+format, append([]any{s.name()}, args...)...)
	}
	start := s.start
	if book.id != start.Runbook.ID || book.version != start.Runbook.Version {
		differs("it names the runbook %s %s, whose bytes say %s %s", start.Runbook.ID, start.Runbook.Version, quoted(book.id), quoted(book.version))
	}
	// For a run that a plan asks for, the terms that the plan pins are what counts.
	if start.Occurrence == nil && !book.sla.same(start.SLA, hoursOf(start.SLA)) {
		differs("the SLA that it pins is not the one in the runbook")
	}
	v.outline, v.fields = book.steps, book.fields
	pinned := make([]string, len(start.Steps))
	for i, p := range start.Steps {
		pinned[i] = p.ID
	}
	if !slices.Equal(book.order, pinned) {
		differs("it pins %d steps, and they are not the %d of the runbook in their order", len(pinned), len(book.order))
		return
	}
	for _, p := range start.Steps {
		if what := book.steps[p.ID].differs(p); what != "" {
			differs("the step %s has not the %s that the runbook gives it", p.ID, what)
		}
	}
}

func (w writtenStep) differs(p record.PinnedStep) string {
	switch {
	case !slices.Contains(w.kinds, p.Kind):
		return "kind"
	case w.priority != p.Priority:
		return "priority"
	case (w.condition || w.needs) != p.Conditional:
		return "condition"
	case w.minDuration != p.MinDuration:
		return "min_duration"
	case !sameApproval(w.approval, p.Approval):
		return "approval"
	case !slices.EqualFunc(w.normals, p.Normal, sameNormal):
		return "normal values"
	default:
		return ""
	}
}

func sameNormal(x, y record.PinnedNormal) bool {
	return x.Output == y.Output && same(x.Value, y.Value) && x.Over == y.Over && x.Within == y.Within && same(x.FailBeyond, y.FailBeyond)
}

func same[T comparable](x, y *T) bool {
	if x == nil || y == nil {
		return x == y
	}
	return *x == *y
}

func child(n *document.Node, key string) *document.Node {
	for _, f := range n.Fields() {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// span reads a length of time; what isn't one was refused when the run began.
func span(n *document.Node) runbook.Nanoseconds {
	d, err := runbook.ParseDuration(n.Text())
	if err != nil {
		return 0
	}
	return runbook.Nanoseconds(d.Span)
}

// spanIn reads a length of time that counts in a calendar; nil where it is not
// known: then it is what was written.
func spanIn(calendar *schedule.Calendar, n *document.Node) runbook.Nanoseconds {
	d, err := runbook.ParseWorkingTime(n.Text())
	if err != nil {
		return 0
	}
	if calendar == nil {
		return runbook.Nanoseconds(d.Span)
	}
	span, err := calendar.Span(d)
	if err != nil {
		return 0
	}
	return runbook.Nanoseconds(span)
}

func outlineOf(root *document.Node) (order []string, steps map[string]writtenStep) {
	usual := runbook.Priority(child(child(root, "defaults"), "priority").Text())
	if usual == "" {
		usual = runbook.Must
	}
	steps = map[string]writtenStep{}
	for _, n := range child(root, "steps").Items() {
		w := writtenStep{
			priority: usual, minDuration: span(child(n, "min_duration")),
			condition: child(n, "if") != nil, needs: len(child(n, "needs").Items()) > 0,
			approval: writtenApproval(child(n, "approval")),
		}
		if own := child(n, "priority").Text(); own != "" {
			w.priority = runbook.Priority(own)
		}
		for _, f := range n.Fields() {
			w.kinds = append(w.kinds, f.Key)
		}
		for _, f := range child(n, "normal").Fields() {
			w.normals = append(w.normals, writtenNormal(f.Key, f.Value))
		}
		id := child(n, "id").Text()
		order = append(order, id)
		steps[id] = w
	}
	return order, steps
}

func writtenNormal(output string, n *document.Node) record.PinnedNormal {
	p := record.PinnedNormal{Output: output, Within: tolerance(child(n, "within"))}
	if value := child(n, "value"); value != nil {
		number := number(value.Text())
		p.Value = &number
	}
	p.Over, _ = strconv.Atoi(strings.TrimSuffix(child(n, "over").Text(), " runs"))
	if beyond := child(n, "fail_beyond"); beyond != nil {
		t := tolerance(beyond)
		p.FailBeyond = &t
	}
	return p
}

func tolerance(n *document.Node) runbook.Tolerance {
	text, percent := strings.CutSuffix(n.Text(), "%")
	return runbook.Tolerance{Amount: number(strings.TrimSpace(text)), Percent: percent}
}

// number reads a number; what isn't one was refused when the run began.
func number(text string) float64 {
	n, _ := strconv.ParseFloat(text, 64)
	return n
}

// writtenSchedule is a runbook's schedule as a plan pins it, with the calendar of
// its SLA; ok is false when there is none, or one that a plan can't pin whole.
func writtenSchedule(n *document.Node, calendar *schedule.Calendar) (s record.Schedule, ok bool) {
	known := []string{"cron", "rrule", "shift", "timezone", "calendar", "on_holiday", "early", "grace", "close_after", "on_missed", "effective_from"}
	for _, f := range n.Fields() {
		if !slices.Contains(known, f.Key) {
			return s, false
		}
	}
	s = record.Schedule{
		Cron: child(n, "cron").Text(), RRule: child(n, "rrule").Text(), Timezone: child(n, "timezone").Text(), OnMissed: child(n, "on_missed").Text(),
		Calendar: child(n, "calendar").Text(), OnHoliday: child(n, "on_holiday").Text(),
		Early: span(child(n, "early")), Grace: spanIn(calendar, child(n, "grace")), CloseAfter: span(child(n, "close_after")),
		EffectiveFrom: child(n, "effective_from").Text(),
	}
	if shift, err := runbook.ParseWorkingTime(child(n, "shift").Text()); err == nil {
		s.Shift, s.ShiftDays = runbook.Nanoseconds(shift.Span), shift.Days
	}
	if s.OnMissed == "" {
		s.OnMissed = "record"
	}
	return s, n != nil
}
