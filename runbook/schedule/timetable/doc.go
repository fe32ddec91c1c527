// Package timetable is when, in the words of other programs:
// events of iCalendar (RFC 5545), timers of systemd, lines of a crontab. It is
// pure: the instants are handed in, and nothing is written.
//
// Events are single occurrences, each at its instant in UTC. A calendar's client
// would compute an RRULE with its own zones and its own idea of a clock that is
// changed, and knows no shift and no working days; an instant is right in all of
// them.
//
// A timer and a line of a crontab are rules, and computed by others. A schedule
// is put into one only where the two say exactly the same for as long as dates
// and weekdays take to come round; else the refusal names what can't be said.
// Neither has a beginning or an end, and neither catches up: what a machine that
// was off has missed is visibly missing.
package timetable
