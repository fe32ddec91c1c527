package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/trust"
)

func (a *app) trustRotateCommand() *cobra.Command {
	var f amendFlags
	var roots, clientRoots, drop []string
	var threshold int
	c := &cobra.Command{
		Use: "rotate", Short: "change the roots and the threshold", Args: cobra.NoArgs,
		Long: `Change who signs the versions. The new version is signed by the threshold of the
old roots and by that of the new ones.`,
		Example: "  msp trust rotate --client-root acme=acme.pub --threshold 2 --yes\n  msp trust rotate --drop ben --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			said := c.Flags().Changed("threshold")
			if !said && len(roots)+len(clientRoots)+len(drop) == 0 {
				return usageError(errors.New("nothing is to be changed"), "--root, --client-root, --drop or --threshold")
			}
			return a.amend(c.Context(), f, func(_ *register, v *trust.Version) error {
				for _, who := range drop {
					before := len(v.Roots)
					v.Roots = slices.DeleteFunc(v.Roots, func(r trust.Root) bool { return r.Principal == who || fingerprint(r.Key) == who })
					if len(v.Roots) == before {
						return usageError(fmt.Errorf("%q is no root", who), "msp trust show shows the roots")
					}
				}
				if said {
					v.Threshold = threshold
				}
				if err := addRoots(v, roots, clientRoots); err != nil {
					return err
				}
				return checkThreshold(v, said)
			})
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&roots, "root", nil, "a root to be added, as `PRINCIPAL=KEY`")
	c.Flags().StringArrayVar(&clientRoots, "client-root", nil, "a root of the client's to be added, as `PRINCIPAL=KEY`")
	c.Flags().StringArrayVar(&drop, "drop", nil, "a root to be dropped: a `PRINCIPAL` or a fingerprint")
	c.Flags().IntVar(&threshold, "threshold", 0, "`N` roots, of different principals, sign a version")
	return c
}

func addRoots(v *trust.Version, provider, client []string) error {
	for i, text := range slices.Concat(provider, client) {
		principal, keyText, found := strings.Cut(text, "=")
		if !found {
			return usageError(fmt.Errorf("%q is not PRINCIPAL=KEY", text), "for example --root ben=ben.pub")
		}
		key, err := parsePin(keyText)
		if err != nil {
			return err
		}
		if err := checkPrincipalID(principal); err != nil {
			return err
		}
		root := trust.Root{Principal: principal, Key: key.AuthorizedKey(), Client: i >= len(provider)}
		have := v.RootOf(key)
		switch owner := v.Owner(key); {
		case owner != "" && owner != principal:
			return usageError(fmt.Errorf("the key %s is %s's", key.ID(), owner), "two principals never have one key")
		case have == nil:
			v.Roots = append(v.Roots, root)
		case !have.Client && root.Client:
			return usageError(fmt.Errorf("%s is a root already, and not the client's", principal), fmt.Sprintf("--drop %s --client-root %s makes it one of the client's", principal, text))
		case have.Client && !root.Client:
			return usageError(fmt.Errorf("%s is a root already, and the client's", principal), fmt.Sprintf("--drop %s --root %s makes it one of the provider's", principal, text))
		}
	}
	return nil
}

// checkThreshold refuses roots that could never sign the next version; said is
// whether the threshold was.
func checkThreshold(v *trust.Version, said bool) error {
	people := map[string]bool{}
	for _, root := range v.Roots {
		people[root.Principal] = true
	}
	what := "the threshold is"
	if said {
		what = "--threshold"
	}
	const more = "--root and --client-root name more, as PRINCIPAL=KEY"
	switch {
	case len(people) == 0:
		return usageError(errors.New("nobody would be left who signs the next version"), more)
	case v.Threshold < 1:
		return usageError(fmt.Errorf("%s %d: at least one root signs", what, v.Threshold), fmt.Sprintf("a number from 1 to %d", len(people)))
	case v.Threshold > len(people):
		return usageError(fmt.Errorf("%s %d: the roots are of %s, and nobody could sign the next version", what, v.Threshold, count(len(people), "principal")), more+"; --threshold asks for fewer")
	default:
		return nil
	}
}
