package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/evidence"
)

// passphraseCommand is the command of the user's own configuration that prints
// the passphrase of a key.
const passphraseCommand = "key-passphrase"

// operatorKey gives the operator's key, and asks for its passphrase only once.
func (a *app) operatorKey(ctx context.Context, p *place) (evidence.Signer, error) {
	if a.signer != nil {
		return a.signer, nil
	}
	key, err := a.keyring(p).operator(ctx, p.Key)
	if err == nil {
		a.signer = key
	}
	return key, err
}

// passphrase finds the passphrase of a key: in the file that
// MSP_KEY_PASSPHRASE_FILE names, from the user's own command, or at the terminal.
func (a *app) passphrase(ctx context.Context, p *place, prompt string) (secret []byte, typed bool, err error) {
	if path := os.Getenv("MSP_KEY_PASSPHRASE_FILE"); path != "" {
		const what = "MSP_KEY_PASSPHRASE_FILE names a file with the passphrase of the key, and nothing else"
		text, err := readSecret(path, what)
		if err == nil && text == "" {
			err = hint(fmt.Errorf("%s is empty", path), what)
		}
		return []byte(text), false, err
	}
	if len(p.Commands[passphraseCommand]) > 0 {
		text, err := p.secretCommand(ctx, passphraseCommand)
		if err == nil && text == "" {
			err = hint(fmt.Errorf("the command %s printed no passphrase", passphraseCommand), "run it by hand: it stands under commands in %s", filepath.Join(p.Config, "config.yaml"))
		}
		return []byte(text), false, err
	}
	secret, err = terminal.ReadSecret(ctx, a.Stdin, a.Stderr, prompt)
	if errors.Is(err, terminal.ErrNoTerminal) {
		err = hint(fmt.Errorf("the key has a passphrase, and %w", err), "set MSP_KEY_PASSPHRASE_FILE, or commands: {%s: […]} in your config.yaml, or agent: true", passphraseCommand)
	}
	return secret, true, err
}

// mostTries is how often a passphrase may be typed wrongly.
const mostTries = 3

// errNotTyped says that somebody at the terminal gave an empty line.
var errNotTyped = errors.New("nothing was typed")

// unlock reads a private key that has a passphrase.
func (a *app) unlock(ctx context.Context, p *place, path string, data []byte) (*evidence.PrivateKey, error) {
	for try := 1; ; try++ {
		secret, typed, err := a.passphrase(ctx, p, fmt.Sprintf("passphrase of %s: ", path))
		if err != nil {
			return nil, err
		}
		key, err := unlockWith(data, secret)
		wrong := errors.Is(err, evidence.ErrWrongPassphrase) || errors.Is(err, errNotTyped)
		switch {
		case err == nil:
			return key, nil
		case !wrong || !typed || try == mostTries:
			return nil, hint(fmt.Errorf("the key %s: %w", path, err), "ssh-keygen -y -f %s tries it without msp", path)
		}
		fmt.Fprintf(a.Stderr, "msp: %v, please try again\n", err)
	}
}

func unlockWith(data, secret []byte) (*evidence.PrivateKey, error) {
	if len(secret) == 0 {
		return nil, errNotTyped
	}
	return evidence.ParsePrivateKeyWithPassphrase(data, secret)
}

// newPassphrase asks for the passphrase of a new key; at the terminal twice.
func (a *app) newPassphrase(ctx context.Context, p *place) ([]byte, error) {
	for try := 1; ; try++ {
		secret, typed, err := a.passphrase(ctx, p, "passphrase of the new key: ")
		if err != nil || !typed {
			return secret, err
		}
		problem, err := a.typedAgain(ctx, p, secret)
		switch {
		case err != nil:
			return nil, err
		case problem == nil:
			return secret, nil
		case try == mostTries:
			return nil, hint(problem, "run the command again, or without --passphrase")
		}
		fmt.Fprintf(a.Stderr, "msp: %v, please try again\n", problem)
	}
}

// typedAgain says what is wrong with a new passphrase, which has to be typed a
// second time; nil when nothing is.
func (a *app) typedAgain(ctx context.Context, p *place, secret []byte) (problem, err error) {
	if len(secret) == 0 {
		return errNotTyped, nil
	}
	again, _, err := a.passphrase(ctx, p, "and once more: ")
	if err == nil && !bytes.Equal(secret, again) {
		problem = errors.New("the two passphrases differ")
	}
	return problem, err
}

// fromAgent finds a key that an ssh-agent holds: one that is named by its
// fingerprint or by a public key's file, or any of the user's where the setting
// "agent" says so. It gives nil when the key isn't one for the agent.
func (k keyring) fromAgent(ctx context.Context, name string) (evidence.Signer, error) {
	id := name
	switch {
	case strings.HasPrefix(name, "SHA256:"):
	case strings.HasSuffix(name, ".pub"):
		public, err := readPublic(name)
		if err != nil {
			return nil, err
		}
		id = public.ID()
	case k.agent:
		public, err := readPublic(k.keyPath(name) + ".pub")
		if err != nil {
			return nil, hint(fmt.Errorf("the agent is to sign, and there is no public key %q: %w", name, err), "put NAME.pub into the folder keys of your configuration, or give the key by its fingerprint: MSP_KEY=SHA256:…")
		}
		id = public.ID()
	default:
		return nil, nil
	}
	conn, err := dialAgent(os.Getenv("SSH_AUTH_SOCK"))
	if err != nil {
		return nil, hint(fmt.Errorf("no ssh-agent answers: %w", err), "start one with eval $(ssh-agent), and ssh-add the key")
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	keys, err := evidence.OpenAgent(conn)
	if !stop() {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, hint(err, "ssh-add -l asks it too")
	}
	key, err := keys.Key(id)
	if err != nil {
		return nil, hint(err, "ssh-add -l shows what it holds; ssh-add adds a key")
	}
	return key, nil
}

// pipePrefix begins the name of a pipe of Windows.
const pipePrefix = `\\.\pipe\`

func dialAgent(socket string) (io.ReadWriteCloser, error) {
	if socket == "" && runtime.GOOS == "windows" {
		socket = pipePrefix + "openssh-ssh-agent"
	}
	switch {
	case socket == "":
		return nil, errors.New("SSH_AUTH_SOCK is not set")
	case strings.HasPrefix(socket, pipePrefix):
		return os.OpenFile(socket, os.O_RDWR, 0)
	default:
		return net.Dial("unix", socket) //nolint:gosec // the user's own agent, by the user's own variable
	}
}
