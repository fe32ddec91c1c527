package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// checkHeads holds the logs to the checkpoints that others hold, and gives for
// each writer the size of the newest one that agrees.
func (a *audit) checkHeads() (seen map[string]int64, agreed int) {
	seen = map[string]int64{}
	byWriter := map[string][]Head{}
	for _, h := range a.pins.Heads {
		origin, _, _ := bytes.Cut(h.Note, []byte{'\n'})
		writer, ours := strings.CutPrefix(string(origin), evidence.Origin(a.client, ""))
		if !ours || !evidence.ValidID(writer) {
			a.note(ruleHeadForeign, place{}, "the checkpoint that %s holds is of %q, no log of %s", h.Name, origin, a.client)
			continue
		}
		byWriter[writer] = append(byWriter[writer], h)
	}
	for _, writer := range sortedKeys(byWriter) {
		size, n := a.checkWriterHeads(writer, byWriter[writer])
		seen[writer] = size
		agreed += n
	}
	return seen, agreed
}

func (a *audit) checkWriterHeads(writer string, heads []Head) (newest int64, agreed int) {
	at := place{file: "logs/" + writer}
	i := slices.IndexFunc(a.logs, func(l *writerLog) bool { return l.writer == writer })
	switch {
	case i < 0:
		a.broken(ruleLogMissing, at, "%s holds a checkpoint of the log of %s%s, and there is no such log here", heads[0].Name, writer, others(len(heads)))
		return 0, 0
	case a.logs[i].view == nil:
		a.note(ruleNotCompared, at, "the checkpoint that %s holds%s can't be held against the log of %s, which can't be read", heads[0].Name, others(len(heads)), writer)
		return 0, 0
	}
	l := a.logs[i]
	at.file += "/checkpoint"
	var parsed []heldHead
	for _, h := range heads {
		cp, err := evidence.ParseCheckpoint(h.Note, l.key, l.view.Checkpoint.Origin)
		switch {
		case errors.Is(err, evidence.ErrWrongKey):
			a.broken(ruleLogKey, at, "the checkpoint that %s holds was signed by another key than the log of %s here", h.Name, writer)
		case err != nil:
			a.broken(ruleHead, at, "the checkpoint that %s holds: %v", h.Name, err)
		default:
			parsed = append(parsed, heldHead{h.Name, cp})
		}
	}
	return a.compareHeads(l, parsed)
}

type heldHead struct {
	name       string
	checkpoint evidence.Checkpoint
}

// compareHeads tells of a cut once, by the newest checkpoint, and of a
// rewriting once, by the oldest.
func (a *audit) compareHeads(l *writerLog, heads []heldHead) (newest int64, agreed int) {
	slices.SortStableFunc(heads, func(x, y heldHead) int { return cmp.Compare(x.checkpoint.Size, y.checkpoint.Size) })
	var cut, rewritten []heldHead
	for _, h := range heads {
		err := l.view.Consistent(h.checkpoint)
		switch {
		case err == nil:
			newest, agreed = h.checkpoint.Size, agreed+1
		case errors.Is(err, evidence.ErrNotWhole):
			a.note(ruleHeadForeign, place{file: "logs/" + l.writer}, "the checkpoint that %s holds can't be compared: %v", h.name, err)
		case errors.Is(err, evidence.ErrCut):
			cut = append(cut, h)
		default:
			rewritten = append(rewritten, h)
		}
	}
	at := place{file: "logs/" + l.writer + "/checkpoint"}
	if n := len(cut); n > 0 {
		h := cut[n-1]
		at.cause = "cut " + l.writer
		a.broken(ruleLogCut, at, "the log of %s was cut: %s holds a checkpoint of %d entries%s, the log has %d",
			l.writer, h.name, h.checkpoint.Size, others(n), l.view.Checkpoint.Size)
	}
	if n := len(rewritten); n > 0 {
		h := rewritten[0]
		at.cause = "rewritten " + l.writer
		a.broken(ruleLogRewritten, at, "the history of %s was rewritten: %s holds a checkpoint of %d entries%s that are not the log's first %d",
			l.writer, h.name, h.checkpoint.Size, others(n), h.checkpoint.Size)
	}
	return newest, agreed
}

// others counts the rest of a list of which one was named.
func others(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" (and there are %d more)", n-1)
}
