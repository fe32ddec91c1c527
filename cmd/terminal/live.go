package terminal

import (
	"io"
	"strings"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// eraseLine goes to the start of the line that the cursor is on and empties it
// and all below it.
const eraseLine = "\r\x1b[J"

// cutLine and foldLine say what a terminal does with a line that is too long
// for it, as the live line is when the terminal is made narrower just then.
const (
	cutLine  = "\x1b[?7l"
	foldLine = "\x1b[?7h"
)

// live prints the list and keeps one line below it that tells what runs now.
// That line is always shorter than the screen is wide, so that it never wraps
// and erasing it erases all of it. The cursor waits at its start: a terminal
// that is made narrower folds the line, and its end then lies below the cursor.
type live struct {
	mu        sync.Mutex
	list      *list
	suspended bool
	held      []string
	drawn     string // the live line that is on the screen
	frame     int

	running bool // the step below
	step    runbook.Event
	since   time.Time
	pausing time.Duration // until the next try
	last    string        // line of its output
	start   runbook.Event // of the run

	stop   chan struct{}
	ended  chan struct{}
	closed sync.Once
}

// newLive starts the goroutine that redraws at every tick, until Close.
func newLive(s Screen, ticks <-chan time.Time, stopTicks func()) *live {
	l := &live{list: newList(s), stop: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		defer stopTicks()
		for {
			select {
			case <-ticks:
				l.tick()
			case <-l.stop:
				return
			}
		}
	}()
	return l
}

func (l *live) Print(e runbook.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.follow(e)
	l.held = append(l.held, l.list.lines(e)...)
	if !l.suspended {
		l.flush()
	}
}

// follow keeps what the live line tells.
func (l *live) follow(e runbook.Event) {
	switch e.Kind {
	case runbook.RunStarted, runbook.RunResumed:
		l.start = e
	case runbook.StepStarted:
		l.running, l.step, l.since, l.pausing, l.last = true, e, l.list.screen.Now(), 0, ""
	case runbook.StepOutput:
		if strings.TrimSpace(e.Line) != "" {
			l.last = e.Line
		}
	case runbook.StepRetry:
		l.step, l.since, l.pausing, l.last = e, l.list.screen.Now(), e.Pause, ""
	case runbook.StepFinished, runbook.RunParked, runbook.RunFinished:
		l.running = false
	}
}

// flush prints what was held back, above the live line, which the next tick
// draws again.
func (l *live) flush() {
	if len(l.held) == 0 {
		return
	}
	l.write(l.erased() + strings.Join(l.held, "\n") + "\n")
	l.held = l.held[:0]
}

func (l *live) erased() string {
	if l.drawn == "" {
		return ""
	}
	l.drawn = ""
	return eraseLine
}

// write puts out one piece. A screen that is gone must not end the run.
func (l *live) write(text string) {
	if text != "" {
		_, _ = io.WriteString(l.list.screen.Out, text)
	}
}

func (l *live) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.suspended {
		return
	}
	if !l.running {
		l.write(l.erased())
		return
	}
	l.frame++
	if line := l.line(); line != l.drawn {
		l.write(eraseLine + cutLine + line + foldLine + "\r")
		l.drawn = line
	}
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// line is the live line: " ⠙ intact  2.1 s · 1 h 43 m left · | last output".
func (l *live) line() string {
	s, p := l.list.screen, l.list.palette
	room := s.width() - 1 - 3
	elapsed := s.Now().Sub(l.since)
	clock := runbook.FormatSpan(max(elapsed-l.pausing, 0))
	if elapsed < l.pausing {
		clock = "again in " + runbook.FormatSpan(l.pausing-elapsed)
	}
	id := clip(flatten(l.step.Step), max(room/2, 1))
	front := clip(id+"  "+joined(clock, leftText(l.start, s)), room)
	room -= cells(front)
	line := " " + p.accent.Render(spinner[l.frame%len(spinner)]) + " " + front
	if l.last != "" && room >= 10 {
		line += p.muted.Render(clip(" · | "+Sanitize(l.last[:min(len(l.last), 4*maxOutputCells)], false), room))
	}
	return line
}

// column is where the titles stand, for whoever prints between the rows.
func (l *live) column() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list.column()
}

func (l *live) Suspend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(l.erased())
	l.suspended = true
}

func (l *live) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.suspended = false
	l.flush()
}

func (l *live) Close() {
	l.closed.Do(func() { close(l.stop) })
	<-l.ended
	l.mu.Lock()
	defer l.mu.Unlock()
	l.suspended, l.running = false, false
	l.write(l.erased())
	l.flush()
}
