package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/trust"
)

func (a *app) trustRevokeCommand() *cobra.Command {
	var f amendFlags
	var why, at string
	c := &cobra.Command{
		Use: "revoke WHO", Short: "end the keys of a principal, one key, or a writer", Args: cobra.ExactArgs(1),
		Long: `End what a principal, a key (by its fingerprint) or a writer may do. What they
signed before stands; of a compromised key only what was proven from outside before
--at. A revocation is never taken back.`,
		Example: "  msp trust revoke ben --why left --yes\n  msp trust revoke SHA256:… --why compromised --at 2026-11-20T08:00:00Z --yes",
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(trust.Whys(), why) {
				return usageError(fmt.Errorf("--why %q is no reason", why), "one of "+strings.Join(trust.Whys(), ", "))
			}
			return a.amend(c.Context(), f, func(_ *register, v *trust.Version) error {
				now := a.Now().UTC().Round(0)
				from, err := instantFlag("--at", at)
				switch {
				case err != nil:
					return err
				case from == nil:
					from = &now
				case from.After(now):
					return usageError(fmt.Errorf("--at %s lies in the future", at), "msp trust add --valid-before says until when a key counts")
				}
				if err := revoke(v, args[0], trust.Revocation{At: *from, Why: why, Compromised: why == "compromised"}); err != nil {
					return err
				}
				return noRootRevoked(v)
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&why, "why", "", "the `REASON`: left, rotated, lost or compromised")
	c.Flags().StringVar(&at, "at", "", "from which `TIME` on; now unless said")
	return c
}

// noRootRevoked refuses a version whose root may sign nothing any more.
func noRootRevoked(v *trust.Version) error {
	for _, root := range v.Roots {
		for _, p := range v.Principals {
			if slices.ContainsFunc(p.Keys, func(k trust.Key) bool { return k.Key == root.Key && k.Revoked != nil }) {
				return usageError(fmt.Errorf("a root key of %s is revoked", root.Principal), fmt.Sprintf("msp trust rotate --drop %s takes it from the roots first, and --root names another", root.Principal))
			}
		}
	}
	return nil
}

// revoke ends the keys that a word names: a principal's, one by its fingerprint,
// or a writer's. A key that was revoked keeps its revocation, unless it turns out
// to have been compromised.
func revoke(v *trust.Version, who string, how trust.Revocation) error {
	found := false
	end := func(have **trust.Revocation) {
		found = true
		if *have == nil || how.Compromised && !(*have).Compromised {
			if *have != nil && (*have).At.Before(how.At) {
				how.At = (*have).At
			}
			again := how
			*have = &again
		}
	}
	for i := range v.Principals {
		for j := range v.Principals[i].Keys {
			if k := &v.Principals[i].Keys[j]; v.Principals[i].ID == who || fingerprint(k.Key) == who {
				end(&k.Revoked)
			}
		}
	}
	for i := range v.Writers {
		if v.Writers[i].ID == who {
			end(&v.Writers[i].Revoked)
		}
	}
	if !found {
		return usageError(fmt.Errorf("%q is no principal, key or writer here", who), "msp trust show shows them")
	}
	return nil
}
