package record

import (
	"cmp"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// An Attempt is a run as its occurrence sees it, and whoever looks at what is
// open.
type Attempt struct {
	Run        string      `json:"run"`
	Runbook    string      `json:"runbook,omitzero"`
	Start      string      `json:"start,omitzero"` // digest of the run-start's envelope; "" when no log holds it
	Occurrence string      `json:"occurrence,omitzero"`
	CatchesUp  string      `json:"catches_up,omitzero"` // a missed occurrence
	Started    time.Time   `json:"started,omitzero"`
	FinishBy   time.Time   `json:"finish_by,omitzero"`
	Deadline   *time.Time  `json:"deadline,omitzero"`
	Ended      *time.Time  `json:"ended,omitzero"`
	Outcome    RunOutcome  `json:"outcome,omitzero"` // "" while it has no end
	Late       bool        `json:"late,omitzero"`
	Held       bool        `json:"held,omitzero"` // holds of its clock count
	Step       string      `json:"step,omitzero"` // the last one that failed
	Deviations []Deviation `json:"deviations,omitzero"`
	Segments   int         `json:"segments,omitzero"` // the number of the newest
	Waiting    string      `json:"waiting,omitzero"`  // the step that waits for a person, by the newest segment

	HeldTo time.Time `json:"-"` // until when it may be open as far as its clock was held, as it was computed last
}

// Until is until when the run may be open: what it was started with, or where the
// holds of its clock have moved that.
func (a *Attempt) Until() time.Time { return latestOf(a.FinishBy, a.HeldTo) }

// judged is the attempt as occurrences are judged by it at an instant. One that
// was never finished counts as failed when it had to be.
func (a *Attempt) judged(at time.Time) schedule.Attempt {
	attempt := schedule.Attempt{Run: a.Run, Started: &a.Started, Outcome: "open"}
	switch {
	case a.Ended != nil:
		attempt.Ended, attempt.Outcome = a.Ended, string(a.Outcome)
		if a.Held {
			attempt.Late = &a.Late
		}
	case at.After(a.Until()):
		until := a.Until()
		attempt.Ended, attempt.Outcome = &until, string(RunFailed)
	case a.Segments > 0:
		attempt.Outcome = "parked"
	}
	return attempt
}

// Open reports whether the run hasn't ended at an instant.
func (a *Attempt) Open(at time.Time) bool {
	if a.Ended != nil {
		return a.Ended.After(at)
	}
	return !at.After(a.Until())
}

// begins takes over the start of the run. It is false when there was one.
func (a *Attempt) begins(digest string, s RunStart) bool {
	first := a.Start == ""
	a.Start, a.Runbook, a.Started, a.FinishBy, a.Deadline = digest, s.Runbook.ID, s.Started.Round(0), s.FinishBy, s.Deadline
	a.Occurrence, a.CatchesUp = "", s.CatchesUp
	if s.Occurrence != nil {
		a.Occurrence = s.Occurrence.Name
	}
	return first
}

// goesOn takes over a segment. It is false when it isn't the next.
func (a *Attempt) goesOn(s Segment) bool {
	if s.Number <= a.Segments {
		return false
	}
	a.Segments, a.Waiting = s.Number, s.Waiting
	return true
}

// ends takes over the end, of which the first counts. It is false when there was
// one.
func (a *Attempt) ends(s RunEnd) bool {
	if a.Ended != nil {
		return false
	}
	ended := s.Ended.Round(0)
	a.Ended, a.Outcome, a.Late, a.Deviations = &ended, s.Verdict.Outcome, s.Verdict.Late, s.Verdict.Deviations
	a.Held = len(s.Holds) > 0
	for _, step := range s.Steps {
		if step.Outcome == Failed {
			a.Step = step.ID
		}
	}
	return true
}

// A Fact is a statement that was read, and where it stands.
type Fact[T Statement] struct {
	Digest string `json:"digest"`
	Key    string `json:"key"` // the first who signed, an authorized_keys line
	Writer string `json:"in"`  // whose log holds it
	Index  int64  `json:"at"`
	Body   T      `json:"body"`
}

func factOf[T Statement](s Signed[T], writer string, index int64) Fact[T] {
	return Fact[T]{s.Digest, s.Key.AuthorizedKey(), writer, index, s.Body}
}

// Timeline is all that the logs of a client say about what is due: runs without
// their steps, and every statement about time.
type Timeline struct {
	Plans    []Fact[Plan]        `json:"plans"`
	Runs     map[string]*Attempt `json:"runs"`
	Holds    []Fact[Hold]        `json:"holds"`
	Releases []Fact[Release]     `json:"releases"`
	Acks     []Fact[Ack]         `json:"acks"`
	Waivers  []Fact[Waiver]      `json:"waivers"`
	Unmet    []Fact[Unmet]       `json:"unmet"`
	Items    []Fact[Item]        `json:"items"`
	Closings []Fact[Closing]     `json:"closings"`
	Notices  []Fact[Notice]      `json:"notices"`
	Handoffs []Fact[Handoff]     `json:"handoffs"`
	Trusts   []string            `json:"trusts"` // digests

	touched map[string]bool // the runs of which something was read just now
	twice   bool            // something of a run was said twice
}

func (f *Timeline) run(id string) *Attempt {
	a := f.Runs[id]
	if a == nil {
		a = &Attempt{Run: id}
		if f.Runs == nil {
			f.Runs = map[string]*Attempt{}
		}
		f.Runs[id] = a
	}
	return a
}

// A taker reads a statement of one kind into a timeline.
type taker func(f *Timeline, store *evidence.Store, leaf writtenLeaf, limit int) error

// takers are by kind. Statements of others say nothing about time and are passed
// over unread.
var takers = map[string]taker{
	KindRunStart:   takeRun(func(a *Attempt, s Signed[RunStart]) bool { return a.begins(s.Digest, s.Body) }),
	KindSegment:    takeRun(func(a *Attempt, s Signed[Segment]) bool { return a.goesOn(s.Body) }),
	KindRun:        takeRun(func(a *Attempt, s Signed[RunEnd]) bool { return a.ends(s.Body) }),
	KindPlan:       takeSaid(func(f *Timeline) *[]Fact[Plan] { return &f.Plans }),
	KindHold:       takeSaid(func(f *Timeline) *[]Fact[Hold] { return &f.Holds }),
	KindRelease:    takeSaid(func(f *Timeline) *[]Fact[Release] { return &f.Releases }),
	KindAck:        takeSaid(func(f *Timeline) *[]Fact[Ack] { return &f.Acks }),
	KindWaiver:     takeSaid(func(f *Timeline) *[]Fact[Waiver] { return &f.Waivers }),
	KindOccurrence: takeSaid(func(f *Timeline) *[]Fact[Unmet] { return &f.Unmet }),
	KindItem:       takeSaid(func(f *Timeline) *[]Fact[Item] { return &f.Items }),
	KindClosing:    takeSaid(func(f *Timeline) *[]Fact[Closing] { return &f.Closings }),
	KindNotice:     takeSaid(func(f *Timeline) *[]Fact[Notice] { return &f.Notices }),
	KindHandoff:    takeSaid(func(f *Timeline) *[]Fact[Handoff] { return &f.Handoffs }),
	KindTrust:      takeTrust,
}

// takeTrust notes a version of who may sign, which is read when it is needed.
func takeTrust(f *Timeline, _ *evidence.Store, leaf writtenLeaf, _ int) error {
	f.Trusts = append(f.Trusts, leaf.Envelope)
	return nil
}

func takeRun[T Statement](into func(*Attempt, Signed[T]) bool) taker {
	return func(f *Timeline, store *evidence.Store, leaf writtenLeaf, limit int) error {
		s, err := Read[T](store, leaf.Kind, leaf.Envelope, limit)
		if err != nil {
			return err
		}
		f.twice = !into(f.run(leaf.Run), s) || f.twice
		f.touched[leaf.Run] = true
		return nil
	}
}

func takeSaid[T Statement](list func(*Timeline) *[]Fact[T]) taker {
	return func(f *Timeline, store *evidence.Store, leaf writtenLeaf, limit int) error {
		s, err := Read[T](store, leaf.Kind, leaf.Envelope, limit)
		if err == nil {
			all := list(f)
			*all = append(*all, factOf(s, leaf.writer, leaf.index))
		}
		return err
	}
}

// sort orders what was said by when it claims to have been made; what claims one
// instant stays as the logs hold it.
func (f *Timeline) sort() {
	sortFacts(f.Plans)
	sortFacts(f.Holds)
	sortFacts(f.Releases)
	sortFacts(f.Acks)
	sortFacts(f.Waivers)
	sortFacts(f.Unmet)
	sortFacts(f.Items)
	sortFacts(f.Closings)
	sortFacts(f.Notices)
	sortFacts(f.Handoffs)
}

func sortFacts[T Statement](all []Fact[T]) {
	slices.SortStableFunc(all, func(x, y Fact[T]) int {
		return cmp.Or(x.Body.Head().Made.Compare(y.Body.Head().Made), cmp.Compare(x.Writer, y.Writer), cmp.Compare(x.Index, y.Index))
	})
}

// factsOf takes what a history has read already.
func timelineOf(h *History) Timeline {
	f := Timeline{Runs: map[string]*Attempt{}}
	for _, account := range h.Accounts {
		a := f.run(account.Run)
		a.begins(account.Start.Digest, account.Start.Body)
		for _, s := range account.Segments {
			a.goesOn(s.Body)
		}
		if account.End != nil {
			a.ends(account.End.Body)
		}
	}
	for i, plan := range h.Plans {
		f.Plans = append(f.Plans, factOf(plan, "", int64(i)))
	}
	saidFacts(h, &f.Holds)
	saidFacts(h, &f.Releases)
	saidFacts(h, &f.Acks)
	saidFacts(h, &f.Waivers)
	saidFacts(h, &f.Unmet)
	saidFacts(h, &f.Items)
	saidFacts(h, &f.Closings)
	saidFacts(h, &f.Notices)
	saidFacts(h, &f.Handoffs)
	return f
}

func saidFacts[T Statement](h *History, into *[]Fact[T]) {
	for i, s := range Said[T](h) {
		*into = append(*into, factOf(s, "", int64(i)))
	}
}
