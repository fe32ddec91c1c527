package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/record"
)

func (a *app) eraseHoldCommand() *cobra.Command {
	var run, why string
	var all bool
	c := &cobra.Command{
		Use: "hold", Short: "keep blobs from being erased until the hold is released", Args: cobra.NoArgs,
		Long: `A legal hold keeps the blobs of a run, or with --all of the whole client, from
being erased by anybody until it is released. It stands in the log.`,
		Example: "  msp erase hold --run 7f3a9c --why 'case 12/26'",
		RunE: func(c *cobra.Command, _ []string) error {
			if all == (run != "") {
				return usageError(errors.New("a hold is on a run or on everything"), "--run RUN or --all")
			}
			p, err := a.place()
			if err != nil {
				return err
			}
			hold := record.Hold{Client: p.Client, Kind: record.HoldLegal, Signed: a.Now().Round(0)}
			if run != "" {
				history, err := a.history(p)
				if err != nil {
					return err
				}
				account, err := oneRun(history.Find(run), run, p.Client)
				if err != nil {
					return err
				}
				hold.Run = account.Run
			}
			return a.say(c.Context(), p, record.KindHold, why, func(l *record.Ledger, words string) record.Statement {
				hold.Writer, hold.Operator, hold.Why = l.Writer, l.Signer(), words
				return hold
			})
		},
	}
	c.Flags().StringVar(&run, "run", "", "keep the blobs of this `RUN`")
	c.Flags().BoolVar(&all, "all", false, "keep all blobs of the client")
	c.Flags().StringVar(&why, "why", "", "a `TEXT` for whoever reads the record later")
	return c
}

func (a *app) eraseReleaseCommand() *cobra.Command {
	var why string
	c := &cobra.Command{
		Use: "release HOLD", Short: "end a legal hold", Args: cobra.ExactArgs(1),
		Long: `End a legal hold. HOLD is its digest, or the beginning of it, as msp erase hold
printed it. Where a trust statement says who may sign, whoever laid it or a lead
ends it.`,
		Example: "  msp erase release 3fa20c11 --why 'case closed'",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			history, err := a.history(p)
			if err != nil {
				return err
			}
			hold, err := oneHold(history.LegalHolds(), args[0])
			if err != nil {
				return err
			}
			if err := a.mayRelease(c.Context(), p, hold); err != nil {
				return err
			}
			release := record.Release{Client: p.Client, Signed: a.Now().Round(0), Run: hold.Body.Run, Hold: hold.Digest}
			return a.say(c.Context(), p, record.KindRelease, why, func(l *record.Ledger, words string) record.Statement {
				release.Writer, release.Operator, release.Why = l.Writer, l.Signer(), words
				return release
			})
		},
	}
	c.Flags().StringVar(&why, "why", "", "a `TEXT` for whoever reads the record later")
	return c
}

func oneHold(holds []record.Signed[record.Hold], part string) (record.Signed[record.Hold], error) {
	var found []record.Signed[record.Hold]
	for _, h := range holds {
		if hex := strings.TrimPrefix(part, "sha256:"); hex != "" && strings.HasPrefix(strings.TrimPrefix(h.Digest, "sha256:"), hex) {
			found = append(found, h)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return record.Signed[record.Hold]{}, hint(fmt.Errorf("%d legal holds that are in force begin with %q", len(found), part), "msp erase hold printed its digest")
}
