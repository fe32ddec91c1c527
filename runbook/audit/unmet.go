package audit

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// An unmet is a statement that nobody did an occurrence.
type unmet struct {
	*statement
	body *record.Unmet
}

// A waiver is one that counts: whoever signed it might.
type waiver struct {
	*statement
	body *record.Waiver
}

// What was stated about occurrences, and is to be held against what is computed.
type stated struct {
	unmet   map[string]*unmet // by the name of the occurrence; the first that can be relied on
	waivers []waiver          // by when they were signed
}

// readStated gathers what was stated about occurrences, and holds each statement
// to the population that the plans give.
func (a *audit) readStated(said []saidResult) {
	a.stated.unmet = map[string]*unmet{}
	for _, r := range said {
		if r.statement == nil {
			continue
		}
		if body, ok := r.statement.body.(*record.Waiver); ok && a.mayWaive(r.statement) {
			a.stated.waivers = append(a.stated.waivers, waiver{r.statement, body})
		}
	}
	slices.SortStableFunc(a.stated.waivers, func(x, y waiver) int { return x.body.Signed.Compare(y.body.Signed) })
	for _, r := range said {
		if r.statement == nil {
			continue
		}
		a.checkTicker(r.statement)
		if body, ok := r.statement.body.(*record.Unmet); ok {
			a.readUnmet(&unmet{r.statement, body})
		}
	}
}

// mayWaive says what checkSaidBy has told: whether a waiver counts.
func (a *audit) mayWaive(s *statement) bool {
	return a.maySay(s, mayWaive)
}

// readUnmet takes over a statement that what is computed doesn't contradict. Two
// for one occurrence count once: machines may not have known of each other.
func (a *audit) readUnmet(u *unmet) {
	if !a.sound(u) {
		return
	}
	name := u.body.Occurrence.Name
	if first := a.stated.unmet[name]; first == nil || a.earlier(u.statement, first.statement) {
		a.stated.unmet[name] = u
	}
}

// sound holds a statement to its plan, to its window and to its waiver.
func (a *audit) sound(u *unmet) bool {
	o := u.body.Occurrence
	at := u.place()
	i := slices.IndexFunc(a.plans, func(p *plan) bool { return p.leaf.Envelope == o.Plan })
	by := a.existed(u.ref)
	switch {
	case i < 0 && (a.gaps || len(a.lostPlans) > 0):
		a.note(ruleNotCompared, at, "%s: the plan that it names is not at hand, or can't be relied on", u.name())
	case i < 0:
		a.broken(ruleUnmetUnknown, at, "%s names a plan, %s, that no log holds", u.name(), short(o.Plan))
	case !a.asks(i, o):
		a.broken(ruleUnmetUnknown, at, "%s is about %s, due %s, and %s doesn't ask for that", u.name(), quoted(o.Name), instant(&o.Due), a.plans[i].name())
	case u.body.Logged.Before(o.Closes):
		a.broken(ruleUnmetEarly, at, "%s says %s of %s, which could be done until %s", u.name(), moment(u.body.Logged), quoted(o.Name), moment(o.Closes))
	case !by.IsZero() && by.Before(o.Closes):
		a.broken(ruleUnmetEarly, at, "%s existed by %s, and %s could be done until %s", u.name(), moment(by), quoted(o.Name), moment(o.Closes))
	case u.body.State != string(schedule.Missed) && !a.excuses(u):
		a.broken(ruleUnmetWaiver, at, "%s says that %s was %s, and the waiver that it names doesn't say so", u.name(), quoted(o.Name), u.body.State)
	default:
		return u.byWriter() && a.revokedWriter(u.statement) == nil
	}
	return false
}

// asks reports whether a plan has exactly this occurrence, until another took its
// place.
func (a *audit) asks(i int, o record.Occurrence) bool {
	if i+1 < len(a.plans) && !o.Due.Before(a.plans[i+1].plan.Signed) {
		return false
	}
	for _, item := range a.plans[i].items {
		if item.unreadable {
			continue
		}
		for found := range item.population.Between(o.Due, o.Due.Add(time.Second)) {
			if found.Name == o.Name && found.Due.Equal(o.Due) && found.Opens.Equal(o.Opens) && found.Closes.Equal(o.Closes) {
				return true
			}
		}
	}
	return false
}

// excuses reports whether the waiver that a statement names counts and covers the
// occurrence.
func (a *audit) excuses(u *unmet) bool {
	return slices.ContainsFunc(a.stated.waivers, func(w waiver) bool {
		o := u.body.Occurrence
		return w.leaf.Envelope == u.body.Waiver && w.body.Covers(o.Name, o.Due) && string(w.body.State()) == u.body.State
	})
}

// checkTicker: what a ticker states by itself is of the writer whom the plan in
// force named.
func (a *audit) checkTicker(s *statement) {
	switch s.body.(type) {
	case *record.Unmet, *record.Notice:
	case *record.Item:
		if !s.byWriter() {
			return // an operator's
		}
	default:
		return
	}
	ticker, known := "", false
	for _, p := range a.plans {
		if !p.plan.Signed.After(s.until()) {
			ticker, known = p.plan.Ticker, true
		}
	}
	switch {
	case known && ticker == s.log.writer:
	case a.gaps || len(a.lostPlans) > 0:
		a.note(ruleNotCompared, s.place(), "%s: whether %s was the ticker can't be told", s.name(), s.log.writer)
	case !known:
		a.broken(ruleTicker, s.place(), "%s was made by %s, and no plan was in force then", s.name(), s.log.writer)
	default:
		a.broken(ruleTicker, s.place(), "%s was made by %s, and the plan in force names as its ticker %s", s.name(), s.log.writer, quoted(ticker))
	}
}

// settle says how an occurrence counts of which something was stated. A run that
// is proven to lie in its window supersedes a statement that it was missed; one
// that may have been made up since doesn't.
func (a *audit) settle(o schedule.Occurrence, state schedule.State, decides *boundRun) schedule.State {
	u := a.stated.unmet[o.Name]
	if state == schedule.Missed || state == schedule.Due {
		return a.neglected(o, state)
	}
	if u == nil || decides == nil {
		return state
	}
	run, start := decides.Run, a.withLeaf(decides.start)
	by := a.existed(start)
	at := u.place()
	switch {
	case start.before(u.ref):
		a.broken(ruleUnmetFalse, at, "%s says that nobody did %s, and %s lies before it", u.name(), quoted(o.Name), start.name())
		return state
	case !by.IsZero() && !by.After(o.Closes):
		a.note(ruleUnmetSuperseded, at, "%s says that nobody did %s; the run %s is proven to have begun by %s", u.name(), quoted(o.Name), run, moment(by))
		return state
	case start.after(u.ref):
		a.broken(ruleRunAfterUnmet, start.place(), "%s says that it began %s, and lies behind %s, which says that nobody did %s", start.name(), instant(decides.Started), u.name(), quoted(o.Name))
	default:
		a.note(ruleUnmetStands, at, "%s says that nobody did %s; the run %s says that it began in time, and nothing from outside shows that", u.name(), quoted(o.Name), run)
	}
	if state == schedule.OnTime || state == schedule.Late {
		return a.neglected(o, schedule.Missed)
	}
	return state
}

// neglected is how an occurrence stands that nobody did, unless it is waived.
func (a *audit) neglected(o schedule.Occurrence, state schedule.State) schedule.State {
	if w := a.waiverOf(o); w != nil {
		return w.body.State()
	}
	return state
}

func (a *audit) waiverOf(o schedule.Occurrence) *waiver {
	for i, w := range a.stated.waivers {
		if w.body.Covers(o.Name, o.Due) {
			return &a.stated.waivers[i]
		}
	}
	return nil
}

// WaivedLine is an occurrence that a waiver excuses.
type WaivedLine struct {
	Name      string    `json:"name"`
	Due       time.Time `json:"due"`
	State     string    `json:"state"`     // waived or not_applicable
	Waiver    string    `json:"waiver"`    // digest of its envelope
	By        string    `json:"by"`        // fingerprint of the approver's key
	Principal string    `json:"principal"` // whose it is, where who may sign says so
	Why       string    `json:"why"`       // empty when it was erased
	Until     time.Time `json:"until"`
}

func (a *audit) waivedLine(o schedule.Occurrence, state schedule.State) WaivedLine {
	w := a.waiverOf(o)
	return WaivedLine{
		Name: o.Name, Due: o.Due, State: string(state), Waiver: w.leaf.Envelope,
		By: w.key.ID(), Principal: a.principal(w.statement), Why: a.wordsOf(w.body.Why), Until: w.body.Until,
	}
}
