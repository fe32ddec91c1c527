package cmd

const schedulesTopic = `
A runbook with a schedule is due when a signed plan asks for it:

  schedule: {cron: "0 7 * * *", timezone: Europe/London}
  schedule: {rrule: "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=22", shift: 1d, timezone: Europe/London}

  cron, rrule     one of them: when it is due on the wall clock of the zone
  shift           moves that: 1d behind the second Tuesday is no second Wednesday
  calendar        leaves out what falls on a day off; with on_holiday:
                  next_working_day it is moved there, with run it is due all the same
  early           how long before due a run may already count
  grace           how long after due it still starts on time; the SLA's start_within
  close_after     the window's end; the next occurrence's window unless said
  on_missed       record (unless said) or run_once: msp tick starts it once more
  effective_from  the first day

A document of kind Calendar says working hours and days off. It lies in runbooks/ or
runbooks/calendars/:

  apiVersion: msp/v1
  kind: Calendar
  id: office
  timezone: Europe/London
  hours: {monday-thursday: 09:00-17:00, friday: [09:00-12:30, 13:30-16:00]}
  holidays: {country: GB, own: [{date: 2026-12-24, name: Christmas Eve}]}
  business_day: 8h
  valid_until: 2027-12-31

"4 business hours" and "2 business days" may be said where there is a calendar.
A document of kind Plan asks for runbooks; msp plan sign puts it in force:

  apiVersion: msp/v1
  kind: Plan
  client: acme
  ticker: server-1
  level: logged
  runbooks:
    - {runbook: backup-verify, from: 2026-03-01, inputs: {backup_dir: backups}}

The ticker is the writer whose msp tick signs what was missed.
`

const agreementsTopic = `
A document of kind Agreement says what a client was promised. A runbook names a
target of it, sla: {agreement: backup-daily}; plans and runs pin what it means by
value, so a later edit changes nothing that was judged.

  apiVersion: msp/v1
  kind: Agreement
  id: acme-2026
  client: acme
  version: 1.0.0
  title: Managed backups for Acme
  timezone: Europe/London
  effective_from: 2026-01-01
  parties:
    client: {name: Acme Ltd, role: it-director}
    provider: {name: Example Managed Services Ltd, role: service-manager}
  services: {in_scope: [backup-verify]}
  targets:
    backup-daily:
      clock: scheduled
      start_within: 30m
      complete_within: 2h
      target: 95%
      owner: backup-technician
      credits: [{below: 95%, credit: 5%}, {below: 90%, credit: 10%}]
  holds: {max: 3d, pauses_for: [waiting_client, maintenance, force_majeure]}
  credits: {monthly_fee: 2500.00 GBP, cap: 20%, claim_within: 30d}

A clock runs from due (scheduled), from the run's start (started) or from a report
(reported, with acknowledge_within, respond_within, update_every, resolve_within),
in a calendar's working time where the target names one. Exactly the target is met.
What was reported, and by which alert or ticket, is said when the run begins:
msp run RUNBOOK --reported WHEN --source REF; its start acknowledges and responds.
A hold pauses it, for the reasons that the agreement takes, and no longer than max
unless a lead confirms. An agreement may also say supported_by (OLAs and vendors,
which must be tighter), exclusions, kpis, reports, communication, scripts,
retention, trial and exit. A report's times are kept by a runbook with the report's
id and schedule, which a plan asks for. msp agreement show prints all of it for
signing, msp agreement month counts a month.
`

const contactsTopic = `
A document of kind Contacts says who is told, and how they are reached. One without
a client is for all of them.

  apiVersion: msp/v1
  kind: Contacts
  client: acme
  timezone: Europe/London
  contacts:
    - {id: jo, name: Jo Turner, side: provider, roles: [backup-technician, lead], channels: [mail: jo@provider.example, pager]}
    - id: sam
      name: Sam Reed
      side: provider
      roles: [backup-technician]
      channels: [mail: sam@provider.example]
      working_hours: {monday-friday: 09:00-17:00}
      reachable: working_hours
      away: [{from: 2026-08-03, until: 2026-08-14}]
    - {id: kim, name: Kim Vance, side: client, roles: [it-director], channels: [mail: kim@acme.example]}
  rosters:
    - id: on-call
      from: 2026-03-02
      handover: {weekday: monday, time: "09:00"}
      primary: [jo, sam]
      next: [sam, jo]
      overrides: [{from: 2026-03-18T09:00, until: 2026-03-19T09:00, contact: sam}]

A runbook's ladders name a roster, a role, a contact, owner, or client:ROLE:

  escalation:
    not_acknowledged: [{after: 15m, notify: on-call}]
    not_resolved: [{after: 50%, notify: owner}, {after: 100%, notify: "client:it-director"}]

msp ack stops the first ladder only. A rung tells the first who can be reached; who
is passed over is recorded. Channels are settings: msp help settings.
`
