package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/document"
)

// helpCommand shows the page of a command or a topic.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND or TOPIC]", GroupID: groupSetUp, Short: "show the page of a command or a topic",
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			found, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return offer(pagesOf(found), word)
		},
		RunE: func(c *cobra.Command, args []string) error {
			found, rest, err := c.Root().Find(args)
			if err != nil {
				return usageError(err, "msp help lists the commands and the topics")
			}
			if len(rest) > 0 {
				return noTopic(found, rest[0], strings.Join(args, " "))
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// noTopic says that there is no page, and which was meant.
func noTopic(under *cobra.Command, word, asked string) error {
	err := fmt.Errorf("there is no help topic %q", asked)
	help := "msp help" + strings.TrimPrefix(under.CommandPath(), under.Root().Name())
	if near := document.Nearest(word, pagesOf(under)); near != "" {
		return usageError(err, fmt.Sprintf("did you mean %s %s?", help, near))
	}
	if under.HasParent() {
		return usageError(err, help+" shows what there is")
	}
	var names []string
	for _, topic := range topics() {
		names = append(names, topic.Name())
	}
	return usageError(err, help+" lists the commands; the topics are "+strings.Join(names, ", "))
}

// pagesOf are the names of the pages under a command.
func pagesOf(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}
