package terminal

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/term"
)

// ErrNoTerminal says that there is nobody at a terminal who could be asked.
var ErrNoTerminal = errors.New("there is no terminal to ask at")

// ReadSecret asks for a line that isn't shown while it is typed.
func ReadSecret(in io.Reader, out io.Writer, prompt string) ([]byte, error) {
	fd, ok := terminalOf(in)
	if !ok {
		return nil, ErrNoTerminal
	}
	fmt.Fprint(out, prompt)
	secret, err := term.ReadPassword(int(fd))
	fmt.Fprintln(out)
	return secret, err
}
