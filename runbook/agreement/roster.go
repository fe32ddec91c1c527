package agreement

import (
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Roster says whose turn it is. Its layers rotate together, at the handover,
// which is a time on the wall clock of the zone: 09:00 is 09:00 on either side
// of a change of the clock.
type Roster struct {
	document.Position
	ID   string
	Zone *time.Location

	From     time.Time     // the day of the first handover, midnight UTC; nobody is on before it
	Handover time.Duration // after midnight on the wall clock
	Days     int           // the length of a turn

	Layers    []Layer // primary, next, last; those that the file gives
	Overrides []Override
}

// The layers of a roster, in the order in which their people are told.
const (
	LayerPrimary = "primary"
	LayerNext    = "next"
	LayerLast    = "last"
)

// Layer is an order of people who take turns.
type Layer struct {
	Name  string
	Order []Entry
}

// Entry is a line of a roster: a contact, and where the file names it.
type Entry struct {
	document.Position
	Contact string // an id
}

// Override puts somebody else into a layer for a time.
type Override struct {
	Period
	Layer string
	Entry Entry
}

var foreignRosterKeys = map[string]string{
	"name": `msp says "id"`, "tz": `msp says "timezone"`, "time_zone": `msp says "timezone"`,
	"order": `msp says "primary"`, "users": `msp says "primary"`, "contacts": `msp says "primary"`, "layers": `msp says "primary", "next" and "last"`,
	"secondary": `msp says "next"`, "rotation": `msp says "length"`, "every": `msp says "length"`, "start": `msp says "from"`,
}

func decodeRoster(n *document.Node, zone *time.Location, people []*Contact, d *document.Decoder) *Roster {
	m := d.Map(n, "a roster")
	r := &Roster{Position: n.Position(), ID: runbook.DecodeID(m.Need("id"), d), Zone: zone, Days: 7}
	if own := m.Take("timezone"); own != nil {
		r.Zone = runbook.DecodeZone(own, d)
	}
	if length := m.Take("length"); length != nil {
		r.Days = decodeLength(length, d)
	}
	weekday := decodeHandover(r, m.Need("handover"), d)
	from := m.Need("from")
	r.From = d.Date(from)
	if !r.From.IsZero() && r.From.Year() < 2000 {
		d.Report(from.Position(), "bad-value", "", "a roster begins in the year 2000 or later, and this is %s", document.Quote(from.Text()))
	}
	if !r.From.IsZero() && weekday != "" && weekdays[r.From.Weekday()] != weekday {
		d.Report(from.Position(), "bad-value", "the first handover is on the day of from", "the handover is on a %s, and %s is a %s",
			weekday, r.From.Format(time.DateOnly), weekdays[r.From.Weekday()])
	}
	decodeLayers(r, m, people, d)
	m.Done(foreignRosterKeys)
	return r
}

func decodeLayers(r *Roster, m *document.Map, people []*Contact, d *document.Decoder) {
	for _, name := range []string{LayerPrimary, LayerNext, LayerLast} {
		list := m.Take(name)
		if name == LayerPrimary {
			list = m.Need(name)
		}
		if list == nil {
			continue
		}
		layer := Layer{Name: name}
		items := d.List(list, "a list of contacts")
		if len(items) == 0 && list.Kind() == document.List {
			d.Report(list.Position(), "bad-value", "", "nobody takes a turn in %s", name)
		}
		for _, item := range items {
			layer.Order = append(layer.Order, decodeEntry(item, people, d))
		}
		r.Layers = append(r.Layers, layer)
	}
	for _, n := range d.List(m.Take("overrides"), "a list of overrides") {
		r.Overrides = append(r.Overrides, decodeOverride(n, r, people, d))
	}
	checkOverrides(r.Overrides, d)
}

// weekdays are the words for them, from Sunday on.
var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// decodeHandover reads when a turn ends. The weekday is "" where turns aren't
// whole weeks.
func decodeHandover(r *Roster, n *document.Node, d *document.Decoder) (weekday string) {
	m := d.Map(n, "a handover")
	at, day := m.Need("time"), m.Take("weekday")
	text := d.String(at)
	if clock, err := time.Parse("15:04", text); err == nil && len(text) == len("09:00") {
		r.Handover = time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute
	} else if text != "" || empty(at) {
		d.Report(at.Position(), "bad-value", `a time of the day, such as "09:00"`, "%s is not a time of the day", document.Quote(text))
	}
	whole := r.Days%7 == 0
	switch {
	case n.Kind() != document.Mapping || r.Days == 0: // which has been reported
	case day == nil && whole:
		d.Report(n.Position(), "missing-key", "handover: {weekday: monday, time: \"09:00\"}", "a handover needs the key \"weekday\" where turns are weeks")
	case day != nil && !whole:
		d.Report(day.Position(), "bad-value", "leave it out", "turns that aren't whole weeks don't end on one weekday")
	case day != nil:
		weekday = d.Enum(day, weekdays...)
	}
	m.Done(map[string]string{"day": `msp says "weekday"`, "at": `msp says "time"`})
	return weekday
}

// decodeLength is whole days; 0 where the file gives none.
func decodeLength(n *document.Node, d *document.Decoder) int {
	text := d.Text(n)
	if text == "" && !empty(n) {
		return 0
	}
	const day = 24 * time.Hour
	length, err := runbook.ParseDuration(text)
	if err != nil || length.Span < day || length.Span > 366*day || length.Span%day != 0 {
		d.Report(n.Position(), "bad-value", "1w, 2w, 1d", "%s is not the length of a turn: whole days, at most a year", document.Quote(text))
		return 0
	}
	return int(length.Span / day)
}

func decodeOverride(n *document.Node, r *Roster, people []*Contact, d *document.Decoder) Override {
	m := d.Map(n, "an override")
	o := Override{Period: decodePeriod(m, r.Zone, d), Layer: LayerPrimary}
	contact, layer := m.Need("contact"), m.Take("layer")
	if contact != nil {
		o.Entry = decodeEntry(contact, people, d)
	}
	if layer != nil {
		var names []string
		for _, l := range r.Layers {
			names = append(names, l.Name)
		}
		if len(names) > 0 {
			o.Layer = d.Enum(layer, names...)
		}
	}
	m.Done(foreignPeriodKeys)
	return o
}

// checkOverrides reports two people in one layer at one time.
func checkOverrides(overrides []Override, d *document.Decoder) {
	for i, o := range overrides {
		for _, before := range overrides[:i] {
			if o.Layer == before.Layer && o.From.Before(before.Until) && before.From.Before(o.Until) {
				d.Report(o.Position, "overlap", "end the one where the other begins", "two overrides of %s hold at one time, the first in line %d", o.Layer, before.Line)
				break
			}
		}
	}
}

// decodeEntry reads the id of one of the document's contacts.
func decodeEntry(n *document.Node, people []*Contact, d *document.Decoder) Entry {
	e := Entry{Position: n.Position(), Contact: d.String(n)}
	ids := make([]string, 0, len(people))
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	unread := slices.Contains(ids, "") // which may be the one
	if e.Contact != "" && !unread && !slices.Contains(ids, e.Contact) {
		d.Report(e.Position, "unknown-reference", didYouMean(e.Contact, ids), "there is no contact %s", document.Quote(e.Contact))
	}
	return e
}

// didYouMean is a hint with the word that was most likely meant, or else all of
// them, when they are few.
func didYouMean(word string, known []string) string {
	if near := document.Nearest(word, known); near != "" {
		return "did you mean " + near + "?"
	}
	if len(known) > 0 && len(known) <= 12 {
		return "known are " + strings.Join(known, ", ")
	}
	return ""
}

// Turn is who is on in a layer, by which line, and in which time.
type Turn struct {
	Layer string
	Entry Entry
	Period
}

// Turns are who is on at an instant, from the first layer to the last. Nobody
// is on before the roster's first handover, unless an override says so.
func (r *Roster) Turns(at time.Time) []Turn {
	var turns []Turn
	for _, layer := range r.Layers {
		if turn, ok := r.turn(layer, at); ok {
			turns = append(turns, turn)
		}
	}
	return turns
}

func (r *Roster) turn(layer Layer, at time.Time) (Turn, bool) {
	number, period := r.number(at)
	t := Turn{Layer: layer.Name, Period: period}
	if number >= 0 && len(layer.Order) > 0 {
		t.Entry = layer.Order[number%len(layer.Order)]
	}
	for _, o := range r.Overrides {
		switch {
		case o.Layer != layer.Name:
		case o.Holds(at):
			return Turn{Layer: layer.Name, Entry: o.Entry, Period: o.Period}, true
		case !at.Before(o.Until) && o.Until.After(t.From):
			t.From = o.Until
		case at.Before(o.From) && o.From.Before(t.Until):
			t.Until = o.From
		}
	}
	return t, t.Entry.Contact != ""
}

// number is which turn it is, from 0 on, negative before the first, and its
// time.
func (r *Roster) number(at time.Time) (int, Period) {
	const day = 24 * time.Hour
	today := at.In(r.Zone)
	// The clock can have skipped the handover, or shown it before.
	last := time.Date(today.Year(), today.Month(), today.Day()+1, 0, 0, 0, 0, time.UTC)
	for r.handover(last).After(at) {
		last = last.Add(-day)
	}
	days := int(last.Sub(r.From) / day)
	number := days / r.Days
	if days < 0 {
		number = -1
	}
	start := r.From.AddDate(0, 0, number*r.Days)
	return number, Period{Position: r.Position, From: r.handover(start), Until: r.handover(start.AddDate(0, 0, r.Days))}
}

// handover is the instant of the one on a day, given as midnight UTC.
func (r *Roster) handover(day time.Time) time.Time {
	return schedule.Reaches(r.Zone, day.Add(r.Handover))
}
