package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
			if err := who.check(args[0]); err != nil {
				return err
			}
			if len(who.keys) == 0 && who.validAfter+who.validBefore != "" {
				return usageError(errors.New("times are of a key, and none is named"), "--key names the key that they are of")
			}
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error {
				if !who.says() && slices.ContainsFunc(v.Principals, func(p trust.Principal) bool { return p.ID == args[0] }) {
					return usageError(fmt.Errorf("nothing is said of %s, who is there already", args[0]), "--key, --role, --name or --of-client adds to what stands there")
				}
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

// says reports whether anything is said of the principal but its id.
func (f *principalFlags) says() bool {
	return len(f.roles)+len(f.keys) > 0 || f.name != "" || f.client
}

// mostName is how many bytes the name of a person may have.
const mostName = 200

// check refuses what no principal can be.
func (f *principalFlags) check(id string) error {
	if err := checkPrincipalID(id); err != nil {
		return err
	}
	for _, role := range f.roles {
		if !slices.Contains(trust.Roles(), trust.Role(role)) {
			return usageError(fmt.Errorf("there is no role %q", role), knownRoles)
		}
	}
	return checkName(f.name)
}

const knownRoles = "operator, approver, author, lead, auditor or agent"

func checkPrincipalID(id string) error {
	if evidence.ValidID(id) {
		return nil
	}
	return usageError(fmt.Errorf("%q can't be the id of a principal", id), "lower-case letters, digits and hyphens, such as ana; --name says what a person is called")
}

func checkName(name string) error {
	switch {
	case len(name) > mostName:
		return usageError(fmt.Errorf("--name is longer than %d bytes", mostName), "the name of a person, such as 'Ana Lima'")
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return usageError(fmt.Errorf("--name %q has characters that can't be shown", name), "the name of a person, such as 'Ana Lima'")
	default:
		return nil
	}
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
	if after != nil && before != nil && !after.Before(*before) {
		return usageError(fmt.Errorf("the key would be valid until %s and only from %s on", who.validBefore, who.validAfter), "--valid-before is later than --valid-after")
	}
	for _, key := range keys {
		if owner := v.Owner(key); owner != "" && owner != id {
			return usageError(fmt.Errorf("the key %s is %s's", key.ID(), owner), "two principals never have one key")
		}
		_, have := v.PrincipalOf(key)
		switch {
		case have == nil:
			p.Keys = append(p.Keys, trust.Key{Key: key.AuthorizedKey(), ValidAfter: after, ValidBefore: before})
		case !sameTime(have.ValidAfter, after) || !sameTime(have.ValidBefore, before):
			return usageError(fmt.Errorf("the key %s is there already, and its times stay as they are", key.ID()), "msp trust revoke ends a key, and --key adds another one")
		}
	}
	switch {
	case len(p.Keys) == 0:
		return usageError(fmt.Errorf("%s would have no key", id), fmt.Sprintf("--key %s.pub, or its line in quotes", id))
	case len(p.Roles) == 0:
		return usageError(fmt.Errorf("%s would have no role", id), "--role ROLE: "+knownRoles)
	}
	if who.name != "" {
		r.names[id] = who.name
	}
	return nil
}

func sameTime(have, said *time.Time) bool {
	return said == nil || have != nil && have.Equal(*said)
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
