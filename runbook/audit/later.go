package audit

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
)

// LaterLine is a later word on an earlier statement, or a late entry. It changes
// nothing of what it is about.
type LaterLine struct {
	Kind        string     `json:"kind"` // correction or response
	Statement   string     `json:"statement"`
	Run         string     `json:"run"`
	About       string     `json:"about"` // digest of the statement; empty for a whole run or an occurrence
	Occurrence  string     `json:"occurrence"`
	RecordedAt  time.Time  `json:"recorded_at"`
	PerformedAt *time.Time `json:"performed_at"` // claimed
	By          string     `json:"by"`
	Principal   string     `json:"principal"`
	What        string     `json:"what"` // empty when it was erased
}

// laterLines tells corrections, late entries and responses, the oldest first.
func (a *audit) laterLines(said []saidResult) []LaterLine {
	var lines []LaterLine
	for _, s := range said {
		if s.statement == nil {
			continue
		}
		line := LaterLine{Kind: s.statement.leaf.Kind, Statement: s.statement.leaf.Envelope}
		switch body := s.statement.body.(type) {
		case *record.Correction:
			line.Run, line.About, line.Occurrence = body.Run, body.About, body.Occurrence
			line.RecordedAt, line.PerformedAt, line.What = body.RecordedAt, body.PerformedAt, a.wordsOf(body.What)
		case *record.Response:
			line.Run, line.About, line.RecordedAt, line.What = body.Run, body.About, body.Signed, a.wordsOf(body.What)
		default:
			continue
		}
		line.By, line.Principal = s.statement.key.ID(), a.principal(s.statement)
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(x, y LaterLine) int {
		return cmp.Or(x.RecordedAt.Compare(y.RecordedAt), cmp.Compare(x.Statement, y.Statement))
	})
	return lines
}

// checkLater tells of later words about what no log holds.
func (a *audit) checkLater(said []saidResult) {
	for _, s := range said {
		if s.statement == nil {
			continue
		}
		about := ""
		switch body := s.statement.body.(type) {
		case *record.Correction:
			about = body.About
		case *record.Response:
			about = body.About
		case *record.Closing:
			about = body.Opening
		case *record.Hold:
			about = body.Confirms
		}
		if _, logged := a.find(about); about != "" && !logged {
			a.note(ruleAboutUnknown, s.statement.place(), "%s is about the statement %s, which no log that can be read holds", s.statement.name(), short(about))
		}
	}
}

// checkCorrectionWords refuses a correction of nothing, and a late entry that
// doesn't say when the work was done.
func checkCorrectionWords(c *record.Correction) error {
	switch {
	case c.About == "" && c.Run == "" && c.Occurrence == "":
		return fmt.Errorf("it doesn't say what it is about")
	case c.Occurrence != "" && c.PerformedAt == nil:
		return fmt.Errorf("a late entry says when the work was done")
	case c.PerformedAt != nil && c.PerformedAt.After(c.RecordedAt.Add(clockSlack)):
		return fmt.Errorf("the work was done at %s, after it was recorded", instant(c.PerformedAt))
	}
	return nil
}

// countLater counts the erasures and the later words of a report.
func (r *Report) countLater() {
	for _, e := range r.Erased {
		r.Counts.Erasures++
		r.Counts.Erased += e.Gone
	}
	for _, l := range r.Later {
		if l.Kind == record.KindCorrection {
			r.Counts.Corrections++
		} else {
			r.Counts.Responses++
		}
	}
}
