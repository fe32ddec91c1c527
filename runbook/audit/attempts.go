package audit

import (
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/spill"
)

// What a row of a run that occurrences are judged by begins with: those that succeeded
// stand there twice.
const (
	rowAttempt = iota
	rowSuccess
)

// addAttempt takes in a run that occurrences of its runbook are judged by.
func (t *tally) addAttempt(b *boundRun) error {
	row := b.append(spill.AppendString(spill.AppendInt(make([]byte, 0, 256), rowAttempt), b.runbook))
	if err := t.attempts.Add(row); err != nil || !b.Succeeded() {
		return err
	}
	return t.attempts.Add(b.append(spill.AppendString(spill.AppendInt(row[:0], rowSuccess), b.runbook)))
}

// attempts are the runs that occurrences are judged by.
type attempts struct {
	*audit
	windows map[string]*[2]window // by runbook
	unread  []schedule.Attempt    // whose start can't be relied on: they may be of any runbook
}

func (a *audit) newAttempts() *attempts {
	if err := a.tally.attempts.Compact(); err != nil { // each window reads them
		a.fail(err)
	}
	x := &attempts{audit: a, windows: map[string]*[2]window{}}
	for _, run := range a.tally.unplaced {
		if made, ok := madeAt(run); ok {
			x.unread = append(x.unread, schedule.Attempt{Run: run, Started: &made})
		}
	}
	return x
}

// madeAt is when a run's id was made.
func madeAt(run string) (time.Time, bool) {
	id, err := uuid.Parse(run)
	if err != nil || id.Version() != 7 {
		return time.Time{}, false
	}
	return time.Unix(id.Time().UnixTime()), true
}

// near are the attempts that decide about an occurrence.
func (x *attempts) near(o schedule.Occurrence) []schedule.Attempt {
	w := x.of(o.Runbook)
	near := schedule.Near(o, w[rowAttempt].from, w[rowSuccess].from)
	for _, a := range x.unread {
		if o.Holds(*a.Started) {
			near = append(near, a)
		}
	}
	return near
}

// decider is the run that decides about an occurrence, after near; nil when none does
// that can be relied on.
func (x *attempts) decider(o schedule.Occurrence, run string) *boundRun {
	seen := x.of(o.Runbook)[rowAttempt].seen
	i := slices.IndexFunc(seen, func(b *boundRun) bool { return b.Run == run })
	if i < 0 {
		return nil
	}
	return seen[i]
}

func (x *attempts) of(runbook string) *[2]window {
	w := x.windows[runbook]
	if w == nil {
		w = &[2]window{{attempts: x}, {attempts: x}}
		for what := range w {
			w[what].prefix = spill.AppendString(spill.AppendInt(nil, int64(what)), runbook)
		}
		x.windows[runbook] = w
	}
	return w
}

func (x *attempts) close() {
	for _, w := range x.windows {
		w[rowAttempt].stop()
		w[rowSuccess].stop()
	}
}

// A window is the runs of a runbook from an instant on, as far as they were read. It
// moves on with the occurrences, which are mostly asked for in order.
type window struct {
	*attempts
	prefix []byte
	begin  time.Time
	seen   []*boundRun // that started then or later
	next   func() ([]byte, error, bool)
	end    func()
}

// from gives the runs that started at an instant or later.
func (w *window) from(begin time.Time) iter.Seq[schedule.Attempt] {
	w.move(begin)
	return func(yield func(schedule.Attempt) bool) {
		for i := 0; i < len(w.seen) || w.read(); i++ {
			if !yield(w.seen[i].Attempt) {
				return
			}
		}
	}
}

func (w *window) move(begin time.Time) {
	if w.next == nil || begin.Before(w.begin) {
		w.stop()
		w.next, w.end = iter.Pull2(w.tally.attempts.FindFrom(w.prefix, spill.AppendInstant(slices.Clone(w.prefix), begin)))
		w.seen = nil
	}
	w.begin = begin
	i := 0
	for i < len(w.seen) && w.seen[i].Started.Before(begin) {
		i++
	}
	w.seen = slices.Delete(w.seen, 0, i)
}

// read reads on, passing over what started too early.
func (w *window) read() bool {
	for {
		row, err, more := w.next()
		if err != nil {
			w.fail(err)
		}
		if err != nil || !more {
			return false
		}
		b := w.readBound(spill.Read(row[len(w.prefix):]))
		if !b.Started.Before(w.begin) {
			w.seen = append(w.seen, b)
			return true
		}
	}
}

func (w *window) stop() {
	if w.end != nil {
		w.end()
	}
}
