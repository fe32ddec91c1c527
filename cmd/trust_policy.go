package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/trust"
)

func (a *app) trustPolicyCommand() *cobra.Command {
	var f amendFlags
	var level string
	var approved, first bool
	var retention, witnesses []string
	var quorum int
	c := &cobra.Command{
		Use: "policy", Short: "say what is demanded of the evidence", Args: cobra.NoArgs,
		Long: `Say what is demanded of the evidence, where a verifier sees it. What isn't named
stays as it is. A run below the level is a finding of msp verify. A retention erases
nothing by itself: msp erase --retention does.`,
		Example: "  msp trust policy --level anchored --retention output=90 --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.amend(c.Context(), f, func(_ *register, v *trust.Version) error {
				if c.Flags().Changed("level") {
					v.Policy.Level = level
				}
				if c.Flags().Changed("approved-runbooks") {
					v.Policy.ApprovedRunbooks = approved
				}
				if c.Flags().Changed("witness-first") {
					v.Policy.WitnessFirst = first
				}
				if c.Flags().Changed("quorum") {
					v.Policy.Quorum = quorum
				}
				if err := setWitnesses(&v.Policy, witnesses); err != nil {
					return err
				}
				return setRetention(&v.Policy, retention)
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&level, "level", "", "the least `LEVEL` that is shown of a run: "+strings.Join(trust.Levels(), ", "))
	c.Flags().BoolVar(&approved, "approved-runbooks", false, "only runbooks that an author or a lead approved may run")
	c.Flags().BoolVar(&first, "witness-first", false, "a witness sees the start of a run before its first step")
	c.Flags().StringArrayVar(&witnesses, "witness", nil, "a witness that counts, as `NAME=KEY`: what msp witness init printed")
	c.Flags().IntVar(&quorum, "quorum", 0, "how many of the witnesses have to see it; 0 is all of them")
	c.Flags().StringArrayVar(&retention, "retention", nil, "how long blobs are kept, as `CLASS=DAYS`: "+strings.Join(trust.Classes(), ", "))
	return c
}

func setWitnesses(p *trust.Policy, all []string) error {
	for _, text := range all {
		name, key, _ := strings.Cut(text, "=")
		if !evidence.ValidID(name) {
			return usageError(fmt.Errorf("--witness %q is not NAME=KEY", text), "for example acme=witness.example/acme+1a2b3c4d+BAAA…")
		}
		if _, err := witness.ParseVerifier(key); err != nil {
			return usageError(fmt.Errorf("--witness %s: %w", name, err), "msp witness init printed it on the witness's machine")
		}
		p.Witnesses = slices.DeleteFunc(p.Witnesses, func(w trust.Witness) bool { return w.Name == name })
		p.Witnesses = append(p.Witnesses, trust.Witness{Name: name, Key: key})
	}
	return nil
}

func setRetention(p *trust.Policy, all []string) error {
	for _, text := range all {
		class, number, _ := strings.Cut(text, "=")
		days, err := strconv.Atoi(number)
		if err != nil {
			return usageError(fmt.Errorf("--retention %q is not CLASS=DAYS", text), "for example output=90; the classes are "+strings.Join(trust.Classes(), ", "))
		}
		p.Retention = slices.DeleteFunc(p.Retention, func(r trust.Retention) bool { return r.Class == class })
		p.Retention = append(p.Retention, trust.Retention{Class: class, Days: days})
	}
	return nil
}
