package cmd

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// soon is how long before its end a calendar or a key is complained about.
const soon = 60 * 24 * time.Hour

// lookAtClient looks at what of a client has to go on.
func (d *doctor) lookAtClient(client string) error {
	store := d.store(d.p, client)
	history, err := record.ReadHistory(store, client, d.p.StatementLimit)
	if err != nil {
		return err
	}
	for _, problem := range history.Problems {
		d.say(findingAct, "records", client, "msp verify --client "+client, "not all can be read: %v", problem)
	}
	d.lookAtPlan(client, history.PlanAt(d.at), store)
	d.lookAtNotices(history)
	d.lookAtContacts(client)
	if err := d.lookAtKeys(client); err != nil {
		return err
	}
	return d.lookAtAnchors(store, client, history)
}

// lookAtPlan looks whether somebody ticks, and whether a calendar comes to its end.
func (d *doctor) lookAtPlan(client string, plan *record.Signed[record.Plan], store *evidence.Store) {
	if plan == nil {
		return
	}
	d.planned = true
	ticker := plan.Body.Ticker
	d.ticker = d.ticker || slices.Contains(d.writers, ticker)
	doubt := d.checkTicker(d.p, store, client, ticker)
	switch {
	case doubt != nil:
		d.say(findingAct, "ticker", client, hintFor(doubt), "%v", doubt)
	case ticker == "":
		d.say(findingAct, "ticker", client, "ticker: "+d.writerHere(store)+" in the plan makes it this machine; then msp plan sign", "the plan names none, so nobody notices what is missed")
	case slices.Contains(d.writers, ticker):
		d.say(findingFine, "ticker", client, "", "%s, this machine", ticker)
	default:
		d.say(findingUnknown, "ticker", client, "", "%s, another machine: msp doctor there says whether it ticks", ticker)
	}
	for _, pinned := range plan.Body.Calendars {
		last, err := time.Parse(time.DateOnly, pinned.Calendar.ValidUntil)
		if err == nil && last.Before(d.at.Add(soon)) {
			d.say(findingAct, "calendar", client, "add the days off that follow, set valid_until later, and msp plan sign", "%s is valid until %s", pinned.Calendar.ID, pinned.Calendar.ValidUntil)
		}
	}
}

// writerHere is the writer of this installation that has a log in a store.
func (d *doctor) writerHere(store *evidence.Store) string {
	here, _ := store.Writers()
	for _, id := range d.writers {
		if slices.Contains(here, id) {
			return id
		}
	}
	return "WRITER"
}

// lookAtNotices keeps the last notice of each channel.
func (d *doctor) lookAtNotices(h *record.History) {
	for _, n := range record.Said[record.Notice](h) {
		last, known := d.channels[n.Body.Channel]
		if n.Body.Channel != "" && n.Body.Outcome != record.NoticeSkipped && (!known || n.Body.Logged.After(last.Logged)) {
			d.channels[n.Body.Channel] = n.Body
		}
	}
}

// lookAtKeys finds keys that may not sign any more soon.
func (d *doctor) lookAtKeys(client string) error {
	trusted, err := d.trusted(d.p, client)
	if err != nil || trusted.Chain.Newest() == nil {
		return err
	}
	for _, principal := range trusted.Chain.Newest().Principals {
		for _, key := range principal.Keys {
			public, err := evidence.ParsePublicKey([]byte(key.Key))
			if err != nil || key.Revoked != nil || key.ValidBefore == nil || key.ValidBefore.After(d.at.Add(soon)) {
				continue
			}
			word := "ends"
			if key.ValidBefore.Before(d.at) {
				word = "ended"
			}
			d.say(findingAct, "key", client, "a root gives "+principal.ID+" another one: msp trust add", "%s of %s %s %s", public.ID(), principal.ID, word, key.ValidBefore.Local().Format(clockLayout))
		}
	}
	return nil
}

// lookAtAnchors looks how far each log was seen outside.
func (d *doctor) lookAtAnchors(store *evidence.Store, client string, h *record.History) error {
	writers, err := store.Writers()
	if err != nil {
		return err
	}
	anchors := record.Said[record.Anchor](h)
	if len(d.p.TSAs)+len(d.p.Witnesses) == 0 && len(anchors) == 0 {
		d.say(findingUnknown, "anchors", client, "", "nobody outside sees the logs: tsa or witnesses in config.yaml")
		return nil
	}
	for _, writer := range writers {
		text := writer + " was never seen outside"
		var covered int64
		for _, anchor := range anchors {
			if anchor.Body.Writer.ID == writer && anchor.Body.Size > covered {
				covered, text = anchor.Body.Size, fmt.Sprintf("%s was seen by %s %s", writer, anchor.Body.By, anchor.Body.Logged.Local().Format(clockLayout))
			}
		}
		behind, err := d.behind(store, client, writer, covered)
		if errors.Is(err, evidence.ErrEmptyLog) {
			continue
		}
		if err != nil {
			return err
		}
		pending, err := store.Pending(writer)
		switch {
		case err != nil:
			return err
		case behind == 0 && len(pending) == 0:
			d.say(findingFine, "anchors", client, "", "%s", text)
		case slices.Contains(d.writers, writer):
			d.say(findingAct, "anchors", client, "msp anchor --client "+client, "%s; %s not seen, %d checkpoints pending", text, count(int(behind), "statement"), len(pending))
		default:
			d.say(findingUnknown, "anchors", client, "", "%s; the last %s were not, as far as is known here", text, count(int(behind), "statement"))
		}
	}
	return nil
}

// behind counts the statements of a log behind a checkpoint, but for those about
// anchors.
func (d *doctor) behind(store *evidence.Store, client, writer string, covered int64) (int64, error) {
	key, err := record.WriterKey(store, writer, d.p.StatementLimit)
	if err != nil {
		return 0, err
	}
	view, err := store.ReadLog(client, writer, key)
	if err != nil {
		return 0, err
	}
	var behind int64
	for i, leaf := range view.All() {
		if i >= covered && leaf.Kind != record.KindAnchor {
			behind++
		}
	}
	return behind, nil
}
