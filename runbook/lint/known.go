package lint

import (
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// Known is what documents may name that stands elsewhere.
type Known struct {
	Now       time.Time
	Folder    string          // from which the relative paths of a plan's inputs go
	Around    []runbook.File  // the documents of the workspace
	Calendars shelf.Calendars // of the workspace, and those that ship with msp

	// Runbook finds a runbook by id, in the workspace and among those that ship
	// with msp. The error's Hint method, if it has one, says what to do.
	Runbook func(id string) (*runbook.Runbook, error)

	// Shellcheck gives what shellcheck finds in each of some scripts, or nothing
	// where it can't be asked; nil where it isn't to be.
	Shellcheck func([]Script) [][]ShellFinding

	// Before is what stood at the revision that the documents are compared with;
	// nil without one.
	Before *Before
}

// today is the day on which it is looked, as dates of documents are: at midnight UTC.
func (k Known) today() time.Time { return k.Now.UTC().Truncate(24 * time.Hour) }

// Before are the runbooks at an earlier revision.
type Before struct {
	Since  string             // the revision, as it was asked for
	Former map[string]*Former // by the file that the runbook has now; none that is the same
	Came   []*runbook.Runbook // those that were not there
	Gone   []*Former          // those that are no more
}

// Former is a runbook at an earlier revision.
type Former struct {
	File    string           // as the repository called it
	Runbook *runbook.Runbook // nil where it can't be read
	Now     *runbook.Runbook // what it is; nil where it is gone
	Moved   bool             // its file has another name
	Changes []change.Change  // since then; none where it can't be read
}
