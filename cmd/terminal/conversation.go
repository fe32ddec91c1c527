package terminal

import (
	"context"
	"io"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// conversation is one task, doubt or input as it is talked over.
type conversation struct {
	*Prompter
	ctx    context.Context
	column int
}

// command acts on a line that is no answer but a word for msp, such as !skip.
type command func(line string) (known bool, err error)

const (
	valueHelp  = "Type the value and press enter. Enter alone takes the default. !park stops here and leaves it to somebody else."
	decideHelp = "msp was cut off while this step ran. Look at what the step does, find out whether it happened, then choose. !park leaves the choice to somebody else."
	reasonHelp = "Type the reason in one line and press enter. !back goes back without it, !park leaves the step to somebody else."
)

func (c *conversation) print(text string) {
	_, _ = io.WriteString(c.screen.Out, text)
}

// say prints one wrapped line of text, which is sanitized already.
func (c *conversation) say(text string) { c.block(text, nil) }

// aside is say for what is less important.
func (c *conversation) aside(text string) { c.block(text, c.palette.muted.Render) }

// refuse says why an answer was not taken.
func (c *conversation) refuse(text string) {
	c.block("not taken: "+Sanitize(text, false), c.palette.warning.Render)
}

func (c *conversation) block(text string, render func(...string) string) {
	if text == "" {
		return
	}
	if c.screen.Accessible {
		text = spokenJoin(text)
	}
	c.printLines(hang(pad(c.column), text, c.screen.LayoutWidth()), render)
}

func (c *conversation) printLines(lines []string, render func(...string) string) {
	if render != nil {
		lines = styled(lines, render)
	}
	c.print(strings.Join(lines, "\n") + "\n")
}

// heading says which step is talked about.
func (c *conversation) heading(symbol, words string, t runbook.Task) {
	id, title := flatten(t.Step), flatten(t.Title)
	width := c.screen.LayoutWidth()
	head := " " + c.palette.symbol(symbol) + " "
	switch {
	case c.screen.Accessible:
		c.printLines(wrap(words+": "+joinWords(id+",", title), width), nil)
	case 3+cells(id)+2 <= c.column:
		rows := wrap(title, width-c.column)
		c.print(head + padTo(id, c.column-3) + c.palette.strong.Render(rows[0]) + "\n")
		if len(rows) > 1 {
			c.printLines(hang(pad(c.column), strings.Join(rows[1:], " "), width), c.palette.strong.Render)
		}
	default:
		c.print(head + clip(id, width-3) + "\n")
		c.printLines(hang(pad(c.column), title, width), c.palette.strong.Render)
	}
}

// choose shows the ways on and asks for one. Each is written with its key in
// brackets, which a screen reader gets apart: "s: skip with reason".
func (c *conversation) choose(help string, act command, items ...string) (string, error) {
	prompt := "> "
	if c.screen.Accessible {
		prompt = "your choice: "
		for _, item := range items {
			before, rest, _ := strings.Cut(item, "[")
			key, after, _ := strings.Cut(rest, "]")
			if words := before + key + after; len(key) == 1 {
				c.say(key + ": " + words)
			} else {
				c.say(key + ":" + after)
			}
		}
		return c.ask(prompt, help, act)
	}
	for _, line := range wrapItems(items, "  ", c.screen.LayoutWidth()-c.column) {
		c.print(pad(c.column) + c.palette.accent.Render(line) + "\n")
	}
	return c.ask(prompt, help, act)
}

// ask puts one question until a line comes that can be an answer. Commands and
// lines that nobody can have meant are dealt with here.
func (c *conversation) ask(prompt, help string, act command) (string, error) {
	question := wrap(prompt, c.screen.LayoutWidth()-c.column)
	for {
		c.print(pad(c.column) + strings.Join(question, "\n"+pad(c.column)))
		line, err := c.reader.read(c.ctx)
		if err != nil || c.door != doorTerminal {
			c.print("\n") // nobody's enter key did it
		}
		if err != nil {
			return "", err
		}
		if complaint := line.complaint(); complaint != "" {
			c.refuse(complaint)
			continue
		}
		text := strings.TrimSpace(line.text)
		known, err := c.obey(text, help, act)
		if err != nil {
			return "", err
		}
		if !known {
			return text, nil
		}
	}
}

// obey acts on the commands that every question knows, and on those of act.
func (c *conversation) obey(text, help string, act command) (known bool, err error) {
	switch text {
	case "?", "!help":
		c.aside(help)
		return true, nil
	case "!park":
		return true, runbook.ErrPark
	}
	if act == nil || !strings.HasPrefix(text, "!") {
		return false, nil
	}
	return act(text)
}

// reason asks for some words that can't be left out. It is empty only when the
// person went back.
func (c *conversation) reason(question string) (string, error) {
	c.say(question)
	for {
		text, err := c.ask("reason: ", reasonHelp, nil)
		switch {
		case err != nil:
			return "", err
		case text == "!back":
			return "", nil
		case text != "":
			return text, nil
		}
		c.refuse("a reason is needed (!back goes back)")
	}
}

// confirm asks yes or no. Enter alone is no, unless an answer is demanded.
func (c *conversation) confirm(question, help string, demanded bool, act command) (bool, error) {
	prompt := question + " y/N "
	if demanded {
		prompt = question + " y/n "
	}
	for {
		text, err := c.ask(prompt, help, act)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(text) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		case "":
			if !demanded {
				return false, nil
			}
		}
		c.refuse("please answer y or n")
	}
}
