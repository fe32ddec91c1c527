package agreement

import (
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// decodeHours reads a contact's own hours, a key for each weekday: "monday:
// 09:00-17:00", or a list of such stretches. They hold on holidays too: days off
// stand in a calendar, or in away.
func decodeHours(c *Contact, n *document.Node, d *document.Decoder) *schedule.Calendar {
	m := d.Map(n, "working hours")
	calendar := &schedule.Calendar{ID: c.ID, ValidUntil: "9999-12-31"}
	if c.Zone != nil {
		calendar.Timezone = c.Zone.String()
	}
	before := len(d.Problems())
	for i, weekday := range weekdays {
		stretches := m.Take(weekday)
		if stretches == nil {
			continue
		}
		if stretches.Kind() != document.List {
			calendar.Hours[i] = decodeStretch(nil, stretches, d)
			continue
		}
		for _, item := range stretches.Items() {
			calendar.Hours[i] = decodeStretch(calendar.Hours[i], item, d)
		}
		slices.SortStableFunc(calendar.Hours[i], func(a, b schedule.Hours) int { return a.From - b.From })
	}
	m.Done(map[string]string{"mon": `msp says "monday"`, "calendar": "working_hours: the id of the calendar", "timezone": "put it beside working_hours"})
	if len(d.Problems()) > before || c.Zone == nil || !runbook.ValidID(c.ID) {
		return calendar
	}
	if err := calendar.Check(); err != nil {
		d.Report(n.Position(), "bad-value", `working_hours: {monday: "09:00-17:00"}`, "%s", err)
	}
	return calendar
}

func decodeStretch(hours []schedule.Hours, n *document.Node, d *document.Decoder) []schedule.Hours {
	text := d.String(n)
	if text == "" {
		return hours
	}
	h, err := schedule.ParseHours(text)
	if err != nil {
		d.Report(n.Position(), "bad-value", "", "%s", err)
		return hours
	}
	return append(hours, h)
}
