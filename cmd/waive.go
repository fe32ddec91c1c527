package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// waiveFlags say what need not happen, and why.
type waiveFlags struct {
	until, why    string
	notApplicable bool
}

func (a *app) waiveCommand() *cobra.Command {
	var f waiveFlags
	c := &cobra.Command{
		Use: "waive OCCURRENCE|RUNBOOK", GroupID: groupDo, Short: "say that something planned need not happen, until a day", Args: cobra.ExactArgs(1),
		Long: `Say that an occurrence, or with RUNBOOK or CLIENT/RUNBOOK/ all of a runbook, need not happen:
what is due before the day of --until is excused, what is due on it counts again. It
takes an approver or a lead, where there is a trust statement; the waiver stands in
the log with who approved it and why. What was done and failed stays failed.`,
		Example: "  msp waive acme/backup-verify/ --until 2999-01-01 --why 'the site is closed'",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.waive(c.Context(), p, f, args[0])
		},
	}
	c.Flags().StringVar(&f.until, "until", "", "the `DAY`, or the instant, from which on it counts again")
	c.Flags().StringVar(&f.why, "why", "", "a `TEXT`: the justification")
	c.Flags().BoolVar(&f.notApplicable, "not-applicable", false, "there was nothing to be done, rather than done without")
	return c
}

func (a *app) waive(ctx context.Context, p *place, f waiveFlags, name string) error {
	s, err := a.standing(p)
	if err != nil {
		return err
	}
	if !strings.Contains(name, "/") {
		name = p.Client + "/" + name + "/"
	}
	zone, err := waivedZone(s, p.Client, name, a.Now())
	if err != nil {
		return err
	}
	until, err := a.untilAhead(f.until, zone)
	if err != nil {
		return err
	}
	if due, one := dueOf(name); one && !due.Before(until) {
		return usageError(fmt.Errorf("%s is due after --until %s, so the waiver would not cover it", name, f.until), "say a later day")
	}
	if strings.TrimSpace(f.why) == "" {
		return usageError(errors.New("a waiver says why"), "--why TEXT")
	}
	if err := a.mayNow(ctx, p, "waive", trust.Approver, trust.Lead); err != nil {
		return err
	}
	waiver := record.Waiver{Client: p.Client, Signed: a.Now().Round(0), Occurrence: name, Until: until, NotApplicable: f.notApplicable}
	err = a.say(ctx, p, record.KindWaiver, f.why, func(l *record.Ledger, words string) record.Statement {
		waiver.Writer, waiver.Operator, waiver.Why = l.Writer, l.Signer(), words
		return waiver
	})
	if err == nil {
		fmt.Fprintf(a.Stderr, "msp: %s\n", waivedWords(name, until))
	}
	return err
}

// waivedWords say what a waiver does.
func waivedWords(name string, until time.Time) string {
	if _, one := dueOf(name); one {
		return name + " is waived; what else is due counts as before"
	}
	return fmt.Sprintf("%s need not happen; what is due from %s on counts again", name, until.Format(time.RFC3339))
}

// waivedZone is the time zone of what is waived, which a plan has to ask for.
func waivedZone(s *record.Standing, client, name string, at time.Time) (*time.Location, error) {
	if !strings.HasSuffix(name, "/") {
		_, err := plannedMatter(s, client, name, at)
		return zoneOf(name), err
	}
	plan := s.PlanAt(at)
	if plan == nil {
		return nil, hint(fmt.Errorf("no plan of %s is signed, so nothing was due", client), "msp plan sign FILE")
	}
	for _, item := range plan.Body.Runbooks {
		if name == client+"/"+item.Runbook.ID+"/" {
			return zoneOf("[" + item.Schedule.Timezone + "]"), nil
		}
	}
	return nil, hint(fmt.Errorf("the plan of %s asks for no %q", client, name), "msp plan show lists what it asks for; a runbook is named as %s/RUNBOOK/", client)
}
