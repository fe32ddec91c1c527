package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// unsigned adds what the workspace's plans ask for that are not signed yet: they
// count from now on, and say so. What is to be known of them stands in the notes.
func (a *app) unsigned(ctx context.Context, p *place, all []outlook, at time.Time) ([]outlook, []string, error) {
	files, err := workspaceFiles(p)
	if err != nil {
		return nil, nil, err
	}
	var notes []string
	for _, f := range files {
		if !f.Is(runbook.KindPlan) {
			continue
		}
		plan, problems := schedule.LoadPlan(f.Name, f.Source)
		if plan == nil {
			notes = append(notes, fmt.Sprintf("%s is not counted: %s; msp lint shows more", f.Name, problems[0].Message))
			continue
		}
		if a.flags.client != "" && a.flags.client != plan.Client {
			continue
		}
		o := outlookOf(&all, plan.Client)
		switch {
		case o.Digest == plan.Digest || len(o.Problems) > 0:
		case o.early(): // which is said of each client
		case o.Planned:
			notes = append(notes, fmt.Sprintf("%s is not what was signed for %s: msp plan sign %s", f.Name, plan.Client, f.Name))
		default:
			notes = append(notes, fmt.Sprintf("the plan of %s is not signed, and nothing of it is ever missed: msp plan sign %s", plan.Client, f.Name))
			if err := a.addUnsigned(ctx, p, o, f.Name, at); err != nil {
				notes = append(notes, fmt.Sprintf("%s is not counted: %s", f.Name, err))
			}
		}
	}
	return all, notes, nil
}

// outlookOf is that of a client, which is added where there is none.
func outlookOf(all *[]outlook, client string) *outlook {
	for i := range *all {
		if (*all)[i].Client == client {
			return &(*all)[i]
		}
	}
	*all = append(*all, outlook{Client: client})
	return &(*all)[len(*all)-1]
}

// addUnsigned adds what is upcoming by a plan that is not signed.
func (a *app) addUnsigned(ctx context.Context, p *place, o *outlook, file string, at time.Time) error {
	plan, books, err := a.loadPlan(p, file)
	if err != nil {
		return err
	}
	known, err := p.promises(plan.Client, at)
	if err != nil {
		return err
	}
	statement, err := unsignedStatement(plan, books, known, at)
	if err != nil {
		return err
	}
	h := record.History{Plans: []record.Signed[record.Plan]{{Body: statement}}}
	would, err := h.Standing().Outlook(ctx, at, at.Add(ahead), 0)
	if err != nil {
		return err
	}
	o.Later += would.Later
	for _, p := range would.Pending {
		o.Rows = append(o.Rows, terminal.DueRow{Pending: p, Zone: zoneOf(p.Name), Unsigned: true})
	}
	return nil
}
