// Package escalate says who is told about work that isn't done, and when. It is
// pure: from a matter, the people, what was told before and an instant follow
// the notices to make at that instant. Nothing here reads the clock or sends
// anything, so the sequence can be computed again years later.
//
// # The rules
//
// A runbook has two ladders. not_acknowledged runs until somebody has
// acknowledged the matter, not_resolved until it is resolved; an
// acknowledgement stops only the first, a resolution both. A rung falls due
// after a length of time from the instant at which the clock began, or at a
// share of the SLA, which counts as the SLA's clock does: in working time, and
// not while it is held. A rung with a repeat falls due again and again. Where no
// ladder is written, the owner is told once: when the work fails, or else at its
// deadline. A rung whose time nobody can tell, such as a share where there is no
// SLA, falls due then too.
//
//   - A rung is done once for each of its repeats, and rungs begin in the order
//     in which they fall due.
//   - A rung tells one person: the first of those behind its name who can be
//     reached. Each one passed over is an entry, once for as long as the reason
//     is the same. While nobody can be reached the rung stays owed. A name that
//     nobody has is an entry too, and the owner is told instead.
//   - At one instant a person gets one notice about a matter: for the last, in
//     that order, of the rungs that would tell them. The others are done with it,
//     and each is an entry that says so.
//   - Only the newest repeat of a rung is owed. So after a long sleep everybody
//     whom the passed rungs name is told, once.
//   - A send that failed is tried again at the next tick, three times by one
//     channel, then by the next channel, then to the next person. When all have
//     failed three times, the one that was tried least is tried once an hour;
//     after a day the rung is given up, which is an entry. The next repeat
//     begins anew.
//   - At an instant at which a rung was tried, nothing is tried again. So a tick
//     that is run twice makes nothing new.
package escalate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Matter is an occurrence or a run that people are told about.
type Matter struct {
	Name    string // of the occurrence or the run
	Client  string
	Title   string // of the runbook
	Owner   runbook.Owner
	Ladders runbook.Escalation

	Clock    time.Time          // when the clock began
	Calendar *schedule.Calendar // of the clock, for rungs in business time; nil is 24x7

	// Share is the instant at which so many percent of the target are used, such
	// as agreement.Clock.At: false while that isn't known, as in a hold. Nil says
	// that there is no target.
	Share func(percent float64) (time.Time, bool)

	// The instants of what happened; zero where it hasn't.
	Deadline     time.Time // the last one to be done in time
	Failed       time.Time // or missed
	Acknowledged time.Time
	Resolved     time.Time // done, waived, or closed

	// What the notices say, in sentences. What is all but required.
	What   string    // what is wrong
	Since  time.Time // since when
	Impact string
	Tried  string
	Next   string

	Zone *time.Location // of the schedule, in which times are written; nil is UTC
}

// Ladder is one of the two.
type Ladder string

// The ladders.
const (
	NotAcknowledged Ladder = "not_acknowledged"
	NotResolved     Ladder = "not_resolved"
)

// Outcome is what became of a notice.
type Outcome string

// The outcomes. A notice that Due asks for has none yet, and is to be sent.
const (
	Sent    Outcome = "sent"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // nothing is sent, and Reason says why
)

// Why nobody was told: these, and agreement's Away, NoChannel and OffHours.
const (
	Nobody  = "nobody"   // no contact has the name, or nobody is on
	Merged  = "merged"   // a later rung tells the same person at the same instant; this one is done
	GivenUp = "given_up" // nothing got through for a day; this one is done
)

// Notice is something to tell a person, or an entry of why they weren't told.
type Notice struct {
	Matter string // its name
	Ladder Ladder
	Rung   int    // from 1
	Repeat int    // from 0, the first time
	Notify string // the name that the rung gives

	Due time.Time // when the rung, or its repeat, fell due
	At  time.Time // when this was decided

	Contact string            // an id, or, of nobody, the name that the rung gives; empty where the rung was given up
	Name    string            // what the contact is called
	Line    document.Position // of the roster or the contacts, that made it them
	Channel agreement.Channel
	Attempt int // by this channel, from 1

	Outcome Outcome
	Reason  string // of a skip, or, as its sender says it, of a failure
	Words   Words  // of what is to be sent
}

// Key names what a notice is for: it is the same for all attempts at it.
func (n Notice) Key() string {
	return fmt.Sprintf("%s/%s/%d/%d", n.Matter, n.Ladder, n.Rung, n.Repeat)
}

// Reach is how people are found.
type Reach struct {
	Contacts *agreement.Contacts
	Channels func(name string) bool // is set up; nil: all of them
}

// step is a rung, or its newest repeat, that has fallen due.
type step struct {
	ladder Ladder
	number int // of the rung, from 1
	repeat int
	rung   runbook.Rung
	first  time.Time // when the rung fell due
	due    time.Time // when its repeat did
}

// over reports whether the work is done at an instant: nothing is sent then.
func (m *Matter) over(at time.Time) bool { return happened(m.Resolved, at) }

func happened(event, at time.Time) bool { return !event.IsZero() && !event.After(at) }

// ladders are those that run at an instant.
func (m *Matter) ladders(at time.Time) map[Ladder][]runbook.Rung {
	ladders := map[Ladder][]runbook.Rung{NotResolved: m.Ladders.NotResolved}
	if !happened(m.Acknowledged, at) {
		ladders[NotAcknowledged] = m.Ladders.NotAcknowledged
	}
	return ladders
}

// steps are the rungs that have fallen due, in the order in which they did.
func (m *Matter) steps(at time.Time) []step {
	if len(m.Ladders.NotAcknowledged)+len(m.Ladders.NotResolved) == 0 {
		if m.wrong().After(at) {
			return nil
		}
		return []step{{ladder: NotResolved, number: 1, rung: runbook.Rung{Notify: agreement.OwnerName}, first: m.wrong(), due: m.wrong()}}
	}
	var steps []step
	for ladder, rungs := range m.ladders(at) {
		for i, rung := range rungs {
			if first, known := m.instant(rung); known && !first.After(at) {
				steps = append(steps, m.repeated(step{ladder: ladder, number: i + 1, rung: rung, first: first, due: first}, at))
			}
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.ladder, b.ladder), cmp.Compare(a.number, b.number))
	})
	return steps
}

// wrong is when the work failed or its time was up, or else when all began.
func (m *Matter) wrong() time.Time {
	switch {
	case !m.Failed.IsZero() && (m.Deadline.IsZero() || m.Failed.Before(m.Deadline)):
		return m.Failed
	case !m.Deadline.IsZero():
		return m.Deadline
	default:
		return m.Since
	}
}

// instant is when a rung falls due the first time. It isn't known yet for a
// share of a clock that is held.
func (m *Matter) instant(rung runbook.Rung) (due time.Time, known bool) {
	if rung.After.IsZero() {
		if m.Share == nil {
			return m.wrong(), true
		}
		return m.Share(rung.Share)
	}
	calendar, span, err := m.span(rung.After)
	if err != nil {
		return m.wrong(), true
	}
	return calendar.Add(m.Clock, span)
}

// span is a length of time, and the calendar in which it counts: plain time
// counts in none.
func (m *Matter) span(d runbook.Duration) (*schedule.Calendar, time.Duration, error) {
	if d.Unit == "" {
		return nil, d.Span, nil
	}
	span, err := m.Calendar.Span(d)
	return m.Calendar, span, err
}

// repeated is the newest repeat of a step that has fallen due.
func (m *Matter) repeated(s step, at time.Time) step {
	calendar, span, err := m.span(s.rung.Repeat)
	if err != nil || span <= 0 {
		return s
	}
	repeat := calendar.Between(s.first, at) / span
	if due, ok := calendar.Add(s.first, repeat*span); ok {
		s.repeat, s.due = int(repeat), due
	}
	return s
}
