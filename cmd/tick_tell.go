package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/escalate"
	"github.com/msp-runbook/msp/runbook/escalate/channel"
	"github.com/msp-runbook/msp/runbook/record"
)

// tell climbs the ladders of what isn't done, runbook by runbook.
func (c *clientTick) tell(ctx context.Context) error {
	byRunbook, err := c.matters()
	if err != nil {
		return err
	}
	reach := escalate.Reach{Contacts: c.contacts, Channels: func(name string) bool { _, ok := c.p.Channels[name]; return ok }}
	for _, id := range slices.Sorted(maps.Keys(byRunbook)) {
		names := map[string]about{}
		var matters []escalate.Matter
		for _, m := range byRunbook[id] {
			names[m.Name] = m
			matters = append(matters, m.Matter)
		}
		notices := escalate.Together(matters, func(m escalate.Matter) []escalate.Notice {
			return escalate.Due(m, reach, c.made(names[m.Name]), c.at)
		})
		for _, n := range notices {
			if err := c.notice(ctx, names[n.Matter], n); err != nil {
				return err
			}
		}
	}
	return nil
}

// made are the notices about a matter that were made before.
func (c *clientTick) made(m about) []escalate.Notice {
	var made []escalate.Notice
	for _, f := range c.standing.Notices { // by when they were logged
		n := f.Body
		of := m.occurrence != "" && n.Occurrence == m.occurrence || m.item != "" && n.Item == m.item
		if !of || n.Ladder == "" || n.Logged.Before(m.since) {
			continue
		}
		var told record.Told
		if err := record.GetJSON(c.store, n.Told, &told); err != nil {
			told = record.Told{To: "somebody"} // it was erased
		}
		made = append(made, escalate.Notice{
			Matter: m.Name, Ladder: escalate.Ladder(n.Ladder), Rung: n.Rung, Repeat: n.Repeat, At: n.Logged.Round(0),
			Contact: told.Contact, Name: told.To, Channel: agreement.Channel{Name: n.Channel, Address: told.Address},
			Attempt: n.Attempt, Outcome: escalate.Outcome(n.Outcome), Reason: n.Reason,
		})
	}
	return made
}

// notice sends a notice, and logs what became of it before the next.
func (c *clientTick) notice(ctx context.Context, m about, n escalate.Notice) error {
	if c.ledger == nil {
		c.report(n)
		return nil
	}
	var failed error
	if n.Outcome == "" {
		n.Outcome = escalate.Sent
		if failed = c.send(ctx, m, n); failed != nil {
			n.Outcome, n.Reason = escalate.Failed, reasonOf(failed)
		}
		if ctx.Err() != nil {
			return ctx.Err() // nobody knows what became of it: it is sent again
		}
	}
	c.report(n)
	if failed != nil {
		c.complain(fmt.Errorf("%s: %s couldn't be told: %w", c.client, n.Name, failed))
	}
	return c.log(ctx, m, n, failed)
}

// report counts a notice and prints it. What another one tells the same person is
// only logged: after a long time there are many.
func (c *clientTick) report(n escalate.Notice) {
	if n.Reason == escalate.Merged {
		return
	}
	c.line("%s", noticeLine(c.client, n))
	switch n.Outcome {
	case escalate.Failed:
		c.tally.failed++
	case escalate.Skipped:
		c.tally.skipped++
	case escalate.Sent:
		c.tally.sent++
	default:
		c.tally.sent++ // it would be
	}
}

func noticeLine(client string, n escalate.Notice) string {
	line := fmt.Sprintf("%s · %s rung %d", client, spaced(string(n.Ladder)), n.Rung)
	if n.Repeat > 0 {
		line += fmt.Sprintf(", repeat %d", n.Repeat)
	}
	line += " · " + n.Notify
	if n.Name != "" && n.Name != n.Notify {
		line += ", " + n.Name
	}
	if n.Channel.Name != "" {
		line += " by " + n.Channel.Name
	}
	switch n.Outcome {
	case escalate.Skipped:
		line += ": skipped, " + spaced(n.Reason)
	case "":
		line += ": to be sent"
	default:
		line += ": " + string(n.Outcome)
	}
	return line + " · " + n.Matter
}

// noticeID is the same for all attempts at a notice, and for no other: the rungs of
// an item that was opened again begin anew.
func noticeID(m about, n escalate.Notice) string {
	if m.since.IsZero() {
		return n.Key()
	}
	return n.Key() + "/" + m.since.UTC().Format(time.RFC3339)
}

// send sends a notice through its channel.
func (c *clientTick) send(ctx context.Context, of about, n escalate.Notice) error {
	sender := c.senders[n.Channel.Name]
	if sender == nil {
		var err error
		if sender, err = c.sender(ctx, c.p, n.Channel.Name); err != nil {
			return err
		}
		c.senders[n.Channel.Name] = sender
	}
	m := channel.Message{
		Key: n.Matter, ID: noticeID(of, n), Ladder: string(n.Ladder), Rung: n.Rung, Contact: n.Contact, Source: n.Matter, Severity: n.Words.Severity, Title: n.Words.Title,
		What: n.Words.What, Since: n.Words.Since, Impact: n.Words.Impact, Tried: n.Words.Tried, Next: n.Words.Next,
	}
	if n.Channel.Address != "" {
		m.To = []string{n.Channel.Address}
	}
	return sender.Send(ctx, m)
}

// reasonOf is why a notice couldn't be sent, in a word of the record.
func reasonOf(err error) string {
	var e *channel.Error
	switch {
	case !errors.As(err, &e) || e.Type == "exec":
		return "error"
	case e.Temporary:
		return "unreachable"
	default:
		return "refused"
	}
}

// log states what became of a notice. Who it was for, and what it said, stands in
// a blob.
func (c *clientTick) log(ctx context.Context, m about, n escalate.Notice, failed error) error {
	told := record.Told{
		To: cmp.Or(n.Name, n.Contact, n.Notify), Contact: n.Contact, Address: n.Channel.Address, Title: n.Words.Title,
		Answers: record.Answers{What: n.Words.What, Impact: n.Words.Impact, Tried: n.Words.Tried}, Next: n.Words.Next,
	}
	if !n.Words.Since.IsZero() {
		told.Since = n.Words.Since.Format(clockLayout)
	}
	if failed != nil {
		told.Error = terminal.Sanitize(failed.Error(), false)
	}
	blob, err := c.ledger.PutJSON(told)
	if err != nil {
		return err
	}
	_, _, err = c.ledger.Say(ctx, record.KindNotice, record.Notice{
		Client: c.client, Writer: c.ledger.Writer, Logged: n.At, Run: m.run, Occurrence: m.occurrence, Item: m.item,
		Key: n.Key(), Ladder: string(n.Ladder), Rung: n.Rung, Repeat: n.Repeat, Channel: n.Channel.Name,
		Outcome: string(n.Outcome), Reason: n.Reason, Attempt: max(1, n.Attempt), Told: blob,
	}, c.ledger.Log.Key())
	return err
}
