package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
)

// HeldLine is a hold of a clock.
type HeldLine struct {
	Statement  string     `json:"statement"`
	Run        string     `json:"run"`
	Occurrence string     `json:"occurrence"`
	Reason     string     `json:"reason"`
	From       time.Time  `json:"from"`   // claimed
	To         *time.Time `json:"to"`     // null while it lasts
	Proven     *time.Time `json:"proven"` // from when on it is shown to have been there; null: only claimed
	By         string     `json:"by"`     // fingerprint of the key
	Principal  string     `json:"principal"`
}

// heldLines tells the holds of clocks, the oldest first.
func (a *audit) heldLines(said []saidResult) []HeldLine {
	released := map[string]time.Time{}
	for _, s := range said {
		if s.statement == nil {
			continue
		}
		if r, ok := s.statement.body.(*record.Release); ok {
			if first, again := released[r.Hold]; !again || r.Signed.Before(first) {
				released[r.Hold] = r.Signed
			}
		}
	}
	var lines []HeldLine
	for _, s := range said {
		if s.statement == nil {
			continue
		}
		hold, ok := s.statement.body.(*record.Hold)
		if !ok || hold.Kind != record.HoldClock {
			continue
		}
		line := HeldLine{
			Statement: s.statement.leaf.Envelope, Run: hold.Run, Occurrence: hold.Occurrence, Reason: hold.Reason, From: hold.Signed,
			Proven: known(a.existed(s.statement.ref)), By: s.statement.key.ID(), Principal: a.principal(s.statement),
		}
		ends, limited := hold.Ends()
		if to, ok := released[line.Statement]; ok && (!limited || to.Before(ends)) {
			ends, limited = to, true
		}
		line.To = when(limited, ends)
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(x, y HeldLine) int {
		return cmp.Or(x.From.Compare(y.From), strings.Compare(x.Statement, y.Statement))
	})
	return lines
}

// checkClockHolds: a hold that was logged when the run that it is for had ended
// was thought of afterwards.
func (a *audit) checkClockHolds(said []saidResult) {
	for _, r := range said {
		if r.statement == nil {
			continue
		}
		hold, ok := r.statement.body.(*record.Hold)
		if !ok || hold.Kind != record.HoldClock {
			continue
		}
		if b := a.tally.bound[hold.Run]; b != nil && b.end != nil && a.shownAfter(r.statement, *b.end) {
			a.broken(ruleHoldAfter, r.statement.place(), "%s holds the clock of the run %s, and was logged after its end", r.statement.name(), hold.Run)
		}
	}
}

// shownAfter reports whether a statement was certainly logged after an entry.
func (a *audit) shownAfter(s *statement, other ref) bool {
	by, from := a.existed(other), a.around(s).after
	return s.after(other) || !by.IsZero() && !from.IsZero() && !from.Before(by)
}
