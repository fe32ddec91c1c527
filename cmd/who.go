package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/escalate"
)

// whoReport is msp who --json.
type whoReport struct {
	V       int       `json:"v"`
	Runbook string    `json:"runbook"`
	Client  string    `json:"client"`
	At      time.Time `json:"at"`
	Rungs   []whoRung `json:"rungs"`
}

// whoRung is a name that is told, and who that is.
type whoRung struct {
	Ladder string      `json:"ladder,omitempty"` // "" for the owner
	Rung   int         `json:"rung,omitempty"`
	After  string      `json:"after,omitempty"`
	Notify string      `json:"notify"`
	People []whoPerson `json:"people"`
}

type whoPerson struct {
	Turn        string     `json:"turn"` // primary, next, last, then
	Contact     string     `json:"contact"`
	Name        string     `json:"name"`
	Side        string     `json:"side"`
	Channels    []string   `json:"channels"`
	Unreachable string     `json:"unreachable,omitempty"` // why
	Line        string     `json:"line,omitempty"`        // that makes it them
	Until       *time.Time `json:"until,omitempty"`       // the end of their turn
}

func (a *app) whoCommand() *cobra.Command {
	var at string
	var asJSON bool
	c := &cobra.Command{
		Use: "who RUNBOOK", GroupID: groupDo, Short: "show whom a runbook's owner and ladders name, now or then", Args: cobra.ExactArgs(1),
		Long: `Show the people behind a runbook's owner and behind each rung of its ladders:
primary, next, last, and who stands in for them, each with the line of the contacts
that makes it them. Contacts are documents of kind Contacts in runbooks/: those
without a client are shared, others are a client's own.`,
		Example: "  msp who backup-verify\n  msp who backup-verify --at 2026-03-28T03:10:00Z", ValidArgsFunction: a.completeRunbooks,
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			now, err := a.instant(at)
			if err != nil {
				return err
			}
			r, err := findRunbook(p, args[0])
			if err != nil {
				return err
			}
			report, err := p.who(r, now)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(report)
			}
			return a.showWho(report)
		},
	}
	c.Flags().StringVar(&at, "at", "", "at this `INSTANT` instead of now")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (p *place) who(r *runbook.Runbook, at time.Time) (whoReport, error) {
	report := whoReport{V: 1, Runbook: r.ID, Client: p.Client, At: at}
	contacts, err := p.contacts(p.Client)
	if err != nil {
		return report, err
	}
	people := func(name string) ([]whoPerson, error) {
		who, err := contacts.Who(name, r.Owner, at)
		var unknown *agreement.UnknownNameError
		if errors.As(err, &unknown) && contacts != nil {
			return nil, hint(err, "%s", cmp.Or(unknown.Hint, "msp lint shows where it stands"))
		}
		return peopleOf(who, at), nil
	}
	first := whoRung{Notify: agreement.OwnerName}
	if first.People, err = people(agreement.OwnerName); err != nil {
		return report, err
	}
	report.Rungs = append(report.Rungs, first)
	for _, ladder := range []struct {
		name  escalate.Ladder
		rungs []runbook.Rung
	}{{escalate.NotAcknowledged, r.Escalation.NotAcknowledged}, {escalate.NotResolved, r.Escalation.NotResolved}} {
		for i, rung := range ladder.rungs {
			line := whoRung{Ladder: string(ladder.name), Rung: i + 1, After: afterText(rung), Notify: rung.Notify}
			if line.People, err = people(rung.Notify); err != nil {
				return report, err
			}
			report.Rungs = append(report.Rungs, line)
		}
	}
	return report, nil
}

func afterText(rung runbook.Rung) string {
	if rung.After.IsZero() {
		return fmt.Sprintf("%g%%", rung.Share)
	}
	return rung.After.Text
}

// turns are the words for the order in which people are told.
var turns = []string{agreement.LayerPrimary, agreement.LayerNext, agreement.LayerLast}

func peopleOf(who []agreement.Person, at time.Time) []whoPerson {
	people := []whoPerson{}
	for i, p := range who {
		person := whoPerson{
			Turn: "then", Contact: p.Contact.ID, Name: p.Contact.Name, Side: string(p.Contact.Side), Channels: []string{},
			Unreachable: p.Contact.Unreachable(at), Line: p.Line.String(),
		}
		if i < len(turns) {
			person.Turn = turns[i]
		}
		for _, c := range p.Contact.Channels {
			person.Channels = append(person.Channels, c.Name)
		}
		if p.Turn != nil {
			until := p.Turn.Until
			person.Until = &until
		}
		people = append(people, person)
	}
	return people
}

func (a *app) showWho(report whoReport) error {
	var page page
	page.add("%s · %s · %s", report.Runbook, report.Client, report.At.Local().Format("Mon 2006-01-02 15:04 MST"))
	for _, rung := range report.Rungs {
		head := rung.Notify
		if rung.Ladder != "" {
			head = fmt.Sprintf("%s after %s: %s", spaced(rung.Ladder), rung.After, rung.Notify)
		}
		page.add("%s", head)
		if len(rung.People) == 0 {
			page.add("  nobody; the owner is told instead")
		}
		for _, p := range rung.People {
			page.add("%s", personLine(p))
		}
	}
	return page.print(a.Stdout)
}

func personLine(p whoPerson) string {
	line := fmt.Sprintf("  %-8s %-12s %-20s", p.Turn, p.Contact, p.Name)
	if p.Unreachable != "" {
		line += " " + spaced(p.Unreachable)
	} else {
		line += " " + strings.Join(p.Channels, ", ")
	}
	if p.Until != nil {
		line += "  until " + p.Until.Local().Format("Mon 2006-01-02 15:04 MST")
	}
	return strings.TrimRight(line+"  "+p.Line, " ")
}
