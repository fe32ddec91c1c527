package cmd

import (
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// calendars are those of the workspace, and behind them those that ship with msp.
func (p *place) calendars() shelf.Calendars {
	return shelf.NewCalendars(func() ([]runbook.File, error) { return workspaceFiles(p) }, builtinFiles)
}
