package terminal

import (
	"context"
	"strings"
)

const confirmHelp = "y for yes, n for no. With no, nothing happens."

// Confirm asks for a yes or a no. ErrPark when nobody can be asked now.
func (p *Prompter) Confirm(ctx context.Context, question string) (bool, error) {
	yes := false
	err := p.talk(ctx, func(c *conversation) error {
		for {
			text, err := c.ask(flatten(question)+" y/n ", confirmHelp, nil)
			if err != nil {
				return err
			}
			switch strings.ToLower(text) {
			case "y", "yes":
				yes = true
				return nil
			case "n", "no":
				return nil
			}
			c.refuse("please type y or n")
		}
	})
	return yes, err
}
