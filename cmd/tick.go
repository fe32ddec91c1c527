package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/escalate/channel"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/shelf"
)

const (
	// tickLimit is how long a tick may take unless it is told: less than the time
	// between two.
	tickLimit = 4 * time.Minute
	// deadmanLimit is how long the dead-man URL may take.
	deadmanLimit = 10 * time.Second
)

// tickFlags are what msp tick is told.
type tickFlags struct {
	dryRun bool
	test   string // a channel
	limit  time.Duration
}

func (a *app) tickCommand() *cobra.Command {
	var f tickFlags
	c := &cobra.Command{
		Use: "tick", GroupID: groupSetUp, Short: "notice what didn't happen, and tell whom it concerns", Args: cobra.NoArgs,
		Long: `Look once at all clients of the state: sign what nobody did and can't do any more,
open an item for all that somebody has to see to, start the catch-ups that schedules
ask for (on_missed: run_once), climb the ladders of what isn't done, and send what
they ask for through the channels of your config.yaml. A timer runs it every five
minutes; it may be run at any time, as often as you like.

Only the writer that a client's plan names as its ticker signs and sends. On any
other machine a tick says what it would do. All that it does is in the log before it
goes on: a tick that is killed is gone on with by the next. Only a notice that was
sent and not logged yet is sent once more, with the same id.

A send that fails is tried again by the next ticks, by other channels and to other
people in the end. Of several occurrences of a runbook, a person is told of the
newest only. Nothing is sent for work that is done.

Exit codes: 0 done, 1 somebody couldn't be told, 2 not all of it could be looked at,
signed or started. After a tick that ends with 0 the URL of the setting deadman is
asked for, so that somebody else notices when there is none; but not by a machine
that is the ticker of no client.`,
		Example: "  msp tick\n  msp tick --dry-run\n  msp tick --test on-call",
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			if f.limit <= 0 {
				return usageError(fmt.Errorf("--limit %s is no time", f.limit), "--limit 4m")
			}
			ctx, cancel := context.WithTimeout(c.Context(), f.limit)
			defer cancel()
			if f.test != "" {
				return a.testChannel(ctx, p, f.test)
			}
			err = a.tick(ctx, p, f)
			if errors.Is(err, context.DeadlineExceeded) {
				err = hint(&codeError{exitCannot, fmt.Errorf("the tick was not done within %s: %w", f.limit, err)}, "the next one goes on with it; --limit gives it longer")
			}
			return err
		},
	}
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would be signed and sent: sign and send nothing")
	c.Flags().StringVar(&f.test, "test", "", "send a test message through this `CHANNEL`, and nothing else")
	c.Flags().DurationVar(&f.limit, "limit", tickLimit, "how `LONG` it may take")
	return c
}

// ticking is one tick over all clients.
type ticking struct {
	*app
	p       *place
	at      time.Time
	dry     bool
	known   shelf.Calendars
	senders map[string]channel.Sender
	tally   tickTally
	started []string // of each runbook the last miss whose catch-up was started or refused
	faults  []error  // what couldn't be looked at, signed or started
}

// tickTally counts what a tick did.
type tickTally struct{ signed, opened, started, sent, failed, skipped int }

func (a *app) tick(ctx context.Context, p *place, f tickFlags) error {
	clients, err := a.watched(p)
	if err != nil {
		return err
	}
	if !f.dryRun {
		lock, err := a.Disk.TryLock(filepath.Join(p.State, "tick.lock"))
		if errors.Is(err, evidence.ErrLocked) {
			return hint(errors.New("another tick is at work"), "it ends by itself; two at once would tell people twice")
		}
		if err != nil {
			return err
		}
		defer lock.Unlock()
	}
	t := &ticking{app: a, p: p, at: a.Now().Round(0), dry: f.dryRun, known: p.calendars(), senders: map[string]channel.Sender{}}
	before, err := p.lastTick()
	if err != nil {
		t.complain(err)
	} else if before != nil {
		t.started = before.Started
	}
	mine := 0
	for _, client := range clients {
		ticker, err := t.client(ctx, client)
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", client, ctx.Err())
		}
		if err != nil {
			t.fault(client, err)
		}
		if ticker {
			mine++
		}
	}
	t.line("%s", t.summary(len(clients), mine))
	return t.end(ctx, mine)
}

// end says how the tick went: to doctor, to the watcher, and by its exit code.
func (t *ticking) end(ctx context.Context, mine int) error {
	code := exitDone
	switch {
	case len(t.faults) > 0:
		code = exitCannot
	case t.tally.failed > 0:
		code = exitNo
	}
	if !t.dry {
		if err := t.p.keepTick(t.Disk, lastTick{V: 1, At: t.at, Host: hostName(), Clients: mine, Code: code, Started: t.started}); err != nil {
			return err
		}
		if err := t.deadman(ctx, mine, code); err != nil {
			fmt.Fprintf(t.Stderr, "msp: nobody watches this tick: %s\n", terminal.Sanitize(err.Error(), false))
			code = max(code, exitNo)
		}
	}
	return ended(code)
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

func (t *ticking) line(format string, args ...any) {
	fmt.Fprintln(t.Stdout, terminal.Sanitize(fmt.Sprintf(format, args...), false))
}

// fault says what couldn't be done for a client. The others are gone on with.
func (t *ticking) fault(client string, err error) {
	t.faults = append(t.faults, err)
	t.complain(fmt.Errorf("%s: %w", client, err))
}

func (t *ticking) summary(clients, mine int) string {
	did := "done: "
	if t.dry || mine == 0 {
		did = "would be done: "
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{
		{t.tally.signed, "signed"},
		{t.tally.opened, "opened"},
		{t.tally.started, "started"},
		{t.tally.sent, "sent"},
		{t.tally.failed, "failed to be sent"},
		{t.tally.skipped, "skipped"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing"}
	}
	return fmt.Sprintf("%s · %s, ticker of %d · %s%s", t.at.Local().Format(clockLayout), count(clients, "client"), mine, did, strings.Join(parts, ", "))
}

// deadman asks for the URL at which others see that msp ticks. Of a tick that looked
// after nobody, or not after all, they must not hear that all is well.
func (t *ticking) deadman(ctx context.Context, mine, code int) error {
	if t.p.Deadman == nil || mine == 0 || code != exitDone {
		return nil
	}
	address, err := t.p.revealed(ctx, t.p.Deadman)
	if err != nil {
		return fmt.Errorf("the setting deadman: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, deadmanLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("the setting deadman is no URL")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the dead-man URL at %s doesn't answer", request.URL.Host) // its path is a secret
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 4096)
	if answer.StatusCode >= 300 {
		return fmt.Errorf("the dead-man URL at %s answers %s", request.URL.Host, answer.Status)
	}
	return nil
}

// testChannel sends a message that asks for nothing.
func (a *app) testChannel(ctx context.Context, p *place, name string) error {
	sender, err := a.sender(ctx, p, name)
	if err != nil {
		return err
	}
	err = sender.Send(ctx, channel.Message{
		Key: "msp-test", ID: "msp-test/" + a.Now().UTC().Format(time.RFC3339Nano), Source: "msp", Severity: channel.SeverityInfo, Title: "A test of the channel " + name,
		What: "Somebody tries this channel. Nothing is wrong.", Since: a.Now(), Impact: "None.", Tried: "Nothing.", Next: "Nothing is to be done.",
	})
	if err != nil {
		return &codeError{exitNo, hint(err, "look at the channel in %s", filepath.Join(p.Config, "config.yaml"))}
	}
	fmt.Fprintf(a.Stdout, "%s took a test message\n", name)
	return nil
}
