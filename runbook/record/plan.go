package record

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// KindPlan is the statement that says what should happen.
const KindPlan = "plan"

// Plan says which runbooks a client gets, and when: the population of its
// occurrences is computed from it. Each plan takes the place of the one before
// it, from the instant at which it was signed; what was due before stays judged
// by what was in force then.
type Plan struct {
	Client   string    `json:"client"`
	Writer   Signer    `json:"writer"`
	Operator Signer    `json:"operator"` // who signed it
	Signed   time.Time `json:"signed"`
	Digest   string    `json:"digest"` // of the document's exact bytes
	Source   string    `json:"source"` // the blob that holds them; inputs stand only there
	Ticker   string    `json:"ticker,omitzero"`
	Level    string    `json:"level"`
	TZData   string    `json:"tzdata,omitzero"` // the release of the zones that it was signed with

	Runbooks  []PlannedRunbook `json:"runbooks"`
	Calendars []PinnedCalendar `json:"calendars,omitzero"` // all that the runbooks name, by id

	// Agreement is the one with the client when the plan was signed; nil where
	// there was none.
	Agreement *PinnedAgreement `json:"agreement,omitzero"`
}

// PinnedAgreement is an agreement by its bytes. The terms that it gives stand with
// each runbook, by value.
type PinnedAgreement struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Digest  string `json:"digest"` // of the document's exact bytes
	Source  string `json:"source"` // the blob that holds them
}

// PinnedCalendar is a calendar by value, with its days off as explicit dates:
// nothing else is needed to compute with it.
type PinnedCalendar struct {
	Digest   string            `json:"digest"` // of the document's exact bytes
	Source   string            `json:"source"` // the blob that holds them
	Calendar schedule.Calendar `json:"calendar"`
}

// SignedAgreement reads the agreement that the plan was signed under.
func (p Plan) SignedAgreement(store *evidence.Store) (*agreement.Agreement, error) {
	pinned := p.Agreement
	source, err := GetBlob(store, pinned.Source)
	if err == nil && runbook.Digest(source) != pinned.Digest {
		err = errors.New("the kept document is not the one that was signed")
	}
	if err != nil {
		return nil, fmt.Errorf("the agreement %s of the plan: %w", pinned.ID, err)
	}
	with, problems := agreement.LoadAgreement(pinned.ID+".yaml", source)
	return with, problems.Err()
}

// PlannedRunbook is one runbook of a plan, with its schedule and its SLA by
// value: a runbook's file may change later and changes nothing here.
type PlannedRunbook struct {
	Runbook  Runbook          `json:"runbook"`
	From     string           `json:"from,omitzero"`  // a day, such as 2026-03-01
	Until    string           `json:"until,omitzero"` // the last day
	Schedule Schedule         `json:"schedule"`
	SLA      *agreement.Terms `json:"sla,omitzero"`
}

// Schedule is a runbook's schedule by value. Calendars are named by their id,
// and stand in the plan once for all its runbooks. Grace counts in the SLA's
// calendar.
type Schedule struct {
	Cron          string              `json:"cron,omitzero"`
	RRule         string              `json:"rrule,omitzero"`
	Shift         runbook.Nanoseconds `json:"shift_ns,omitzero"`            // on the wall clock
	ShiftDays     int                 `json:"shift_business_days,omitzero"` // in the calendar
	Timezone      string              `json:"timezone"`
	Calendar      string              `json:"calendar,omitzero"`
	OnHoliday     string              `json:"on_holiday,omitzero"`
	Early         runbook.Nanoseconds `json:"early_ns,omitzero"`
	Grace         runbook.Nanoseconds `json:"grace_ns,omitzero"`
	CloseAfter    runbook.Nanoseconds `json:"close_after_ns,omitzero"`
	OnMissed      string              `json:"on_missed,omitzero"`
	EffectiveFrom string              `json:"effective_from,omitzero"` // a day
}

// PinRunbook takes what is planned of a runbook by value: its schedule and its
// SLA, with working time in hours. What of it can't be computed with is an
// error. The calendar of its terms stands in the plan, once for all runbooks.
func PinRunbook(book *runbook.Runbook, from agreement.Lookup) (Schedule, *agreement.Terms, error) {
	sla, err := from.SLA(book.SLA)
	if err != nil {
		return Schedule{}, nil, err
	}
	if _, err := schedule.Of(book.Schedule, sla, from.Calendar); err != nil {
		return Schedule{}, nil, err
	}
	s, _, err := schedule.Plain(book.Schedule, sla, from.Calendar)
	if err != nil {
		return Schedule{}, nil, err
	}
	if s.Grace.IsZeroLength() { // which a plan would pin as nothing said
		return Schedule{}, nil, fmt.Errorf("grace: %s leaves no time to start: say at least 1s", s.Grace)
	}
	terms := agreement.TermsOf(book.SLA, from)
	if terms != nil {
		terms.Hours = nil
	}
	return Schedule{
		Cron: s.Cron, RRule: s.RRule, Timezone: s.Timezone, Calendar: s.Calendar, OnHoliday: s.OnHoliday, OnMissed: s.OnMissed,
		Shift: runbook.Nanoseconds(s.Shift.Span), ShiftDays: s.Shift.Days,
		Early: runbook.Nanoseconds(s.Early.Span), Grace: runbook.Nanoseconds(s.Grace.Span),
		CloseAfter: runbook.Nanoseconds(s.CloseAfter.Span), EffectiveFrom: dayText(s.EffectiveFrom),
	}, terms, nil
}

// model is a pinned schedule as the model has it.
func (s Schedule) model() (*runbook.Schedule, error) {
	effective, err := day(s.EffectiveFrom)
	if err != nil {
		return nil, err
	}
	shift := span(s.Shift)
	if s.ShiftDays > 0 {
		shift = runbook.Duration{Text: fmt.Sprintf("%d business days", s.ShiftDays), Unit: runbook.BusinessDays, Days: s.ShiftDays}
	}
	return &runbook.Schedule{
		Cron: s.Cron, RRule: s.RRule, Shift: shift, Timezone: s.Timezone, Calendar: s.Calendar, OnHoliday: s.OnHoliday, OnMissed: s.OnMissed,
		Early: span(s.Early), Grace: span(s.Grace), CloseAfter: span(s.CloseAfter), EffectiveFrom: effective,
	}, nil
}

// When says in words when a pinned schedule is due: as in its runbook.
func (s Schedule) When() string {
	text := s.Cron + s.RRule
	if s.ShiftDays > 0 {
		text += fmt.Sprintf(" + %d business days", s.ShiftDays)
	}
	if s.Shift > 0 {
		text += " + " + runbook.FormatSpan(s.Shift.Span())
	}
	text += " " + s.Timezone
	if s.Calendar != "" {
		text += " on " + s.Calendar
	}
	return text
}

// Calendar is a calendar that the plan pins.
func (p Plan) Calendar(id string) (*schedule.Calendar, error) {
	for i := range p.Calendars {
		if c := &p.Calendars[i].Calendar; c.ID == id {
			return c, nil
		}
	}
	return nil, fmt.Errorf("the plan pins no calendar %q", id)
}

func dayText(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}

func day(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, text)
}

// span is a pinned length of time as the model has it.
func span(n runbook.Nanoseconds) runbook.Duration {
	if n == 0 {
		return runbook.Duration{}
	}
	return runbook.Duration{Text: n.Span().String(), Span: n.Span()}
}

// Population is what a plan asks for of one of its runbooks, until another plan
// took its place (zero: none has). That the schedule makes sense was looked at when
// the plan was signed; CheckedPopulation looks again.
func (p Plan) Population(item PlannedRunbook, until time.Time) (schedule.Planned, error) {
	return p.population(item, until, schedule.OfPinned)
}

// CheckedPopulation is Population for a plan of which it isn't known who made it.
func (p Plan) CheckedPopulation(item PlannedRunbook, until time.Time) (schedule.Planned, error) {
	return p.population(item, until, schedule.Of)
}

func (p Plan) population(
	item PlannedRunbook, until time.Time, of func(*runbook.Schedule, *runbook.SLA, schedule.Lookup) (schedule.Recurrence, error),
) (schedule.Planned, error) {
	s, err := item.Schedule.model()
	if err != nil {
		return schedule.Planned{}, err
	}
	recurrence, err := of(s, slaOf(item.SLA), p.Calendar)
	if err != nil {
		return schedule.Planned{}, fmt.Errorf("the plan's schedule of %s: %w", item.Runbook.ID, err)
	}
	from, err := day(item.From)
	if err != nil {
		return schedule.Planned{}, err
	}
	last, err := day(item.Until)
	if err != nil {
		return schedule.Planned{}, err
	}
	population := recurrence.Planned(p.Client, schedule.Item{Runbook: item.Runbook.ID, From: from, Until: last}, p.Signed.Round(0))
	if !until.IsZero() && (population.Until.IsZero() || until.Before(population.Until)) {
		population.Until = until
	}
	return population, nil
}

// slaOf is pinned terms as the model has them. Those of an agreement that were
// resolved stand for themselves.
func slaOf(t *agreement.Terms) *runbook.SLA {
	if t == nil {
		return nil
	}
	named := t.Agreement
	if t.Digest != "" {
		named = ""
	}
	return &runbook.SLA{
		Agreement: named, Clock: runbook.Clock(t.Clock), Calendar: t.Calendar,
		StartWithin: span(t.StartWithin), CompleteWithin: span(t.CompleteWithin), Target: t.Target,
	}
}

// Occurrence is what a run-start says of the occurrence that the run is for.
type Occurrence struct {
	Name    string    `json:"name"` // <client>/<runbook>/<nominal>
	Plan    string    `json:"plan"` // digest of the plan statement's envelope
	Due     time.Time `json:"due"`
	Opens   time.Time `json:"opens"`
	Closes  time.Time `json:"closes"`
	Repeats string    `json:"repeats,omitzero"` // the run that decided the occurrence before: this one changes nothing of that
}

// PlanAt is the plan that was in force at an instant; nil when none was.
func (h *History) PlanAt(at time.Time) *Signed[Plan] {
	var found *Signed[Plan]
	for i := range h.Plans {
		if !h.Plans[i].Body.Signed.After(at) {
			found = &h.Plans[i]
		}
	}
	return found
}

// replaced is the instant at which another plan took a plan's place.
func (h *History) replaced(plan *Signed[Plan]) time.Time {
	for i := range h.Plans {
		if h.Plans[i].Digest == plan.Digest && i+1 < len(h.Plans) {
			return h.Plans[i+1].Body.Signed.Round(0)
		}
	}
	return time.Time{}
}

// Bound is the occurrence that a run is for, and the terms that it brings.
type Bound struct {
	Occurrence Occurrence
	Found      schedule.Occurrence
	Item       PlannedRunbook
	Inputs     map[string]string // that the plan asks for
}

// ErrClaimed says that another run holds the occurrence.
var ErrClaimed = errors.New("another run is under way for it")

// madeBefore reads the time in a UUIDv7. An id that has none is never passed
// over.
func madeBefore(run string, t time.Time) bool {
	id, err := uuid.Parse(run)
	if err != nil || id.Version() != 7 {
		return false
	}
	seconds, nanos := id.Time().UnixTime()
	return time.Unix(seconds, nanos).Before(t)
}

// find looks for the occurrence in the plan in force.
func (h *History) find(store *evidence.Store, runbookID string, at time.Time) (*Bound, error) {
	plan := h.PlanAt(at)
	if plan == nil {
		return nil, nil
	}
	for i, item := range plan.Body.Runbooks {
		if item.Runbook.ID != runbookID {
			continue
		}
		population, err := plan.Body.Population(item, h.replaced(plan))
		if err != nil {
			return nil, err
		}
		found, ok := population.At(at)
		if !ok {
			continue
		}
		inputs, err := plan.Body.inputs(store, i)
		if err != nil {
			return nil, err
		}
		occurrence := Occurrence{Name: found.Name, Plan: plan.Digest, Due: found.Due.Round(0), Opens: found.Opens.Round(0), Closes: found.Closes.Round(0)}
		return &Bound{Occurrence: occurrence, Found: found, Item: item, Inputs: inputs}, nil
	}
	return nil, nil
}

// asked are the inputs that the plan in force asks for a runbook with; nil where no
// plan asks for it.
func (h *History) asked(store *evidence.Store, runbookID string, at time.Time) (map[string]string, error) {
	plan := h.PlanAt(at)
	if plan == nil {
		return nil, nil
	}
	i := slices.IndexFunc(plan.Body.Runbooks, func(item PlannedRunbook) bool { return item.Runbook.ID == runbookID })
	if i < 0 {
		return nil, nil
	}
	return plan.Body.inputs(store, i)
}

// claim looks whether another run has the occurrence.
func (h *History) claim(bound *Bound, at time.Time) error {
	for _, account := range h.Accounts {
		start := account.Start.Body
		if start.Occurrence == nil || start.Occurrence.Name != bound.Occurrence.Name {
			continue
		}
		if !account.Finished() && at.Before(account.Until(at)) {
			return fmt.Errorf("%s: %w, %s", bound.Occurrence.Name, ErrClaimed, ShortID(account.Run))
		}
		if account.Finished() && bound.Occurrence.Repeats == "" {
			bound.Occurrence.Repeats = account.Run
		}
	}
	return nil
}

// inputs reads what the plan asks for out of its document, whose runbooks stand
// in the same order.
func (p Plan) inputs(store *evidence.Store, i int) (map[string]string, error) {
	source, err := GetBlob(store, p.Source)
	if err != nil {
		return nil, fmt.Errorf("the plan in force: %w", err)
	}
	if runbook.Digest(source) != p.Digest {
		return nil, fmt.Errorf("the plan in force: the kept document %s is not the one that was signed", p.Source)
	}
	plan, problems := schedule.LoadPlan("plan", source)
	if len(problems) > 0 {
		return nil, fmt.Errorf("the plan in force: %w", problems)
	}
	if i >= len(plan.Items) || plan.Items[i].Runbook != p.Runbooks[i].Runbook.ID {
		return nil, errors.New("the plan in force and its document differ")
	}
	return plan.Items[i].Inputs, nil
}
