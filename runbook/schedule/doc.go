// Package schedule says what should have happened: plans, recurrences, and the
// occurrences that follow from them. All of it is pure functions of documents
// and given instants. Nothing here reads the clock, so a population can be
// computed again years later.
//
// # Recurrence
//
// A schedule is a crontab line of five fields and an IANA time zone. The line
// names slots: minutes on the zone's wall clock. A slot has one nominal name
// and one instant at which it is due. Where the clock is set, the hour field
// decides:
//
//   - A fixed hour (the field doesn't begin with *) has every nominal slot
//     once. A slot is due at the first instant at which the zone's clock shows
//     it or anything later. So a slot that the clock shows twice is due on the
//     first pass, and one that the clock skips is due at the first instant
//     after the gap; also when the gap is a whole day, as in Pacific/Apia in
//     2011.
//   - A wildcard hour (* or */n) follows real time: both passes of a repeated
//     hour, nothing in a gap.
//
// No two slots of a rule are due at one instant. When a gap brings several
// together, they are one slot, named by the first of them. A second occurrence
// due at the same instant would have an empty window: nobody could ever
// satisfy it, and the listing would show a miss that was no one's fault. It
// also makes due times strictly increasing, so that Next and Previous are each
// other's inverse and half-open stretches of time can be joined.
//
// Day of month and day of week follow crontab(5): when both are restricted, a
// day that fits either fits; a field that begins with * doesn't restrict, and
// then a day must fit both.
//
// The nominal name is RFC 9557 in local time with offset and zone,
// 2026-10-25T01:30:00+01:00[Europe/London]. A slot in a gap keeps the offset
// from before the gap.
//
// # Occurrences
//
// An occurrence is a slot of a runbook that a plan asks for, named
// <client>/<runbook>/<nominal>. Its window is [due - early, next due - early),
// cut at due + close_after where that is set. The first run to end whose start
// lies in the window decides it; see Judge. "No data" is never "met".
//
// An occurrence exists when it is due at or after effective_from, at or after
// the item's from and the instant from which the plan is known, and not after
// the day of until. Dates are days in the schedule's time zone. The last
// occurrence keeps the window that the schedule's next slot gives it.
//
// # What is not read yet
//
// This version knows cron in 24x7 time. An rrule, a shift, a calendar,
// on_holiday, an SLA in an agreement, and proof above "logged" are refused with
// the rule "not-yet"; none of them is ever read as something simpler.
package schedule
