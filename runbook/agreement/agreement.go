package agreement

import (
	"cmp"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Agreement is one loaded document of kind Agreement: what a provider has
// promised a client. It is not changed after LoadAgreement.
type Agreement struct {
	document.Position
	runbook.Document // records carry its Digest

	ID, Client, Version, Title string

	Timezone string    // of its months and quarters
	From     time.Time // the first day, midnight UTC
	Until    time.Time // the last day; zero: no end
	Contacts string    // the id of the client's Contacts; may be empty

	ClientSide, ProviderSide Party
	InScope, OutOfScope      []string // ids of runbooks

	Targets    []Target // in the order of the file
	Supports   []Support
	Holds      HoldRules
	Credits    *Credits // nil: none are given
	Exclusions []Exclusion
	KPIs       []KPI

	Reports   []Report
	Telling   []Telling
	Scripts   Scripts
	Retention []Retention
	Trial     *Trial
	Exit      Exit
}

// Party is one side of an agreement, and who signs for it.
type Party struct{ Name, Role, Contact string }

// Window is the stretch of time over which a target is measured.
type Window string

// The windows.
const (
	Month   Window = "month"
	Quarter Window = "quarter"
)

// Target is a promise with a name, which runbooks refer to.
type Target struct {
	document.Position
	Name     string
	Promises runbook.SLA // its clock, its calendar and the lengths of time
	Percent  Percent     // of the events in a window
	Window   Window
	Owner    string // a role
	Tiers    []Tier // from the mildest on; none: no credit
}

// Tier is the credit for a target of which less was attained.
type Tier struct {
	document.Position
	Below  Percent
	Credit Percent // of the monthly fee
}

// The kinds of what supports a target.
const (
	OLA      = "ola"      // a promise inside the provider
	Contract = "contract" // a vendor's
)

// Support is an OLA or a vendor's contract that a target rests on. It is tighter
// than the target.
type Support struct {
	document.Position
	Name     string
	Kind     string
	With     string
	Target   string // that it supports
	Promises runbook.SLA
	Percent  Percent // zero: not said
}

// Credits say what a missed target costs.
type Credits struct {
	MonthlyFee  Money
	Cap         Percent          // of the monthly fee, for all credits of a month
	ClaimWithin runbook.Duration // of the month's end; zero: no limit
	Chronic     Chronic
}

// Chronic is how often a credit makes a service chronically bad.
type Chronic struct{ Months, Of int }

// Exclusion is a reason for which an event doesn't count, and who approves each
// use of it.
type Exclusion struct {
	document.Position
	ID, What, Approver string
}

// KPI is a figure that is to become better: specific, measurable, agreed,
// relevant and with a date. Numbers are kept as they were written.
type KPI struct {
	document.Position
	Metric, Unit     string
	Baseline, Target string
	By               time.Time // midnight UTC
	Owner            string
	Revisions        []Revision // in the order of their dates
}

// Revision changes a KPI from a day on. What it doesn't say stays.
type Revision struct {
	Date             time.Time
	Baseline, Target string
	By               time.Time
	Owner            string
	Because          string
}

// At is the KPI as it was in force on a day.
func (k KPI) At(day time.Time) KPI {
	for _, r := range k.Revisions {
		if r.Date.After(day) {
			break
		}
		k.Baseline, k.Target, k.Owner = cmp.Or(r.Baseline, k.Baseline), cmp.Or(r.Target, k.Target), cmp.Or(r.Owner, k.Owner)
		if !r.By.IsZero() {
			k.By = r.By
		}
	}
	return k
}

// Report is one that is due by a schedule. Each time is an occurrence, which a run
// of the runbook with its id satisfies.
type Report struct {
	document.Position
	ID, Title string
	Owner, To string
	Schedule  *runbook.Schedule
}

// Telling says who is told what, and how soon.
type Telling struct {
	When, To, By string
	Within       runbook.Duration
}

// Scripts says who keeps the scripts.
type Scripts struct{ Owner, Licence, OnExit string }

// Retention says how long something is kept.
type Retention struct {
	What string
	Keep runbook.Duration
	Then string
}

// Trial is a time in which the agreement may be tried, the last day included.
type Trial struct {
	Until   time.Time
	Credits bool // are given in it
}

// Exit says what happens at the end.
type Exit struct {
	Notice         runbook.Duration
	Handover, Data string
}

// Target is the one of this name.
func (a *Agreement) Target(name string) (Target, bool) {
	i := slices.IndexFunc(a.Targets, func(t Target) bool { return t.Name == name })
	if i < 0 {
		return Target{}, false
	}
	return a.Targets[i], true
}

// Covers reports whether a runbook is in scope: the agreement names it, or asks for
// the report that it makes.
func (a *Agreement) Covers(id string) bool {
	return slices.Contains(a.InScope, id) || slices.ContainsFunc(a.Reports, func(r Report) bool { return r.ID == id })
}

// LoadAgreement reads one agreement from the bytes of a file. The agreement is
// nil when there are problems; the problems are all that the file has, in order.
func LoadAgreement(file string, source []byte) (*Agreement, document.Problems) {
	var a *Agreement
	read, problems := runbook.LoadDocument(file, source, func(root *document.Node, d *document.Decoder) { a = draft{d}.agreement(root) })
	if len(problems) > 0 {
		return nil, problems
	}
	a.Document = read
	return a, nil
}
