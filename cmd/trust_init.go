package cmd

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/trust"
)

func (a *app) trustInitCommand() *cobra.Command {
	var f amendFlags
	var who principalFlags
	var roots, clientRoots []string
	var threshold int
	c := &cobra.Command{
		Use: "init PRINCIPAL", Short: "sign the first version, with your key as a root", Args: cobra.ExactArgs(1),
		Long: `Sign the first version: PRINCIPAL is you, a lead unless --role says otherwise, and
your key is a root. The writers are those that have a log here, and this one.`,
		Example: "  msp trust init ana --yes\n  msp trust init ana --client-root acme=acme.pub --threshold 2 --yes",
		RunE: func(c *cobra.Command, args []string) error {
			if err := who.check(args[0]); err != nil {
				return err
			}
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error {
				if len(r.Chain) > 0 {
					if v.Owner(r.ledger.Operator.Public()) == args[0] && len(r.Chain) == 1 {
						return nil // it is what a crash had finished
					}
					return usageError(fmt.Errorf("who may sign for %s is said already, in version %d", r.ledger.Client, len(r.Chain)), "msp trust add, revoke, rotate, policy and writer make the next one")
				}
				if len(who.roles) == 0 {
					who.roles = []string{string(trust.Lead)}
				}
				mine := r.ledger.Operator.Public()
				v.Roots, v.Threshold = []trust.Root{{Principal: args[0], Key: mine.AuthorizedKey()}}, threshold
				if err := addPrincipal(r, v, args[0], who, mine); err != nil {
					return err
				}
				if err := addRoots(v, roots, clientRoots); err != nil {
					return err
				}
				if err := checkThreshold(v, true); err != nil {
					return err
				}
				return addWriters(r, v)
			})
		},
	}
	f.add(c)
	who.add(c)
	c.Flags().StringArrayVar(&roots, "root", nil, "another root, as `PRINCIPAL=KEY`")
	c.Flags().StringArrayVar(&clientRoots, "client-root", nil, "a root of the client's, as `PRINCIPAL=KEY`")
	c.Flags().IntVar(&threshold, "threshold", 1, "`N` roots, of different principals, sign a version")
	return c
}

// addWriters names every writer that has a log here, and this installation's.
func addWriters(r *register, v *trust.Version) error {
	writers, err := r.ledger.Store.Writers()
	if err != nil {
		return err
	}
	if !slices.Contains(writers, r.ledger.Writer.ID) {
		writers = append(writers, r.ledger.Writer.ID)
	}
	for _, id := range writers {
		if err := addWriter(r, v, id); err != nil {
			return err
		}
	}
	return nil
}
