package schedule

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// CalendarDocument is one loaded document of kind Calendar. It is not changed
// after LoadCalendar.
type CalendarDocument struct {
	document.Position
	runbook.Document

	Country  string   // whose statutory days off are among those of the calendar; may be empty
	Calendar Calendar // with all days off as explicit dates
}

// LoadCalendar reads one calendar from the bytes of a file. The document is nil
// when there are problems; the problems are all that the file has, in order.
func LoadCalendar(file string, source []byte) (*CalendarDocument, document.Problems) {
	var c *CalendarDocument
	read, problems := runbook.LoadDocument(file, source, func(root *document.Node, d *document.Decoder) { c = decodeCalendar(root, d) })
	if len(problems) > 0 {
		return nil, problems
	}
	c.Document = read
	return c, nil
}

// The words of other tools.
var (
	foreignCalendarKeys = map[string]string{
		"name": `msp says "id"`, "tz": `msp says "timezone"`, "time_zone": `msp says "timezone"`,
		"business_hours": `msp says "hours"`, "working_hours": `msp says "hours"`, "workweek": `msp says "hours"`, "weekly_schedule": `msp says "hours"`,
		"workday": `msp says "business_day"`, "hours_per_day": `msp says "business_day"`,
		"expires": `msp says "valid_until"`, "until": `msp says "valid_until"`,
		"closures": `msp says "holidays"`, "exceptions": `msp says "holidays"`, "non_working_days": `msp says "holidays"`,
		"country": "holidays: {country: GB}", "region": "holidays: {country: DE, region: BY}",
	}
	foreignDayKeys = map[string]string{
		"mon": `msp says "monday"`, "tue": `msp says "tuesday"`, "wed": `msp says "wednesday"`, "thu": `msp says "thursday"`,
		"fri": `msp says "friday"`, "sat": `msp says "saturday"`, "sun": `msp says "sunday"`,
		"mon-fri": `msp says "monday-friday"`, "sat-sun": `msp says "saturday-sunday"`, "weekday": `msp says "monday-friday"`,
		"weekdays": `msp says "monday-friday"`, "weekend": `msp says "saturday-sunday"`, "daily": `msp says "monday-sunday"`,
	}
	foreignHolidayKeys = map[string]string{
		"dates": `msp says "own"`, "days": `msp says "own"`, "extra": `msp says "own"`, "custom": `msp says "own"`,
		"state": `msp says "region"`, "subdivision": `msp says "region"`, "province": `msp says "region"`,
		"except": `msp says "worked"`, "exclude": `msp says "worked"`, "ignore": `msp says "worked"`,
	}
	foreignOwnKeys = map[string]string{"day": `msp says "date"`, "title": `msp says "name"`, "summary": `msp says "name"`}
)

func decodeCalendar(root *document.Node, d *document.Decoder) *CalendarDocument {
	m := d.Map(root, "a calendar")
	doc := &CalendarDocument{Position: root.Position()}
	if !runbook.DecodeHeader(m, runbook.KindCalendar, d) {
		return doc
	}
	c := &doc.Calendar
	c.ID = runbook.DecodeID(m.Need("id"), d)
	if zone := runbook.DecodeZone(m.Need("timezone"), d); zone != nil {
		c.Timezone = zone.String()
	}
	c.Hours = decodeWeek(m.Need("hours"), d)
	c.BusinessDay = decodeBusinessDay(m.Take("business_day"), d)
	last := decodeLastDay(m.Need("valid_until"), d)
	c.ValidUntil = last.Format(time.DateOnly)
	doc.Country, c.DaysOff = decodeHolidays(m.Take("holidays"), last, d)
	m.Done(foreignCalendarKeys)
	return doc
}

// decodeWeek reads hours by weekday, or by several: monday-friday.
func decodeWeek(n *document.Node, d *document.Decoder) [7][]Hours {
	var week [7][]Hours
	if n == nil {
		return week
	}
	m := d.MapLike(n, "hours", "hours: {monday-friday: 09:00-17:00}")
	sound := n.Kind() == document.Mapping
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		m.Take(strings.ToLower(weekday.String())) // each is a key, also where it isn't there
	}
	for _, key := range m.Keys() {
		first, days, ok := weekdaysOf(key)
		if !ok {
			sound = false
			continue // which Done reports
		}
		value := m.Take(key)
		hours, read := decodeHours(value, d)
		sound = sound && read
		for i := range days {
			weekday := (first + i) % 7
			if week[weekday] != nil {
				d.Report(value.Position(), "overlap", "each weekday stands once", "%s has hours already", time.Weekday(weekday))
				sound = false
			}
			week[weekday] = hours
		}
	}
	m.Done(foreignDayKeys)
	for i := range week {
		if week[i] == nil {
			week[i] = []Hours{}
		}
	}
	if err := checkWeek(week); sound && err != nil {
		d.Report(n.Position(), "bad-value", `monday-friday: ["09:00-12:30", "13:30-17:00"]`, "%s", err)
	}
	return week
}

// weekdaysOf reads "monday" or "monday-friday".
func weekdaysOf(text string) (first, days int, ok bool) {
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	first, last := weekdayNumber(from), weekdayNumber(to)
	return first, (last-first+7)%7 + 1, first >= 0 && last >= 0
}

func weekdayNumber(text string) int {
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		if strings.ToLower(weekday.String()) == text {
			return int(weekday)
		}
	}
	return -1
}

// decodeHours reads the stretches of a day: never nil, so that a day that stands
// twice is seen, also where it has none.
func decodeHours(n *document.Node, d *document.Decoder) (hours []Hours, ok bool) {
	texts := []*document.Node{n}
	if n.Kind() != document.String {
		texts = d.List(n, `stretches of hours, such as ["09:00-17:00"]`)
	}
	hours, ok = []Hours{}, n.Kind() == document.String || n.Kind() == document.List
	for _, text := range texts {
		h, err := ParseHours(d.String(text))
		if text.Kind() == document.String && err != nil {
			d.Report(text.Position(), "bad-value", hoursHint(text.Text()), "%s", err)
		}
		if ok = ok && err == nil; err == nil {
			hours = append(hours, h)
		}
	}
	slices.SortFunc(hours, func(a, b Hours) int { return cmp.Compare(a.From, b.From) })
	return hours, ok
}

func hoursHint(text string) string {
	switch {
	case strings.Contains(text, ","):
		return `several stretches are a list: ["09:00-12:30", "13:30-17:00"]`
	case !strings.ContainsAny(text, "0123456789"):
		return "leave out a day that has no hours"
	default:
		return "hours and minutes from 00:00 to 24:00: 09:00-17:00, 22:00-06:00"
	}
}

func decodeBusinessDay(n *document.Node, d *document.Decoder) runbook.Nanoseconds {
	if n == nil {
		return 0
	}
	length, err := runbook.ParseDuration(d.Text(n))
	if n.Kind() == document.List || n.Kind() == document.Mapping || n.Kind() == document.Null {
		return 0 // which has been reported
	}
	if err != nil || length.Span <= 0 || length.Span > 24*time.Hour {
		d.Report(n.Position(), "duration", "business_day: 8h", "%s is not the length of a business day", document.Quote(n.Text()))
		return 0
	}
	return runbook.Nanoseconds(length.Span)
}

// The bounds of valid_until: a slip of the pen would list a thousand years of
// days off.
const earliestEnd, latestEnd = 2020, 2099

func decodeLastDay(n *document.Node, d *document.Decoder) time.Time {
	day := d.Date(n)
	if !day.IsZero() && (day.Year() < earliestEnd || day.Year() > latestEnd) {
		d.Report(n.Position(), "bad-value", "", "valid_until is from %d to %d, and this is %s", earliestEnd, latestEnd, document.Quote(n.Text()))
		return time.Time{}
	}
	return day
}

// decodeHolidays reads the days off: the statutory ones of a country, without
// those that are worked all the same, and the company's own.
func decodeHolidays(n *document.Node, last time.Time, d *document.Decoder) (code string, all []DayOff) {
	all = []DayOff{}
	if n == nil {
		return "", all
	}
	m := d.MapLike(n, "holidays", "holidays: {country: GB, own: [{date: 2026-12-24, name: Christmas Eve}]}")
	found := map[string]string{}
	country, region := m.Take("country"), m.Take("region")
	code = d.String(country)
	if region != nil && country == nil && !m.Has("state") {
		d.Report(region.Position(), "missing-key", "country: DE", "a region needs its country")
	}
	regionCode := d.String(region)
	if code != "" && !last.IsZero() {
		days, err := statutoryDays(code, regionCode, last)
		if err != nil {
			d.Report(country.Position(), "bad-value", countryHint(code), "%s", err)
		} else {
			found = days
		}
	}
	for _, item := range d.List(m.Take("worked"), "a list of days") {
		dropWorked(item, found, code, d)
	}
	for _, item := range d.List(m.Take("own"), "a list of days off") {
		addOwn(item, found, last, d)
	}
	m.Done(foreignHolidayKeys)
	for _, date := range slices.Sorted(maps.Keys(found)) {
		all = append(all, DayOff{Date: date, Name: found[date]})
	}
	return code, all
}

// countryHint says which country was meant by another word for it.
func countryHint(code string) string {
	meant := strings.ToUpper(code)
	if meant == "UK" { // which ISO 3166 keeps free for GB
		meant = "GB"
	}
	if _, known := countries()[meant]; known && meant != code {
		return "did you mean " + meant + "?"
	}
	return "a country's two capital letters; own: lists days without one"
}

// dropWorked takes a statutory day off out of those found.
func dropWorked(n *document.Node, found map[string]string, country string, d *document.Decoder) {
	day := d.Date(n)
	date := day.Format(time.DateOnly)
	switch {
	case day.IsZero() || country != "" && len(found) == 0: // which has been reported
	case country == "":
		d.Report(n.Position(), "missing-key", "country: GB", "worked takes days out of those of a country, and there is none")
	case !already(found, date):
		d.Report(n.Position(), "bad-value", "leave it out", "%s is no day off of %s", date, country)
	}
	delete(found, date)
}

func already(found map[string]string, date string) bool {
	_, ok := found[date]
	return ok
}

// addOwn adds one of the company's own days off.
func addOwn(n *document.Node, found map[string]string, last time.Time, d *document.Decoder) {
	m := d.MapLike(n, "a day off", "{date: 2026-12-24, name: Christmas Eve}")
	date := m.Need("date")
	day, name := d.Date(date), d.String(m.Need("name"))
	m.Done(foreignOwnKeys)
	switch text := day.Format(time.DateOnly); {
	case day.IsZero():
	case !last.IsZero() && day.After(last):
		d.Report(date.Position(), "bad-value", "", "the day off %s is behind valid_until, %s", text, last.Format(time.DateOnly))
	case already(found, text):
		d.Report(date.Position(), "duplicate-id", "leave it out", "%s is a day off already: %s", text, document.Quote(found[text]))
	default:
		found[text] = name
	}
}
