package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/record"
)

func (a *app) trustSignCommand() *cobra.Command {
	var f amendFlags
	c := &cobra.Command{
		Use: "sign [FILE]", Short: "sign a proposed version, and put it in force when that is enough", Args: cobra.MaximumNArgs(1),
		Long: `Sign a version that waits for more signatures: the one beside the logs, or a FILE
that somebody sent. With enough signatures it is logged, where it was proposed;
elsewhere the file is sent back.`,
		Example: "  MSP_KEY=ben msp trust sign --yes",
		RunE: func(c *cobra.Command, args []string) error {
			r, release, err := a.openRegister(c.Context())
			if err != nil {
				return err
			}
			defer release()
			path := r.proposalPath(len(r.Chain) + 1)
			if len(args) == 1 {
				path = args[0]
				if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
					return usageError(fmt.Errorf("there is no file %s", path), proposalHint)
				}
			}
			return r.signProposal(c.Context(), f, path)
		},
	}
	c.Flags().BoolVar(&f.yes, "yes", false, "sign what is shown without asking")
	return c
}

const proposalHint = "FILE is what another root sent: N.proposed.json, which lies beside the logs where it was proposed"

// signProposal puts the user's signature under a proposal, unless it is there, and
// keeps it.
func (r *register) signProposal(ctx context.Context, f amendFlags, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return hint(fmt.Errorf("no version waits for signatures: %w", err), "msp trust show shows the one in force")
	}
	data, err := readShort(path, proposalHint)
	if err != nil {
		return err
	}
	envelope, proposal, err := record.OpenTrust(data, r.ledger.MaxBytes())
	if err != nil {
		return hint(fmt.Errorf("%s is no proposed version: %w", path, err), proposalHint)
	}
	problems := r.Chain.Unsound(&proposal.Body.Version)
	if _, digest, err := record.Roster(proposal.Body.Version); err != nil || digest != proposal.Body.Roster {
		problems = append(problems, "its roster is not that of its version")
	}
	if len(problems) > 0 {
		return hint(fmt.Errorf("%s can't be signed: %s", path, strings.Join(problems, "; ")), "msp trust show shows the version in force; who proposed this one may do so again")
	}
	if !slices.ContainsFunc(proposal.Keys, r.ledger.Operator.Public().Equal) {
		if err := r.mayBeRoot(proposal.Body); err != nil {
			return err
		}
		r.names = namesOf(r.ledger.Store, &proposal)
		if err := r.confirm(f, proposal.Body); err != nil {
			return err
		}
		if data, err = envelope.AddSignature(r.ledger.Operator); err != nil {
			return err
		}
	}
	return r.keep(ctx, proposal.Body.Version.Number, data)
}
