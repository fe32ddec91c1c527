package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
)

// witnessFolder is where a witness keeps its key, what it watches and the heads
// that it has seen.
type witnessFolder struct {
	path string
	disk *evidence.Disk
}

func (w witnessFolder) keyPath() string  { return filepath.Join(w.path, "key") }
func (w witnessFolder) namePath() string { return filepath.Join(w.path, "name") }
func (w witnessFolder) logsPath() string { return filepath.Join(w.path, "logs") }

func (a *app) witnessCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "witness", GroupID: groupSetUp, Short: "be a witness of somebody's logs",
		Long: `A witness remembers the newest head of each log that it watches, and cosigns a
new one only when that provably continues the old. So nobody can cut a log,
rewrite it, or show two histories, once the witness has seen it. It is for a
client or anybody else who need not trust the provider: it learns how many
entries a log has and when it grows, and nothing of what is in it.

  msp witness init witness.example/acme     on the witness's machine: prints its key
  msp key show WRITER --verifier            on the provider's: prints the key of a log
  msp witness watch KEY                     on the witness's: the logs to watch
  msp witness serve --listen :8080          on the witness's

It speaks C2SP's tlog-witness, so that other logs may use it too, and msp other
witnesses: witnesses in config.yaml names them (msp anchor --help).
Its answers are signed, so plain HTTP is enough to be sure of them; put it behind
a proxy with TLS where the network should not see the heads.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var folder string
	c.PersistentFlags().StringVar(&folder, "folder", "", "the witness's `FOLDER` (default: witness in your configuration folder)")
	at := func() (witnessFolder, error) {
		if folder != "" {
			return witnessFolder{folder, a.Disk}, nil
		}
		config, err := configFolder()
		return witnessFolder{filepath.Join(config, "witness"), a.Disk}, err
	}
	c.AddCommand(a.witnessInitCommand(at), a.witnessWatchCommand(at), a.witnessListCommand(at), a.witnessServeCommand(at))
	return c
}

func (a *app) witnessInitCommand(at func() (witnessFolder, error)) *cobra.Command {
	return &cobra.Command{
		Use: "init NAME", Short: "make a witness's key, and print what others need to know of it", Args: cobra.ExactArgs(1),
		Long: `Make the key of a witness. NAME is what it calls itself, most often an address of
its owner's without https://.`,
		Example: "  msp witness init witness.example/acme",
		RunE: func(_ *cobra.Command, args []string) error {
			w, err := at()
			if err != nil {
				return err
			}
			name := args[0]
			if name == "" || len(name) > 200 || strings.ContainsAny(name, "+ \t\r\n") {
				return usageError(fmt.Errorf("%q can't be the name of a witness", name), "no spaces and no +, such as witness.example/acme")
			}
			key, err := a.keyring(&place{Config: w.path}).create(w.keyPath(), evidence.Ed25519, "msp witness", nil)
			if err != nil {
				return err
			}
			if err := a.Disk.WriteFile(w.namePath(), []byte(name+"\n")); err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.Stdout, evidence.CosignerString(name, key.Public()))
			return err
		},
	}
}

func (a *app) witnessWatchCommand(at func() (witnessFolder, error)) *cobra.Command {
	return &cobra.Command{
		Use: "watch KEY…", Short: "watch logs, each given by its verifier key", Args: cobra.MinimumNArgs(1),
		Long: `Watch a log. KEY is what msp key show WRITER --verifier prints where the log is
written: origin+hash+key. A witness that is being served takes it up at once.`,
		Example: "  msp witness watch \"$(msp key show --verifier writer-1a2b3c4d)\"",
		RunE: func(_ *cobra.Command, args []string) error {
			w, err := at()
			if err != nil {
				return err
			}
			lock, err := a.Disk.Lock(context.Background(), w.logsPath()+".lock")
			if err != nil {
				return err
			}
			defer lock.Unlock()
			logs, err := w.logs()
			if err != nil {
				return err
			}
			added := ""
			for _, text := range args {
				origin, key, err := evidence.ParseVerifierString(strings.TrimSpace(text))
				if err != nil {
					return usageError(err, "msp key show WRITER --verifier prints it where the log is written")
				}
				if have, ok := logs[origin]; ok && !have.Equal(key) {
					return hint(fmt.Errorf("the log %s is watched with another key, %s", origin, have.ID()), "a log never changes its key: ask who gave you this one. To begin anew, take its line out of %s", w.logsPath())
				}
				if _, ok := logs[origin]; !ok {
					logs[origin], added = key, added+evidence.VerifierString(origin, key)+"\n"
				}
			}
			return w.add(added)
		},
	}
}

func (a *app) witnessListCommand(at func() (witnessFolder, error)) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list the logs that are watched", Args: cobra.NoArgs, Example: "  msp witness list",
		RunE: func(*cobra.Command, []string) error {
			w, err := at()
			if err != nil {
				return err
			}
			logs, err := w.logs()
			if err != nil {
				return err
			}
			var p page
			for _, origin := range sortedNames(logs) {
				p.add("%s  %s", origin, logs[origin].ID())
			}
			return p.print(a.Stdout)
		},
	}
}

func (a *app) witnessServeCommand(at func() (witnessFolder, error)) *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use: "serve", Short: "cosign the heads of the watched logs", Args: cobra.NoArgs,
		Long: `Serve until interrupted: POST /add-checkpoint. Every head that was cosigned or
refused is a line on standard error; a refusal in capitals is a log that was cut
or rewritten.`,
		Example: "  msp witness serve --listen 127.0.0.1:8080",
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := at()
			if err != nil {
				return err
			}
			served, err := a.witness(c.Context(), w)
			if err != nil {
				return err
			}
			listener, err := (&net.ListenConfig{}).Listen(c.Context(), "tcp", listen)
			if err != nil {
				return hint(err, "--listen takes HOST:PORT of this machine that no other program has, such as 127.0.0.1:8080; with :0 it is a free port")
			}
			if _, err := fmt.Fprintf(a.Stdout, "%s at http://%s\n", served.Verifier(), listener.Addr()); err != nil {
				return err
			}
			return serveUntil(c.Context(), listener, served)
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "the `ADDRESS` to serve at")
	return c
}

// serveUntil serves until ctx ends, and lets what is under way be done.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		gently, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		ended <- server.Shutdown(gently)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

func (a *app) witness(ctx context.Context, w witnessFolder) (*witness.Witness, error) {
	keys := a.keyring(&place{Config: w.path})
	key, err := keys.read(ctx, w.keyPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil, hint(fmt.Errorf("there is no witness in %s", w.path), "msp witness init NAME makes one")
	}
	if err != nil {
		return nil, err
	}
	name, err := os.ReadFile(w.namePath())
	if err != nil {
		return nil, err
	}
	if _, err := w.logs(); err != nil {
		return nil, err
	}
	return &witness.Witness{
		Name: strings.TrimSpace(string(name)), Key: key, Heads: filepath.Join(w.path, "heads"), Disk: a.Disk, Now: a.Now,
		Log: func(origin string) (evidence.PublicKey, bool, error) {
			logs, err := w.logs()
			key, ok := logs[origin]
			return key, ok, err
		},
		Note: func(format string, args ...any) {
			fmt.Fprintf(a.Stderr, "%s %s\n", a.Now().UTC().Format(time.RFC3339), fmt.Sprintf(format, args...))
		},
	}, nil
}

// logs reads the file with the watched logs: a verifier key a line.
func (w witnessFolder) logs() (map[string]evidence.PublicKey, error) {
	data, err := os.ReadFile(w.logsPath())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	logs := map[string]evidence.PublicKey{}
	for i, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		origin, key, err := evidence.ParseVerifierString(line)
		if err != nil {
			return nil, hint(fmt.Errorf("%s:%d: %w", w.logsPath(), i+1, err), "a verifier key a line, as msp key show WRITER --verifier prints it")
		}
		logs[origin] = key
	}
	return logs, nil
}

// add puts lines behind those that are there, of which some may be somebody's notes.
func (w witnessFolder) add(lines string) error {
	data, err := os.ReadFile(w.logsPath())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if n := len(data); n > 0 && data[n-1] != '\n' {
		data = append(data, '\n')
	}
	return w.disk.WriteFile(w.logsPath(), append(data, lines...))
}
