package terminal

import (
	"context"
	"fmt"
	"strconv"
)

const chooseHelp = "Type a number and press enter. Enter alone takes the first. !park takes none."

// Choose asks for one of some things by its number, and gives its place. Enter
// alone takes the first. ErrPark when nobody can be asked now, or none is wanted.
func (p *Prompter) Choose(ctx context.Context, question string, items []string) (int, error) {
	chosen := 0
	err := p.talk(ctx, func(c *conversation) error {
		c.column = 0
		c.say(flatten(question))
		for i, item := range items {
			c.printLines(hang(fmt.Sprintf("%3d  ", i+1), flatten(item), c.screen.LayoutWidth()), nil)
		}
		for {
			text, err := c.ask("which? enter takes 1: ", chooseHelp, nil)
			if err != nil || text == "" {
				return err
			}
			n, err := strconv.Atoi(text)
			if err == nil && n >= 1 && n <= len(items) {
				chosen = n - 1
				return nil
			}
			c.refuse(fmt.Sprintf("please type a number from 1 to %d", len(items)))
		}
	})
	return chosen, err
}
