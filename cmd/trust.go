package cmd

import "github.com/spf13/cobra"

func (a *app) trustCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "trust", GroupID: groupProve, Short: "say who may sign what for a client",
		Long: `Who may sign what stands in signed versions in the client's log: principals, their
keys and roles, the writers whose logs must be there, and what is demanded of the
evidence. Each version is signed by the roots of the one before and by its own. A
principal is one person or one machine, however many keys it has; its id is a
pseudonym, and names lie in a blob that can be erased.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		a.trustInitCommand(), a.trustAddCommand(), a.trustRevokeCommand(), a.trustRotateCommand(), a.trustWriterCommand(),
		a.trustPolicyCommand(), a.trustImportCommand(), a.trustSignCommand(), a.trustShowCommand(),
	)
	return c
}

func (f *amendFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.yes, "yes", false, "sign what is shown without asking")
	c.Flags().BoolVar(&f.replace, "replace", false, "put it in the place of a proposed version that waits for signatures")
}
