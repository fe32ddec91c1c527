package model

// momentForm is a day, or a local time on it.
const momentForm = recently + `-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[T ](?:[01]?[0-9]|2[0-3]):[0-5][0-9])?`

func contacts() schema {
	return document("Contacts", "People, how they are reached, and whose turn it is.",
		take("id", id("The name by which an agreement refers to them.").such("acme-people")),
		take("client", id("The client whose people these are. Those of all clients unless said.").such("acme")),
		need("timezone", timezone("The zone of hours and rosters that don't say their own.")),
		need("contacts", list("The people.", contact())),
		take("rosters", list("Whose turn it is.", roster())),
	)
}

func contact() schema {
	channel := either("One way to reach them: the name of a channel that the user's configuration describes, or that and the address there.",
		id("The channel.").such("pager"),
		func() schema {
			s := named("The channel and the address there.", idForm, text("The address.").such("jo@provider.example")).filled()
			s.MaxProperties = 1
			return s
		}(),
	)
	return object("A person, or a mailbox that people read.",
		need("id", id("The name by which rosters and ladders refer to them.").such("jo")),
		need("name", text("What they are called.").such("Jo Turner")),
		need("side", enum("Whose people they are.", "provider", "client", "vendor")),
		take("roles", list("Their roles, to which ladders can go.", id("A role.").such("backup-technician"))),
		take("channels", list("How they are reached, in the order in which it is tried.", channel)),
		take("timezone", timezone("The zone of their hours. That of the document unless said.")),
		take("working_hours", either("When they work: the id of a calendar, or hours by weekday. Always unless said.",
			id("The id of a calendar.").such("uk-working"), week("Their own hours."))),
		take("reachable", enum("Whether they are told at any time, or in their working hours only.", "always", "working_hours").usually("always")),
		take("away", list("When they are away.", object("One absence.", period()...))),
	).holding(when(is("reachable", "working_hours"), has("working_hours")))
}

func period() []key {
	moment := func(description string) schema {
		return formed(description+" A day, or a local time: 2026-08-05T09:00.", "^"+momentForm+"$")
	}
	return []key{
		need("from", moment("When it begins.").such("2026-08-03")),
		need("until", moment("When it ends: the last day, or the first time that doesn't count.").such("2026-08-14")),
	}
}

func roster() schema {
	turns := func(description string) schema {
		return some(description, text("The id of a contact.").such("jo"))
	}
	override := append(period(),
		need("contact", text("Who takes the turn instead: the id of a contact.").such("sam")),
		take("layer", enum("The layer in which they do.", "primary", "next", "last").usually("primary")),
	)
	return object("People who take turns.",
		need("id", id("The name by which ladders refer to it.").such("on-call")),
		take("timezone", timezone("The zone of the handover. That of the document unless said.")),
		take("length", length("How long a turn is: whole days, at most 366.", lengthForm).holding(schema{Pattern: "[1-9]"}).usually("1w").such("1w", "1d")),
		need("handover", object("When a turn ends.",
			need("time", formed("The time of the day, in quotes.", "^"+clockForm+"$").such("09:00")),
			take("weekday", enum("The weekday, where turns are whole weeks.", weekdays()...)),
		)),
		need("from", dateFrom("The day of the first handover.", recently).such("2026-03-02")),
		need("primary", turns("Who takes turns, in order.")),
		take("next", turns("Who is told next, in order.")),
		take("last", turns("Who is told last, in order.")),
		take("overrides", list("Who takes a turn instead of another for a time.", object("One change of a turn.", override...))),
	).holding(when(no(has("length")), schema{Properties: keys{take("handover", has("weekday"))}}))
}
