package terminal

import (
	"fmt"
	"strings"
)

// Finding is a mistake at a place of a file.
type Finding struct {
	Where    string // file:line:column
	Severity string // "error", "warning" or "info"
	Rule     string
	Message  string
	Hint     string // what to do; may be empty
	Line     int    // in the file, from 1
	Column   int    // in characters, from 1
	Source   string // the line itself; "" to show none
}

// How many cells of a long line are shown, and those that stand before them.
const (
	excerptWidth = 100
	gutterWidth  = 8
)

// FindingPrinter shows findings. An error is not called one: it is the usual case,
// and a line then reads as all problems of documents do.
func FindingPrinter(s Screen) func(Finding) {
	s = s.ready()
	p := newPalette(s.Out, s.Color)
	return func(f Finding) {
		severity, style := "", p.severity(f.Severity)
		if f.Severity != "error" {
			severity = f.Severity + ": "
		}
		rule := style.Render(Sanitize(severity+f.Rule, false))
		_, _ = fmt.Fprintf(s.Out, "%s: %s: %s\n", p.strong.Render(Sanitize(f.Where, false)), rule, Sanitize(f.Message, false))
		if before, shown, ok := f.excerpt(min(excerptWidth, s.room()-gutterWidth)); ok && !s.Accessible {
			_, _ = fmt.Fprintf(s.Out, "%s %s\n", p.muted.Render(fmt.Sprintf("%5d |", f.Line)), shown)
			_, _ = fmt.Fprintf(s.Out, "%s %s%s\n", p.muted.Render("      |"), strings.Repeat(" ", before), style.Render("^"))
		}
		if f.Hint != "" {
			_, _ = fmt.Fprintf(s.Out, "     hint: %s\n", Sanitize(f.Hint, false))
		}
	}
}

// excerpt is the part of the line around the column that fits, and how many cells stand
// before it. It is false where the place isn't in the line.
func (f Finding) excerpt(width int) (before int, shown string, ok bool) {
	line := []rune(strings.TrimRight(f.Source, "\r\n"))
	at := f.Column - 1
	if at < 0 || at >= len(line) {
		return 0, "", false
	}
	front := line[max(0, at-width):at]
	text := func() string { return Sanitize(string(front), false) }
	if len(front) < at || cells(text()) > width-2 { // a character may take two
		for cells(text()) >= width/2 {
			front = front[1:]
		}
	}
	shown, _ = cut(text()+Sanitize(string(line[at:min(len(line), at+width)]), false), width)
	return cells(text()), shown, true
}
