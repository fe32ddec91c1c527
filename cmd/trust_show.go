package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/record"
)

func (a *app) trustShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show", Short: "show who may sign what", Args: cobra.NoArgs,
		Example: "  msp trust show",
		RunE: func(*cobra.Command, []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			store := a.store(p, p.Client)
			trusted, err := a.trusted(p, p.Client)
			if err != nil {
				return err
			}
			if trusted.Newest == nil {
				return hint(fmt.Errorf("nothing says who may sign for %s", p.Client), "msp trust init PRINCIPAL begins it")
			}
			names := namesOf(store, trusted.Newest)
			if asJSON {
				return a.printJSON(struct {
					V      int               `json:"v"`
					First  string            `json:"first"`
					Newest string            `json:"newest"`
					Names  map[string]string `json:"names"`
					Trust  record.Trust      `json:"trust"`
				}{1, trusted.Chain[0].Digest, trusted.Newest.Digest, names, trusted.Newest.Body})
			}
			var page page
			rosterPage(&page, trusted.Newest.Body, names)
			page.add("first      %s, which msp verify --trust-root pins", trusted.Chain[0].Digest)
			return page.print(a.Stdout)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
