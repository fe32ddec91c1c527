package schedule

import (
	"time"

	"github.com/msp-runbook/msp/runbook/document"
)

// Reaches is the first instant, in UTC, at which a zone's clock shows a local
// time or anything later; wall is that local time, written as if it were UTC.
// So 09:00 is 09:00 on either side of a change of the clock, a time that the
// clock skips is the first instant after the gap, and one that it shows twice
// is the first pass.
func Reaches(location *time.Location, wall time.Time) time.Time {
	return time.Unix(zone{location}.reaches(wall.Unix()), 0).UTC()
}

// DecodeWeek reads working hours as a calendar's hours are written, by weekday,
// or by several: "monday-friday: 09:00-17:00". They are those of each weekday,
// from Sunday on.
func DecodeWeek(n *document.Node, d *document.Decoder) [7][]Hours { return decodeWeek(n, d) }
