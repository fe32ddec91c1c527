package record

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An OpenItem is an item that nobody closed, or whose workaround has come to its
// end.
type OpenItem struct {
	Fact[Item]
	Reopened *time.Time // the end of its workaround
}

// Items are all items of a client at an instant. To open again counts as opened:
// opened less closed is what is open.
type Items struct {
	Opened, Closed int
	Open           []OpenItem // by when they are due
}

// Check says how items don't foot.
func (i Items) Check() error {
	if i.Opened-i.Closed != len(i.Open) {
		return fmt.Errorf("%d items were opened and %d closed, and %d are open", i.Opened, i.Closed, len(i.Open))
	}
	return nil
}

// ItemsAt are the items at an instant. Two openings of one id are one item, the
// first of them. A closing counts from when it was signed; one that waives, only
// by a lead.
func (s *Standing) ItemsAt(at time.Time) Items {
	var items Items
	seen := map[string]bool{}
	closings := map[string][]*Fact[Closing]{}
	for i := range s.Closings {
		c := &s.Closings[i]
		if !c.Body.Signed.After(at) && (c.Body.How != CloseWaived || s.leads(c.Key, c.Body.Signed)) {
			closings[c.Body.Item] = append(closings[c.Body.Item], c)
		}
	}
	for _, item := range s.Items {
		if seen[item.Body.Item] || item.Body.Opened.After(at) {
			continue
		}
		seen[item.Body.Item] = true
		story := itemStory{open: true, opened: 1}
		for _, c := range closings[item.Body.Item] {
			story.passes(c.Body.Signed)
			story.closes(c.Body)
		}
		story.passes(at)
		items.Opened, items.Closed = items.Opened+story.opened, items.Closed+story.closed
		if story.open {
			items.Open = append(items.Open, OpenItem{item, story.reopened})
		}
	}
	slices.SortStableFunc(items.Open, func(x, y OpenItem) int { return x.Body.Due.Compare(y.Body.Due) })
	return items
}

// itemStory is what became of one item so far.
type itemStory struct {
	open           bool
	opened, closed int
	until          *time.Time // of the workaround that closes it
	reopened       *time.Time
}

// passes has time go on to an instant: a workaround that ends by then opens the
// item again.
func (s *itemStory) passes(at time.Time) {
	if !s.open && s.until != nil && !at.Before(*s.until) {
		s.open, s.opened, s.reopened, s.until = true, s.opened+1, s.until, nil
	}
}

// closes takes over a closing. Of an item that is closed it says how it is closed
// now.
func (s *itemStory) closes(c Closing) {
	if s.open {
		s.closed++
	}
	s.open, s.reopened, s.until = false, nil, nil
	if c.How == CloseWorkaround {
		s.until = c.Until
	}
}

// ItemID is the id of the item that the ticker opens about something: the same,
// whoever opens it, and however often.
func ItemID(kind string, about ...string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + strings.Join(about, "\x00")))
	return kind + "-" + hex.EncodeToString(sum[:8])
}

// likeWithin is in how much time like failures are seen together, and likeCount
// how many of them ask for a problem record.
const (
	likeWithin = 30 * 24 * time.Hour
	likeCount  = 3
)

// problemsOf finds where the same went wrong so often that its cause is to be
// found: the same runbook failed at the same step, or was missed, for the third
// time in 30 days. What follows in the next 30 days belongs to the same problem.
// The exceptions are in the order of their due times; each that is given back is
// the third.
func problemsOf(all []Exception) []Exception {
	var problems []Exception
	recent, told := map[string][]time.Time{}, map[string]time.Time{}
	for _, e := range all {
		kind := e.kind()
		if kind != ItemFailed && kind != ItemMissed {
			continue
		}
		like := strings.Join([]string{kind, e.Runbook(), e.Step}, "\x00")
		dues := slices.DeleteFunc(append(recent[like], e.Due), func(due time.Time) bool { return e.Due.Sub(due) > likeWithin })
		recent[like] = dues
		last, known := told[like]
		if len(dues) >= likeCount && (!known || e.Due.Sub(last) > likeWithin) {
			told[like] = e.Due
			problems = append(problems, e)
		}
	}
	return problems
}

// ClosedItems are the ids of the items that were opened until an instant and are not
// among those that are open.
func (s *Standing) ClosedItems(items Items, at time.Time) map[string]bool {
	closed := map[string]bool{}
	for _, item := range s.Items {
		if !item.Body.Opened.After(at) {
			closed[item.Body.Item] = true
		}
	}
	for _, item := range items.Open {
		delete(closed, item.Body.Item)
	}
	return closed
}
