package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

func (a *app) trustWriterCommand() *cobra.Command {
	var f amendFlags
	c := &cobra.Command{
		Use: "writer WRITER", Short: "name a writer whose log must be there", Args: cobra.ExactArgs(1),
		Long: `Name the writer of a log that is here: an installation that records for this client.
From then on evidence without its log is incomplete.`,
		Example: "  msp trust writer writer-1a2b3c4d --yes",
		RunE: func(c *cobra.Command, args []string) error {
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error { return addWriter(r, v, args[0]) })
		},
	}
	f.add(c)
	return c
}

func addWriter(r *register, v *trust.Version, id string) error {
	if v.Writer(id) != nil {
		return nil
	}
	if id == r.ledger.Writer.ID {
		v.Writers = append(v.Writers, trust.Writer{ID: id, Key: r.ledger.Writer.Key})
		return nil
	}
	if !evidence.ValidID(id) {
		return usageError(fmt.Errorf("%q can't be the id of a writer", id), "msp verify shows the writers that have a log here")
	}
	if _, err := os.Stat(r.ledger.Store.Path("logs", id)); errors.Is(err, fs.ErrNotExist) {
		return usageError(fmt.Errorf("there is no log of %s here", id), "msp sync with its machine brings it; msp verify shows the writers that have a log here")
	}
	key, err := record.WriterKey(r.ledger.Store, id, r.ledger.MaxBytes())
	if err != nil {
		return hint(fmt.Errorf("the log of %s: %w", id, err), "msp verify shows the writers that have a log here")
	}
	v.Writers = append(v.Writers, trust.Writer{ID: id, Key: key.AuthorizedKey()})
	return nil
}
