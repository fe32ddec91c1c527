package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/trust"
)

// policyFlags say what is demanded.
type policyFlags struct {
	level                string
	approved, first      bool
	retention, witnesses []string
	quorum               int
	said                 func(flag string) bool
}

func (a *app) trustPolicyCommand() *cobra.Command {
	var f amendFlags
	var asked policyFlags
	c := &cobra.Command{
		Use: "policy", Short: "say what is demanded of the evidence", Args: cobra.NoArgs,
		Long: `Say what is demanded of the evidence, where a verifier sees it. What isn't named
stays as it is. A run below the level is a finding of msp verify. A retention erases
nothing by itself: msp erase --retention does.`,
		Example: "  msp trust policy --level anchored --retention output=90 --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			asked.said = c.Flags().Changed
			if err := asked.check(); err != nil {
				return err
			}
			return a.amend(c.Context(), f, func(_ *register, v *trust.Version) error { return asked.change(&v.Policy) })
		},
	}
	f.add(c)
	c.Flags().StringVar(&asked.level, "level", "", "the least `LEVEL` that is shown of a run: "+strings.Join(trust.Levels(), ", ")+"; or none")
	c.Flags().BoolVar(&asked.approved, "approved-runbooks", false, "only runbooks that an author or a lead approved may run")
	c.Flags().BoolVar(&asked.first, "witness-first", false, "a witness sees the start of a run before its first step")
	c.Flags().StringArrayVar(&asked.witnesses, "witness", nil, "a witness that counts, as `NAME=KEY`: what msp witness init printed")
	c.Flags().IntVar(&asked.quorum, "quorum", 0, "how many of the witnesses have to see it; 0 is all of them")
	c.Flags().StringArrayVar(&asked.retention, "retention", nil, "how long blobs are kept, as `CLASS=DAYS`: "+strings.Join(trust.Classes(), ", "))
	return c
}

// check refuses what no policy can demand.
func (f *policyFlags) check() error {
	all := []string{"level", "approved-runbooks", "witness-first", "quorum", "witness", "retention"}
	switch {
	case !slices.ContainsFunc(all, f.said):
		return usageError(errors.New("nothing is demanded"), "msp trust policy --help shows what can be")
	case f.said("level") && f.level != noLevel && !slices.Contains(trust.Levels(), f.level):
		return usageError(fmt.Errorf("--level %q is no level", f.level), "the levels, the least first: "+strings.Join(trust.Levels(), ", ")+"; none demands none")
	default:
		return nil
	}
}

// change makes a policy demand it too.
func (f *policyFlags) change(p *trust.Policy) error {
	if f.said("level") {
		p.Level = f.level
	}
	if f.level == noLevel {
		p.Level = ""
	}
	if f.said("approved-runbooks") {
		p.ApprovedRunbooks = f.approved
	}
	if f.said("witness-first") {
		p.WitnessFirst = f.first
	}
	if err := setWitnesses(p, f.witnesses); err != nil {
		return err
	}
	if f.said("quorum") {
		p.Quorum = f.quorum
	}
	if err := checkQuorum(*p, f.said("quorum")); err != nil {
		return err
	}
	return setRetention(p, f.retention)
}

// noLevel is what takes the demand for a level back.
const noLevel = "none"

// checkQuorum refuses to ask for more witnesses than there are.
func checkQuorum(p trust.Policy, said bool) error {
	named := count(len(p.Witnesses), "witness")
	switch {
	case !said || p.Quorum >= 0 && p.Quorum <= len(p.Witnesses) && len(p.Witnesses) > 0:
		return nil
	case len(p.Witnesses) == 0:
		return usageError(fmt.Errorf("--quorum %d: the policy names no witness", p.Quorum), "--witness NAME=KEY names one, with what msp witness init printed")
	default:
		return usageError(fmt.Errorf("--quorum %d: the policy names %s", p.Quorum, named), fmt.Sprintf("from 1 to %d; 0 is all of them", len(p.Witnesses)))
	}
}

func setWitnesses(p *trust.Policy, all []string) error {
	named := map[string]bool{}
	for _, text := range all {
		name, key, _ := strings.Cut(text, "=")
		if !evidence.ValidID(name) {
			return usageError(fmt.Errorf("--witness %q is not NAME=KEY", text), "for example acme=witness.example/acme+1a2b3c4d+BAAA…")
		}
		if _, err := witness.ParseVerifier(key); err != nil {
			return usageError(fmt.Errorf("--witness %s: %w", name, err), "msp witness init printed it on the witness's machine")
		}
		if named[name] {
			return usageError(fmt.Errorf("the witness %s is named twice", name), "each has a name of its own")
		}
		named[name] = true
		p.Witnesses = slices.DeleteFunc(p.Witnesses, func(w trust.Witness) bool { return w.Name == name })
		if i := slices.IndexFunc(p.Witnesses, func(w trust.Witness) bool { return w.Key == key }); i >= 0 {
			return usageError(fmt.Errorf("the witnesses %s and %s have one key", p.Witnesses[i].Name, name), "two that count as two have a key each")
		}
		p.Witnesses = append(p.Witnesses, trust.Witness{Name: name, Key: key})
	}
	return nil
}

// mostDays is how long a policy may keep anything: a hundred years.
const mostDays = 36500

func setRetention(p *trust.Policy, all []string) error {
	named := map[string]bool{}
	for _, text := range all {
		class, number, _ := strings.Cut(text, "=")
		days, err := strconv.Atoi(number)
		what := "for example output=90; the classes are " + strings.Join(trust.Classes(), ", ")
		switch {
		case err != nil:
			return usageError(fmt.Errorf("--retention %q is not CLASS=DAYS", text), what)
		case !slices.Contains(trust.Classes(), class):
			return usageError(fmt.Errorf("--retention %s: %q is no class of blobs", text, class), what)
		case days < 1 || days > mostDays:
			return usageError(fmt.Errorf("--retention %s: from 1 to %d days", text, mostDays), what)
		case named[class]:
			return usageError(fmt.Errorf("--retention: %s is named twice", class), what)
		}
		named[class] = true
		p.Retention = slices.DeleteFunc(p.Retention, func(r trust.Retention) bool { return r.Class == class })
		p.Retention = append(p.Retention, trust.Retention{Class: class, Days: days})
	}
	return nil
}
