package agreement

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// OwnerName is the name by which a rung calls the runbook's owner, whom every
// document of contacts knows.
const OwnerName = "owner"

// Person is somebody to tell, and why them.
type Person struct {
	Contact *Contact

	// Line is the one that makes it them: of a roster's order, of an override,
	// or of the contact itself.
	Line document.Position

	// Turn is the time of a roster's turn, for whoever is on.
	Turn *Turn
}

// UnknownNameError says that a name is nobody's.
type UnknownNameError struct {
	Name string
	Hint string // which name may have been meant; may be empty
}

func (e *UnknownNameError) Error() string {
	return fmt.Sprintf("no contact, role or roster is called %s", document.Quote(e.Name))
}

// Who are the people behind a name at an instant, in the order in which they
// are told: the first is primary, the second next, the third last, and whoever
// follows stands in for them. A name is
//
//   - "owner": the people of the owner's role, then the owner's contact,
//   - a roster: who is on in each layer, then who follows in the primary order,
//   - a contact, who is alone,
//   - a role, of the provider's side, in the order of the document,
//   - "client:role", "vendor:role" or "provider:role": a role or a contact of
//     that side.
//
// The error is an *UnknownNameError. A roster without anybody on gives nobody.
func (c *Contacts) Who(name string, owner runbook.Owner, at time.Time) ([]Person, error) {
	if name == OwnerName {
		return c.owner(owner, at), nil
	}
	people, known := c.named(name, at)
	if !known {
		return nil, &UnknownNameError{Name: name, Hint: c.hint(name)}
	}
	return people, nil
}

// hint says which name may have been meant: the same one of another side, or one
// that is written much like it.
func (c *Contacts) hint(name string) string {
	names := c.names()
	_, word, ok := strings.Cut(name, ":")
	if !ok {
		word = name
	}
	for _, known := range names {
		if word == known || strings.HasSuffix(known, ":"+word) {
			return "did you mean " + known + "?"
		}
	}
	return didYouMean(name, names)
}

// Check says whether a name is known at all, as Who does.
func (c *Contacts) Check(name string) error {
	_, err := c.Who(name, runbook.Owner{}, time.Time{})
	return err
}

func (c *Contacts) named(name string, at time.Time) (people []Person, known bool) {
	if c == nil {
		return nil, false
	}
	side, word, ok := strings.Cut(name, ":")
	if !ok {
		side, word = string(SideProvider), name
		if r := c.roster(name); r != nil {
			return c.onRoster(r, at), true
		}
		if p := c.person(name); p != nil {
			return []Person{{Contact: p, Line: p.Position}}, true
		}
	}
	for _, p := range c.People {
		if p.Side == Side(side) && (p.ID == word || slices.Contains(p.Roles, word)) {
			people = append(people, Person{Contact: p, Line: p.Position})
		}
	}
	return people, len(people) > 0
}

// onRoster is each person once.
func (c *Contacts) onRoster(r *Roster, at time.Time) []Person {
	var people []Person
	add := func(e Entry, t *Turn) {
		p := c.person(e.Contact)
		if p != nil && !slices.ContainsFunc(people, func(have Person) bool { return have.Contact == p }) {
			people = append(people, Person{Contact: p, Line: e.Position, Turn: t})
		}
	}
	for _, turn := range r.Turns(at) {
		add(turn.Entry, &turn)
	}
	if number, _ := r.number(at); number >= 0 && len(r.Layers) > 0 {
		order := r.Layers[0].Order
		for i := range order {
			add(order[(number+i)%len(order)], nil)
		}
	}
	return people
}

// owner is always known, as long as a runbook names one: an address without a
// contact is a mailbox.
func (c *Contacts) owner(o runbook.Owner, at time.Time) []Person {
	people, _ := c.named(o.Role, at)
	if o.Contact == "" {
		return people
	}
	p := c.person(o.Contact)
	if p == nil {
		p = c.addressed(o.Contact)
	}
	if p == nil {
		p = &Contact{ID: OwnerName, Name: o.Contact, Side: SideProvider, Zone: time.UTC, Channels: []Channel{{Name: "mail", Address: o.Contact}}}
	}
	if !slices.ContainsFunc(people, func(have Person) bool { return have.Contact == p }) {
		people = append(people, Person{Contact: p, Line: p.Position})
	}
	return people
}

func (c *Contacts) roster(id string) *Roster {
	for _, r := range c.Rosters {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (c *Contacts) person(id string) *Contact {
	if c == nil {
		return nil
	}
	for _, p := range c.People {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// addressed is the contact who is reached at an address.
func (c *Contacts) addressed(address string) *Contact {
	if c == nil {
		return nil
	}
	for _, p := range c.People {
		if slices.ContainsFunc(p.Channels, func(channel Channel) bool { return channel.Address == address }) {
			return p
		}
	}
	return nil
}

// names are all that Who knows, sorted.
func (c *Contacts) names() []string {
	names := map[string]bool{OwnerName: true}
	if c != nil {
		for _, r := range c.Rosters {
			names[r.ID] = true
		}
		for _, p := range c.People {
			names[p.ID] = true
			for _, role := range p.Roles {
				if p.Side != SideProvider {
					role = string(p.Side) + ":" + role
				}
				names[role] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Join is several documents as one: the people that all clients share, and a
// client's own. A name that two of them give is a problem.
func Join(documents ...*Contacts) (*Contacts, document.Problems) {
	d := document.NewDecoder()
	joined := &Contacts{}
	for _, c := range documents {
		if c.Client != "" {
			joined.Client = c.Client
		}
		joined.People = append(joined.People, c.People...)
		joined.Rosters = append(joined.Rosters, c.Rosters...)
	}
	checkNames(joined, d)
	if problems := d.Problems(); len(problems) > 0 {
		return nil, problems
	}
	return joined, nil
}

// checkNames reports names that mean two things: a rung says only a name.
func checkNames(c *Contacts, d *document.Decoder) {
	seen := map[string]document.Position{OwnerName: {}}
	take := func(what, name string, at document.Position) {
		before, taken := seen[name]
		switch {
		case name == "":
		case taken && name == OwnerName:
			d.Report(at, "duplicate-id", "", "%s can't be called %s: that is the owner of the runbook", what, document.Quote(name))
		case taken:
			d.Report(at, "duplicate-id", "give each a name of its own", "the name %s is already given at %s", document.Quote(name), before)
		default:
			seen[name] = at
		}
	}
	for _, p := range c.People {
		take("a contact", p.ID, p.Position)
	}
	for _, r := range c.Rosters {
		take("a roster", r.ID, r.Position)
	}
	for _, p := range c.People {
		for _, role := range p.Roles {
			if at, taken := seen[role]; taken {
				d.Report(p.Position, "duplicate-id", "give the role a name of its own", "%s is the name of a role, and of %s", document.Quote(role), ofWhat(role, at))
			}
		}
	}
}

func ofWhat(name string, at document.Position) string {
	if name == OwnerName {
		return "the runbook's owner"
	}
	return "what stands at " + at.String()
}
