package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The states of a run that has no verdict.
const (
	stateOpen          = "open"
	stateNeverFinished = "failed: never finished"
	stateUnknown       = "unknown"
)

// standing is what this version can't show of any evidence, and what the pins
// leave open.
func (a *audit) standing(r *Report, signers map[string]bool, seen map[string]int64) []found {
	f := &finder{}
	if !r.Pinned && (a.since == nil || len(signers) > 0) {
		f.note(ruleNotPinned, place{}, "the signers are not pinned: %s", strings.Join(sortedKeys(signers), ", "))
	}
	a.noteSince(f)
	if a.part && a.since == nil {
		f.note(ruleExcerpt, place{}, "this is an excerpt of %s", plural(len(a.logs), "log"))
	}
	a.noteTimes(f)
	a.noteStrangers(f)
	for _, l := range a.logs {
		if l.view == nil {
			continue
		}
		if !l.pinned {
			f.note(ruleLogNotPinned, place{}, "the key of the log of %s is the log's own word: %s", l.writer, l.key.ID())
		}
		a.noteWitnesses(f, l, seen[l.writer])
	}
	for _, writer := range sortedKeys(a.pins.Logs) {
		if !slices.ContainsFunc(a.logs, func(l *writerLog) bool { return l.writer == writer }) {
			f.note(ruleLogAbsent, place{}, "the key of the writer %s is known, and there is no log of it here", writer)
		}
	}
	if r.Counts.Plans == 0 && !a.part {
		f.note(ruleNoPlan, place{}, "no plan says which runs are due")
	}
	return f.found
}

// checks sums the report up, a line for each check.
func (a *audit) checks(r *Report, e expectation) []Check {
	c := r.Counts
	texts := []Check{
		{Name: checkLog, Text: r.logText(a.logs) + a.witnessText()},
		{Name: checkSignatures, Text: plural(c.Statements, "statement") + ", " + r.signersText()},
		{Name: checkRuns, Text: r.runsText(a.tally.open)},
		{Name: checkSLA, Text: fmt.Sprintf("%s recomputed: %d met%s, %d missed, %d not judged", plural(c.Met+c.Missed+c.NotJudged, "verdict"), c.Met, a.provenText(c), c.Missed, c.NotJudged)},
	}
	if c.Plans > 0 && !a.part {
		texts = append(texts, a.planCheck(c, e))
	}
	texts = append(texts, Check{Name: checkBlobs, Text: plural(c.Blobs, "blob") + " whole"})
	if c.Erasures > 0 {
		texts = append(texts, Check{Name: checkErasures, Text: plural(c.Erasures, "erasure") + ", " + plural(c.Erased, "blob") + " erased"})
	}
	texts = append(texts, a.trustCheck()...)
	for i := range texts {
		broken := 0
		for _, f := range r.Findings {
			if f.Check == texts[i].Name {
				broken++
			}
		}
		switch {
		case broken > 0:
			texts[i].State = Broken
			texts[i].Text = plural(broken, "finding") + " · " + texts[i].Text
		case c.Statements == 0 && len(r.Since) > 0 && !a.unread:
			texts[i].State = OK
			if texts[i].Name != checkLog {
				texts[i].Text = "nothing came after the checkpoint"
			}
		case c.Statements == 0:
			texts[i].State, texts[i].Text = Unshown, "no log that can be read"
		case texts[i].State == "":
			texts[i].State = OK
		}
	}
	return texts
}

func (r *Report) logText(logs []*writerLog) string {
	readable := 0
	for _, l := range logs {
		if l.view != nil {
			readable++
		}
	}
	text := plural(r.Counts.Statements, "leaf")
	if len(logs) != 1 || readable != 1 {
		text += fmt.Sprintf(" in %s", plural(readable, "log"))
	}
	if readable < len(logs) {
		text += fmt.Sprintf(", %d unreadable", len(logs)-readable)
	}
	if r.Counts.Heads > 0 {
		text += fmt.Sprintf(", consistent with %s", plural(r.Counts.Heads, "checkpoint"))
	}
	return text
}

func (r *Report) signersText() string {
	text := plural(r.Counts.Signers, "signer")
	switch {
	case !r.Pinned:
		return text + ", not pinned"
	case slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == ruleSignerUnknown }):
		return text + ", not all accepted"
	default:
		return text + ", all accepted"
	}
}

func (r *Report) runsText(open time.Time) string {
	c := r.Counts
	parts := []string{fmt.Sprintf("%d started", c.Runs), fmt.Sprintf("%d finished", c.Done+c.Failed+c.Aborted)}
	if c.Open > 0 {
		text := fmt.Sprintf("%d open", c.Open)
		if c.Open == 1 {
			text += " until " + open.UTC().Format("2006-01-02 15:04Z")
		}
		parts = append(parts, text)
	}
	if c.NeverFinished > 0 {
		parts = append(parts, fmt.Sprintf("%d never finished", c.NeverFinished))
	}
	if c.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", c.Unknown))
	}
	if c.Approvals > 0 {
		parts = append(parts, plural(c.Approvals, "approval"))
	}
	return strings.Join(parts, ", ")
}

func plural(n int, word string) string {
	switch {
	case n == 1:
	case word == "leaf":
		word = "leaves"
	case word == "entry":
		word = "entries"
	default:
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
