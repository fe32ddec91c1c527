package cmd

import (
	"slices"
	"strings"
)

// lookAtContacts finds the channels that the contacts of a client name and that are
// not set up here. On the machine that ticks they may be.
func (d *doctor) lookAtContacts(client string) {
	contacts, err := d.p.contacts(client)
	if err != nil {
		d.say(findingAct, "contacts", client, hintFor(err), "%v", err)
		return
	}
	if contacts == nil {
		return
	}
	who := map[string][]string{} // the ids of contacts, by the channel that is missing
	for _, person := range contacts.People {
		for _, channel := range person.Channels {
			if _, ok := d.p.Channels[channel.Name]; !ok && !slices.Contains(who[channel.Name], person.ID) {
				who[channel.Name] = append(who[channel.Name], person.ID)
			}
		}
	}
	for _, name := range sortedNames(who) {
		d.say(findingUnknown, "contacts", client, "", "the channel %s of %s is not set up here", name, strings.Join(who[name], ", "))
	}
}
