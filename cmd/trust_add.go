package cmd

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/trust"
)

// principalFlags describe a principal.
type principalFlags struct {
	roles, keys             []string
	name                    string
	client                  bool
	validAfter, validBefore string
}

func (f *principalFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.roles, "role", nil, "a `ROLE`: operator, approver, author, lead, auditor or agent; may stand several times")
	c.Flags().StringVar(&f.name, "name", "", "the `NAME` of the person; it lies in a blob of its own")
}

func (a *app) trustAddCommand() *cobra.Command {
	var f amendFlags
	var who principalFlags
	c := &cobra.Command{
		Use: "add PRINCIPAL", Short: "add a principal, or a key or a role of one", Args: cobra.ExactArgs(1),
		Example: "  msp trust add ben --key ben.pub --role operator --yes\n  msp trust add vera --key vera.pub --role approver --of-client --valid-before 2027-01-01 --yes",
		RunE: func(c *cobra.Command, args []string) error {
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error {
				var keys []evidence.PublicKey
				for _, text := range who.keys {
					key, err := parsePin(text)
					if err != nil {
						return err
					}
					keys = append(keys, key)
				}
				return addPrincipal(r, v, args[0], who, keys...)
			})
		},
	}
	f.add(c)
	who.add(c)
	c.Flags().StringArrayVar(&who.keys, "key", nil, "a public `KEY`: a .pub file or its line")
	c.Flags().BoolVar(&who.client, "of-client", false, "the principal belongs to the client")
	c.Flags().StringVar(&who.validAfter, "valid-after", "", "the key is valid from this `TIME`, such as 2026-12-01 or 2026-12-01T08:00:00Z")
	c.Flags().StringVar(&who.validBefore, "valid-before", "", "the key is valid until this `TIME`")
	return c
}

// addPrincipal adds a principal, or to one that is there.
func addPrincipal(r *register, v *trust.Version, id string, who principalFlags, keys ...evidence.PublicKey) error {
	i := slices.IndexFunc(v.Principals, func(p trust.Principal) bool { return p.ID == id })
	if i < 0 {
		v.Principals, i = append(v.Principals, trust.Principal{ID: id, Roles: []trust.Role{}, Keys: []trust.Key{}}), len(v.Principals)
	}
	p := &v.Principals[i]
	p.Client = p.Client || who.client
	for _, role := range who.roles {
		if !slices.Contains(p.Roles, trust.Role(role)) {
			p.Roles = append(p.Roles, trust.Role(role))
		}
	}
	after, err := instantFlag("--valid-after", who.validAfter)
	if err != nil {
		return err
	}
	before, err := instantFlag("--valid-before", who.validBefore)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if owner := v.Owner(key); owner != "" && owner != id {
			return usageError(fmt.Errorf("the key %s is %s's", key.ID(), owner), "two principals never have one key")
		}
		if _, have := v.PrincipalOf(key); have == nil {
			p.Keys = append(p.Keys, trust.Key{Key: key.AuthorizedKey(), ValidAfter: after, ValidBefore: before})
		}
	}
	if who.name != "" {
		r.names[id] = who.name
	}
	return nil
}

func instantFlag(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			t = t.UTC()
			return &t, nil
		}
	}
	return nil, usageError(fmt.Errorf("%s %q is no time", flag, text), "such as 2026-12-01 or 2026-12-01T08:00:00Z")
}
