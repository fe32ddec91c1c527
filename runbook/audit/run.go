package audit

import (
	"cmp"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// clockSlack is how far two claims of a clock may contradict each other before
// it is called broken: clocks are set, and two machines have two.
const clockSlack = time.Minute

// A runAudit checks all that the logs say about one run. It holds the run's
// statements only while it works; what other runs need to know is in result.
type runAudit struct {
	reader
	group

	starts, segments, ends []*statement
	damaged                bool // a statement can't be relied on
	facts                  map[string]record.Facts
	inputs                 *record.Inputs         // nil when they can't be read
	outline                map[string]writtenStep // of the runbook; nil when it can't be read
	fields                 []runbook.Field        // the inputs of the runbook
	plan                   *plan                  // that the run is held to; nil when there is none
	item                   *plannedItem           // of the plan
	occurrence             string                 // that it is for, as it was computed; as it is stated, where there is nothing to compute from
	misplaced              bool                   // it states another
	refused                bool                   // somebody signed who might not
	hidden                 bool                   // it should be for one and states none
	result                 runResult
}

// A runResult is what remains of a run.
type runResult struct {
	traces
	run     string
	found   []found
	line    *RunLine // nil when no log has its start
	verdict *record.Verdict
	judged  bool // against an SLA
	// provenMet: a token shows that the promise was kept
	provenMet bool
	past      *pastRun
	compare   []comparison
	held      *heldRun  // nil unless its end counts holds
	bound     *boundRun // nil when its start can't be relied on
	demands   *demands  // what has to be shown of it, and who said so
	err       error
}

func (a *audit) auditRun(g *group) runResult {
	v := &runAudit{reader: reader{audit: a}, group: *g, facts: map[string]record.Facts{}}
	v.result.run, v.result.err = v.run, v.check()
	v.result.found, v.result.traces = v.found, v.traces
	return v.result
}

func (v *runAudit) check() error {
	if err := v.read(); err != nil {
		return err
	}
	start := v.findStart()
	if start == nil {
		return v.readBlobs(v.namedBlobs(""))
	}
	start.start.Runbook.ID = word(start.start.Runbook.ID)
	v.result.line = &RunLine{
		Run: v.run, Runbook: start.start.Runbook.ID, State: stateUnknown, Level: Logged,
		Started: start.start.Started, FinishBy: start.start.FinishBy,
	}
	v.bind(start)
	v.checkEntitled(start)
	v.damaged = v.damaged || v.has(ruleSegmentOrder) // the steps are not all there
	if err := v.readBlobs(v.namedBlobs(start.start.Runbook.Digest)); err != nil {
		return err
	}
	v.checkOccurrence(start)
	v.checkTerms(start)
	v.checkRunbookApproved(start)
	v.judge(start)
	v.rememberBound(start)
	v.prove(start)
	v.demandOfPlan(start)
	if v.damaged || v.refused {
		v.result.line.Level = None
	}
	return nil
}

// read reads the run's statements, each once.
func (v *runAudit) read() error {
	for _, r := range v.refs {
		s, err := v.readStatement(r)
		if err != nil {
			return err
		}
		if s == nil {
			v.damaged = true
			continue
		}
		switch {
		case s.start != nil:
			v.starts = append(v.starts, s)
		case s.segment != nil:
			v.segments = append(v.segments, s)
		default:
			v.ends = append(v.ends, s)
		}
	}
	return nil
}

// findStart gives the run's start, nil when there is none to be judged by.
func (v *runAudit) findStart() *statement {
	started := slices.ContainsFunc(v.refs, func(r ref) bool { return r.leaf.Kind == record.KindRunStart })
	switch {
	case len(v.starts) > 0:
		return v.starts[0]
	case started: // which can't be relied on: that is said
		v.result.line = &RunLine{Run: v.run, State: stateUnknown, Level: None}
	case len(v.segments)+len(v.ends) == 0:
	case v.partsUntold():
		v.note(ruleNotCompared, v.first().place(), "no log that can be read holds the start of the run %s", v.run)
	default:
		v.broken(ruleNoStart, v.first().place(), "the run %s has %s and no start: no log holds one", v.run, v.first().name())
	}
	return nil
}

func (v *runAudit) first() *statement { return slices.Concat(v.segments, v.ends)[0] }

// bind holds the run's statements to each other and to the log. What is bound
// elsewhere doesn't count for the run.
func (v *runAudit) bind(start *statement) {
	v.checkStart(start)
	for _, again := range v.starts[1:] {
		v.broken(ruleStartTwice, again.place(), "the run %s was started twice: %s, after entry %d of the log of %s", v.run, again.name(), start.index, start.log.writer)
	}
	v.segments = v.bound(start, v.segments)
	v.ends = v.bound(start, v.ends)
	v.orderSegments()
	if len(v.ends) == 0 {
		return
	}
	end := v.ends[0]
	for _, again := range v.ends[1:] {
		v.broken(ruleRunTwice, again.place(), "the run %s ended twice: %s, after entry %d of the log of %s", v.run, again.name(), end.index, end.log.writer)
	}
	v.checkSegmentList(end)
}

func (v *runAudit) checkStart(s *statement) {
	start := s.start
	if !runID().MatchString(start.Run) {
		v.broken(ruleRunID, s.place(), "%s: the run's id %q is no UUIDv7", s.name(), start.Run)
	}
	if start.Client != v.client {
		v.broken(ruleClient, s.place(), "%s is of the client %q, this is the evidence of %s", s.name(), start.Client, v.client)
	}
	v.checkWriter(s)
	if what := s.subjectsDiffer(theRunbook(start)); what != "" {
		v.broken(ruleSubjects, s.place(), "%s: %s", s.name(), what)
	}
}

func theRunbook(start *record.RunStart) record.NamedBlob {
	return record.NamedBlob{Name: "the runbook", Digest: start.Runbook.Digest}
}

// bound checks how statements are tied to the start, and gives those that are.
func (v *runAudit) bound(start *statement, all []*statement) []*statement {
	return slices.DeleteFunc(all, func(s *statement) bool {
		if !v.namesStart(start, s) {
			v.damaged = true
			return true
		}
		if s.before(start.ref) {
			v.broken(ruleOrder, s.place(), "%s lies before the start of its run, which is entry %d", s.name(), start.index)
		}
		if what := s.subjectsDiffer(theRunbook(start.start)); what != "" {
			v.broken(ruleSubjects, s.place(), "%s: %s", s.name(), what)
		}
		v.checkWriter(s)
		if !s.key.Equal(start.key) && len(v.pins.Signers) == 0 {
			at := s.place()
			at.cause = v.run
			v.note(ruleOperator, at, "the run %s was started by %s, and %s was signed by %s", v.run, start.key.ID(), s.name(), s.key.ID())
		}
		return false
	})
}

func (v *runAudit) namesStart(start, s *statement) bool {
	digest := s.startRef()
	if slices.ContainsFunc(v.starts, func(x *statement) bool { return x.leaf.Envelope == digest }) {
		return true
	}
	other, logged := v.find(digest)
	switch {
	case logged && other.leaf.Run != v.run:
		v.broken(ruleSpliced, s.place(), "%s names the start of another run, %s", s.name(), quoted(other.leaf.Run))
	case logged && other.leaf.Kind != record.KindRunStart:
		v.broken(ruleStartMismatch, s.place(), "%s names as its start a %s statement", s.name(), other.leaf.Kind)
	default:
		v.broken(ruleStartMismatch, s.place(), "%s names a start, %s, that no log holds; the run's own is %s", s.name(), short(digest), short(start.leaf.Envelope))
	}
	return false
}

// orderSegments holds the numbers and the chain of the segments to each other.
func (v *runAudit) orderSegments() {
	slices.SortStableFunc(v.segments, func(x, y *statement) int { return cmp.Compare(x.segment.Number, y.segment.Number) })
	if v.damaged {
		return // one that is missing for a reason that was said
	}
	for i, s := range v.segments {
		previous := ""
		if i > 0 {
			previous = v.segments[i-1].leaf.Envelope
		}
		switch {
		case s.segment.Number != i+1:
			v.broken(ruleSegmentOrder, s.place(), "%s has the number %d where %d belongs: a segment of the run %s is missing or told twice", s.name(), s.segment.Number, i+1, v.run)
			return
		case s.segment.Previous != previous:
			v.broken(ruleSegmentOrder, s.place(), "%s doesn't follow on the segment before it", s.name())
			return
		case i > 0 && s.before(v.segments[i-1].ref):
			v.broken(ruleSegmentOrder, s.place(), "%s has the number %d and lies before the segment with the number %d", s.name(), i+1, i)
			return
		}
	}
}

// checkSegmentList holds the end to the segments: all of them, in order, and
// all before it.
func (v *runAudit) checkSegmentList(end *statement) {
	own := map[string]bool{}
	if len(end.end.Segments) > 0 {
		for _, r := range v.refs {
			own[r.leaf.Envelope] = true
		}
	}
	for _, digest := range end.end.Segments {
		if own[digest] {
			continue
		}
		if other, logged := v.find(digest); logged && other.leaf.Run != v.run {
			v.broken(ruleSpliced, end.place(), "%s names a segment of another run, %s", end.name(), quoted(other.leaf.Run))
			return
		}
	}
	if v.damaged || v.has(ruleSegmentOrder) {
		return
	}
	var have []string
	for _, s := range v.segments {
		have = append(have, s.leaf.Envelope)
		if end.before(s.ref) {
			v.broken(ruleSegmentOrder, s.place(), "%s lies after the end of its run, entry %d", s.name(), end.index)
		}
	}
	if !slices.Equal(have, end.end.Segments) {
		v.broken(ruleSegmentOrder, end.place(), "%s names %d segments, and the logs hold %d of the run, or others", end.name(), len(end.end.Segments), len(have))
	}
}

// checkWriter: a statement stands in the log that it was made for.
func (v *reader) checkWriter(s *statement) {
	writer := s.writer()
	key, err := v.key(writer.Key)
	switch {
	case err != nil:
		v.broken(statementRule(err), s.place(), "%s: the key of its writer: %v", s.name(), err)
	case writer.ID != s.log.writer:
		v.broken(ruleWriter, s.place(), "%s was made for the log of %s and stands in that of %s", s.name(), quoted(writer.ID), s.log.writer)
	case !key.Equal(s.log.key):
		v.broken(ruleWriter, s.place(), "%s was made for a log with the key %s, and this one is signed by %s", s.name(), key.ID(), s.log.key.ID())
	}
}
