package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/record"
)

func (a *app) ackCommand() *cobra.Command {
	var why string
	c := &cobra.Command{
		Use: "ack RUN|OCCURRENCE|ITEM|RUNBOOK", GroupID: groupDo, Short: "say that you have taken something on", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeRuns,
		Long: `Say that you have taken on a run, an occurrence or an open item. Nobody is told any
more that nobody has; that it isn't resolved goes on being told until it is.

RUNBOOK is its run under way; else what is due and was told to somebody; else the
newest of it that is late, was missed or failed and is open still; else what is due.
What comes has to be named as an OCCURRENCE.`,
		Example: "  msp ack 7f3a9c --why 'on it'",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.ack(c.Context(), p, args[0], why)
		},
	}
	c.Flags().StringVar(&why, "why", "", "a `TEXT` for whoever reads the record later")
	return c
}

func (a *app) ack(ctx context.Context, p *place, text, why string) error {
	s, err := a.standing(p)
	if err != nil {
		return err
	}
	ack := record.Ack{Client: p.Client, Signed: a.Now().Round(0)}
	item, err := oneItem(s.ItemsAt(a.Now()).Open, text)
	switch {
	case err == nil && item.Body.Run == "" && item.Body.Occurrence == "":
		ack.Item = item.Body.Item
	case err == nil:
		ack.Run, ack.Occurrence = item.Body.Run, item.Body.Occurrence
	case !errors.Is(err, errNoItem):
		return err
	default:
		m, err := matterOf(s, p.Client, text, true, a.Now())
		if err != nil {
			return err
		}
		ack.Run, ack.Occurrence = m.run, m.occurrence
	}
	err = a.say(ctx, p, record.KindAck, cmp.Or(strings.TrimSpace(why), "taken on"), func(l *record.Ledger, words string) record.Statement {
		ack.Writer, ack.Operator, ack.Why = l.Writer, l.Signer(), words
		return ack
	})
	if err == nil {
		fmt.Fprintf(a.Stderr, "msp: taken on: %s; until it is resolved, that it isn't goes on being told\n", cmp.Or(ack.Item, ack.Occurrence, "the run "+record.ShortID(ack.Run)))
	}
	return err
}
