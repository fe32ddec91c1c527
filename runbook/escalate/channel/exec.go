package channel

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/process"
)

const (
	// maxStderr is how much is kept of what a command says of a failure.
	maxStderr = 64 << 10
	// commandGrace is the time that a command has from the gentle signal to the
	// firm one.
	commandGrace = time.Second
)

// newExec makes the try of a command of one's own. It gets the message as JSON on
// its standard input, in the same shape as the webhook, and has sent it when it
// exits with 0. Any other end is temporary: what a command can't do now it may do
// later. It is tried once a Send, since nobody knows how far it came. What it says on
// its standard error stands in the error.
func newExec(c Config, o Options) (try, *ConfigError) {
	for _, argument := range c.Command {
		if strings.ContainsRune(argument, 0) {
			return nil, fault("command", "look at its arguments", "its command holds a zero byte")
		}
	}
	program, args := c.Command[0], c.Command[1:]
	if program == "" {
		return nil, fault("command", hintFor("exec", "command"), "its command has no program")
	}
	return func(ctx context.Context, m Message) *failure {
		path, err := process.Look(program, lookup(o.Env, "PATH"), "")
		if err != nil {
			return permanent("can't be used: %s", err)
		}
		stderr := &head{limit: maxStderr}
		result, err := process.Run(ctx, process.Command{
			Path: path, Args: args, Env: o.Env, Stdin: bytes.NewReader(encode(m.document())), Stderr: stderr, Grace: commandGrace,
		})
		switch {
		case err != nil:
			return &failure{what: "failed: " + err.Error(), temporary: true}
		case !result.OK():
			return &failure{what: "failed: " + program + " " + result.String(), said: string(stderr.kept), temporary: true}
		}
		return nil
	}, nil
}

// lookup is a variable of an environment; the last one counts.
func lookup(env []string, name string) (value string) {
	for _, variable := range env {
		if n, v, ok := strings.Cut(variable, "="); ok && n == name {
			value = v
		}
	}
	return value
}

// head keeps the beginning of what is written to it.
type head struct {
	kept  []byte
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	h.kept = append(h.kept, p[:min(len(p), h.limit-len(h.kept))]...)
	return len(p), nil
}
