package agreement

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Statement is what a month was like, as it was known at an instant: what should
// have happened, how much of it was kept, and what the misses cost.
type Statement struct {
	Agreement string    `json:"agreement"`
	Digest    string    `json:"digest"`
	Client    string    `json:"client"`
	Month     string    `json:"month"` // such as 2026-07
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	At        time.Time `json:"at"`
	Final     bool      `json:"final"` // the month is over

	Totals Totals    `json:"totals"`          // of the month, each occurrence once
	Beside int       `json:"beside,omitzero"` // how many of them belong to no target
	Lines  []Line    `json:"lines"`           // a target each, in the order of the agreement
	Left   []LeftOne `json:"left_out"`

	Credit  Bill     `json:"credit"`
	Chronic Repeated `json:"chronic"`
}

// Line is how one target stands in its window, which ends with the month.
type Line struct {
	Target string   `json:"target"`
	At     Percent  `json:"percent"`
	Window Window   `json:"window"`
	Whole  bool     `json:"whole"` // the window ends with the month: a quarter's only every third
	Totals Totals   `json:"totals"`
	Gross  Attained `json:"gross"`
	Net    Attained `json:"net"`          // without what was waived or excluded
	Met    *bool    `json:"met,omitzero"` // net; nil: nothing counted

	Credit Money    `json:"credit"`
	Below  *Percent `json:"below,omitzero"`  // the tier that it fell below
	Behind []string `json:"behind,omitzero"` // the events behind the credit, in order
}

// LeftOne is an event that the net figures leave out.
type LeftOne struct {
	Name   string `json:"name"`
	Target string `json:"target,omitzero"`
	LeftOut
}

// Bill is the credit of a month.
type Bill struct {
	Fee     Money      `json:"fee"`
	Sum     Money      `json:"sum"` // of the lines
	Cap     Money      `json:"cap"`
	Due     Money      `json:"due"` // the sum, at most the cap
	ClaimBy *time.Time `json:"claim_by,omitzero"`
	Trial   bool       `json:"trial,omitzero"` // none is given in this month
}

// Repeated is how often there was a credit in the months up to this one.
type Repeated struct {
	Months []string `json:"months"` // with a credit, the oldest first
	Of     int      `json:"of"`
	Raised bool     `json:"raised"`
}

// Known is what a statement is computed from, as it was known at an instant.
type Known struct {
	At     time.Time
	Events []Event  // of the month, and of the quarter that it ends; others are passed over
	Months []string // earlier ones in which there was a credit, such as 2026-05
}

// Statement computes a month, such as 2026-07. An event that contradicts itself
// or the agreement is an error that names it.
func (a *Agreement) Statement(month string, known Known) (*Statement, error) {
	from, to, err := a.month(month)
	if err != nil {
		return nil, err
	}
	if err := a.checkEvents(known.Events); err != nil {
		return nil, err
	}
	s := &Statement{
		Agreement: a.ID, Digest: a.Digest, Client: a.Client, Month: month, From: from, To: to, At: known.At,
		Final: !known.At.Before(to), Lines: []Line{}, Left: []LeftOne{},
	}
	s.count(known.Events)
	if !s.Totals.Foots() {
		return nil, fmt.Errorf("%d occurrences are expected in %s, and their states add up to another number", s.Totals.Expected, month)
	}
	for _, t := range a.Targets {
		s.Lines = append(s.Lines, a.measure(t, s, known.Events))
	}
	a.bill(s, known.Events)
	if err := a.judgeChronic(s, known.Months); err != nil {
		return nil, err
	}
	return s, nil
}

const monthLayout = "2006-01"

// month is the stretch of a month in the agreement's zone.
func (a *Agreement) month(text string) (from, to time.Time, err error) {
	zone, err := runbook.Zone(a.Timezone)
	if err != nil {
		return time.Time{}, time.Time{}, err
	}
	from, err = time.ParseInLocation(monthLayout, text, zone)
	if err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("%s is not a month such as 2026-07", document.Quote(text))
	}
	to = from.AddDate(0, 1, 0)
	if day(to) <= day(a.From) || !a.Until.IsZero() && day(from) > day(a.Until) {
		return time.Time{}, time.Time{}, fmt.Errorf("the agreement %s isn't in force in %s", a.ID, text)
	}
	return from, to, nil
}

// checkEvents holds the events to themselves and to the agreement.
func (a *Agreement) checkEvents(events []Event) error {
	type key struct{ name, target string }
	seen := map[key]bool{}
	for _, e := range events {
		if err := a.checkEvent(e); err != nil {
			return fmt.Errorf("the event %s: %w", document.Quote(e.Name), err)
		}
		if k := (key{e.Name, e.Target}); seen[k] {
			return fmt.Errorf("the event %s is there twice for the target %s", document.Quote(e.Name), document.Quote(e.Target))
		} else {
			seen[k] = true
		}
	}
	return nil
}

func (a *Agreement) checkEvent(e Event) error {
	if _, ok := a.Target(e.Target); e.Target != "" && !ok {
		return fmt.Errorf("the agreement %s has no target %s", a.ID, document.Quote(e.Target))
	}
	waived := e.LeftOut != nil && e.LeftOut.Why == Waived
	nothing := e.LeftOut != nil && e.LeftOut.Why == NotApplicable
	switch {
	case e.State == "":
		return errors.New("it has no state")
	case waived != (e.State == schedule.Waived):
		return errors.New("what was waived, and nothing else, has the state waived and says who approved it")
	case nothing && e.State != schedule.NotApplicable:
		return errors.New("what somebody said there was nothing to be done of has the state not_applicable")
	case e.LeftOut == nil:
		return nil
	case e.LeftOut.Approver == "":
		return errors.New("nobody approved that it is left out")
	case !waived && !nothing && !slices.ContainsFunc(a.Exclusions, func(x Exclusion) bool { return x.ID == e.LeftOut.Why }):
		return fmt.Errorf("the agreement %s has no exclusion %s", a.ID, document.Quote(e.LeftOut.Why))
	default:
		return nil
	}
}

// in reports whether an event is counted in a stretch of time.
func (s *Statement) in(e Event, from time.Time) bool {
	if e.Reported && e.open() && !e.Breached(s.At) { // it is closed, or found late, in this month or in a later one
		return e.Due.Before(s.To) && !s.At.Before(from) && !s.At.After(s.To)
	}
	at := e.belongs()
	return !at.Before(from) && at.Before(s.To)
}

// count adds up the month, each occurrence once.
func (s *Statement) count(events []Event) {
	seen := map[string]bool{}
	for _, e := range events {
		if !s.in(e, s.From) {
			continue
		}
		if !seen[e.Name] {
			s.Totals.add(e, s.At)
			if e.Target == "" {
				s.Beside++
			}
		}
		seen[e.Name] = true
		if e.LeftOut != nil {
			s.Left = append(s.Left, LeftOne{Name: e.Name, Target: e.Target, LeftOut: *e.LeftOut})
		}
	}
}

// measure counts one target in its window.
func (a *Agreement) measure(t Target, s *Statement, events []Event) Line {
	from, whole := window(t.Window, s.From)
	line := Line{Target: t.Name, At: t.Percent, Window: t.Window, Whole: whole, Credit: a.none()}
	for _, e := range events {
		if e.Target != t.Name || !s.in(e, from) {
			continue
		}
		line.Totals.add(e, s.At)
		counts, met := e.verdict(s.At)
		line.Gross.add(counts, met)
		line.Net.add(counts && e.LeftOut == nil, met)
	}
	if met, ok := line.Net.Reaches(t.Percent); ok {
		line.Met = &met
	}
	return line
}

func (a *Attained) add(counts, met bool) {
	if !counts {
		return
	}
	a.Total++
	if met {
		a.Met++
	}
}

// window is where the window of a month begins, and whether it ends with it.
// Quarters begin in January, April, July and October.
func window(w Window, month time.Time) (from time.Time, whole bool) {
	if w != Quarter {
		return month, true
	}
	into := (int(month.Month()) - 1) % 3
	return month.AddDate(0, -into, 0), into == 2
}

func (a *Agreement) none() Money {
	if a.Credits == nil {
		return Money{}
	}
	return Money{Currency: a.Credits.MonthlyFee.Currency}
}

// bill computes the credits. One event gives one credit: the line that costs the
// most takes its events first, and what is behind one line counts for no other.
func (a *Agreement) bill(s *Statement, events []Event) {
	s.Credit = Bill{Fee: a.none(), Sum: a.none(), Cap: a.none(), Due: a.none()}
	if a.Credits == nil {
		return
	}
	c := a.Credits
	s.Credit.Fee, s.Credit.Cap = c.MonthlyFee, c.MonthlyFee.share(c.Cap)
	if a.onTrial(s.To) {
		s.Credit.Trial = true
		return
	}
	paid := map[string]bool{}
	for range s.Lines {
		i, tier, behind := a.dearest(s, events, paid)
		if i < 0 {
			break
		}
		line := &s.Lines[i]
		line.Credit, line.Below, line.Behind = c.MonthlyFee.share(tier.Credit), &tier.Below, behind
		s.Credit.Sum.Minor += line.Credit.Minor
		for _, name := range behind {
			paid[name] = true
		}
	}
	s.Credit.Due.Minor = min(s.Credit.Sum.Minor, s.Credit.Cap.Minor)
	if by := s.To.Add(c.ClaimWithin.Span); s.Credit.Due.Minor > 0 && !c.ClaimWithin.IsZero() {
		s.Credit.ClaimBy = &by
	}
}

// onTrial reports whether a month that ends then lies in a trial without credits.
func (a *Agreement) onTrial(to time.Time) bool {
	return a.Trial != nil && !a.Trial.Credits && day(to.AddDate(0, 0, -1)) <= day(a.Trial.Until)
}

// dearest finds the line without a credit yet that gives the largest; -1 when
// there is none.
func (a *Agreement) dearest(s *Statement, events []Event, paid map[string]bool) (found int, tier Tier, behind []string) {
	found = -1
	for i, line := range s.Lines {
		if line.Below != nil || !line.Whole {
			continue
		}
		own, names, ok := a.tier(a.Targets[i], s, events, paid)
		if ok && (found < 0 || own.Credit > tier.Credit) {
			found, tier, behind = i, own, names
		}
	}
	return found, tier, behind
}

// tier is the last tier below which a target fell, without the events that a
// credit was given for.
func (a *Agreement) tier(t Target, s *Statement, events []Event, paid map[string]bool) (found Tier, behind []string, ok bool) {
	from, _ := window(t.Window, s.From)
	var net Attained
	for _, e := range events {
		counts, met := e.verdict(s.At)
		if e.Target != t.Name || e.LeftOut != nil || paid[e.Name] || !s.in(e, from) {
			continue
		}
		net.add(counts, met)
		if counts && !met {
			behind = append(behind, e.Name)
		}
	}
	slices.Sort(behind)
	for _, tier := range t.Tiers {
		if reached, counted := net.Reaches(tier.Below); counted && !reached && tier.Credit > 0 {
			found, ok = tier, true
		}
	}
	return found, behind, ok
}

// judgeChronic counts the months with a credit up to this one.
func (a *Agreement) judgeChronic(s *Statement, months []string) error {
	if a.Credits == nil {
		return nil
	}
	chronic := a.Credits.Chronic
	first := s.From.AddDate(0, 1-chronic.Of, 0).Format(monthLayout)
	all := map[string]bool{s.Month: s.Credit.Due.Minor > 0}
	for _, month := range months {
		if _, err := time.Parse(monthLayout, month); err != nil {
			return fmt.Errorf("%s is not a month such as 2026-07", document.Quote(month))
		}
		if month >= first && month < s.Month {
			all[month] = true
		}
	}
	s.Chronic = Repeated{Months: []string{}, Of: chronic.Of}
	for month, credited := range all {
		if credited {
			s.Chronic.Months = append(s.Chronic.Months, month)
		}
	}
	slices.SortFunc(s.Chronic.Months, cmp.Compare[string])
	s.Chronic.Raised = len(s.Chronic.Months) >= chronic.Months
	return nil
}
