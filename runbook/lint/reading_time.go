package lint

// readingTimeRules are what the readers report about times, promises and who keeps
// them.
var readingTimeRules = []Rule{
	{
		ID: "cron", Severity: Error,
		Summary: "a crontab line that can't be read",
		Why: `Five fields say when work is due: minute, hour, day of the month, month, day of the week.
A field out of its range, or a sixth one, is read differently by each program that
accepts it, so msp accepts only what crontab(5) describes.`,
		Source: "crontab(5)",
		Bad:    `schedule: {cron: "0 25 * * *", timezone: Europe/London}`,
		Good:   `schedule: {cron: "0 5 * * *", timezone: Europe/London}`,
	},
	{
		ID: "cycle", Severity: Error,
		Summary: "steps that need each other, or a step that needs itself",
		Why: `Steps are done in the order of the file, and a step needs those before it. Where two
need each other neither can be first.`,
		Bad: `steps:
  - {id: stop, title: The queue is stopped, run: "true", needs: [clear]}
  - {id: clear, title: The queue is cleared, run: "true", needs: [stop]}`,
		Good: `steps:
  - {id: stop, title: The queue is stopped, run: "true"}
  - {id: clear, title: The queue is cleared, run: "true", needs: [stop]}`,
	},
	{
		ID: "duration", Severity: Error,
		Summary: "a length of time that can't be read",
		Why: `30 is seconds to one reader and minutes to another, so a length of time has its unit: 30s,
10m, 26h, 2d, 1w. Where work is promised it may count working time: 4 business hours.`,
		Bad:  `steps: [{id: look, title: Look, run: "true", timeout: 30}]`,
		Good: `steps: [{id: look, title: Look, run: "true", timeout: 30s}]`,
	},
	{
		ID: "no-timezone", Severity: Error,
		Summary: "no time zone is said, or what is said is none",
		Why: `"0 7 * * *" is another instant in London, in New York and on a server that counts in
UTC, and moves by an hour twice a year in some of them. So a schedule names the place; an
abbreviation such as CST is several zones, and an offset knows nothing of summer.`,
		Source: "RFC 9557",
		Bad:    `schedule: {cron: "0 7 * * *"}`,
		Good:   `schedule: {cron: "0 7 * * *", timezone: Europe/London}`,
	},
	{
		ID: "ola-exceeds-sla", Severity: Error,
		Summary: "an OLA or a vendor's contract that leaves no time to keep the promise to the client",
		Why: `A target is kept with the help of others. Where they promise as much time as it has, or
more, or less often, all of them can keep their word and the client is let down. Hours
of two calendars can't be compared, so one of them isn't sure to be shorter.`,
		Source: "ISO/IEC 20000-1:2018, 8.3.4.1; ITIL 4, service level management",
		Bad: `kind: Agreement
supported_by:
  - {name: mail-team, kind: ola, with: The provider's mail team, supports: mail-daily, clock: scheduled, complete_within: 2h, target: 97%}`,
		Good: `kind: Agreement
supported_by:
  - {name: mail-team, kind: ola, with: The provider's mail team, supports: mail-daily, clock: scheduled, complete_within: 90m, target: 97%}`,
	},
	{
		ID: "schedule", Severity: Error, RunsAnyway: true,
		Summary: "a schedule that contradicts itself, or names times that can't be computed",
		Why: `Each time at which work is due has one meaning, for whoever does it and whoever looks at
the record years later: grace is the start_within that was promised, a window stays open
as long as a run is on time, and an interval is counted from a day that is said.`,
		Source: "RFC 5545, 3.3.10",
		Bad:    `schedule: {rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=7", timezone: Europe/London}`,
		Good:   `schedule: {rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=7", timezone: Europe/London, effective_from: 2026-03-02}`,
	},
	{
		ID: "sla", Severity: Error, RunsAnyway: true,
		Summary: "promises that can't be counted, or don't go with their clock",
		Why: `"1 business day" means nothing without a calendar that says how long one is, and
start_within nothing where the clock begins with the start. Such a promise is never
judged as something simpler.`,
		Bad:  `sla: {clock: scheduled, start_within: 30m, complete_within: 1 business day, target: 95%}`,
		Good: `sla: {clock: scheduled, calendar: office, start_within: 30m, complete_within: 1 business day, target: 95%}`,
	},
}
