package terminal

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// The doors through which an answer can come.
const (
	doorTerminal = "terminal"
	doorPlain    = "plain"
	doorAnswers  = "answers"
)

// Prompter is the person at a terminal, or a pipe that answers line by line.
// One question is open at a time; whoever asks meanwhile waits.
//
// At any question, "?" explains, "!park" leaves the step to somebody else and,
// where a task is done, "!skip", "!flag" and "!diff" say that it isn't done,
// that something is wrong with it, or that it was done in another way.
type Prompter struct {
	screen  Screen
	palette palette
	printer Printer
	reader  *lineReader
	door    string
	fd      uintptr // of the input, when that is a terminal
	turn    chan struct{}
}

// NewPrompter returns the People who read s and type into in. p is kept quiet
// while a question is open; it may be nil.
func NewPrompter(s Screen, in io.Reader, p Printer) *Prompter {
	s = s.ready()
	prompter := &Prompter{
		screen: s, palette: newPalette(s.Out, s.Color), printer: p,
		reader: newLineReader(in), door: doorPlain, turn: make(chan struct{}, 1),
	}
	if fd, terminal := terminalOf(in); terminal {
		prompter.door, prompter.fd = doorTerminal, fd
		prompter.reader.ofTerminal(fd)
	}
	return prompter
}

// Close ends the reading. A read that is under way ends when its input does.
func (p *Prompter) Close() { p.reader.close() }

// Do puts a task to the person.
func (p *Prompter) Do(ctx context.Context, t runbook.Task) (runbook.Answer, error) {
	task := &task{Task: t, answer: runbook.Answer{Door: p.door}}
	err := p.talk(ctx, func(c *conversation) error {
		task.conversation = c
		task.answer.Started = p.screen.Now()
		err := task.run()
		if errors.Is(err, runbook.ErrPark) && task.begun() {
			c.aside("What you said to this step is not kept: all of it is asked again when the run goes on.")
		}
		task.answer.Ended = p.screen.Now()
		return err
	})
	if err != nil && !errors.Is(err, errSkipped) {
		return runbook.Answer{}, err
	}
	return task.answer, nil
}

// Decide asks what became of a step that was cut off.
func (p *Prompter) Decide(ctx context.Context, t runbook.Task, doubt string) (runbook.Resolution, error) {
	var resolution runbook.Resolution
	err := p.talk(ctx, func(c *conversation) (err error) {
		c.heading(symbolDoubt, "in doubt", t)
		c.say(flatten(doubt))
		c.say("It is not known whether this step took effect. Please look before you choose.")
		resolution, err = c.decide()
		return err
	})
	return resolution, err
}

func (c *conversation) decide() (runbook.Resolution, error) {
	for {
		choice, err := c.choose(decideHelp, nil, "[r]un it again", "it was [d]one", "[f]ail it", "[p]ark")
		if err != nil {
			return runbook.Resolution{}, err
		}
		switch strings.ToLower(choice) {
		case "r", "rerun", "run":
			return runbook.Resolution{Choice: runbook.RunAgain}, nil
		case "f", "fail":
			return runbook.Resolution{Choice: runbook.GiveUp}, nil
		case "p", "park":
			return runbook.Resolution{}, runbook.ErrPark
		case "d", "done":
			reason, err := c.reason("How do you know that it was done?")
			if err != nil {
				return runbook.Resolution{}, err
			}
			if reason != "" {
				return runbook.Resolution{Choice: runbook.WasDone, Reason: reason}, nil
			}
		default:
			c.refuse("please type r, d, f or p")
		}
	}
}

// Value asks for an input. Relative paths are taken from the working folder.
func (p *Prompter) Value(ctx context.Context, f runbook.Field) (string, error) {
	folder, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	var text string
	err = p.talk(ctx, func(c *conversation) error {
		value, err := c.field(f, folder, valueHelp, nil)
		if value != nil {
			text = value.Text
		}
		return err
	})
	return text, err
}

// Refuse says why an answer to Value was not taken.
func (p *Prompter) Refuse(why string) {
	(&conversation{Prompter: p, column: p.column()}).refuse(why)
}

// talk opens a conversation when it is its turn, and keeps the printer quiet
// meanwhile. Nothing that was typed before the question is taken for an answer
// to it: who pressed enter while a program was running has confirmed nothing.
func (p *Prompter) talk(ctx context.Context, words func(*conversation) error) error {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-p.turn }()
	if quiet, ok := p.printer.(Suspender); ok {
		quiet.Suspend()
		defer quiet.Resume()
	}
	if p.door == doorTerminal {
		discardTyped(p.fd)
		p.reader.discard()
	}
	return words(&conversation{Prompter: p, ctx: ctx, column: p.column()})
}

// column is where the text of a conversation stands: under the titles of the
// list when there is one.
func (p *Prompter) column() int {
	if list, ok := p.printer.(interface{ column() int }); ok && !p.screen.Accessible {
		return list.column()
	}
	if p.screen.Accessible {
		return 0
	}
	return 3
}
