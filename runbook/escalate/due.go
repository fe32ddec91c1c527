package escalate

import (
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/agreement"
)

// How often a notice is tried that doesn't get through.
const (
	triesInARow = 3              // by one channel, at ticks behind each other
	triesApart  = time.Hour      // once all channels have failed so often
	triesFor    = 24 * time.Hour // from the first on
)

// Due are the notices to make about a matter at an instant, in order: those
// without an outcome are to be sent, the skipped ones only written down. Made
// are all that were made before, with their outcomes, in order; those about
// other matters are passed over.
func Due(m Matter, reach Reach, made []Notice, at time.Time) []Notice {
	at = at.Round(0)
	if m.over(at) {
		return nil
	}
	t := tick{matter: &m, reach: reach, at: at, told: map[string]step{}}
	for _, n := range made {
		if n.Matter == m.Name {
			t.made = append(t.made, n)
		}
	}
	steps := m.steps(at)
	entries := make([][]Notice, len(steps))
	for i, s := range slices.Backward(steps) {
		entries[i] = t.take(s)
	}
	return slices.Concat(entries...)
}

// tick is one evaluation of a matter.
type tick struct {
	matter *Matter
	reach  Reach
	made   []Notice
	at     time.Time
	told   map[string]step // who is told now, by their ids, and for which rung
}

// take gives what is to be done for a step. Later steps were taken before.
func (t *tick) take(s step) []Notice {
	tries, closed := t.tries(s)
	if closed || len(tries) > 0 && !tries[len(tries)-1].At.Before(t.at) {
		return nil
	}
	entries, people := t.people(s)
	n, ok := t.choose(s, people, tries)
	if !ok {
		return entries
	}
	if by, told := t.told[n.Contact]; told {
		n = t.closing(s, fmt.Sprintf("told by rung %d of %s", by.number, by.ladder))
	} else if n.Outcome == "" {
		t.told[n.Contact] = s
		n.Words = t.words(s)
	}
	return append(entries, n)
}

// tries are the failed attempts at a step, in order. A closed step needs none.
func (t *tick) tries(s step) (tries []Notice, closed bool) {
	for _, n := range t.made {
		if n.Ladder != s.ladder || n.Rung != s.number || n.Repeat < s.repeat {
			continue
		}
		switch {
		case n.Outcome == Sent, n.Outcome == Skipped && n.Contact == "":
			return nil, true
		case n.Outcome == Failed:
			tries = append(tries, n)
		}
	}
	return tries, false
}

// people are those who can be told, and the entries about the others.
func (t *tick) people(s step) (entries []Notice, people []agreement.Person) {
	who, err := t.reach.Contacts.Who(s.rung.Notify, t.matter.Owner, t.at)
	if len(who) == 0 {
		why := "has nobody on"
		if err != nil {
			why = "is not in the contacts"
		}
		entries = t.pass(entries, s, agreement.Person{Contact: &agreement.Contact{ID: s.rung.Notify, Name: s.rung.Notify}}, why)
		who, _ = t.reach.Contacts.Who(agreement.OwnerName, t.matter.Owner, t.at)
	}
	for _, p := range who {
		why := p.Contact.Unreachable(t.at)
		if why == "" && len(t.channels(p.Contact)) == 0 {
			why = "has no channel that is set up"
		}
		if why != "" {
			entries = t.pass(entries, s, p, why)
			continue
		}
		people = append(people, p)
	}
	return entries, people
}

// channels are those of a contact's that are set up.
func (t *tick) channels(c *agreement.Contact) []agreement.Channel {
	return slices.DeleteFunc(slices.Clone(c.Channels), func(channel agreement.Channel) bool {
		return t.reach.Channels != nil && !t.reach.Channels(channel.Name)
	})
}

// pass adds the entry that somebody is passed over, unless that is what was last
// said about them.
func (t *tick) pass(entries []Notice, s step, p agreement.Person, why string) []Notice {
	for _, n := range slices.Backward(t.made) {
		if n.Ladder == s.ladder && n.Rung == s.number && n.Contact == p.Contact.ID {
			if n.Outcome == Skipped && n.Reason == why {
				return entries
			}
			break
		}
	}
	n := t.notice(s, p, agreement.Channel{})
	n.Outcome, n.Reason = Skipped, why
	return append(entries, n)
}

// choose is the next attempt at a step: the first channel of the first person
// that wasn't tried often enough, and then the one that was tried least. It is
// false while nothing is to be tried.
func (t *tick) choose(s step, people []agreement.Person, tries []Notice) (Notice, bool) {
	var least Notice
	for _, p := range people {
		for _, channel := range t.channels(p.Contact) {
			n := t.notice(s, p, channel)
			for _, try := range tries {
				if try.Contact == n.Contact && try.Channel.Name == channel.Name && try.Channel.Address == channel.Address {
					n.Attempt++
				}
			}
			if least.Attempt == 0 || n.Attempt < least.Attempt {
				least = n
			}
			if n.Attempt <= triesInARow {
				return n, true
			}
		}
	}
	switch {
	case len(tries) == 0:
		return Notice{}, false
	case !t.at.Before(tries[0].At.Add(triesFor)):
		return t.closing(s, "nothing got through for a day"), true
	default:
		return least, least.Attempt > 0 && !t.at.Before(tries[len(tries)-1].At.Add(triesApart))
	}
}

// closing is the entry that ends a step without anybody being told.
func (t *tick) closing(s step, why string) Notice {
	n := t.notice(s, agreement.Person{Contact: &agreement.Contact{}}, agreement.Channel{})
	n.Attempt, n.Outcome, n.Reason = 0, Skipped, why
	return n
}

func (t *tick) notice(s step, p agreement.Person, channel agreement.Channel) Notice {
	return Notice{
		Matter: t.matter.Name, Ladder: s.ladder, Rung: s.number, Repeat: s.repeat, Notify: s.rung.Notify, Due: s.due, At: t.at,
		Contact: p.Contact.ID, Name: p.Contact.Name, Line: p.Line, Channel: channel, Attempt: 1,
	}
}
