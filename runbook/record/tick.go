package record

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// A DueItem is an item that is to be opened, and the answers that its blob is
// going to hold.
type DueItem struct {
	Item    Item
	Answers Answers
}

// DueStatements are what a ticker has to sign now.
type DueStatements struct {
	Unmet []Unmet   // by due time
	Items []DueItem // by the due time of what they are about
}

// Empty reports whether there is nothing to sign.
func (d DueStatements) Empty() bool { return len(d.Unmet)+len(d.Items) == 0 }

// DueStatements are the statements that the ticker has to sign at an instant and
// that no log holds yet: for each occurrence that nobody did and whose window has
// closed, and an item for each that was missed, failed or deviates. It reads what
// was signed, so that a tick that was killed is gone on with, and one that is
// repeated does nothing. For a writer whom the plan in force doesn't name it is
// empty. Items are due after respond, and belong to whom owner says for a runbook.
func (s *Standing) DueStatements(writer Signer, at time.Time, respond time.Duration, owner func(runbookID string) string) (DueStatements, error) {
	var due DueStatements
	if ticker := s.Ticker(at); ticker == "" || ticker != writer.ID {
		return due, nil
	}
	exceptions, _, err := s.Exceptions(at)
	if err != nil {
		return due, err
	}
	said := s.said()
	open := func(e Exception, kind string, id string) {
		if said[id] {
			return
		}
		said[id] = true
		item := e.item(s.Client, kind, id)
		item.Writer, item.By, item.Opened, item.Due, item.Owner = writer, writer, at, at.Add(respond), owner(e.Runbook())
		due.Items = append(due.Items, DueItem{item, e.answers(kind)})
	}
	for _, e := range exceptions {
		if e.unmet(at) && !said[e.Name] {
			said[e.Name] = true
			due.Unmet = append(due.Unmet, e.statement(s.Client, writer, at))
		}
		if kind := e.kind(); kind != "" && (kind != ItemMissed || e.unmet(at)) {
			open(e, kind, e.ItemID())
		}
	}
	for _, e := range problemsOf(exceptions) {
		open(e, ItemProblem, ItemID(ItemProblem, e.Runbook(), e.Step, e.Name))
	}
	return due, nil
}

// said are the occurrences of which a statement says that nobody did them, and
// the items, by name.
func (s *Standing) said() map[string]bool {
	said := map[string]bool{}
	for _, u := range s.Unmet {
		said[u.Body.Occurrence.Name] = true
	}
	for _, i := range s.Items {
		said[i.Body.Item] = true
	}
	return said
}

// unmet reports whether nobody did it, and nobody can any more.
func (e Exception) unmet(at time.Time) bool {
	states := []schedule.State{schedule.Missed, schedule.Waived, schedule.NotApplicable}
	return slices.Contains(states, e.State) && !at.Before(e.Closes)
}

// kind is that of the item that an exception asks for; "" when it asks for none.
// What a waiver covers asks for none.
func (e Exception) kind() string {
	switch {
	case e.Waiver != "":
		return ""
	case e.State == schedule.Missed:
		return ItemMissed
	case e.State == schedule.Failed:
		return ItemFailed
	case len(e.Deviations) > 0 && (e.State == schedule.OnTime || e.State == schedule.Late):
		return ItemDeviated
	default:
		return ""
	}
}

// ItemID is the id of the item that a ticker opens for an exception.
func (e Exception) ItemID() string { return ItemID(e.kind(), e.Name, e.DecidedBy) }

func (e Exception) statement(client string, writer Signer, at time.Time) Unmet {
	u := Unmet{Client: client, Writer: writer, Logged: at, State: string(e.State)}
	u.Occurrence = Occurrence{Name: e.Name, Plan: e.Plan, Due: e.Due.Round(0), Opens: e.Opens.Round(0), Closes: e.Closes.Round(0)}
	if e.State != schedule.Missed {
		u.Waiver = e.Waiver
	}
	return u
}

func (e Exception) item(client, kind, id string) Item {
	return Item{
		Client: client, Item: id, Kind: kind, Run: e.DecidedBy, Occurrence: e.Name, Runbook: e.Runbook(), Step: e.Step,
	}
}

// answers are the four answers as far as the records give them.
func (e Exception) answers(kind string) Answers {
	a := Answers{Since: e.Due.UTC().Format(time.RFC3339), Impact: "not known yet", Tried: "nothing yet"}
	switch kind {
	case ItemMissed:
		a.What = "nobody did " + e.Name
	case ItemFailed:
		a.What = e.Name + " failed"
		if e.Step != "" {
			a.What += " at the step " + e.Step
		}
	case ItemDeviated:
		words := make([]string, len(e.Deviations))
		for i, d := range e.Deviations {
			words[i] = string(d)
		}
		a.What = e.Name + " was not done as agreed: " + strings.Join(words, ", ")
	default:
		a.What = fmt.Sprintf("%s went wrong in the same way %d times in 30 days: find the cause", e.Runbook(), likeCount)
	}
	if e.RecoveredAt != nil {
		a.Tried = "done again with success by " + e.RecoveredAt.UTC().Format(time.RFC3339)
	}
	return a
}

// SignDue signs and logs what is due, with the key of the writer's log. What was
// signed before it fails stays signed, and isn't due the next time.
func (l *Ledger) SignDue(ctx context.Context, due DueStatements, key evidence.Signer) error {
	for _, u := range due.Unmet {
		if _, _, err := l.Say(ctx, KindOccurrence, u, key); err != nil {
			return err
		}
	}
	for _, d := range due.Items {
		answers, err := l.PutJSON(d.Answers)
		if err != nil {
			return err
		}
		d.Item.Answers = answers
		if _, _, err := l.Say(ctx, KindItem, d.Item, key); err != nil {
			return err
		}
	}
	return nil
}
