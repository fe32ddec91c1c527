package model

func runbook() schema {
	return document("Runbook", "A procedure: who owns it, why it exists, when it is due, what was promised about it, and its steps.",
		need("id", id("The name by which the runbook is run and recorded.").such("backup-verify")),
		need("version", version("The version of the procedure; raised with each change of it.")),
		need("title", heading("What the runbook does, for people.").such("Verify last night's backups")),
		take("class", enum("Whether the work is done by schedule (routine) or on request (ad_hoc).", "routine", "ad_hoc").usually("routine")),
		take("rationale", text("Why the procedure exists: what went wrong, or would, without it. Markdown.").such("Backups were empty for two weeks and nobody had been asked to look.")),
		take("references", list("The clauses of standards that ask for the procedure.", object("One clause of a standard.",
			need("authority", text("Who says so: the standard and its edition.").such("ISO/IEC 27001:2022")),
			take("clause", scalar("The clause of it.").such("A.8.13")),
		))),
		take("decisions", list("What was agreed about the procedure, and why.", object("One thing that was agreed.",
			need("date", date("The day of the decision.").such("2026-03-02")),
			need("by", text("Who decided: a role.").such("ops-lead")),
			need("decided", text("What was decided.").such("size may vary by 40%")),
			take("because", text("Why.").such("month-end exports double it")),
		))),
		take("owner", owner()),
		take("review_by", date("The day by which somebody reads the procedure again.").such("2027-03-01")),
		take("scripts", object("Who keeps the runbook's scripts when the contract ends.",
			need("owner", enum("Whose the scripts are.", "provider", "client")),
			take("licence", text("Under which licence the other side may use them.").such("MIT")),
		)),
		take("schedule", schedule("When the runbook is due. A signed plan asks for it.")),
		take("sla", sla()),
		take("escalation", escalation()),
		take("requires", requires("Programs that must be there before a run starts.")),
		take("inputs", fields("What a run is told, by name.")),
		take("secrets", list("Values that are never written down. Only a step's env may name them.", secret())),
		take("defaults", defaults()),
		need("steps", some("What is done, in order.", step())),
	)
}

func owner() schema {
	return object("Who answers for the runbook: a team and a role, since people change.",
		take("team", text("The team.").such("backup")),
		take("role", text("The role in it.").such("backup-technician")),
		take("contact", text("How the team is reached.").such("backup@provider.example")),
	).filled()
}

func schedule(description string) schema {
	return object(description,
		take("cron", formed("When it is due on the zone's wall clock: minute, hour, day of month, month, day of week.", `^\s*(?:@[A-Za-z]+|\S+(?:\s+\S+){4})\s*$`).such("0 7 * * *", "@daily")),
		take("rrule", text("When it is due on the zone's wall clock, as a recurrence rule of iCalendar (RFC 5545), instead of cron.").such("FREQ=MONTHLY;BYDAY=2TU;BYHOUR=22")),
		take("shift", workingTime("How much later than the rule says it is due.").such("1d")),
		need("timezone", timezone("The zone of the wall clock.")),
		take("calendar", text("The id of the calendar whose days off are left out. None unless said.").such("uk-working")),
		take("on_holiday", enum("What becomes of an occurrence on a day off: moved to the next working day, or due all the same. Left out unless said.", "next_working_day", "run")),
		take("early", duration("How long before it is due a run may already count. Not at all unless said.").such("1h")),
		take("grace", workingTime("How long after it is due it still starts on time. The SLA's start_within unless said.").such("30m")),
		take("close_after", duration("How long after it is due it can still be done at all. Until the next occurrence unless said.").such("12h")),
		take("on_missed", enum("Whether an occurrence that nobody did is recorded only, or started once more by msp tick.", "record", "run_once").usually("record")),
		take("effective_from", date("The first day on which it is due.").such("2026-03-01")),
	).holding(exactlyOne("cron", "rrule"))
}

// promises are the keys that say what was promised, in an sla and in an
// agreement.
func promises() []key {
	return []key{
		take("clock", enum("From which moment the clock runs: when the work is due, when its run starts, or when it was reported.", "scheduled", "started", "reported")),
		take("calendar", text("The id of the calendar in whose hours the clock runs. Around the clock unless said.").such("uk-working")),
		take("start_within", promise("How soon the work starts.").such("30m")),
		take("complete_within", promise("How soon the work is complete.").such("2h")),
		take("acknowledge_within", promise("How soon a report is acknowledged; with clock: reported.").such("15m")),
		take("respond_within", promise("How soon work on a report begins; with clock: reported.").such("4 business hours")),
		take("update_every", promise("How often the client hears of it; with clock: reported.").such("8 business hours")),
		take("resolve_within", promise("How soon it is resolved; with clock: reported.").such("2 business days")),
	}
}

// promising demands a clock, a promise, and of the promises those that go with
// the clock.
func promising() []schema {
	reported := []string{"acknowledge_within", "respond_within", "update_every", "resolve_within"}
	return []schema{
		has("clock"),
		anyOf(append([]string{"start_within", "complete_within"}, reported...)...),
		when(is("clock", "scheduled"), never(reported...)),
		when(is("clock", "started"), never(append([]string{"start_within"}, reported...)...)),
	}
}

func sla() schema {
	all := append([]key{
		take("agreement", text("The name of a target in the client's agreement, instead of all other keys.").such("backup-daily")),
	}, promises()...)
	all = append(all, take("target", formed("The share of runs that keep the promise. From 0% to 100%.", `^(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?)%$`).such("95%")))
	named := schema{Required: []string{"agreement"}, Properties: keys{take("agreement", schema{MinLength: 1})}}
	rule := when(named, schema{MaxProperties: 1})
	rule.Else = &schema{AllOf: promising()}
	return object("What was promised about one run.", all...).holding(rule)
}

func escalation() schema {
	ladder := func(description string) schema {
		return list(description, object("One rung: when, and who is told then.",
			need("after", length("How long after the work is due, or which share of the SLA: 15m, 1 business hour, 50%.", workingForm+`|[0-9]+(?:\.[0-9]+)?%`).such("15m", "50%")),
			need("notify", said("Whom to tell: a roster, a role, a contact, owner, or client:ROLE.").such("on-call", "client:it-director")),
			take("repeat", workingTime("How often they are told again. Once unless said.").such("30m")),
		))
	}
	return object("Who is told about work that isn't done.",
		take("not_acknowledged", ladder("Who is told while nobody has said that they are on it.")),
		take("not_resolved", ladder("Who is told while the work isn't done.")),
	)
}

func requires(description string) schema {
	tool := func(description string) schema {
		return formed(description+" Its name alone, without a path.", `^[^/\\ \t\n]+$`).such("jq")
	}
	return list(description, either("A program: its name, or its name and version.",
		tool("A program."),
		object("A program and its version.",
			need("tool", tool("The program.")),
			take("version", formed("What its version must be: a comparison, or the lowest one.", `^\s*(?:>=|<=|>|<|=)?\s*[0-9]+(?:\.[0-9]+)*\s*$`).such(">= 1.6", "5.1")),
			take("version_args", list("The arguments with which it prints its version.", text("An argument.").such("-V")).usually([]string{"--version"})),
		),
	))
}

// fields are inputs, or the fields of a form.
func fields(description string) schema {
	value := object("A value: its type, and what it may be.",
		need("type", enum("The type. A string is one line, a text may have several, a path is made absolute, a file must exist.",
			"string", "text", "number", "integer", "boolean", "duration", "path", "file", "enum", "date", "list")),
		take("description", heading("What the value is, for who is asked for it.").such("How old the newest archive may be")),
		take("required", yes("Whether there is no run without it.")),
		take("default", schema{
			Description: "The value where none is given, of the field's type. A list has no commas in its items.", Type: append(single(), "array"),
			Items: &schema{Type: single(), Pattern: "^[^,]*$"},
		}.such("26h")),
		take("enum", some("The values that are allowed; with type: enum.", scalar("A value.").such("low"))),
		take("pattern", pattern("What the value must match.").such("^[A-Z]+-[0-9]+$")),
		take("minimum", number("The least number that is allowed.").such(1)),
		take("maximum", number("The greatest number that is allowed.").such(100)),
	).holding(
		when(is("type", "enum"), has("enum")),
		when(has("enum"), is("type", "enum")),
		when(either("", has("minimum"), has("maximum")), schema{Properties: keys{take("type", schema{Enum: []string{"number", "integer"}})}}),
		when(is("required", true), never("default")),
	)
	return named(description, nameForm, value)
}

func secret() schema {
	return object("A secret and where it comes from.",
		need("name", formed("Its name in expressions: ${{ secrets.NAME }}. Letters, digits and underscores.", envForm).such("RESTIC_PASSWORD")),
		need("from", func() schema {
			from := object("The one place that it comes from.",
				take("env", formed("The environment variable that holds it.", envForm).such("RESTIC_PASSWORD")),
				take("file", id("The name under which the user's configuration knows the file that holds it.").such("restic-password")),
				take("command", id("The name under which the user's configuration knows the command that prints it.").such("vault-restic")),
			).filled()
			from.MaxProperties = 1
			return from
		}()),
	)
}
