package cmd

import "github.com/spf13/cobra"

// Root is the tree of commands, for the tests that walk it.
func (p Program) Root() *cobra.Command { return p.root() }
