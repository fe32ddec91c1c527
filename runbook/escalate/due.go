package escalate

import (
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
	t := tick{matter: &m, reach: reach, at: at, told: map[string]bool{}}
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
	told   map[string]bool // the ids of those who are told now
}

// take gives what is to be done for a step. Later steps were taken before.
func (t *tick) take(s step) []Notice {
	tries, closed := t.tries(s)
	if closed || len(tries) > 0 && !tries[len(tries)-1].At.Before(t.at) {
		return nil
	}
	entries, n, ok := t.choose(s, tries)
	if !ok {
		return entries
	}
	switch {
	case n.Outcome != "":
	case t.told[n.Contact]:
		n = n.merged()
	default:
		t.told[n.Contact] = true
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
		case n.Outcome == Sent, n.Reason == Merged, n.Reason == GivenUp:
			return nil, true
		case n.Outcome == Failed:
			tries = append(tries, n)
		}
	}
	return tries, false
}

// reachable are the channels of a contact's that are set up, or why nothing may
// be sent to them.
func (t *tick) reachable(c *agreement.Contact) (channels []agreement.Channel, why string) {
	if why := c.Unreachable(t.at); why != "" {
		return nil, why
	}
	for _, channel := range c.Channels {
		if t.reach.Channels == nil || t.reach.Channels(channel.Name) {
			channels = append(channels, channel)
		}
	}
	if len(channels) == 0 {
		return nil, agreement.NoChannel
	}
	return channels, ""
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

// choose is the next attempt at a step, and the entries about those passed over:
// the first channel of the first person that wasn't tried often enough, and then
// the one that was tried least. It is false while nothing is to be tried.
func (t *tick) choose(s step, tries []Notice) (entries []Notice, least Notice, ok bool) {
	who, _ := t.reach.Contacts.Who(s.rung.Notify, t.matter.Owner, t.at)
	if len(who) == 0 {
		entries = t.pass(entries, s, agreement.Person{Contact: &agreement.Contact{ID: s.rung.Notify, Name: s.rung.Notify}}, Nobody)
		who, _ = t.reach.Contacts.Who(agreement.OwnerName, t.matter.Owner, t.at)
	}
	for _, p := range who {
		channels, why := t.reachable(p.Contact)
		if why != "" {
			entries = t.pass(entries, s, p, why)
		}
		for _, channel := range channels {
			n := t.notice(s, p, channel)
			n.Attempt = 1 + attempts(tries, n)
			if n.Attempt <= triesInARow {
				return entries, n, true
			}
			if least.Attempt == 0 || n.Attempt < least.Attempt {
				least = n
			}
		}
	}
	switch {
	case len(tries) == 0:
		return entries, Notice{}, false
	case !t.at.Before(tries[0].At.Add(triesFor)):
		n := t.notice(s, agreement.Person{Contact: &agreement.Contact{}}, agreement.Channel{})
		n.Outcome, n.Reason = Skipped, GivenUp
		return entries, n, true
	default:
		return entries, least, least.Attempt > 0 && !t.at.Before(tries[len(tries)-1].At.Add(triesApart))
	}
}

// attempts are how many of the tries went the way of a notice.
func attempts(tries []Notice, n Notice) int {
	count := 0
	for _, try := range tries {
		if try.Contact == n.Contact && try.Channel == n.Channel {
			count++
		}
	}
	return count
}

func (t *tick) notice(s step, p agreement.Person, channel agreement.Channel) Notice {
	return Notice{
		Matter: t.matter.Name, Ladder: s.ladder, Rung: s.number, Repeat: s.repeat, Notify: s.rung.Notify, Due: s.due, At: t.at,
		Contact: p.Contact.ID, Name: p.Contact.Name, Line: p.Line, Channel: channel,
	}
}
