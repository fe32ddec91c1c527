package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/term"
)

// ErrNoTerminal says that there is nobody at a terminal who could be asked.
var ErrNoTerminal = errors.New("there is no terminal to ask at")

// ReadSecret asks for a line that isn't shown while it is typed. When ctx ends,
// nobody waits for it any longer: what is typed then is the shell's again.
func ReadSecret(ctx context.Context, in io.Reader, out io.Writer, prompt string) ([]byte, error) {
	fd, ok := terminalOf(in)
	if !ok {
		return nil, ErrNoTerminal
	}
	before, err := term.GetState(int(fd))
	if err != nil {
		return nil, err
	}
	fmt.Fprint(out, prompt)
	defer fmt.Fprintln(out)
	type line struct {
		secret []byte
		err    error
	}
	typed := make(chan line, 1)
	go func() {
		secret, err := term.ReadPassword(int(fd))
		typed <- line{secret, err}
	}()
	select {
	case l := <-typed:
		return l.secret, l.err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), term.Restore(int(fd), before))
	}
}
