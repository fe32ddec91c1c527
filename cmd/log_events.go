package cmd

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// loggedEvent is a line of the log that is no run: a hand-over, an item that was
// opened or closed, a release, what nobody did, or whom it was told to.
type loggedEvent struct {
	Kind      string    `json:"kind"`
	Statement string    `json:"statement"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
	About     string    `json:"about"`
	What      string    `json:"what"`
}

// eventsOf gives what happened besides the runs, the oldest first.
func eventsOf(h *record.History, store *evidence.Store) []loggedEvent {
	all := []loggedEvent{}
	for _, s := range record.Said[record.Handoff](h) {
		about := count(len(s.Body.Runs), "open run") + ", " + count(len(s.Body.Items), "open item")
		all = append(all, loggedEvent{record.KindHandoff, s.Digest, s.Body.Signed, s.Key.ID(), about, handoffWords(store, s.Body)})
	}
	for _, s := range record.Said[record.Item](h) {
		var answers record.Answers
		record.GetJSON(store, s.Body.Answers, &answers) //nolint:errcheck // it may be erased
		what := fmt.Sprintf("opened for %s, due %s: %s", s.Body.Owner, s.Body.Due.Local().Format(clockLayout), orErased(answers.What))
		all = append(all, loggedEvent{record.KindItem, s.Digest, s.Body.Opened, s.Key.ID(), s.Body.Item, what})
	}
	for _, s := range record.Said[record.Closing](h) {
		what := "closed, " + s.Body.How
		if s.Body.Until != nil {
			what += " until " + s.Body.Until.Local().Format(clockLayout)
		}
		all = append(all, loggedEvent{record.KindClosing, s.Digest, s.Body.Signed, s.Key.ID(), s.Body.Item, what + ": " + orErased(wordsOf(store, s.Body.Why))})
	}
	for _, s := range record.Said[record.Unmet](h) {
		all = append(all, loggedEvent{record.KindOccurrence, s.Digest, s.Body.Logged, s.Key.ID(), s.Body.Occurrence.Name, spaced(s.Body.State)})
	}
	for _, s := range record.Said[record.Notice](h) {
		about := cmp.Or(s.Body.Occurrence, s.Body.Item, s.Body.Run)
		all = append(all, loggedEvent{record.KindNotice, s.Digest, s.Body.Logged, s.Key.ID(), about, noticeWords(store, s.Body)})
	}
	all = append(all, releasesOf(h, store)...)
	slices.SortStableFunc(all, func(x, y loggedEvent) int { return x.At.Compare(y.At) })
	return all
}

func writeEvents(w io.Writer, events []loggedEvent) {
	for _, e := range events {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Kind, e.At.Local().Format(clockLayout), terminal.Sanitize(e.About, false), terminal.Sanitize(e.What, false))
	}
}

// releasesOf are the releases but those of an occurrence's clock, which stand with
// what else was said about it.
func releasesOf(h *record.History, store *evidence.Store) []loggedEvent {
	held := map[string]record.Hold{}
	for _, s := range record.Said[record.Hold](h) {
		held[s.Digest] = s.Body
	}
	var all []loggedEvent
	for _, s := range record.Said[record.Release](h) {
		hold := held[s.Body.Hold]
		about := "statement " + shortDigest(s.Body.Hold)
		switch {
		case hold.Run != "":
			about = "run " + record.ShortID(hold.Run)
		case hold.Occurrence != "":
			continue
		}
		what := "released: " + orErased(wordsOf(store, s.Body.Why))
		if hold.Kind == record.HoldLegal {
			what = "legal hold " + what
		}
		all = append(all, loggedEvent{record.KindRelease, s.Digest, s.Body.Signed, s.Key.ID(), about, what})
	}
	return all
}

// handoffWords say whom a shift was handed to.
func handoffWords(store *evidence.Store, handoff record.Handoff) string {
	var note record.HandoffNote
	if err := record.GetJSON(store, handoff.Note, &note); err != nil {
		return orErased("")
	}
	what := "handed over"
	if note.To != "" {
		what += " to " + note.To
	}
	if note.Text != "" {
		what += ": " + note.Text
	}
	return what
}

// noticeWords say who was told by a notice, or why nobody was.
func noticeWords(store *evidence.Store, n record.Notice) string {
	what := n.Outcome
	if n.Reason != "" {
		what += ", " + spaced(n.Reason)
	}
	if n.Outcome != record.NoticeSkipped {
		var told record.Told
		record.GetJSON(store, n.Told, &told) //nolint:errcheck // it may be erased
		what += " to " + orErased(told.To) + " by " + n.Channel
	}
	if n.Ladder != "" {
		what = fmt.Sprintf("%s rung %d: %s", spaced(n.Ladder), n.Rung, what)
	}
	return what
}
