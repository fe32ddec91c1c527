package audit

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// VerifySince is Verify for what the logs hold behind checkpoints that somebody
// kept, at the cost of that. Each is shown to be an earlier state of its log; a
// log without one is looked at from its beginning. Of what lies before only what
// the new statements go on from is read: the starts and segments of their runs,
// the plans that they name, and who may sign.
func VerifySince(store *evidence.Store, client string, pins Pins, since []Head, at time.Time, limit int) (*Report, error) {
	if len(since) == 0 {
		return nil, errors.New("no checkpoint says what came before")
	}
	pins.Heads = slices.Concat(since, pins.Heads)
	a, err := newAudit(store, client, pins, at, limit)
	if err != nil {
		return nil, err
	}
	a.since, a.part, a.gaps = since, true, true
	return a.verify()
}

// SinceLine is where the audit of a log began.
type SinceLine struct {
	Writer  string `json:"writer"`
	Entries int64  `json:"entries"` // that were not looked at
}

// from is the size of the smallest checkpoint of a log that was given; 0 when
// none is by its key.
func (a *audit) from(writer string, key evidence.PublicKey) int64 {
	from := int64(0)
	for _, h := range a.since {
		cp, err := evidence.ParseCheckpoint(h.Note, key, evidence.Origin(a.client, writer))
		if err == nil && (from == 0 || cp.Size < from) {
			from = cp.Size
		}
	}
	return from
}

// unlooked says whether an entry lies before what is looked at.
func (r ref) unlooked() bool { return r.index < r.log.view.From() }

// partsUntold reports whether a part of a run that no leaf at hand is of may be in
// the logs all the same. Before a checkpoint, the parts of runs were looked for.
func (a *audit) partsUntold() bool { return a.unread || a.gaps && a.since == nil }

// endUntold is partsUntold for the end of a run that has none: in its own log it
// would lie behind what there is of the run.
func (a *audit) endUntold(start ref) bool {
	return a.partsUntold() || a.since != nil && slices.ContainsFunc(a.logs, func(l *writerLog) bool {
		return l != start.log && l.view.From() > 0
	})
}

// peek reads a statement that nobody vouches for yet; nil when it can't be read.
func (a *audit) peek(kind, digest string) *statement {
	envelope, err := a.store.OpenEnvelope(digest, a.limit)
	if err != nil || !record.Known(kind) {
		return nil
	}
	s := &statement{ref: ref{leaf: &evidence.Leaf{V: 1, Kind: kind, Envelope: digest}}}
	if s.decode(envelope) != nil {
		return nil
	}
	return s
}

// wanted are the statements that are looked for in one log, by digest.
type wanted map[string]bool

// reachBack looks before the checkpoints for the parts of the runs behind them.
func (a *audit) reachBack() error {
	if a.since == nil {
		return nil
	}
	have, runs := map[string]bool{}, map[string]bool{}
	var parts []*statement
	for _, l := range a.logs {
		if l.view == nil {
			continue
		}
		for _, leaf := range l.view.All() {
			have[leaf.Envelope] = true
			if s := a.peekPart(leaf); s != nil {
				parts = append(parts, s)
				runs[leaf.Run] = true
			}
		}
	}
	looked := a.wantedOf(parts, have)
	for _, l := range a.logs {
		if err := a.lookBefore(l, looked[l.writer], runs); err != nil {
			return err
		}
	}
	return nil
}

// peekPart reads what has something of its run before it.
func (a *audit) peekPart(leaf *evidence.Leaf) *statement {
	if leaf.Kind != record.KindSegment && leaf.Kind != record.KindRun {
		return nil
	}
	return a.peek(leaf.Kind, leaf.Envelope)
}

// wantedOf sorts what the parts of runs go on from by the log that it was made
// for. What can't be read may be in any.
func (a *audit) wantedOf(parts []*statement, have map[string]bool) map[string]wanted {
	all := map[string]wanted{}
	want := func(writer, digest string) {
		if all[writer] == nil {
			all[writer] = wanted{}
		}
		all[writer][digest] = true
	}
	for len(parts) > 0 {
		s := parts[0]
		parts = parts[1:]
		for _, kind := range []string{record.KindRunStart, record.KindSegment} {
			for _, digest := range s.goesOnFrom(kind) {
				if have[digest] {
					continue
				}
				have[digest] = true
				earlier := a.peek(kind, digest)
				if earlier == nil {
					for _, l := range a.logs {
						want(l.writer, digest)
					}
					continue
				}
				want(earlier.writer().ID, digest)
				if kind == record.KindSegment {
					parts = append(parts, earlier)
				}
			}
		}
	}
	return all
}

// goesOnFrom are the statements of a kind that a segment or an end names.
func (s *statement) goesOnFrom(kind string) []string {
	switch {
	case kind == record.KindRunStart:
		return []string{s.startRef()}
	case s.end != nil:
		return s.end.Segments
	case s.segment.Previous != "":
		return []string{s.segment.Previous}
	default:
		return nil
	}
}

// lookBefore adds to a log what is wanted of it, and all that lies between of the
// same runs.
func (a *audit) lookBefore(l *writerLog, want wanted, runs map[string]bool) error {
	if l.view == nil || len(want) == 0 {
		return nil
	}
	err := l.view.Before(func(leaf evidence.Leaf) (keep, enough bool) {
		delete(want, leaf.Envelope)
		return runs[leaf.Run], len(want) == 0
	})
	if err == nil {
		return nil
	}
	l.view = nil
	return a.logBroken(l.writer, err)
}

// earlierPlans are the plans that the statements at hand name and that lie before the
// checkpoints. That they are in a log is not looked at.
func (a *audit) earlierPlans(parts, said []ref) []ref {
	if a.since == nil {
		return nil
	}
	var plans []ref
	seen := map[string]bool{}
	for _, r := range slices.Concat(parts, said) {
		if digest := a.planNamed(r); digest != "" && !seen[digest] {
			seen[digest] = true
			plans = a.addEarlier(plans, record.KindPlan, digest)
		}
	}
	return plans
}

// planNamed is the plan that a statement about an occurrence names; "" for
// others.
func (a *audit) planNamed(r ref) string {
	if r.leaf.Kind != record.KindRunStart && r.leaf.Kind != record.KindOccurrence {
		return ""
	}
	s := a.peek(r.leaf.Kind, r.leaf.Envelope)
	if s == nil {
		return ""
	}
	switch body := s.body.(type) {
	case *record.RunStart:
		if body.Occurrence != nil {
			return body.Occurrence.Plan
		}
	case *record.Unmet:
		return body.Occurrence.Plan
	}
	return ""
}

// earlierTrust are the versions of who may sign that lie before the checkpoints,
// as the copies in the folder trust name them.
func (a *audit) earlierTrust() (versions []ref, err error) {
	if a.since == nil {
		return nil, nil
	}
	copies, err := os.ReadDir(a.store.Path("trust"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range copies {
		if !e.Type().IsRegular() || !trustCopy().MatchString(e.Name()) {
			continue
		}
		data, err := os.ReadFile(a.store.Path("trust", e.Name()))
		if err != nil {
			return nil, err
		}
		versions = a.addEarlier(versions, record.KindTrust, evidence.Digest(data))
	}
	return versions, nil
}

// addEarlier adds a statement from before the checkpoint of the log that it was
// made for, when it can be read.
func (a *audit) addEarlier(refs []ref, kind, digest string) []ref {
	if _, logged := a.find(digest); logged {
		return refs
	}
	s := a.peek(kind, digest)
	if s == nil {
		return refs
	}
	i := slices.IndexFunc(a.logs, func(l *writerLog) bool { return l.writer == s.writer().ID && l.view != nil && l.view.From() > 0 })
	if i < 0 {
		return refs
	}
	return append(refs, ref{a.logs[i], notLookedFor, s.leaf})
}

// notLookedFor is the index of an entry that is taken to lie before all that are
// looked at.
const notLookedFor = -1

// sinceLines say where the audit of each log began.
func (a *audit) sinceLines() []SinceLine {
	var lines []SinceLine
	for _, l := range a.logs {
		if a.since != nil && l.view != nil {
			lines = append(lines, SinceLine{l.writer, l.view.From()})
		}
	}
	return lines
}

// noteSince says what was not looked at.
func (a *audit) noteSince(f *finder) {
	var parts []string
	for _, line := range a.sinceLines() {
		if line.Entries > 0 {
			parts = append(parts, fmt.Sprintf("the first %s of the log of %s", plural(int(line.Entries), "entry"), line.Writer))
		}
	}
	if len(parts) > 0 {
		f.note(ruleSince, place{}, "%s: only what came after was looked at", strings.Join(parts, ", "))
	}
}

// laterAnchors leaves out the anchors from before the oldest entry that is looked at, but
// for the newest of them. They are sorted by size.
func (a *audit) laterAnchors(writer string, files []evidence.AnchorFile) []evidence.AnchorFile {
	i := slices.IndexFunc(a.logs, func(l *writerLog) bool { return l.writer == writer })
	if a.since == nil || i < 0 || a.logs[i].view == nil {
		return files
	}
	oldest := a.logs[i].view.From()
	for index := range a.logs[i].view.All() {
		oldest = min(oldest, index)
	}
	first, _ := slices.BinarySearchFunc(files, oldest+1, func(f evidence.AnchorFile, size int64) int { return cmp.Compare(f.Size, size) })
	if first > 0 {
		newest := files[first-1].Size
		first = slices.IndexFunc(files, func(f evidence.AnchorFile) bool { return f.Size == newest })
	}
	return files[first:]
}
