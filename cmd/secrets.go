package cmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/process"
)

const (
	secretTimeout = time.Minute
	maxSecret     = 64 << 10
)

// secrets reads a runbook's secrets from where it says. No error shows a value.
func (p *place) secrets(ctx context.Context, r *runbook.Runbook) (map[string]string, error) {
	values := map[string]string{}
	for _, s := range r.Secrets {
		value, err := p.secret(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("the secret %s: %w", s.Name, err)
		}
		values[s.Name] = value
	}
	return values, nil
}

func (p *place) secret(ctx context.Context, s runbook.Secret) (string, error) {
	switch {
	case s.Env != "":
		value, ok := os.LookupEnv(s.Env)
		if !ok {
			return "", hint(fmt.Errorf("the variable %s is not set", s.Env), "export %s=…", s.Env)
		}
		return value, nil
	case s.File != "":
		return p.secretFile(s.File)
	default:
		return p.secretCommand(ctx, s.Command)
	}
}

// secretFile reads the file that the user's configuration knows under a name.
func (p *place) secretFile(name string) (string, error) {
	path, ok := p.Files[name]
	if !ok {
		path = filepath.Join("secrets", name)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.Config, path)
	}
	return readSecret(path, fmt.Sprintf("put it there with mode 0600, or name another place in your config.yaml: files: {%s: /path}", name))
}

// readSecret reads a file that only its owner may read; what says what to do when
// there is none that could be one.
func readSecret(path, what string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", hint(err, "%s", what)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", hint(fmt.Errorf("%s is a folder", path), "%s", what)
	case readableByOthers(info):
		return "", hint(fmt.Errorf("%s can be read by others", path), "chmod 600 %s", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = hint(fmt.Errorf("%s is longer than a secret can be, which is %d bytes", path, maxSecret), "%s", what)
	}
	return trimLine(data), err
}

// secretCommand runs the command that the user's configuration knows under a
// name, without a shell.
func (p *place) secretCommand(ctx context.Context, name string) (string, error) {
	argv := p.Commands[name]
	if len(argv) == 0 {
		return "", hint(fmt.Errorf("your configuration has no command %q", name), "add it to %s: commands: {%s: [program, argument]}", filepath.Join(p.Config, "config.yaml"), name)
	}
	path, err := process.Look(argv[0], os.Getenv("PATH"), p.Config)
	if err != nil {
		return "", err
	}
	bounded, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	var out, complaint bytes.Buffer
	result, err := process.Run(bounded, process.Command{
		Path: path, Args: argv[1:], Env: os.Environ(), Dir: p.Config, Stdout: limited{&out}, Stderr: limited{&complaint},
	})
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return "", err
	}
	if !result.OK() {
		return "", fmt.Errorf("the command %q %s: %s", name, result, firstLine(complaint.String()))
	}
	return trimLine(out.Bytes()), nil
}

// limited refuses more than a secret can have.
type limited struct{ to *bytes.Buffer }

func (l limited) Write(b []byte) (int, error) {
	if l.to.Len()+len(b) > maxSecret {
		return 0, errors.New("it printed too much for a secret")
	}
	return l.to.Write(b)
}

func trimLine(data []byte) string { return strings.TrimRight(string(data), "\r\n") }

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
