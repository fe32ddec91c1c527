package model

func plan() schema {
	return document("Plan", "Which runbooks a client gets. A signed plan is in force.",
		need("client", id("The client.").such("acme")),
		take("ticker", id("The writer whose msp tick signs what was missed.").such("server-1")),
		take("level", enum("How well runs must be proven, from signed, the weakest, to witnessed.", "signed", "logged", "anchored", "bracketed", "witnessed").usually("logged")),
		need("runbooks", list("The runbooks that are asked for.", object("One runbook that is asked for.",
			need("runbook", id("The id of the runbook.").such("backup-verify")),
			take("inputs", named("What its runs are told, by the name of the input.", nameForm, schema{
				Description: "The value of the input. A list has no commas in its items.", Type: append(single(), "array"),
				Items: &schema{Type: single(), Pattern: "^[^,]*$"},
			}.such("backups"))),
			take("from", dateFrom("The first day, in the zone of the runbook's schedule.", recently).such("2026-03-01")),
			take("until", dateFrom("The last day. Without an end unless said.", recently).such("2026-12-31")),
		))),
	)
}
