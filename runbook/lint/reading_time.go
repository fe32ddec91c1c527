package lint

// readingTimeRules are what the readers report about times, promises and who keeps
// them.
var readingTimeRules = []Rule{
	{
		ID: "calendar", Severity: Error,
		Summary: "a calendar is named that can't be had",
		Why: `Without its calendar nobody knows which days a schedule leaves out, or in which hours a
promise counts. It is never taken for around the clock.`,
		Bad:  `schedule: {cron: "0 7 * * *", timezone: Europe/London, calendar: ofice}`,
		Good: `schedule: {cron: "0 7 * * *", timezone: Europe/London, calendar: office}`,
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
		ID: "no-timezone", Severity: Error,
		Summary: "a schedule that doesn't say on whose clock its times are",
		Why: `"0 7 * * *" is another instant in London, in New York and on a server that counts in
UTC, and moves by an hour twice a year in some of them. So a schedule names the place.`,
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
		ID: "schedule", Severity: Error,
		Summary: "a schedule that contradicts itself, or names times that can't be computed",
		Why: `Each time at which work is due has one meaning, for whoever does it and whoever looks at
the record years later: grace is the start_within that was promised, a window stays open
as long as a run is on time, and an interval is counted from a day that is said.`,
		Source: "RFC 5545, 3.3.10",
		Bad:    `schedule: {rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=7", timezone: Europe/London}`,
		Good:   `schedule: {rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=7", timezone: Europe/London, effective_from: 2026-03-02}`,
	},
	{
		ID: "sla", Severity: Error,
		Summary: "promises that can't be counted, or don't go with the clock",
		Why: `"1 business day" means nothing without a calendar that says how long one is, and
start_within nothing where the clock begins with the start. Such a promise is never
judged as something simpler.`,
		Bad:  `sla: {clock: scheduled, start_within: 30m, complete_within: 1 business day, target: 95%}`,
		Good: `sla: {clock: scheduled, calendar: office, start_within: 30m, complete_within: 1 business day, target: 95%}`,
	},
}
