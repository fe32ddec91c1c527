// Package terminal holds the screens and prompts of msp: the printers of a
// run's events, and People at a terminal.
//
// A run tells what happens as a stream of runbook.Event; a Printer shows it. A
// terminal that may redraw gets a list with one live line at the bottom, a
// screen reader gets sentences, a pipe gets one line for each event, a program
// gets JSON. A Prompter puts tasks to the person at the keyboard, line by line,
// which works over ssh, at 40 columns, with a screen reader and on a pipe.
//
// Whatever comes from a child process, a document or a person goes through
// Sanitize before it is printed, so that no text can move the cursor or forge a
// line. Nothing here asks the terminal a question: some never answer, and the
// command would hang.
package terminal

import (
	"io"
	"runtime"
	"strconv"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/muesli/termenv"
	"golang.org/x/term"

	"github.com/msp-runbook/msp/runbook"
)

// Screen is what is printed on, and what it can do.
type Screen struct {
	Out        io.Writer
	Width      int  // in cells; 80 when not said
	Live       bool // a terminal that may redraw
	Color      bool
	Accessible bool // no redraw, no box drawing, no symbol without its word
	Now        func() time.Time
	Local      *time.Location

	measure func() int // the width at this moment, when it can change
}

const (
	defaultWidth = 80
	minWidth     = 20
	maxWidth     = 1000
)

// Detect finds out what out can do, from the environment and the kind of file
// it is. It never asks the terminal a question.
func Detect(out io.Writer, getenv func(string) string) Screen {
	s := Screen{
		Out: out, Width: defaultWidth, Now: time.Now, Local: time.Local,
		Accessible: switchedOn(getenv("MSP_ACCESSIBLE")) || switchedOn(getenv("ACCESSIBLE")),
	}
	fd, terminal := terminalOf(out)
	if terminal {
		s.Width, s.measure = sizeOf(fd), func() int { return sizeOf(fd) }
	}
	if columns, err := strconv.Atoi(getenv("COLUMNS")); err == nil && columns > 0 {
		s.Width, s.measure = columns, nil
	}
	name := getenv("TERM")
	dumb := name == "dumb" || (name == "" && runtime.GOOS != "windows")
	if terminal && !dumb && understandsEscapes(out, fd) {
		s.Live = !s.Accessible
		s.Color = getenv("NO_COLOR") == ""
	}
	return s
}

func switchedOn(setting string) bool {
	return setting != "" && setting != "0" && setting != "false"
}

// terminalOf reports whether a stream is a terminal, and its descriptor.
func terminalOf(stream any) (fd uintptr, ok bool) {
	file, ok := stream.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	fd = file.Fd()
	return fd, isatty.IsTerminal(fd) || isatty.IsCygwinTerminal(fd)
}

func sizeOf(fd uintptr) int {
	width, _, err := term.GetSize(int(fd))
	if err != nil || width <= 0 {
		return defaultWidth
	}
	return width
}

// understandsEscapes switches the escapes on where a console needs that.
func understandsEscapes(out io.Writer, fd uintptr) bool {
	if isatty.IsCygwinTerminal(fd) {
		return true
	}
	_, err := termenv.EnableVirtualTerminalProcessing(termenv.NewOutput(out))
	return err == nil
}

// ready fills in what was left out.
func (s Screen) ready() Screen {
	if s.Out == nil {
		s.Out = io.Discard
	}
	if s.Width <= 0 {
		s.Width = defaultWidth
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Local == nil {
		s.Local = time.Local
	}
	return s
}

// width is how many cells a line has now.
func (s Screen) width() int {
	width := s.Width
	if s.measure != nil {
		width = s.measure()
	}
	return min(max(width, minWidth), maxWidth)
}

// LayoutWidth is the width of what is aligned to the right: past a hundred
// cells the eye no longer finds the other end of the row.
func (s Screen) LayoutWidth() int { return min(s.width(), 100) }

// room is the width of a line; what is no terminal has all of it.
func (s Screen) room() int {
	if !s.Live && !s.Accessible {
		return maxWidth
	}
	return s.width()
}

// narrow reports whether columns are folded under each other.
func (s Screen) narrow() bool { return s.width() < 60 }

// Printer shows the events of a run.
type Printer interface {
	Print(e runbook.Event)
	// Close prints what is outstanding and ends what the printer started.
	Close()
}

// Suspender is a Printer that keeps quiet while a question is open, so that it
// doesn't write over what the person types. Every printer of this package but
// the one for JSON is one.
type Suspender interface {
	Suspend()
	Resume()
}

// NewPrinter returns the printer for a person that suits the screen.
func NewPrinter(s Screen) Printer {
	s = s.ready()
	switch {
	case s.Accessible:
		return newLines(s.Out, newSpoken(s).lines)
	case s.Live:
		ticker := time.NewTicker(100 * time.Millisecond)
		return newLive(s, ticker.C, ticker.Stop)
	default:
		return NewPlain(s)
	}
}

// NewPlain returns the printer that writes each event as one line with its
// time, without any escape.
func NewPlain(s Screen) Printer {
	s = s.ready()
	return newLines(s.Out, newPlain(s).lines)
}
