// Package cmd is the command line of msp: one command a file. It alone knows
// settings, keys, how the rooms are wired together, and exit codes.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// Main runs one command line and gives its exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Program{Stdin: stdin, Stdout: stdout, Stderr: stderr, Disk: &evidence.Disk{}}.Run(ctx, args)
}

// Program is msp with what it works on: the streams, the disk that evidence is
// written to, and the clock.
type Program struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Disk           *evidence.Disk
	Now            func() time.Time // nil: the system's

	firmly <-chan struct{} // closed when what is being ended shall end at once
}

// Run runs one command line and gives its exit code. An interrupt, a
// termination and a hang-up end the run under way, which is recorded; a second
// interrupt ends its step at once.
func (p Program) Run(ctx context.Context, args []string) int {
	if p.Now == nil {
		p.Now = time.Now
	}
	ctx, firmly, stop := listen(ctx)
	defer stop()
	p.firmly = firmly
	// A screen that is gone ends no run: the write fails, and the run goes on. To
	// ignore the signal instead would ignore it in every child as well.
	gone := make(chan os.Signal, 1)
	signal.Notify(gone, syscall.SIGPIPE)
	defer signal.Stop(gone)
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(ctx)
	p.complain(err)
	return exitCode(err)
}

// complain prints an error: what happened, and what to do on a line of its own.
func (p Program) complain(err error) {
	var silent *silentError
	if err == nil || errors.As(err, &silent) {
		return
	}
	if exitCode(err) == exitInterrupted {
		err = hint(errors.New("interrupted"), "run the command again; msp log shows what was recorded")
	}
	fmt.Fprintf(p.Stderr, "msp: %s\n", terminal.Sanitize(err.Error(), true))
	if what := hintFor(err); what != "" {
		fmt.Fprintf(p.Stderr, "     hint: %s\n", terminal.Sanitize(what, false))
	}
}

const (
	groupDo    = "do"
	groupWrite = "write"
	groupProve = "prove"
	groupSetUp = "set-up"
)

func (p Program) root() *cobra.Command {
	app := &app{Program: p}
	root := &cobra.Command{
		Use:   "msp",
		Short: "run standard operating procedures and prove that they were done",
		Long: `msp runs standard operating procedures and proves that they were done.

A runbook is a YAML file: who owns the work, why it exists, what was promised,
and its steps. msp run does it step by step and leaves a signed record in a log
that a stranger can verify.`,
		Example:       "  msp run backup-verify --input backup_dir=/srv/backups/acme",
		Args:          cobra.NoArgs,
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError(err, c.CommandPath()+" --help shows the flags")
	})
	root.PersistentFlags().StringVar(&app.flags.client, "client", "", "the client `ID` whose work and evidence this is")
	root.PersistentFlags().StringVar(&app.flags.state, "state", "", "the `FOLDER` with the evidence (default: .msp beside msp.yaml, or the user's data folder)")
	root.RegisterFlagCompletionFunc("client", app.completeClients) //nolint:errcheck // the flag is there
	root.AddGroup(
		&cobra.Group{ID: groupDo, Title: "Do:"}, &cobra.Group{ID: groupWrite, Title: "Write:"},
		&cobra.Group{ID: groupProve, Title: "Prove:"}, &cobra.Group{ID: groupSetUp, Title: "Set up:"},
	)
	root.AddCommand(
		app.runCommand(), app.resumeCommand(), app.approveCommand(), app.dueCommand(), app.overdueCommand(), app.whoCommand(),
		app.holdCommand(), app.releaseCommand(), app.ackCommand(), app.waiveCommand(), app.openCommand(), app.handoffCommand(),
		app.initCommand(), app.newCommand(), app.listCommand(), app.lintCommand(), app.schemaCommand(), app.diffCommand(), app.fmtCommand(), app.scheduleCommand(), app.planCommand(), app.agreementCommand(), app.showCommand(), app.explainCommand(),
		app.logCommand(), app.verifyCommand(), app.anchorCommand(), app.syncCommand(), app.exportCommand(), app.eraseCommand(),
		app.keyCommand(), app.trustCommand(), app.witnessCommand(), app.tickCommand(), app.doctorCommand(), app.versionCommand(),
	)
	root.AddCommand(topics()...)
	root.SetHelpCommand(helpCommand())
	root.SetCompletionCommandGroupID(groupSetUp)
	wrapArgs(root)
	return root
}

// wrapArgs makes every complaint about arguments a usage error.
func wrapArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError(err, c.CommandPath()+" --help shows how it is used")
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}

// app is what the commands share: the program and the flags that all have.
type app struct {
	Program
	flags  struct{ client, state string }
	signer evidence.Signer // the operator's key, once it was asked for

	logs   map[string]*record.Logs   // by client, once they were read
	trusts map[string]record.Trusted // by client, once they were read
}

// offer gives a shell the words that a prefix fits.
func offer(words []string, prefix string) ([]string, cobra.ShellCompDirective) {
	var fitting []string
	for _, w := range words {
		if strings.HasPrefix(w, prefix) {
			fitting = append(fitting, w)
		}
	}
	return fitting, cobra.ShellCompDirectiveNoFileComp
}
