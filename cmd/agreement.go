package cmd

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/agreement"
)

func (a *app) agreementCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "agreement", GroupID: groupWrite, Short: "show what was promised a client, and what a month cost", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.agreementShowCommand(), a.agreementMonthCommand())
	return c
}

func (a *app) agreementShowCommand() *cobra.Command {
	var at string
	c := &cobra.Command{
		Use: "show [FILE]", Short: "print an agreement as the page that both parties sign", Args: cobra.MaximumNArgs(1),
		Long: `Print the agreement with the client as the page that both parties sign, in
Markdown: everything that the document says, and its digest, which plans and
records carry. Without FILE it is the agreement of the workspace that is in force.`,
		Example: "  msp agreement show --client acme",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			with, err := a.agreementNamed(p, args, at)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.Stdout, terminal.Sanitize(with.Page(), true))
			return err
		},
	}
	c.Flags().StringVar(&at, "at", "", "the one in force at this `INSTANT` instead of now")
	return c
}

// agreementNamed is the agreement of a file, or the one with the client.
func (a *app) agreementNamed(p *place, args []string, at string) (*agreement.Agreement, error) {
	if len(args) == 1 {
		f, err := readRunbookFile(args[0])
		if err != nil {
			return nil, err
		}
		with, problems := agreement.LoadAgreement(f.Name, f.Source)
		return with, problems.Err()
	}
	instant, err := a.instant(at)
	if err != nil {
		return nil, err
	}
	with, err := p.agreementWith(p.Client, instant)
	if err == nil && with == nil {
		err = noAgreement(p.Client, instant)
	}
	return with, err
}

func noAgreement(client string, at time.Time) error {
	return hint(fmt.Errorf("no agreement with %s is in force on %s", client, at.Format(time.DateOnly)),
		"a document of kind Agreement under %s/ says what was promised; --client names another client", runbooksFolder)
}
