package audit

import (
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/spill"
)

// A boundRun is a run as occurrences and other runs see it.
type boundRun struct {
	schedule.Attempt
	runbook    string
	occurrence string // "" is none; see runAudit
	misplaced  bool
	hidden     bool
	repeats    string
	start      ref
	end        *ref // nil when it has none that can be relied on
}

// satisfies says whether the run may be one of an occurrence's.
func (b *boundRun) satisfies() bool { return b.occurrence != "" || b.hidden }

// rememberBound keeps of the run what its occurrence is judged by: the result
// as it was computed.
func (v *runAudit) rememberBound(s *statement) {
	b := &boundRun{runbook: s.start.Runbook.ID, occurrence: v.occurrence, misplaced: v.misplaced, hidden: v.hidden, start: s.ref}
	started := s.start.Started // a copy: a pointer into the statement would keep all of it
	b.Attempt = schedule.Attempt{Run: v.run, Started: &started}
	if o := s.start.Occurrence; o != nil {
		b.repeats = o.Repeats
	}
	switch state := v.result.line.State; {
	case state == stateOpen && len(v.segments) > 0:
		b.Outcome = "parked"
	case state == stateOpen:
		b.Outcome = "open"
	case state == stateNeverFinished:
		ended := later(v.finishBy(s), s.start.Started)
		b.Outcome, b.Ended = string(record.RunFailed), &ended
	case state != stateUnknown:
		end, ended := v.ends[0].ref, v.ends[0].end.Ended
		b.end, b.Outcome, b.Ended = &end, state, &ended
	}
	v.result.bound = b
}

// append adds what other runs and occurrences see of the run to a row.
func (b *boundRun) append(row []byte) []byte {
	row = spill.AppendString(spill.AppendTime(row, *b.Started), b.Run)
	row = spill.AppendString(spill.AppendString(row, b.Outcome), b.repeats)
	row = appendOptional(row, b.Ended)
	row = spill.AppendInt(row, truth(b.Late != nil))
	row = spill.AppendInt(row, truth(b.Late != nil && *b.Late))
	row = appendEntry(row, b.start)
	if row = spill.AppendInt(row, truth(b.end != nil)); b.end != nil {
		row = appendEntry(row, *b.end)
	}
	return row
}

// readBound reads that back. The refs have no leaves: see withLeaf.
func (a *audit) readBound(in *spill.Reader) *boundRun {
	b := &boundRun{}
	started := in.Time()
	b.Started, b.Run, b.Outcome, b.repeats = &started, in.String(), word(in.String()), in.String()
	b.Ended = readOptional(in)
	if known, late := in.Int() == 1, in.Int() == 1; known {
		b.Late = &late
	}
	b.start = a.readEntry(in)
	if in.Int() == 1 {
		end := a.readEntry(in)
		b.end = &end
	}
	return b
}

func appendOptional(row []byte, t *time.Time) []byte {
	if row = spill.AppendInt(row, truth(t != nil)); t != nil {
		row = spill.AppendTime(row, *t)
	}
	return row
}

func readOptional(in *spill.Reader) *time.Time {
	if in.Int() != 1 {
		return nil
	}
	t := in.Time()
	return &t
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func appendEntry(row []byte, r ref) []byte {
	return spill.AppendInt(spill.AppendInt(row, int64(r.log.number)), r.index)
}

func (a *audit) readEntry(in *spill.Reader) ref {
	l, index := in.Int(), in.Int()
	if in.Err() != nil {
		return ref{}
	}
	return ref{log: a.logs[l], index: index}
}

// withLeaf is a ref with its leaf, which is read again.
func (a *audit) withLeaf(r ref) ref {
	if r.leaf != nil {
		return r
	}
	leaf, err := r.log.view.Leaf(r.index)
	if err != nil {
		a.fail(err)
		leaf = &evidence.Leaf{Envelope: evidence.Digest(nil)}
	}
	r.leaf = leaf
	return r
}
