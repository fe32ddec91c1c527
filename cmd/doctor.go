package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// How a finding of doctor's stands.
const (
	findingFine    = "fine"
	findingAct     = "act" // something is to be done
	findingUnknown = "unknown"
)

// finding is one thing that doctor looked at.
type finding struct {
	What   string `json:"what"` // clock, tick, anchors, …
	Client string `json:"client,omitempty"`
	State  string `json:"state"`
	Text   string `json:"text"`
	Hint   string `json:"hint,omitempty"`
}

type doctorReport struct {
	V        int       `json:"v"`
	At       time.Time `json:"at"`
	Findings []finding `json:"findings"`
}

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", GroupID: groupSetUp, Short: "look whether everything that has to notice does", Args: cobra.NoArgs,
		Long: `Look at what has to work for others to be noticed: the last tick over this state, and
whether a plan names a ticker that is known; the channels, whether they and their
secrets can be used, and which failed last; what has not been anchored; the clock of
this machine; calendars and keys that come to their end within 60 days; the tz
database. It sends nothing and changes nothing.

What can't be found out is unknown, and never fine.

Exit codes: 0 nothing is to be done, 1 something is, 2 it couldn't look.`,
		Example: "  msp doctor\n  msp doctor --json",
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			d := &doctor{app: a, p: p, at: a.Now()}
			if err := d.look(c.Context()); err != nil {
				return err
			}
			if err := d.show(asJSON); err != nil {
				return err
			}
			if slices.ContainsFunc(d.findings, func(f finding) bool { return f.State == findingAct }) {
				return ended(exitNo)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// doctor is one look at an installation.
type doctor struct {
	*app
	p        *place
	at       time.Time
	findings []finding
	writers  []string // of this installation
	ticker   bool     // of some client
	planned  bool     // some client has a plan
	channels map[string]record.Notice
}

func (d *doctor) say(state, what, client, hint, format string, args ...any) {
	d.findings = append(d.findings, finding{what, client, state, fmt.Sprintf(format, args...), hint})
}

func (d *doctor) look(ctx context.Context) error {
	var err error
	if d.writers, err = d.keyring(d.p).writers(); err != nil {
		return err
	}
	clients, err := d.watched(d.p)
	if err != nil {
		return err
	}
	d.channels = map[string]record.Notice{}
	d.lookAtClock()
	for _, client := range clients {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := d.lookAtClient(client); err != nil {
			d.say(findingAct, "records", client, "msp verify --client "+client, "can't be read: %v", err)
		}
	}
	d.lookAtTick()
	d.lookAtChannels(ctx)
	d.say(findingFine, "tz", "", "", "the tz database is %s, inside msp", runbook.ZoneVersion)
	return nil
}

func (d *doctor) lookAtClock() {
	switch synchronised, known, detail := clockState(); {
	case !known:
		d.say(findingUnknown, "clock", "", "", "unknown: %s", detail)
	case !synchronised:
		d.say(findingAct, "clock", "", "timedatectl set-ntp true, or have chrony run", "%s", detail)
	default:
		d.say(findingFine, "clock", "", "", "%s", detail)
	}
}

// lateTick is how long ago the last tick may be.
const lateTick = 15 * time.Minute

func (d *doctor) lookAtTick() {
	const timer = "systemctl enable --now msp-tick.timer, or a line for cron: */5 * * * * msp tick"
	last, err := d.p.lastTick()
	switch {
	case err != nil:
		d.say(findingUnknown, "tick", "", "", "%v", err)
	case d.ticker && (last == nil || last.Clients == 0):
		d.say(findingAct, "tick", "", timer, "there was none, and this machine is the ticker")
	case last == nil:
		d.say(findingUnknown, "tick", "", "", "none over this state is known here")
	default:
		ago := d.at.Sub(last.At)
		text := fmt.Sprintf("%s, %s ago, by %s, for %s", last.At.Local().Format(clockLayout), runbook.FormatSpan(ago.Round(time.Second)), last.Host, count(last.Clients, "client"))
		switch {
		case d.ticker && ago > lateTick:
			d.say(findingAct, "tick", "", timer, "the last was %s", text)
		case last.Code != exitDone:
			d.say(findingAct, "tick", "", "msp tick says what is wrong", "%s, ended with %d", text, last.Code)
		default:
			d.say(findingFine, "tick", "", "", "%s", text)
		}
	}
	if d.ticker && d.p.Deadman == nil {
		d.say(findingUnknown, "deadman", "", "", "nobody outside notices when there is no tick: deadman: URL in config.yaml")
	}
}

func (d *doctor) lookAtChannels(ctx context.Context) {
	for _, name := range sortedNames(d.p.Channels) {
		if _, err := d.sender(ctx, d.p, name); err != nil {
			d.say(findingAct, "channel", "", hintFor(err), "%v", err)
		}
	}
	if d.ticker && len(d.p.Channels) == 0 {
		d.say(findingAct, "channels", "", channelLike, "there are none, so nobody can be told")
	}
	for _, name := range sortedNames(d.channels) {
		n := d.channels[name]
		at := n.Logged.Local().Format(clockLayout)
		if n.Outcome == record.NoticeFailed {
			d.say(findingAct, "channel", n.Client, "msp tick --test "+name, "%s failed %s: %s", name, at, n.Reason)
		} else {
			d.say(findingFine, "channel", n.Client, "", "%s sent %s", name, at)
		}
	}
}

// show prints what is to be done first.
func (d *doctor) show(asJSON bool) error {
	order := []string{findingAct, findingUnknown, findingFine}
	slices.SortStableFunc(d.findings, func(x, y finding) int { return slices.Index(order, x.State) - slices.Index(order, y.State) })
	if asJSON {
		return d.printJSON(doctorReport{1, d.at, d.findings})
	}
	var p page
	marks := map[string]string{findingFine: "✓", findingAct: "!", findingUnknown: "?"}
	for _, f := range d.findings {
		text := f.Text
		if f.Client != "" {
			text = f.Client + " · " + text
		}
		p.add(" %s %-9s %s", marks[f.State], f.What, text)
		if f.Hint != "" {
			p.add("%s hint: %s", strings.Repeat(" ", 12), f.Hint)
		}
	}
	return p.print(d.Stdout)
}
