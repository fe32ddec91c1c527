package cmd

import (
	"context"
	"io"
	"os"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/engine"
)

// door is who can be asked during a run.
type door struct {
	answers string // a file
	noInput bool
}

// people opens the door. A prompter's close has to be called at the end.
func (d door) people(s terminal.Screen, in io.Reader, printer terminal.Printer, job engine.Job) (people runbook.People, closing func(), err error) {
	var behind runbook.People = terminal.Nobody{}
	closing = func() {}
	if !d.noInput {
		prompter := terminal.NewPrompter(s, in, printer)
		behind, closing = prompter, prompter.Close
	}
	if d.answers == "" {
		return behind, closing, nil
	}
	answered, err := readAnswers(d.answers, job)
	if err != nil {
		return nil, closing, err
	}
	return inTurn{answered, behind}, closing, nil
}

// inTurn asks the second where the first leaves the answer to a person.
type inTurn struct{ first, second runbook.People }

func (p inTurn) Do(ctx context.Context, t runbook.Task) (runbook.Answer, error) {
	answer, err := p.first.Do(ctx, t)
	if err == runbook.ErrPark { //nolint:errorlint // it is handed on as it is
		return p.second.Do(ctx, t)
	}
	return answer, err
}

func (p inTurn) Decide(ctx context.Context, t runbook.Task, doubt string) (runbook.Resolution, error) {
	resolution, err := p.first.Decide(ctx, t, doubt)
	if err == runbook.ErrPark { //nolint:errorlint // as above
		return p.second.Decide(ctx, t, doubt)
	}
	return resolution, err
}

func (p inTurn) Value(ctx context.Context, f runbook.Field) (string, error) {
	text, err := p.first.Value(ctx, f)
	if err == runbook.ErrPark { //nolint:errorlint // as above
		return p.second.Value(ctx, f)
	}
	return text, err
}

// where says who runs msp, and through which door.
func where(in io.Reader) (host, login, origin string) {
	host, _ = os.Hostname()
	for _, name := range []string{"USER", "LOGNAME", "USERNAME"} {
		if login == "" {
			login = os.Getenv(name)
		}
	}
	origin = "pipe"
	if terminal.IsTerminal(in) {
		origin = "terminal"
	}
	if from := os.Getenv("SSH_CONNECTION"); from != "" {
		origin = "ssh " + firstWord(from)
	}
	return host, login, origin
}

func firstWord(text string) string {
	for i, r := range text {
		if r == ' ' {
			return text[:i]
		}
	}
	return text
}
