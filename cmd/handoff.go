package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// shiftLength is how long a shift is taken to be: how far the first hand-over
// looks back, and each looks ahead.
const shiftLength = 12 * time.Hour

// handoffFlags say who takes over.
type handoffFlags struct {
	to, note string
	dryRun   bool
}

func (a *app) handoffCommand() *cobra.Command {
	var f handoffFlags
	c := &cobra.Command{
		Use: "handoff", GroupID: groupDo, Short: "hand a shift over: print what is open, and sign it", Args: cobra.NoArgs,
		Long: `Print what whoever takes over has to know of a client: what is overdue, runs under way,
clocks that are held, open items, what was told to whom since the last hand-over, and
what is due within 12 hours. The page is signed into the log; who takes over, the page and the
note stand in a blob that can be erased.`,
		Example: "  msp handoff --dry-run\n  msp handoff --to Ben --note 'the tape drive is loud, leave it alone'",
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.handoff(c.Context(), p, f)
		},
	}
	c.Flags().StringVar(&f.to, "to", "", "the `PERSON` who takes over")
	c.Flags().StringVar(&f.note, "note", "", "a `TEXT` for them")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the page and sign nothing")
	return c
}

func (a *app) handoff(ctx context.Context, p *place, f handoffFlags) error {
	if err := checkTexts(f.to, f.note); err != nil {
		return err
	}
	s, err := a.standing(p)
	if err != nil {
		return err
	}
	now := a.Now().Round(0)
	h := handover{Standing: s, store: a.store(p, p.Client), at: now}
	if h.outlook, err = s.Outlook(now, now.Add(shiftLength)); err != nil {
		return err
	}
	h.write(p.Client, f)
	if err := h.print(a.Stdout); err != nil || f.dryRun {
		return err
	}
	statement := record.Handoff{Client: p.Client, Signed: now}
	for _, run := range s.OpenRuns(now) {
		statement.Runs = append(statement.Runs, run.Run)
	}
	for _, item := range h.outlook.Items.Open {
		statement.Items = append(statement.Items, item.Body.Item)
	}
	note := record.HandoffNote{To: f.to, Page: strings.Join(h.lines, "\n"), Text: f.note}
	return a.sayBlob(ctx, p, record.KindHandoff, note, func(l *record.Ledger, blob string) record.Statement {
		statement.Writer, statement.Operator, statement.Note = l.Writer, l.Signer(), blob
		return statement
	})
}

// A handover is the page of a shift's end.
type handover struct {
	page
	*record.Standing
	store   *evidence.Store
	at      time.Time
	outlook record.Outlook
}

func (h *handover) write(client string, f handoffFlags) {
	since := h.since()
	h.add("hand-over of %s · %s · since %s", client, h.at.Local().Format(clockLayout), since.Local().Format(clockLayout))
	if f.to != "" {
		h.add("to         %s", f.to)
	}
	if f.note != "" {
		h.add("note       %s", f.note)
	}
	h.overdue(client)
	h.runs()
	h.holds()
	h.items(client)
	h.told(since)
	h.dueNext()
}

// since is when the shift began: with the last hand-over.
func (h *handover) since() time.Time {
	since := h.at.Add(-shiftLength)
	for _, last := range h.Handoffs { // by when they were signed
		if !last.Body.Signed.After(h.at) {
			since = last.Body.Signed
		}
	}
	return since
}

// section writes a heading and what stands under it.
func (h *handover) section(name string, lines []string) {
	h.add("")
	if len(lines) == 0 {
		h.add("%s: none", name)
		return
	}
	h.add("%s", name)
	for _, line := range lines {
		h.add("  %s", line)
	}
}

func (h *handover) overdue(client string) {
	var lines []string
	for _, e := range h.outlook.Overdue {
		l := overdueLine{e, client}
		line := fmt.Sprintf("%-7s %s", l.word(), l.Name)
		if more := l.more(); more != "" {
			line += " · " + more
		}
		lines = append(lines, line)
	}
	h.section("overdue", lines)
}

func (h *handover) runs() {
	var lines []string
	for _, run := range h.OpenRuns(h.at) {
		line := fmt.Sprintf("%s  %s · started %s · until %s", record.ShortID(run.Run), run.Runbook, run.Started.Local().Format(clockLayout), run.Until().Local().Format(clockLayout))
		if run.Waiting != "" {
			line += " · waits at " + run.Waiting
		}
		lines = append(lines, line)
	}
	h.section("runs under way", lines)
}

func (h *handover) holds() {
	var lines []string
	seen := map[string]bool{}
	for _, fact := range h.Holds {
		if fact.Body.Kind != record.HoldClock {
			continue
		}
		m := matter{run: fact.Body.Run, occurrence: fact.Body.Occurrence}
		for _, hold := range record.Lasting(h.HoldsOf(m.run, m.occurrence, h.at, nil), h.at) {
			if seen[hold.Digest] {
				continue
			}
			seen[hold.Digest] = true
			line := fmt.Sprintf("%s · %s since %s", m.words(), spaced(hold.Hold.Reason), hold.Hold.Signed.Local().Format(clockLayout))
			if ends, ok := hold.Hold.Ends(); ok {
				line += ", until " + ends.Local().Format(clockLayout) + " at most"
			}
			lines = append(lines, line+": "+orErased(wordsOf(h.store, hold.Hold.Why)))
		}
	}
	h.section("clocks that are held", lines)
}

func (h *handover) items(client string) {
	var list openItems
	list.add(client, h.outlook.Items, h.store)
	h.add("")
	h.add("open items: %d opened - %d closed = %d open", list.Opened, list.Closed, list.Open)
	for _, i := range list.Items {
		h.item(i, h.at)
	}
}

// told says what reached somebody or should have, and sums up what was skipped.
func (h *handover) told(since time.Time) {
	var lines []string
	skipped, reasons := 0, map[string]int{}
	for _, n := range h.Notices {
		if n.Body.Logged.Before(since) || n.Body.Logged.After(h.at) {
			continue
		}
		if n.Body.Outcome == record.NoticeSkipped {
			skipped++
			reasons[n.Body.Reason]++
			continue
		}
		var told record.Told
		record.GetJSON(h.store, n.Body.Told, &told) //nolint:errcheck // it may be erased
		line := fmt.Sprintf("%s  %s · %s", n.Body.Logged.Local().Format(clockLayout), orErased(told.To), orErased(told.Title))
		if n.Body.Outcome != record.NoticeSent {
			line += fmt.Sprintf(" · %s, %s", n.Body.Outcome, spaced(n.Body.Reason))
		}
		lines = append(lines, line)
	}
	if skipped > 0 {
		var parts []string
		for _, reason := range slices.Sorted(maps.Keys(reasons)) {
			parts = append(parts, fmt.Sprintf("%d %s", reasons[reason], spaced(reason)))
		}
		lines = append(lines, fmt.Sprintf("and %d skipped: %s", skipped, strings.Join(parts, ", ")))
	}
	h.section("told since then", lines)
}

func (h *handover) dueNext() {
	var lines []string
	for _, p := range h.outlook.Pending {
		if p.Run != nil || p.Due.After(h.at.Add(shiftLength)) {
			continue
		}
		line := fmt.Sprintf("%s  %s · %s", p.Due.Local().Format(clockLayout), p.Runbook, p.State)
		if p.StartBy != nil {
			line += " · start by " + p.StartBy.Local().Format(clockLayout)
		}
		lines = append(lines, line)
	}
	if h.outlook.Later > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", h.outlook.Later))
	}
	h.section("due within "+runbook.FormatSpan(shiftLength), lines)
}
