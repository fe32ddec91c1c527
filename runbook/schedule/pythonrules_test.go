package schedule

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// pythonSchedules reads schedules as JSON, one a line, and prints when each is
// due in 2024 to 2028. It is written from the words of the specification: days
// are looked at one by one, a shift moves the date and the time that the wall
// shows, a calendar moves or drops the day, and only then a zone is put on.
const pythonSchedules = `
import sys, json
from datetime import date, datetime, timedelta, timezone
from calendar import monthrange
from zoneinfo import ZoneInfo

utc, one = timezone.utc, timedelta(days=1)
names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

def numbers(text, low, high):
    found = set()
    for item in text.split(","):
        body, _, step = item.partition("/")
        a, b = (low, high) if body == "*" else (body.split("-") * 2)[:2]
        found |= set(range(int(a), int(b) + 1, int(step or 1)))
    return found

def cron(line):
    f = line.split()
    weekdays = {w % 7 for w in numbers(f[4], 0, 7)}
    def on(d):
        a, b = d.day in numbers(f[2], 1, 31), d.isoweekday() % 7 in weekdays
        fits = (a or b) if f[2][0] != "*" and f[4][0] != "*" else (a and b)
        return fits and d.month in numbers(f[3], 1, 12)
    return on, numbers(f[1], 0, 23), numbers(f[0], 0, 59)

def rrule(text, anchor):
    p = dict(part.split("=") for part in text.split(";"))
    every, freq = int(p.get("INTERVAL", 1)), p["FREQ"]
    days = [(int(w[:-2] or 0), names.index(w[-2:])) for w in p["BYDAY"].split(",")] if "BYDAY" in p else []
    monthdays = [int(n) for n in p.get("BYMONTHDAY", "").split(",") if n]
    months = [int(n) for n in p.get("BYMONTH", "").split(",") if n]
    wkst = names.index(p.get("WKST", "MO"))
    def week(d): return (d.toordinal() - 1 - wkst) // 7  # ordinal 1 was a Monday
    def step(d):
        if freq == "DAILY": return d.toordinal() - anchor.toordinal()
        if freq == "WEEKLY": return week(d) - week(anchor)
        if freq == "MONTHLY": return (d.year - anchor.year) * 12 + d.month - anchor.month
        return d.year - anchor.year
    def fits(d):
        length = monthrange(d.year, d.month)[1]
        if months and d.month not in months: return False
        if monthdays and not {d.day, d.day - length - 1} & set(monthdays): return False
        if days and not any(w == d.weekday() and n in (0, (d.day + 6) // 7, -((length - d.day) // 7 + 1)) for n, w in days): return False
        return True
    def on(d):
        if (every > 1 and step(d) % every) or not fits(d): return False
        if "BYSETPOS" not in p: return True
        whole = [date(d.year, d.month, n + 1) for n in range(monthrange(d.year, d.month)[1])]
        whole = [x for x in whole if fits(x)]
        return any(d == whole[n - 1 if n > 0 else n] for n in [int(n) for n in p["BYSETPOS"].split(",")] if abs(n) <= len(whole))
    return on, {int(n) for n in p.get("BYHOUR", "0").split(",")}, {int(n) for n in p.get("BYMINUTE", "0").split(",")}

def real(wall, zone):
    t = wall.replace(tzinfo=zone).astimezone(utc)
    if t.astimezone(zone).replace(tzinfo=None) == wall: return t
    high = (wall - wall.replace(tzinfo=zone).utcoffset()).replace(tzinfo=utc)  # behind the gap
    low = high - timedelta(hours=26)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset(): high = middle
        else: low = middle
    return high

for line in sys.stdin:
    s = json.loads(line)
    zone, off = ZoneInfo(s["zone"]), set(s["off"] or [])
    on, hours, minutes = rrule(s["rrule"], date.fromisoformat(s["anchor"])) if s["rrule"] else cron(s["cron"])
    def working(d): return d.weekday() in s["weekdays"] and d.isoformat() not in off
    walls, d = set(), date(2023, 12, 1)
    while d < date(2029, 2, 1):
        if on(d):
            for h in hours:
                for m in minutes:
                    wall = datetime(d.year, d.month, d.day, h, m) + timedelta(minutes=s["shift"])
                    day, left = wall.date(), s["shift_days"]
                    while left:
                        day += one
                        if working(day): left -= 1
                    if s["calendar"] and not working(day):
                        if s["on_holiday"] == "": continue
                        while s["on_holiday"] == "next_working_day" and not working(day): day += one
                    walls.add(datetime.combine(day, wall.time()))
        d += one
    dues = sorted({real(wall, zone) for wall in walls})
    print(*[d.strftime("%Y-%m-%dT%H:%M:%SZ") for d in dues])
`

// pythonCase is a schedule as python is told of it.
type pythonCase struct {
	Cron      string   `json:"cron"`
	RRule     string   `json:"rrule"`
	Anchor    string   `json:"anchor"`
	Zone      string   `json:"zone"`
	Shift     int      `json:"shift"` // minutes
	ShiftDays int      `json:"shift_days"`
	Calendar  bool     `json:"calendar"`
	OnHoliday string   `json:"on_holiday"`
	Weekdays  []int    `json:"weekdays"` // from Monday, 0
	Off       []string `json:"off"`
}

// pythonCases are as many schedules as a zone can be asked for, in each of
// twelve zones: 72 in all.
func pythonCases() []pythonCase {
	zones := []string{
		"UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Santiago",
		"Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Chatham", "Asia/Kathmandu", "Africa/Cairo", "Pacific/Kiritimati",
	}
	off := []string{"2024-01-01", "2024-03-29", "2025-12-25", "2026-03-30", "2026-12-25", "2026-12-28", "2027-05-03", "2028-02-29"}
	shapes := []pythonCase{
		{Cron: "30 2 * * *"},
		{Cron: "15 1,2 * * *", Shift: 60},
		{Cron: "0 7 * * *", Calendar: true},
		{Cron: "30 2 1,15 * *", Calendar: true, OnHoliday: "next_working_day"},
		{Cron: "0 9 * * 5", Calendar: true, ShiftDays: 2},
		{Cron: "0 22 31 * *", Shift: 4 * 60, Calendar: true, OnHoliday: "run"},
		{RRule: "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=2;BYMINUTE=30", Shift: 24 * 60},
		{RRule: "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=23", Calendar: true, OnHoliday: "next_working_day"},
		{RRule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;BYHOUR=2;BYMINUTE=15"},
		{RRule: "FREQ=WEEKLY;INTERVAL=3;WKST=SU;BYDAY=SU,WE;BYHOUR=1;BYMINUTE=45", Calendar: true},
		{RRule: "FREQ=DAILY;INTERVAL=5;BYHOUR=0;BYMINUTE=0,30", Shift: 150},
		{RRule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1,1;BYHOUR=17", ShiftDays: 1, Calendar: true},
	}
	var all []pythonCase
	for i, zone := range zones {
		for j, shape := range shapes {
			if (i+j)%2 == 0 {
				shape.Zone, shape.Anchor, shape.Weekdays, shape.Off = zone, "2024-02-05", []int{0, 1, 2, 3, 4}, off
				all = append(all, shape)
			}
		}
	}
	return all
}

// rule is the case as a runbook would have it.
func (c pythonCase) rule(t *testing.T) Rule {
	t.Helper()
	anchor, err := time.Parse(time.DateOnly, c.Anchor)
	if err != nil {
		t.Fatal(err)
	}
	s := &runbook.Schedule{Cron: c.Cron, RRule: c.RRule, Timezone: c.Zone, OnHoliday: c.OnHoliday, EffectiveFrom: anchor}
	if c.Shift > 0 {
		span := time.Duration(c.Shift) * time.Minute
		s.Shift = runbook.Duration{Text: span.String(), Span: span}
	}
	if c.ShiftDays > 0 {
		s.Shift = runbook.Duration{Text: "business days", Unit: runbook.BusinessDays, Days: c.ShiftDays}
	}
	var calendar *Calendar
	if c.Calendar {
		s.Calendar, calendar = "test", office(c.Off...)
	}
	r, err := ruleOf(s, calendar)
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	return r
}

// TestSchedulesAgainstPython compares shifts, calendars and rrules in twelve
// zones over five years.
func TestSchedulesAgainstPython(t *testing.T) {
	if testing.Short() {
		t.Skip("python walks slowly")
	}
	t.Parallel()
	python := findPython(t)
	cases := pythonCases()
	var input strings.Builder
	for _, c := range cases {
		if err := json.NewEncoder(&input).Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command(python, "-c", pythonSchedules)
	run.Stdin = strings.NewReader(input.String())
	out, err := run.Output()
	if err != nil {
		t.Fatalf("python: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(cases) || len(cases) < 40 {
		t.Fatalf("%d schedules, %d answers", len(cases), len(lines))
	}
	from, to := date(2024, 1, 3), date(2028, 12, 30)
	for i, c := range cases {
		var want, got []string
		for _, due := range strings.Fields(lines[i]) {
			if at := instant(t, due); !at.Before(from) && at.Before(to) {
				want = append(want, due)
			}
		}
		for slot := range c.rule(t).Between(from, to) {
			got = append(got, slot.Due.Format("2006-01-02T15:04:05Z"))
		}
		if len(want) < 30 || !slices.Equal(want, got) {
			t.Errorf("%+v: %s", c, firstDifference(want, got))
		}
	}
}
