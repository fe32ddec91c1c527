package audit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/spill"
)

// checkRepeats holds the runs for one occurrence to each other: one that was
// begun when another had decided says so.
func (a *audit) checkRepeats() error {
	var all []*boundRun // for one occurrence
	check := func() {
		slices.SortFunc(all, firstToEnd)
		for _, b := range all {
			if b.repeats != "" {
				a.checkRepeated(b, all)
			} else if b != all[0] {
				a.checkDuplicate(b, all)
			}
		}
	}
	for row, err := range a.tally.repeats.Sorted() {
		if err != nil {
			return err
		}
		in := spill.Read(row)
		name := in.String()
		if len(all) > 0 && all[0].occurrence != name {
			check()
			all = nil
		}
		b := a.readBound(in)
		b.occurrence = name
		if all = append(all, b); in.Err() != nil {
			return in.Err()
		}
	}
	if len(all) > 0 {
		check()
	}
	return nil
}

// firstToEnd orders runs by their end; those without come last.
func firstToEnd(x, y *boundRun) int {
	switch {
	case x.Ended == nil && y.Ended != nil:
		return 1
	case x.Ended != nil && y.Ended == nil:
		return -1
	case x.Ended != nil && !x.Ended.Equal(*y.Ended):
		return x.Ended.Compare(*y.Ended)
	default:
		return cmp.Or(x.Started.Compare(*y.Started), strings.Compare(x.Run, y.Run))
	}
}

// checkRepeated holds a run to the one that it says it repeats.
func (a *audit) checkRepeated(b *boundRun, all []*boundRun) {
	wrong := ""
	other, logged := a.boundRun(b.repeats, all)
	switch {
	case !logged && a.gaps, logged && (other == nil || other.Outcome == ""):
		a.note(ruleNotCompared, a.withLeaf(b.start).place(), "%s repeats the run %s, which %s", a.withLeaf(b.start).name(), b.repeats, a.lost())
	case !logged:
		wrong = "which is in no log"
	case b.repeats == b.Run:
		wrong = "which is itself"
	case other.occurrence != b.occurrence:
		wrong = "which is for another occurrence, " + quoted(other.occurrence)
	case other.end == nil:
		wrong = "which has no end"
	case other.end.after(b.start):
		wrong = "which had not ended"
	}
	if wrong != "" {
		a.broken(ruleRepeats, a.withLeaf(b.start).place(), "%s repeats the run %s, %s", a.withLeaf(b.start).name(), b.repeats, wrong)
	}
}

// boundRun is a run as occurrences see it, nil when it can't be relied on; false when no
// log has its start. One that is not among some is audited again.
func (a *audit) boundRun(run string, some []*boundRun) (b *boundRun, logged bool) {
	if i := slices.IndexFunc(some, func(b *boundRun) bool { return b.Run == run }); i >= 0 {
		return some[i], true
	}
	r := a.again(run)
	return r.bound, r.started
}

// checkDuplicate tells of a run that is not the first to end and doesn't say
// so. Two machines may honestly not have met; one log has met itself.
func (a *audit) checkDuplicate(b *boundRun, all []*boundRun) {
	for _, other := range all {
		if other.end != nil && other.end.before(b.start) {
			a.broken(ruleRepeats, a.withLeaf(b.start).place(), "%s doesn't say that the run %s had ended before it for %s", a.withLeaf(b.start).name(), other.Run, quoted(b.occurrence))
			return
		}
	}
	at := a.withLeaf(b.start).place()
	at.cause = b.occurrence
	a.note(ruleDuplicate, at, "the runs %s and %s are both for %s, and neither says so", all[0].Run, b.Run, quoted(b.occurrence))
}
