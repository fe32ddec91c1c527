package cmd

import "github.com/spf13/cobra"

// Root is the tree of commands, for the tests that walk it.
func (p Program) Root() *cobra.Command { return p.root() }

// StandingFile is where what was read of a client is gone on from.
func StandingFile(state, client string) string {
	p := place{State: state}
	return p.standingFile(client)
}
