package runbook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/steps"
)

func TestParseCronErrors(t *testing.T) {
	tests := []struct{ text, says string }{
		{"", "cron has five fields (minute, hour, day of month, month, day of week), \"\" has 0"},
		{"0 7 * *", `has 4`},
		{"0 0 7 * * *", `has 6`},
		{"@reboot", `"@reboot" is none of @hourly`},
		{"60 * * * *", `the minute field: "60" is not a value of it; allowed is 0 to 59`},
		{"-1 * * * *", `the minute field: "" is not a value of it`},
		{"0 24 * * *", `the hour field: "24" is not a value of it; allowed is 0 to 23`},
		{"0 0 0 * *", `the day of month field: "0" is not a value of it; allowed is 1 to 31`},
		{"0 0 1 13 *", `the month field: "13" is not a value of it; allowed is 1 to 12 or JAN to DEC`},
		{"0 0 1 JUNE *", `the month field: "JUNE" is not a value of it`},
		{"0 0 * * 8", `the day of week field: "8" is not a value of it; allowed is 0 to 7 or SUN to SAT`},
		{"0 0 MON * *", `the day of month field: "MON" is not a value of it`},
		{"1,,2 * * * *", "the minute field: an item of the list is empty"},
		{"1, * * * *", "the minute field: an item of the list is empty"},
		{"*/0 * * * *", `the minute field: "*/0" has a step that is not a number from 1 to 59`},
		{"*/60 * * * *", `the minute field: "*/60" has a step`},
		{"*/ * * * *", `the minute field: "*/" has a step`},
		{"*/+5 * * * *", `the minute field: "*/+5" has a step`},
		{"1/2/3 * * * *", `the minute field: "1/2/3" has a step`},
		{"0 99999999999999999999 * * *", "the hour field"},
		{"1-2-3 * * * *", `the minute field: "2-3" is not a value of it`},
		{"*-5 * * * *", `the minute field: "*" is not a value of it`},
		{"0 22-2 * * *", `the hour field: "22-2" runs backwards: write it as two ranges, 22-23,0-2`},
		{"0 0 * * FRI-MON", `"FRI-MON" runs backwards: write it as two ranges, FRI-6,0-MON`},
		{"0 0 L * *", `the day of month field: "L": L is another scheduler's; the last day is an rrule: FREQ=MONTHLY;BYMONTHDAY=-1`},
		{"0 0 L-3 * *", `"L-3": L is another scheduler's`},
		{"0 0 * * 5L", `the day of week field: "5L": L is another scheduler's`},
		{"0 0 * * FRIL", `the day of week field: "FRIL": L is another scheduler's`},
		{"0 0 LW * *", `W is another scheduler's; a working day is a calendar with on_holiday: next_working_day`},
		{"0 0 15W * *", `W is another scheduler's; a working day is a calendar with on_holiday: next_working_day`},
		{"0 0 * * 2#2", `# is another scheduler's; a weekday counted within its month is an rrule: FREQ=MONTHLY;BYDAY=2TU`},
		{"0 0 ? * 1", `? is another scheduler's; write *`},
		{"H 0 * * *", `H is another scheduler's; write the number`},
	}
	for _, tt := range tests {
		_, err := runbook.ParseCron(tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v\nwant %s", tt.text, err, tt.says)
		}
	}
}

// TestParseCronMeaning holds lines that mean the same against each other.
func TestParseCronMeaning(t *testing.T) {
	tests := []struct{ text, same string }{
		{"@hourly", "0 * * * *"},
		{"@daily", "0 0 * * *"},
		{"@midnight", "0 0 * * *"},
		{"@weekly", "0 0 * * 7"},
		{"@monthly", "0 0 1 * *"},
		{"@yearly", "0 0 1 1 *"},
		{"@Annually", "0 0 1 JAN *"},
		{"  05  07  *  *  * ", "5 7 * * *"},
		{"*/20 * * * *", "0,20,40 * * * *"},
		{"5/15 * * * *", "5,20,35,50 * * * *"},
		{"0 0 1-31/10 * *", "0 0 1,11,21,31 * *"},
		{"0 0 * jul,DEC *", "0 0 * 7,12 *"},
		{"0 0 * * 5-7", "0 0 * * 0,5,6"},
		{"0 0 * * FRI-SUN", "0 0 * * 0,5,6"},
		{"0 0 * * sun-tue", "0 0 * * 0-2"},
		{"0 0 * * 0-7", "0 0 * * 0-6"},
		{"0 0 * * 1/2", "0 0 * * 1,3,5,0"},
		{"0 0 * * Sat", "0 0 * * 6"},
	}
	for _, tt := range tests {
		a, err := runbook.ParseCron(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		b, err := runbook.ParseCron(tt.same)
		if err != nil {
			t.Fatal(err)
		}
		if a.Text, b.Text = "", ""; a != b {
			t.Errorf("%q is %+v\n%q is %+v", tt.text, a, tt.same, b)
		}
	}
}

// TestCronOfARunbook: what a runbook may say is what is scheduled, in any
// spelling.
func TestCronOfARunbook(t *testing.T) {
	tests := []struct{ text, same string }{
		{"5/15 * * * *", "5,20,35,50 * * * *"},
		{"0 7 * * FRI-SUN", "0 7 * * 0,5,6"},
		{"@daily", "0 0 * * *"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(week(t, tt.same), week(t, tt.text)); diff != "" {
			t.Errorf("%q is not %q: -want +got:\n%s", tt.text, tt.same, diff)
		}
	}
}

// week is what a runbook with a cron line names in one week.
func week(t *testing.T, cron string) []schedule.Slot {
	t.Helper()
	r, problems := runbook.Load("sample.yaml", []byte(`apiVersion: msp/v1
kind: Runbook
id: sample
version: 1.0.0
title: A sample
schedule: {cron: "`+cron+`", timezone: Europe/London}
steps:
  - {id: a, title: A, run: "true"}
`), steps.Kinds())
	if len(problems) > 0 {
		t.Fatalf("%q: %v", cron, problems)
	}
	recurrence, err := schedule.Of(r.Schedule, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rule := recurrence.Rule
	from := time.Date(2026, 3, 25, 12, 0, 0, 0, time.UTC)
	var slots []schedule.Slot
	for at := from; ; {
		slot, ok := rule.Next(at)
		if !ok || slot.Due.After(from.AddDate(0, 0, 7)) {
			break
		}
		slots, at = append(slots, slot), slot.Due
	}
	if len(slots) == 0 {
		t.Fatalf("%q names nothing", cron)
	}
	return slots
}
