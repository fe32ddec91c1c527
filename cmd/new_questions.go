package cmd

import (
	"context"
	"errors"
	"os"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// question is one thing that msp new asks for: what it is about, and where the
// answer goes.
type question struct {
	field  runbook.Field
	answer *string
}

// askForRunbook puts the questions that the flags don't answer. check says what is
// wrong with the flags and answers so far, so that no answer is lost to a later one.
func (a *app) askForRunbook(ctx context.Context, d *draft, f newFlags, check func(newFlags) error) (newFlags, error) {
	prompter := terminal.NewPrompter(terminal.Detect(a.Stderr, os.Getenv), a.Stdin, nil)
	defer prompter.Close()
	often := d.text("schedule", "cron")
	if often == "" {
		often = never
	}
	questions := []question{
		{ask("title", "What it is, in a line", d.text("title")), &f.title},
		{ask("why", "What went wrong, or would, if nobody did this", ""), &f.rationale},
		{ask("owner", "Who answers for it: team/role", d.owner()), &f.owner},
		{ask("often", "never, daily, weekdays, weekly, monthly, or a cron rule", often), &f.cron},
		{ask("timezone", "The time zone of the schedule", localZone()), &f.timezone},
		{ask("target", "How many runs meet the SLA", d.text("sla", "target")), &f.target},
	}
	for _, q := range questions {
		if *q.answer != "" || q.answer == &f.timezone && f.cron == never {
			continue
		}
		if err := put(ctx, prompter, q, func() error { return check(f) }); err != nil {
			return f, err
		}
	}
	return f, nil
}

// ask is a question whose answer is required where nothing is offered for it.
func ask(name, description, offered string) runbook.Field {
	field := runbook.Field{Name: name, Type: runbook.String, Description: description, Required: true}
	if offered != "" {
		field.Default = &offered
	}
	return field
}

// put asks one question until the answer can be used.
func put(ctx context.Context, prompter *terminal.Prompter, q question, check func() error) error {
	for {
		text, err := prompter.Value(ctx, q.field)
		if errors.Is(err, runbook.ErrPark) {
			return usageError(errors.New("the questions were left, and nothing was written"), "--no-input asks none; each has a flag")
		}
		if err != nil {
			return err
		}
		*q.answer = text
		wrong := check()
		if wrong == nil {
			return nil
		}
		prompter.Refuse(inWords(wrong))
	}
}

// inWords is what is wrong and what to do about it, without a place in a document
// that nobody has seen.
func inWords(err error) string {
	var problems document.Problems
	if errors.As(err, &problems) && len(problems) > 0 {
		return joined(problems[0].Message, problems[0].Hint)
	}
	return joined(err.Error(), hintFor(err))
}

func joined(what, advice string) string {
	if advice == "" {
		return what
	}
	return what + ": " + advice
}
