package audit

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// A cosigned is a checkpoint of a log that a known witness has seen, and found to
// continue all that it saw before.
type cosigned struct {
	size int64
	by   string
	at   time.Time // as the witness says
}

// readCosignature holds a cosignature to the witnesses that are known, to its
// checkpoint, and that to the log.
func (a *audit) readCosignature(writer string, head Head, f evidence.AnchorFile, line []byte) {
	i := slices.IndexFunc(a.logs, func(l *writerLog) bool { return l.writer == writer })
	if i < 0 || a.logs[i].view == nil {
		return
	}
	l := a.logs[i]
	if head.Note == nil {
		a.broken(ruleToken, place{file: f.Path()}, "%s: the checkpoint %d.ckpt that it is over is missing", f.Path(), f.Size)
		return
	}
	for _, w := range a.pins.Witnesses {
		_, at, err := w.Check(head.Note, line)
		if errors.Is(err, evidence.ErrNoSignature) {
			continue // it is another witness's
		}
		if err != nil {
			a.broken(ruleToken, place{file: f.Path()}, "%s: %v", f.Path(), err)
			return
		}
		cp, err := evidence.ParseCheckpoint(head.Note, l.key, l.view.Checkpoint.Origin)
		if err == nil && l.view.Consistent(cp) == nil {
			a.times.cosigned[l] = append(a.times.cosigned[l], cosigned{cp.Size, w.Name(), at})
		}
		return
	}
	a.times.strangers[f.By]++
}

// witnessed says whether a known witness has seen the start of a run before its
// end was there, and its end as well. A witness that sees both only afterwards
// shows nothing of the attempts that there may have been before.
func (a *audit) witnessed(start, end ref, existed time.Time) bool {
	began := slices.ContainsFunc(a.times.cosigned[start.log], func(c cosigned) bool {
		return c.size > start.index && (start.log != end.log || c.size <= end.index) && !c.at.After(existed)
	})
	return began && a.largest(end.log).size > end.index
}

// largest is the largest checkpoint of a log that a known witness cosigned.
func (a *audit) largest(l *writerLog) (most cosigned) {
	for _, c := range a.times.cosigned[l] {
		if c.size > most.size {
			most = c
		}
	}
	return most
}

// noteWitnesses says of a log how far witnesses and others have seen it, and what
// of it could be cut off without their noticing.
func (a *audit) noteWitnesses(f *finder, l *writerLog, held int64) {
	size, seen := l.view.Checkpoint.Size, a.largest(l)
	given := "nobody else's checkpoint of it was given"
	if held > 0 {
		given = fmt.Sprintf("the newest checkpoint of it that was given is of %d of its %d entries", held, size)
	}
	switch {
	case held == size || seen.size == size:
	case seen.size > 0:
		f.note(ruleNoWitness, place{}, "the witness %s has seen %d of the %d entries of the log of %s, the last time on %s; %s%s",
			seen.by, seen.size, size, l.writer, moment(seen.at), given, a.keptHere(l))
	default:
		f.note(ruleNoWitness, place{}, "no witness has seen the log of %s, and %s%s", l.writer, given, a.keptHere(l))
	}
}

// witnessText tells how many entries witnesses have seen.
func (a *audit) witnessText() string {
	n := int64(0)
	for _, l := range a.logs {
		n += a.largest(l).size
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them seen by a witness", n)
}

// noteStrangers tells of cosignatures that nobody could check.
func (a *audit) noteStrangers(f *finder) {
	for _, name := range sortedKeys(a.times.strangers) {
		f.note(ruleTokenNotPinned, place{}, "%s of %s, whose key is not known (--witness KEY)", plural(a.times.strangers[name], "cosignature"), name)
	}
}
