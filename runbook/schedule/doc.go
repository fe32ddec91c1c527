// Package schedule says what should have happened, and how much working time
// lies between two instants: plans, recurrences, calendars, and the occurrences
// that follow from them. All of it is pure functions of documents and given
// instants. Nothing here reads the clock, so a population can be computed again
// years later.
//
// # Recurrence
//
// A schedule is a crontab line of five fields, or a recurrence rule of RFC 5545,
// and an IANA time zone. It names slots: minutes on the zone's wall clock. A
// slot has one nominal name and one instant at which it is due. Where the clock
// is set, the hour decides:
//
//   - A fixed hour (an rrule, and a crontab line whose hour field doesn't begin
//     with *) has every nominal slot once. A slot is due at the first instant at
//     which the zone's clock shows it or anything later. So a slot that the
//     clock shows twice is due on the first pass, and one that the clock skips
//     is due at the first instant after the gap; also when the gap is a whole
//     day, as in Pacific/Apia in 2011.
//   - A wildcard hour (* or */n) follows real time: both passes of a repeated
//     hour, nothing in a gap.
//
// No two slots of a rule are due at one instant. When a gap or a calendar brings
// several together, they are one slot, named by the first of them. A second
// occurrence due at the same instant would have an empty window: nobody could
// ever satisfy it, and the listing would show a miss that was no one's fault. It
// also makes due times strictly increasing, so that Next and Previous are each
// other's inverse and half-open stretches of time can be joined.
//
// Day of month and day of week follow crontab(5): when both are restricted, a
// day that fits either fits; a field that begins with * doesn't restrict, and
// then a day must fit both.
//
// An rrule names days: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, and the time is
// BYHOUR and BYMINUTE, each 0 unless said. An INTERVAL is counted from the
// schedule's effective_from, which it needs, and a rule that names no day
// (FREQ=MONTHLY) takes it from there: effective_from is what DTSTART is to a
// calendar file. COUNT and UNTIL are refused, since the plan says until when a
// runbook is asked for, and a count would change its meaning with each plan.
//
// A shift of plain time moves the slot on the wall clock: "2nd Tuesday + 1 day"
// is the day after the second Tuesday at the same time of day, whether or not it
// is the second Wednesday. A shift in business days moves it to that many
// working days of the calendar behind its day.
//
// A calendar then leaves out the slots whose day, as shifted, is no working day;
// with on_holiday: next_working_day they move there at the same time of day, with
// on_holiday: run they stay. The day is the date on the schedule's own clock.
//
// The nominal name is RFC 9557 in local time with offset and zone,
// 2026-10-25T01:30:00+01:00[Europe/London]. A slot in a gap keeps the offset
// from before the gap. A slot that was shifted or moved has the name of the
// minute to which it was moved: that is the minute people look for, it is unique
// because slots are, and it is stable because a plan pins its calendars by value.
//
// # Working time
//
// A Calendar has hours for each weekday on the wall clock of its zone, and
// explicit days off. It is a value: a statement pins it whole, and what is
// computed from that needs no list of holidays. The statutory days of a country
// are resolved when its document is loaded, through valid_until; behind that day
// the weekday alone decides, and lint complains before it comes.
//
// Working time is real time that passes while the calendar is open. It is counted
// a day at a time, never by the minute.
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
// Grace, start_within and complete_within count in the calendar of the SLA where
// it names one, else in plain time. "2 business days" are two of the calendar's
// business_day; "2d" is refused there, since nobody means 48 working hours by it.
//
// # What is not read
//
// An SLA that names a target of an agreement is refused with the rule "not-yet"
// unless its terms are handed in resolved. It is never read as something simpler.
package schedule
