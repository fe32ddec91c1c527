package cmd

import (
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
			return a.amend(c.Context(), f, func(_ *register, v *trust.Version) error {
				for _, who := range drop {
					before := len(v.Roots)
					v.Roots = slices.DeleteFunc(v.Roots, func(r trust.Root) bool { return r.Principal == who || fingerprint(r.Key) == who })
					if len(v.Roots) == before {
						return usageError(fmt.Errorf("%q is no root", who), "msp trust show shows the roots")
					}
				}
				if threshold > 0 {
					v.Threshold = threshold
				}
				return addRoots(v, roots, clientRoots)
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
		root := trust.Root{Principal: principal, Key: key.AuthorizedKey(), Client: i >= len(provider)}
		if v.RootOf(key) == nil {
			v.Roots = append(v.Roots, root)
		}
	}
	return nil
}
