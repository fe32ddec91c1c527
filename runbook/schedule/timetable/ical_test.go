package timetable_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/schedule/timetable"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// now is when the timetables are made.
var now = time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)

// calendars knows the one that has all weekdays and no holidays.
func calendars(id string) (*schedule.Calendar, error) {
	source := "apiVersion: msp/v1\nkind: Calendar\nid: " + id + "\ntimezone: UTC\nhours: {monday-friday: 09:00-17:00}\nvalid_until: 2028-12-31\n"
	c, problems := schedule.LoadCalendar(id+".yaml", []byte(source))
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &c.Calendar, nil
}

// entry is a runbook of acme with a schedule.
func entry(t testing.TB, s runbook.Schedule) timetable.Entry {
	t.Helper()
	hours := func(n int) runbook.Duration {
		return runbook.Duration{Text: fmt.Sprintf("%dh", n), Span: time.Duration(n) * time.Hour}
	}
	sla := &runbook.SLA{Clock: runbook.ClockScheduled, StartWithin: hours(1), CompleteWithin: hours(2)}
	r, err := schedule.Of(&s, sla, calendars)
	if err != nil {
		t.Fatal(err)
	}
	return timetable.Entry{
		Title:     "Verify last night's backups",
		Rationale: "Backups ran for two weeks without anyone noticing that they were empty.\nNever again.",
		Start:     "backup-verify",
		Planned:   r.Planned("acme", schedule.Item{Runbook: "backup-verify"}, time.Time{}),
		Command: timetable.Command{
			Program: "/usr/bin/msp", Folder: "/srv/procedures",
			Args: []string{"run", "backup-verify", "--client", "acme", "--no-input"},
		},
	}
}

func ical(t testing.TB, entries []timetable.Entry, days int) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := timetable.ICal(&b, entries, now, now.AddDate(0, 0, days), now); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// property is one content line: a name and its value, as it stands there.
type property struct{ name, value string }

// contentLines reads a stream strictly after RFC 5545, section 3.1: CRLF behind
// each line, at most 75 octets in one, whole characters, and no control
// character but a tab.
func contentLines(stream string) ([]property, error) {
	body, ok := strings.CutSuffix(stream, "\r\n")
	if !ok {
		return nil, errors.New("the last line has no end")
	}
	var unfolded []string
	for _, line := range strings.Split(body, "\r\n") {
		switch {
		case len(line) > 75:
			return nil, fmt.Errorf("%d octets in %q", len(line), line)
		case !utf8.ValidString(line):
			return nil, fmt.Errorf("a character is cut in %q", line)
		case strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			return nil, fmt.Errorf("a control character in %q", line)
		case strings.HasPrefix(line, " ") && len(unfolded) > 0:
			unfolded[len(unfolded)-1] += line[1:]
		default:
			unfolded = append(unfolded, line)
		}
	}
	var all []property
	for _, line := range unfolded {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			return nil, fmt.Errorf("no content line: %q", line)
		}
		all = append(all, property{name, value})
	}
	return all, nil
}

// text reads a value of type TEXT (section 3.3.11): nothing but its four escapes,
// and none of the three characters bare.
func text(value string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == ',' || c == ';':
			return "", fmt.Errorf("a bare %c in %q", c, value)
		case c != '\\':
			out.WriteByte(c)
		case i+1 == len(value):
			return "", fmt.Errorf("nothing is escaped at the end of %q", value)
		default:
			i++
			at := strings.IndexByte(`\,;nN`, value[i])
			if at < 0 {
				return "", fmt.Errorf("\\%c in %q", value[i], value)
			}
			out.WriteByte("\\,;\n\n"[at])
		}
	}
	return out.String(), nil
}

// events reads the events of a stream, each with exactly the properties of one.
func events(stream string) ([]map[string]string, error) {
	lines, err := contentLines(stream)
	if err != nil {
		return nil, err
	}
	head := []property{{"BEGIN", "VCALENDAR"}, {"VERSION", "2.0"}, {"PRODID", "-//msp//schedule export//EN"}, {"CALSCALE", "GREGORIAN"}}
	if n := len(lines); n < 5 || !slices.Equal(lines[:4], head) || lines[n-1] != (property{"END", "VCALENDAR"}) {
		return nil, fmt.Errorf("no calendar: %q", lines)
	}
	var all []map[string]string
	for rest := lines[4 : len(lines)-1]; len(rest) > 0; {
		names := []string{"BEGIN", "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "TRANSP", "END"}
		if len(rest) < len(names) {
			return nil, fmt.Errorf("no event: %q", rest)
		}
		e := map[string]string{}
		for i, name := range names {
			if rest[i].name != name {
				return nil, fmt.Errorf("%s where %s belongs", rest[i].name, name)
			}
			if e[name], err = text(rest[i].value); err != nil {
				return nil, err
			}
		}
		if e["BEGIN"] != "VEVENT" || e["END"] != "VEVENT" {
			return nil, fmt.Errorf("no event: %v", e)
		}
		all, rest = append(all, e), rest[len(names):]
	}
	return all, nil
}

func TestICalGolden(t *testing.T) {
	london := entry(t, runbook.Schedule{Cron: "30 1 * * *", Timezone: "Europe/London"})
	golden(t, "acme.ics", ical(t, []timetable.Entry{london}, 3))
}

// Over the change of the clock the occurrences are what the schedule says, and
// each keeps its id however often and from when it is exported.
func TestICalOccurrences(t *testing.T) {
	e := entry(t, runbook.Schedule{Cron: "30 1 * * *", Timezone: "Europe/London"})
	other := e
	other.Planned.Runbook = "mail-queue"
	got, err := events(ical(t, []timetable.Entry{other, e}, 3))
	if err != nil {
		t.Fatal(err)
	}
	var starts []string
	ids := map[string]bool{}
	for _, v := range got {
		starts = append(starts, v["DTSTART"]+" to "+v["DTEND"])
		ids[v["UID"]] = true
		if v["DTSTAMP"] != "20260327T120000Z" || v["TRANSP"] != "TRANSPARENT" {
			t.Errorf("%v", v)
		}
	}
	want := []string{
		"20260328T013000Z to 20260328T033000Z", "20260328T013000Z to 20260328T033000Z",
		"20260329T010000Z to 20260329T030000Z", "20260329T010000Z to 20260329T030000Z", // 01:30 doesn't exist
		"20260330T003000Z to 20260330T023000Z", "20260330T003000Z to 20260330T023000Z",
	}
	if diff := cmp.Diff(want, starts); diff != "" || len(ids) != 6 {
		t.Errorf("%d ids, (-want +got):\n%s", len(ids), diff)
	}
	if !strings.Contains(got[0]["DESCRIPTION"], "acme/backup-verify/") || !strings.Contains(got[1]["DESCRIPTION"], "acme/mail-queue/") {
		t.Error("events at one instant are not in the order of their names")
	}
	if got := timetable.UID("acme/backup-verify/2026-03-28T01:30:00+00:00[Europe/London]"); !ids[got] || got != "f3c96819-cb47-5c7d-9e3e-4c8b67d185a8" {
		t.Errorf("the id of an occurrence has become %s", got)
	}
}

func TestICalHostile(t *testing.T) {
	for _, title := range []string{
		"Backups\r\nEND:VEVENT\r\nBEGIN:VALARM", "a\nATTENDEE:mailto:x@example.com", "a\rb", "\\nno, not; this\\", "\x00\x1b[2J\u0085",
		strings.Repeat("ü", 200), strings.Repeat("long words ", 40), strings.Repeat("\\", 80), "\xff\xfe", "", "  ", strings.Repeat(" ", 200) + "x",
	} {
		e := entry(t, runbook.Schedule{Cron: "0 7 * * *", Timezone: "UTC"})
		e.Title, e.Rationale = title, title
		got, err := events(ical(t, []timetable.Entry{e}, 1))
		if err != nil || len(got) != 1 {
			t.Errorf("%q: %d events, %v", title, len(got), err)
			continue
		}
		if want := strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(title, "\uFFFD"))), " "); strings.Join(strings.Fields(got[0]["SUMMARY"]), " ") != want {
			t.Errorf("%q has become %q, want %q", title, got[0]["SUMMARY"], want)
		}
	}
}

// printable is what becomes of a rune of a title.
func printable(r rune) rune {
	switch {
	case r == '\n' || r == '\r' || r == 0x85:
		return ' '
	case r < ' ' || r == 0x7f:
		return -1
	default:
		return r
	}
}

func FuzzICal(f *testing.F) {
	f.Add("Backups", "Why\n\nthis: one, or; \\n")
	f.Add("a\r\nEND:VCALENDAR", strings.Repeat("é ", 100))
	e := entry(f, runbook.Schedule{Cron: "0 7 * * *", Timezone: "UTC"})
	f.Fuzz(func(t *testing.T, title, rationale string) {
		e := e
		e.Title, e.Rationale = title, rationale
		if got, err := events(ical(t, []timetable.Entry{e}, 2)); err != nil || len(got) != 2 {
			t.Errorf("%d events, %v", len(got), err)
		}
	})
}

func TestICalTooMany(t *testing.T) {
	e := entry(t, runbook.Schedule{Cron: "* * * * *", Timezone: "UTC"})
	var b bytes.Buffer
	_, err := timetable.ICal(&b, []timetable.Entry{e}, now, now.AddDate(0, 0, 7), now)
	if tooMany := new(timetable.TooManyError); !errors.As(err, &tooMany) || b.Len() > 0 {
		t.Errorf("%d bytes, error %v", b.Len(), err)
	}
}
