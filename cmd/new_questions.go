package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// question is one thing that msp new asks for: what it is about, what is offered
// for it, and what is wrong with an answer.
type question struct {
	field  runbook.Field
	answer *string
	check  func(text string) error
}

// askForRunbook puts the questions that the flags don't answer.
func (a *app) askForRunbook(ctx context.Context, d *draft, f newFlags) (newFlags, error) {
	prompter := terminal.NewPrompter(terminal.Detect(a.Stderr, os.Getenv), a.Stdin, nil)
	defer prompter.Close()
	often := d.text("schedule", "cron")
	if often == "" {
		often = never
	}
	questions := []question{
		{ask("title", "What it is, in a line", d.text("title")), &f.title, nil},
		{ask("why", "What went wrong, or would, if nobody did this", ""), &f.rationale, nil},
		{ask("owner", "Who answers for it: team/role", d.owner()), &f.owner, nil},
		{ask("often", "never, daily, weekdays, weekly, monthly, or a cron rule", often), &f.cron, checkCron},
		{ask("timezone", "The time zone of the schedule", localZone()), &f.timezone, checkZone},
		{ask("target", "How many runs meet the SLA", d.text("sla", "target")), &f.target, nil},
	}
	for _, q := range questions {
		if *q.answer != "" || q.answer == &f.timezone && f.cron == never {
			continue
		}
		if err := a.put(ctx, prompter, q); err != nil {
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
func (a *app) put(ctx context.Context, people runbook.People, q question) error {
	for {
		text, err := people.Value(ctx, q.field)
		if errors.Is(err, runbook.ErrPark) {
			return usageError(errors.New("the questions were left, and nothing was written"), "--no-input asks none; each has a flag")
		}
		if err != nil {
			return err
		}
		if q.check != nil {
			if err := q.check(text); err != nil {
				fmt.Fprintf(a.Stderr, "   not taken: %s\n", terminal.Sanitize(err.Error(), false))
				continue
			}
		}
		*q.answer = text
		return nil
	}
}

func checkCron(text string) error {
	_, err := cronOf(text)
	return err
}

func checkZone(name string) error {
	if _, err := runbook.Zone(name); err != nil {
		return fmt.Errorf("%s is not a time zone; an IANA name is one, such as Europe/London", document.Quote(name))
	}
	return nil
}
