package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// A matter is what a hold, an ack or a question of who knows what is about: a run,
// an occurrence, or both.
type matter struct {
	client, run, occurrence string
	attempt                 *record.Attempt // nil: no run
}

func (m matter) words() string {
	if m.run != "" {
		return "the run " + record.ShortID(m.run)
	}
	return m.occurrence
}

// standing reads how the client of a place stands.
func (a *app) standing(p *place) (*record.Standing, error) {
	s, err := record.ReadStanding(a.store(p, p.Client), p.Client, p.standingFile(p.Client), p.StatementLimit)
	if err != nil {
		return nil, hint(err, "msp verify says what is wrong with the evidence")
	}
	return s, incomplete(s.Problems)
}

// matterOf finds what is meant: an occurrence by its name, a run by a part of its
// id, or what is to be done of a runbook now, with overdue also what is overdue of it.
func matterOf(s *record.Standing, client, text string, overdue bool, at time.Time) (matter, error) {
	if strings.Contains(text, "/") {
		return plannedMatter(s, client, text, at)
	}
	var found []*record.Attempt
	for id, run := range s.Runs {
		if text != "" && run.Start != "" && strings.Contains(id, text) {
			found = append(found, run)
		}
	}
	switch len(found) {
	case 1:
		return matter{client, found[0].Run, found[0].Occurrence, found[0]}, nil
	case 0:
		return pendingMatter(s, client, text, overdue, at)
	default:
		return matter{}, usageError(fmt.Errorf("%d runs have an id with %q in it", len(found), text), "give more of its digits")
	}
}

// plannedMatter finds an occurrence that a plan asks for.
func plannedMatter(s *record.Standing, client, name string, at time.Time) (matter, error) {
	unknown := hint(fmt.Errorf("no plan of %s asks for %q", client, name), "msp due --json names what is to be done, msp overdue what was missed")
	due, ok := dueOf(name)
	if !ok {
		return matter{}, unknown
	}
	around, err := s.Expected(due.AddDate(0, 0, -40), due.AddDate(0, 0, 40), at)
	if err != nil {
		return matter{}, err
	}
	for _, e := range around {
		if e.Name == name {
			m := matter{client: client, occurrence: name}
			if run := s.Runs[e.DecidedBy]; run != nil {
				m.run, m.attempt = run.Run, run
			}
			return m, nil
		}
	}
	return matter{}, unknown
}

// dueOf is when an occurrence is due, which its name says; false for a name of
// another kind.
func dueOf(name string) (time.Time, bool) {
	_, slot, _ := strings.Cut(name, "/")
	_, slot, _ = strings.Cut(slot, "/")
	slot, _, _ = strings.Cut(slot, "[")
	due, err := time.Parse(time.RFC3339, slot)
	return due, err == nil
}

// pendingMatter finds what is to be done of a runbook: the run under way, else the
// occurrence that is due. With overdue it is also the newest that is overdue, unless
// somebody was told already of the one that is due. What comes is never meant.
func pendingMatter(s *record.Standing, client, runbookID string, overdue bool, at time.Time) (matter, error) {
	outlook, err := s.Outlook(at, at.Add(ahead))
	if err != nil {
		return matter{}, err
	}
	pending := func(states ...schedule.State) *record.Pending {
		for i, p := range outlook.Pending {
			if p.Runbook == runbookID && slices.Contains(states, p.State) {
				return &outlook.Pending[i]
			}
		}
		return nil
	}
	if p := pending(schedule.Running, schedule.Waiting); p != nil {
		return matter{client, p.Run.Run, p.Run.Occurrence, p.Run}, nil
	}
	due := pending(schedule.Due)
	if overdue && (due == nil || !told(s, due.Name)) {
		for _, e := range slices.Backward(outlook.Overdue) {
			if e.Runbook() == runbookID {
				return matter{client, e.DecidedBy, e.Name, s.Runs[e.DecidedBy]}, nil
			}
		}
	}
	if due != nil {
		return matter{client: client, occurrence: due.Name}, nil
	}
	if next := pending(schedule.Upcoming); next != nil {
		return matter{}, hint(fmt.Errorf("nothing of %s is due; next is %s", runbookID, next.Name), "name an occurrence in full; msp overdue and msp due --json list them")
	}
	return matter{}, hint(fmt.Errorf("no run of %s has an id with %q in it, and nothing is to be done of a runbook that is called so", client, runbookID),
		"msp due and msp log show what there is; --client names another client")
}

// told reports whether a notice about an occurrence was sent.
func told(s *record.Standing, occurrence string) bool {
	return slices.ContainsFunc(s.Notices, func(n record.Fact[record.Notice]) bool {
		return n.Body.Occurrence == occurrence && n.Body.Outcome == record.NoticeSent
	})
}

// instantIn reads an instant, or a day, which begins at midnight in a zone.
func instantIn(text string, zone *time.Location) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation(time.DateOnly, text, zone)
	}
	if err != nil {
		return at, usageError(fmt.Errorf("%q is no day and no instant", text), "such as 2026-12-01, or 2026-12-01T08:00:00Z")
	}
	return at, nil
}

// untilAhead reads until when something holds: never a time that is past.
func (a *app) untilAhead(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, usageError(errors.New("it isn't said until when"), "--until DATE")
	}
	until, err := instantIn(text, zone)
	if err == nil && !until.After(a.Now()) {
		err = usageError(fmt.Errorf("--until %s is past", text), "say a day ahead")
	}
	return until, err
}
