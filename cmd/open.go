package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// The ways in which a run can be open.
const (
	openRunning = "running" // a process works on it
	openCutOff  = "cut off" // its process ended and left the journal
	openWaiting = "waiting" // for a person
)

// stateOf is where a run stands, and of an open one what this machine knows:
// the lock and the journal never leave the machine that the run began on.
func (a *app) stateOf(store *evidence.Store, account *record.Account) string {
	if account.Finished() {
		return account.State(a.Now())
	}
	return stateWords(account.State(a.Now()), a.openHow(store, account))
}

func stateWords(state, how string) string {
	switch {
	case how == "":
		return state
	case state == "open":
		return how
	default:
		return state + ", " + how // it is past its time
	}
}

// openHow says how an unfinished run is open, or "" where nothing tells.
func (a *app) openHow(store *evidence.Store, account *record.Account) string {
	path := record.LockPath(store, account.Writer, account.Run)
	waiting := ""
	if n := len(account.Segments); n > 0 && account.Segments[n-1].Body.Waiting != "" {
		waiting = openWaiting
	}
	if _, err := os.Stat(path); err != nil {
		return waiting
	}
	lock, err := a.Disk.TryLock(path)
	if errors.Is(err, evidence.ErrLocked) {
		return openRunning
	}
	if err != nil {
		return waiting
	}
	defer lock.Unlock()
	switch entries, _, err := record.ReadJournal(record.JournalPath(store, account.Writer, account.Run)); {
	case err != nil || len(entries) > 0:
		return openCutOff
	default:
		return openWaiting // whoever leaves a run without a journal has parked it
	}
}

// describeOpen says of each run which runbook it is of, when it began, and how
// it is open.
func (a *app) describeOpen(store *evidence.Store, accounts []*record.Account) string {
	var text strings.Builder
	for _, account := range accounts {
		start := account.Start.Body
		fmt.Fprintf(&text, "\n  %s  %s  %s %s  %s", record.ShortID(account.Run), start.Started.Local().Format(clockLayout),
			start.Runbook.ID, start.Runbook.Version, a.stateOf(store, account))
	}
	return text.String()
}
