package agreement

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Contacts is one loaded document of kind Contacts: people, how they are
// reached, and whose turn it is. After Bind it isn't changed. A nil Contacts
// knows nobody but a runbook's owner.
type Contacts struct {
	document.Position
	runbook.Document

	ID      string // by which an agreement names them; may be empty
	Client  string // whose people these are; empty for those whom all clients share
	People  []*Contact
	Rosters []*Roster
}

// Side is the party that a contact belongs to.
type Side string

// The parties to an agreement.
const (
	SideProvider Side = "provider"
	SideClient   Side = "client"
	SideVendor   Side = "vendor"
)

// Contact is a person, or a mailbox that people read.
type Contact struct {
	document.Position
	ID, Name string
	Side     Side
	Roles    []string
	Channels []Channel // in the order in which they are tried
	Zone     *time.Location

	// Hours are the working hours, and Calendar the id of the calendar that says
	// them; nil is always. OnlyInHours says that nothing reaches them outside.
	Hours       *schedule.Calendar
	Calendar    string
	OnlyInHours bool

	Away []Period // in order
}

// Channel is one way to reach a contact: the name of a channel that the user's
// configuration describes, and the address there, which may be empty.
type Channel struct{ Name, Address string }

// Period is the time [From, Until).
type Period struct {
	document.Position
	From, Until time.Time
}

// Holds reports whether an instant lies in the period.
func (p Period) Holds(at time.Time) bool { return !at.Before(p.From) && at.Before(p.Until) }

// Why nothing may be sent to a contact.
const (
	Away      = "away"
	NoChannel = "no_channel"
	OffHours  = "off_hours"
)

// Unreachable says why nothing may be sent to a contact at an instant: Away,
// NoChannel, OffHours; "" when something may be.
func (c *Contact) Unreachable(at time.Time) string {
	switch {
	case slices.ContainsFunc(c.Away, func(p Period) bool { return p.Holds(at) }):
		return Away
	case len(c.Channels) == 0:
		return NoChannel
	case c.OnlyInHours && !c.Hours.Open(at):
		return OffHours
	default:
		return ""
	}
}

// LoadContacts reads one document of contacts from the bytes of a file. It is
// nil when there are problems; the problems are all that the file has, in order.
func LoadContacts(file string, source []byte) (*Contacts, document.Problems) {
	var c *Contacts
	read, problems := runbook.LoadDocument(file, source, func(root *document.Node, d *document.Decoder) { c = decodeContacts(root, d) })
	if len(problems) > 0 {
		return nil, problems
	}
	c.Document = read
	return c, nil
}

// The words of other tools.
var (
	foreignContactsKeys = map[string]string{
		"customer": `msp says "client"`, "tenant": `msp says "client"`, "tz": `msp says "timezone"`, "time_zone": `msp says "timezone"`,
		"people": `msp says "contacts"`, "users": `msp says "contacts"`, "teams": `msp says "rosters"`, "schedules": `msp says "rosters"`, "rotations": `msp says "rosters"`,
		"escalation": "an escalation stands in the runbook",
	}
	foreignContactKeys = map[string]string{
		"email": "put it into channels: [mail: …]", "mail": "put it into channels: [mail: …]", "slack": "put it into channels: [slack: …]",
		"phone": "put it into channels, with the channel that calls it", "role": `msp says "roles"`, "tags": `msp says "roles"`,
		"hours": `msp says "working_hours"`, "calendar": `msp says "working_hours"`, "tz": `msp says "timezone"`, "time_zone": `msp says "timezone"`,
		"holidays": `msp says "away"`, "vacation": `msp says "away"`, "absent": `msp says "away"`,
	}
	foreignPeriodKeys = map[string]string{
		"start": `msp says "from"`, "since": `msp says "from"`, "to": `msp says "until"`, "end": `msp says "until"`,
		"who": `msp says "contact"`, "user": `msp says "contact"`, "name": `msp says "contact"`,
	}
)

func decodeContacts(root *document.Node, d *document.Decoder) *Contacts {
	m := d.Map(root, "a document of contacts")
	c := &Contacts{Position: root.Position()}
	if !runbook.DecodeHeader(m, runbook.KindContacts, d) {
		return c
	}
	c.ID, c.Client = runbook.DecodeID(m.Take("id"), d), runbook.DecodeID(m.Take("client"), d)
	zone := runbook.DecodeZone(m.Need("timezone"), d)
	for _, n := range d.List(m.Need("contacts"), "a list of contacts") {
		c.People = append(c.People, decodeContact(n, zone, d))
	}
	for _, n := range d.List(m.Take("rosters"), "a list of rosters") {
		c.Rosters = append(c.Rosters, decodeRoster(n, zone, c.People, d))
	}
	m.Done(foreignContactsKeys)
	checkNames(c, d)
	return c
}

func decodeContact(n *document.Node, zone *time.Location, d *document.Decoder) *Contact {
	m := d.Map(n, "a contact")
	c := &Contact{
		Position: n.Position(),
		ID:       runbook.DecodeID(m.Need("id"), d),
		Name:     d.String(m.Need("name")),
		Side:     Side(d.Enum(m.Need("side"), string(SideProvider), string(SideClient), string(SideVendor))),
		Zone:     zone,
	}
	for _, role := range d.List(m.Take("roles"), "a list of roles") {
		c.Roles = append(c.Roles, runbook.DecodeID(role, d))
	}
	for _, channel := range d.List(m.Take("channels"), "a list of channels") {
		c.Channels = append(c.Channels, decodeChannel(channel, d))
	}
	if own := m.Take("timezone"); own != nil {
		c.Zone = runbook.DecodeZone(own, d)
	}
	decodeReach(c, m, d)
	for _, away := range d.List(m.Take("away"), "a list of absences") {
		p := d.Map(away, "an absence")
		c.Away = append(c.Away, decodePeriod(p, c.Zone, d))
		p.Done(foreignPeriodKeys)
	}
	m.Done(foreignContactKeys)
	return c
}

// decodeReach reads when a contact works, and whether that is also when they
// can be told something. Hours of one's own hold on holidays too: days off stand
// in a calendar, or in away.
func decodeReach(c *Contact, m *document.Map, d *document.Decoder) {
	hours, reachable := m.Take("working_hours"), m.Take("reachable")
	if hours.Kind() == document.Mapping {
		c.Hours = &schedule.Calendar{ID: c.ID, Hours: schedule.DecodeWeek(hours, d), ValidUntil: "9999-12-31"}
		if c.Zone != nil {
			c.Hours.Timezone = c.Zone.String()
		}
	} else {
		c.Calendar = runbook.DecodeID(hours, d)
	}
	if reachable == nil {
		return
	}
	c.OnlyInHours = d.Enum(reachable, "always", "working_hours") == "working_hours"
	if c.OnlyInHours && hours == nil {
		d.Report(reachable.Position(), "bad-value", "working_hours: the id of a calendar", "the contact says no working hours in which it could be reached")
	}
}

// decodeChannel reads "slack", or "mail: jo@provider.example".
func decodeChannel(n *document.Node, d *document.Decoder) Channel {
	if n.Kind() != document.Mapping {
		return Channel{Name: runbook.DecodeID(n, d)}
	}
	fields := n.Fields()
	if len(fields) != 1 {
		d.Report(n.Position(), "bad-value", "channels: [mail: jo@provider.example, slack]", "each channel is an item of its own: its name, and the address there")
		return Channel{}
	}
	channel := Channel{Name: fields[0].Key, Address: d.String(fields[0].Value)}
	if mail := channel.Name == "mail" || channel.Name == "email"; mail && channel.Address != "" && !strings.Contains(channel.Address, "@") {
		d.Report(fields[0].Value.Position(), "bad-value", "write it like jo@provider.example", "%s is no address of mail", document.Quote(channel.Address))
	}
	if !runbook.ValidID(channel.Name) {
		d.Report(fields[0].KeyPosition, "bad-value", runbook.IDHint(channel.Name), "%s doesn't have the right form", document.Quote(channel.Name))
	}
	return channel
}

// decodePeriod reads from and until. A day stands for all of it, also as the
// last one; a local time such as 2026-08-05T09:00 is that instant, and the
// period ends before it.
func decodePeriod(m *document.Map, zone *time.Location, d *document.Decoder) Period {
	from, until := m.Need("from"), m.Need("until")
	p := Period{Position: m.Position()}
	start, _ := decodeMoment(from, zone, d)
	end, day := decodeMoment(until, zone, d)
	if zone == nil || start.IsZero() || end.IsZero() {
		return p // which has been reported
	}
	if day {
		end = end.AddDate(0, 0, 1)
	}
	p.From, p.Until = schedule.Reaches(zone, start), schedule.Reaches(zone, end)
	if !p.From.Before(p.Until) {
		d.Report(until.Position(), "bad-value", "a day as until is the last one; a time is the first that doesn't count", "until is not after from, %s", document.Quote(from.Text()))
	}
	return p
}

// decodeMoment is a local time written as UTC, and whether it is a whole day.
func decodeMoment(n *document.Node, zone *time.Location, d *document.Decoder) (wall time.Time, day bool) {
	text := d.Text(n)
	if text == "" && !empty(n) {
		return time.Time{}, false
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04"} {
		wall, err := time.Parse(layout, text)
		if err == nil && wall.Year() >= 2000 && wall.Year() < 9999 {
			return wall, layout == time.DateOnly
		}
	}
	hint := "a day, such as 2026-08-05, or a time on it: 2026-08-05T09:00"
	if zone != nil && strings.ContainsAny(text, "Z+") {
		hint += ", on the clock of " + zone.String()
	}
	d.Report(n.Position(), "bad-value", hint, "%s is not a local time", document.Quote(text))
	return time.Time{}, false
}

// Bind gives contacts the calendars that they name. An unknown one is a
// problem, and its contact keeps no hours.
func (c *Contacts) Bind(calendars map[string]*schedule.Calendar) document.Problems {
	if c == nil {
		return nil
	}
	d := document.NewDecoder()
	for _, person := range c.People {
		if person.Calendar == "" {
			continue
		}
		calendar, ok := calendars[person.Calendar]
		if !ok {
			d.Report(person.Position, "unknown-reference", didYouMean(person.Calendar, slices.Sorted(maps.Keys(calendars))),
				"there is no calendar %s, in which %s works", document.Quote(person.Calendar), person.ID)
		}
		person.Hours = calendar
	}
	return d.Problems()
}
