package model

func agreement() schema {
	return document("Agreement", "What a provider has promised a client.",
		need("id", id("The name of the agreement.").such("acme-2026")),
		need("client", id("The client.").such("acme")),
		need("version", version("The version of the agreement.")),
		need("title", line("What the agreement is about.").such("Managed backups for Acme")),
		need("timezone", timezone("The zone of its months and quarters.")),
		need("effective_from", date("The first day.").such("2026-01-01")),
		take("until", date("The last day. Without an end unless said.").such("2027-12-31")),
		take("contacts", id("The id of the client's contacts.").such("acme-people")),
		need("parties", object("Who agrees.",
			need("client", party("The client.", "Acme Ltd")),
			need("provider", party("The provider.", "Example Managed Services Ltd")),
		)),
		need("services", object("What is covered.",
			need("in_scope", list("The ids of the runbooks that are covered.", id("The id of a runbook.").such("backup-verify")).unique()),
			take("out_of_scope", list("The ids of runbooks that are not.", id("The id of a runbook.").such("disk-capacity")).unique()),
		)),
		need("targets", named("What is promised, by a name that runbooks refer to. A name has lower-case letters, digits and hyphens.", idForm, target())),
		take("supported_by", list("The promises inside the provider and the contracts of vendors on which the targets rest.", support())),
		take("holds", holds()),
		take("credits", credits()),
		take("exclusions", list("Reasons for which an event doesn't count.", object("One reason.",
			need("id", id("The name by which a run is excluded.").such("client-freeze")),
			need("what", said("What is excluded.").such("Work that the client has asked to leave undone.")),
			need("approver", line("Who approves each use of it: a role.").such("it-director")),
		))),
		take("kpis", list("Figures that are to become better.", kpi())),
		take("reports", list("Reports that are due by a schedule.", object("One report.",
			need("id", id("Its name: a run of the runbook with this id keeps the promise.").such("service-report")),
			need("title", line("What it is called.").such("Monthly service report")),
			need("owner", line("Who makes it: a role.").such("service-manager")),
			need("to", line("Who gets it.").such("client:it-director")),
			need("schedule", schedule("When it is due.")),
		))),
		take("communication", list("Who is told what.", object("One rule.",
			need("when", said("What happens.").such("A target is missed")),
			need("to", line("Who is told.").such("client:it-director")),
			take("by", line("By which channel.").such("mail")),
			take("within", workingTime("How soon.").such("1 business day")),
		))),
		take("retention", list("How long things are kept.", object("One rule.",
			need("what", line("What is kept.").such("signed records")),
			need("keep", lasting("How long.").such("1096d")),
			take("then", said("What becomes of it then.").such("erased")),
		))),
		take("scripts", object("Who keeps the scripts.",
			need("owner", enum("Whose the scripts are.", "provider", "client")),
			take("licence", line("Under which licence the other side may use them.").such("MIT")),
			take("on_exit", said("What becomes of them at the end.").such("The client gets a copy and may use it.")),
		)),
		take("trial", object("A time in which the agreement may be tried.",
			need("until", date("The last day of it.").such("2026-03-31")),
			take("credits", yes("Whether credits are given in it.")),
		)),
		take("exit", object("What happens at the end.",
			need("notice", lasting("How long before the end notice is given.").such("90d")),
			take("handover", said("What is handed over.").such("Runbooks, records and keys, in the last month.")),
			take("data", said("What becomes of the client's data.").such("It is erased within 30 days.")),
		)),
	)
}

func party(description, example string) schema {
	return object(description,
		need("name", line("What it is called.").such(example)),
		need("role", line("The role of who signs for it.").such("service-manager")),
		take("contact", line("How they are reached.").such("service@provider.example")),
	)
}

func target() schema {
	return object("One promise.", append(promises(),
		need("target", percent("The share of events that keep it.").such("95%")),
		need("owner", line("Who answers for it: a role.").such("backup-technician")),
		take("window", enum("The time over which it is measured.", "month", "quarter").usually("month")),
		take("credits", list("What a miss costs, the mildest first. Nothing unless said.", object("One tier.",
			need("below", percent("The share below which it holds.").such("95%")),
			need("credit", percent("The part of the monthly fee that is given back.").such("5%")),
		))),
	)...).holding(promising()...)
}

func support() schema {
	all := []key{
		need("name", line("What it is called.").such("storage-team")),
		need("kind", enum("A promise inside the provider (ola) or a vendor's contract.", "ola", "contract")),
		need("with", line("Who promises it.").such("The provider's storage team")),
		need("supports", id("The name of the target that rests on it.").such("backup-daily")),
		take("target", percent("The share of events that keep it.").such("97%")),
	}
	return object("One promise on which a target rests. It is tighter than the target.", append(all, promises()...)...).holding(promising()...)
}

func holds() schema {
	return object("Which holds pause a clock, and for how long. All reasons but waiting_vendor, for 24h, unless said.",
		need("max", lasting("How long a hold counts unless a lead confirms it.").such("3d")),
		take("pauses_for", list("The reasons that pause a clock.", enum("A reason.", "waiting_client", "waiting_vendor", "maintenance", "force_majeure"))),
	)
}

func credits() schema {
	return object("What a missed target costs.",
		need("monthly_fee", formed("The fee of a month: an amount with all digits of its minor unit, and the currency (ISO 4217).", `^[0-9]+(?:\.[0-9]+)? [A-Z]{3}$`).such("2500.00 GBP", "250000 JPY")),
		take("cap", percent("The part of the fee that all credits of a month reach at most.").usually("100%").such("20%")),
		take("claim_within", lasting("How long after the month's end a credit is claimed. Without a limit unless said.").such("30d")),
		take("chronic", object("How often a credit makes a service chronically bad. 3 months of 6 unless said.",
			need("months", whole("The number of months with a credit.", 120).such(3)),
			need("of", whole("Out of how many months, at most 120.", 120).such(6)),
		)),
	)
}

func kpi() schema {
	return object("A figure, where it is, and where it is to be by when.",
		need("metric", line("What is counted.").such("restore tests that pass")),
		need("unit", line("The unit of its numbers.").such("percent")),
		need("baseline", number("Where it is.").such(82)),
		need("target", number("Where it is to be.").such(95)),
		need("by", date("By when.").such("2026-12-31")),
		need("owner", line("Who answers for it: a role.").such("backup-lead")),
		take("revisions", list("How it was changed, the oldest first.", revision())),
	)
}

func revision() schema {
	s := object("What holds from a day on. What it doesn't say stays.",
		need("date", date("The day.").such("2026-06-01")),
		need("because", said("Why.").such("The first target was reached in May.")),
		take("baseline", number("Where it is.").such(90)),
		take("target", number("Where it is to be.").such(97.5)),
		take("by", date("By when.").such("2027-03-31")),
		take("owner", line("Who answers for it: a role.").such("backup-lead")),
	)
	s.MinProperties = 3
	return s
}
