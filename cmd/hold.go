package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// holdFlags say why a clock is held.
type holdFlags struct {
	reason, why, max string
	confirm          bool
}

func (a *app) holdCommand() *cobra.Command {
	var f holdFlags
	c := &cobra.Command{
		Use: "hold RUN|OCCURRENCE|RUNBOOK", GroupID: groupDo, Short: "hold the SLA's clock of a run or an occurrence", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeRuns,
		Long: `Hold the SLA's clock, for one of four reasons: waiting_client, waiting_vendor,
maintenance, force_majeure. The hold stands in the log from now on, where the client
sees it, and no hold counts for the time before it was logged. RUNBOOK is what is to
be done of it now.

It counts until it is released, for --max at most, or for a day. After that a lead
confirms it with --confirm, or it counts no longer. Whether waiting for a vendor
stops the client's clock, the agreement says; without one it doesn't. A hold moves
what was promised, not the window in which a run counts, which close_after ends.`,
		Example: "  msp hold 7f3a9c --reason waiting_client --why 'they have to open the door' --max 4h",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.hold(c.Context(), p, f, args[0])
		},
	}
	c.Flags().StringVar(&f.reason, "reason", "", "`REASON`: "+strings.Join(record.HoldReasons(), ", "))
	c.Flags().StringVar(&f.why, "why", "", "a `TEXT` for whoever reads the record later")
	c.Flags().StringVar(&f.max, "max", "", "the longest `TIME` that it counts, such as 4h")
	c.Flags().BoolVar(&f.confirm, "confirm", false, "confirm, as a lead, a hold that has run out or is going to")
	c.RegisterFlagCompletionFunc("reason", cobra.FixedCompletions(record.HoldReasons(), cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	return c
}

func (a *app) hold(ctx context.Context, p *place, f holdFlags, text string) error {
	s, err := a.standing(p)
	if err != nil {
		return err
	}
	m, err := matterOf(s, p.Client, text, false, a.Now())
	if err != nil {
		return err
	}
	if m.attempt != nil && m.attempt.Ended != nil {
		return hint(fmt.Errorf("%s has ended, and a hold that is thought of afterwards pauses nothing", m.words()), "msp log correct says something about a record, beside it")
	}
	hold, err := f.statement(m, s.HoldsOf(m.run, m.occurrence, a.Now(), nil))
	if err != nil {
		return err
	}
	if f.confirm {
		if err := a.mayNow(ctx, p, "confirm a hold", trust.Lead); err != nil {
			return err
		}
	}
	hold.Signed = a.Now().Round(0)
	err = a.say(ctx, p, record.KindHold, f.why, func(l *record.Ledger, words string) record.Statement {
		hold.Writer, hold.Operator, hold.Why = l.Writer, l.Signer(), words
		return hold
	})
	if err == nil {
		a.sayHeld(s, m, hold)
	}
	return err
}

// statement is the hold that is going to be said.
func (f holdFlags) statement(m matter, holds []record.HoldMade) (record.Hold, error) {
	hold := record.Hold{Client: m.client, Kind: record.HoldClock, Run: m.run, Reason: f.reason}
	if m.run == "" {
		hold.Occurrence = m.occurrence
	}
	if f.max != "" {
		longest, err := runbook.ParseDuration(f.max)
		if err != nil || longest.Span <= 0 {
			return hold, usageError(fmt.Errorf("--max %q is no length of time", f.max), "such as 30m, 4h or 2d")
		}
		hold.Max = runbook.Nanoseconds(longest.Span)
	}
	if f.confirm {
		if len(holds) == 0 {
			return hold, usageError(fmt.Errorf("the clock of %s was not held", m.words()), "leave out --confirm to hold it")
		}
		last := slices.MaxFunc(holds, func(x, y record.HoldMade) int { return x.Hold.Signed.Compare(y.Hold.Signed) })
		if hold.Confirms = last.Digest; hold.Reason == "" {
			hold.Reason = last.Hold.Reason
		}
	}
	if !slices.Contains(record.HoldReasons(), hold.Reason) {
		return hold, usageError(fmt.Errorf("--reason %q is no reason to hold a clock", f.reason), "one of "+strings.Join(record.HoldReasons(), ", "))
	}
	return hold, nil
}

// sayHeld says what a hold does to the client's clock.
func (a *app) sayHeld(s *record.Standing, m matter, hold record.Hold) {
	terms := s.TermsOf(m.run, m.occurrence, a.Now())
	rules := terms.HoldRules()
	what := fmt.Sprintf("is held for %s at most", runbook.FormatSpan(rules.Longest(hold.Max.Span())))
	if !rules.Counts(agreement.Reason(hold.Reason)) {
		what = "goes on: what was agreed doesn't stop it for " + hold.Reason
	}
	fmt.Fprintf(a.Stderr, "msp: the clock of %s %s\n", m.words(), what)
}

// mayNow refuses what needs a role that the operator hasn't at this moment.
func (a *app) mayNow(ctx context.Context, p *place, do string, roles ...trust.Role) error {
	key, err := a.operatorKey(ctx, p)
	if err != nil {
		return err
	}
	_, err = a.may(p, p.Client, key.Public(), do, trust.Right{Roles: roles})
	return err
}

func (a *app) releaseCommand() *cobra.Command {
	var why string
	c := &cobra.Command{
		Use: "release RUN|OCCURRENCE|RUNBOOK", GroupID: groupDo, Short: "let a clock that is held run on", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeRuns,
		Long:    "Release the holds of the clock of a run or an occurrence: it runs on from now.",
		Example: "  msp release 7f3a9c --why 'the door is open'",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.release(c.Context(), p, args[0], why)
		},
	}
	c.Flags().StringVar(&why, "why", "", "a `TEXT` for whoever reads the record later")
	return c
}

func (a *app) release(ctx context.Context, p *place, text, why string) error {
	s, err := a.standing(p)
	if err != nil {
		return err
	}
	m, err := matterOf(s, p.Client, text, false, a.Now())
	if err != nil {
		return err
	}
	lasting := record.Lasting(s.HoldsOf(m.run, m.occurrence, a.Now(), nil), a.Now())
	if len(lasting) == 0 {
		return hint(fmt.Errorf("the clock of %s is not held", m.words()), "msp due shows which are")
	}
	if strings.TrimSpace(why) == "" {
		return usageError(errors.New("nothing is said"), "--why TEXT, for whoever reads the record later")
	}
	for _, hold := range lasting {
		release := record.Release{Client: p.Client, Signed: a.Now().Round(0), Run: hold.Hold.Run, Hold: hold.Digest}
		err := a.say(ctx, p, record.KindRelease, why, func(l *record.Ledger, words string) record.Statement {
			release.Writer, release.Operator, release.Why = l.Writer, l.Signer(), words
			return release
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(a.Stderr, "msp: the clock of %s runs on\n", m.words())
	return nil
}
