package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/trust"
)

// namespace is what a key of an allowed_signers file must be for, if it says so.
const namespace = "msp"

func (a *app) trustImportCommand() *cobra.Command {
	var f amendFlags
	var who principalFlags
	c := &cobra.Command{
		Use: "import FILE", Short: "add the principals of an OpenSSH allowed_signers file", Args: cobra.ExactArgs(1),
		Long: `Add the principals and keys of an allowed_signers file of OpenSSH, with the times
that it gives them. The id is what stands before the @; the whole is kept as the
name. A key for other namespaces than "msp" is passed over.`,
		Example: "  msp trust import allowed_signers --role operator --yes",
		RunE: func(c *cobra.Command, args []string) error {
			data, err := readShort(args[0], "FILE is an allowed_signers file of OpenSSH")
			if err != nil {
				return err
			}
			all, err := trust.ParseAllowed(data, time.Local)
			if err != nil {
				return hint(fmt.Errorf("%s: %w", args[0], err), "a line reads PRINCIPAL [OPTIONS] ssh-ed25519 AAAA…")
			}
			all = slices.DeleteFunc(all, a.isForOthers)
			if len(all) == 0 {
				return usageError(fmt.Errorf("%s names no principal", args[0]), "a line reads PRINCIPAL [OPTIONS] ssh-ed25519 AAAA…")
			}
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error {
				for _, allowed := range all {
					if err := importAllowed(r, v, allowed, who); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&who.roles, "role", nil, "the `ROLE` that they get; may stand several times")
	return c
}

// isForOthers says of a key that is for something else than msp that it is passed
// over.
func (a *app) isForOthers(allowed trust.Allowed) bool {
	if len(allowed.Namespaces) == 0 || slices.Contains(allowed.Namespaces, namespace) {
		return false
	}
	fmt.Fprintf(a.Stderr, "msp: the key %s of %s is for %s and is passed over\n", allowed.Key.ID(), allowed.Principals[0], strings.Join(allowed.Namespaces, ", "))
	return true
}

func importAllowed(r *register, v *trust.Version, allowed trust.Allowed, who principalFlags) error {
	if len(allowed.Principals) > 1 {
		return usageError(fmt.Errorf("the key %s is of %s", allowed.Key.ID(), strings.Join(allowed.Principals, " and ")), "two principals never have one key: give it to one of them")
	}
	id, _, _ := strings.Cut(strings.ToLower(allowed.Principals[0]), "@")
	id = strings.NewReplacer(".", "-", "_", "-", "+", "-").Replace(id)
	who.name = allowed.Principals[0]
	if err := who.check(id); err != nil {
		return err
	}
	if err := addPrincipal(r, v, id, who, allowed.Key); err != nil {
		return err
	}
	_, key := v.PrincipalOf(allowed.Key)
	if key.Revoked == nil {
		key.ValidAfter, key.ValidBefore = allowed.ValidAfter, allowed.ValidBefore
	}
	return nil
}
