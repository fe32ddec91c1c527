package schedule

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// pythonDues reads "line|zone" arguments and prints when each is due in
// 2026, by zoneinfo: a third opinion, with another reader of the tz
// database. A fixed hour is looked up as a nominal minute with fold=0, where a
// time that doesn't survive the way to UTC and back lies in a gap; a wildcard
// hour is read off the clock minute by minute.
const pythonDues = `
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

utc = timezone.utc
def field(text, low, high):
    found = set()
    for item in text.split(","):
        body, _, step = item.partition("/")
        a, b = (low, high) if body == "*" else (body.split("-") * 2)[:2]
        found |= set(range(int(a), int(b) + 1, int(step or 1)))
    return found

for argument in sys.argv[1:]:
    line, name = argument.split("|")
    zone, f = ZoneInfo(name), line.split()
    minute, hour, day, month, weekday = [field(t, *r) for t, r in zip(f, [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)])]
    weekday = {w % 7 for w in weekday}
    def named(t):
        if t.minute not in minute or t.hour not in hour: return False
        d, w = t.day in day, t.isoweekday() % 7 in weekday
        on = (d or w) if "*" not in f[2] + f[4] else (d and w)
        return on and t.month in month
    start, end, dues = datetime(2026, 1, 1), datetime(2027, 1, 1), []
    t = start
    while t < end:
        if "*" not in f[1] and t.hour not in hour:
            t += timedelta(hours=1)
            continue
        if "*" in f[1]:
            real = t.replace(tzinfo=utc)
            if named(real.astimezone(zone)): dues.append(real)
        elif named(t):
            real = t.replace(tzinfo=zone).astimezone(utc)
            if real.astimezone(zone).replace(tzinfo=None) != t:
                before = t.replace(tzinfo=zone).utcoffset()
                high = (t - before).replace(tzinfo=utc)       # behind the gap
                low = high - timedelta(hours=26)
                while high - low > timedelta(seconds=1):
                    middle = low + (high - low) / 2
                    middle = middle.replace(microsecond=0)
                    if middle.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset(): high = middle
                    else: low = middle
                real = high
            if not dues or dues[-1] != real: dues.append(real)
        t += timedelta(minutes=1)
    print(argument, *[d.strftime("%Y-%m-%dT%H:%M:%SZ") for d in dues])
`

// findPython is a python3 that knows zones; without one the test is skipped,
// except where it has to be there.
func findPython(t *testing.T) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", `from zoneinfo import ZoneInfo; ZoneInfo("Australia/Lord_Howe")`).Run()
	}
	if err != nil {
		if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
			t.Fatalf("no python3 with zones: %v", err)
		}
		t.Skipf("no python3 with zones: %v", err)
	}
	return python
}

func TestAgainstPython(t *testing.T) {
	if testing.Short() {
		t.Skip("python walks slowly")
	}
	t.Parallel()
	python := findPython(t)
	cases := []string{
		"30 1 * * *|Europe/London", "0 * * * *|Europe/Berlin", "15 2 * * *|America/New_York", "*/10 1 * * *|Europe/London",
		"15,45 1,2 * * *|Australia/Lord_Howe", "45 * * * *|Australia/Lord_Howe", "0 0 * * *|Africa/Cairo", "0 9 31 * *|Asia/Kolkata",
		"0 9 13 * 5|America/St_Johns", "30 2 25-31 3,10 0|Europe/Berlin", "0 7 * * 1-5|America/Santiago", "0 0 * * 5-7|Asia/Beirut",
	}
	out, err := exec.Command(python, append([]string{"-c", pythonDues}, cases...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	from, to := instant(t, "2026-01-02T00:00:00Z"), instant(t, "2026-12-31T00:00:00Z")
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		at := slices.IndexFunc(cases, func(c string) bool { return strings.HasPrefix(line, c+" ") })
		if at < 0 {
			t.Fatalf("python says %.200q", line)
		}
		text, zone, _ := strings.Cut(cases[at], "|")
		var want, got []string
		for _, due := range strings.Fields(line[len(cases[at]):]) {
			if i := instant(t, due); !i.Before(from) && i.Before(to) {
				want = append(want, due)
			}
		}
		for slot := range rule(t, text, zone).Between(from, to) {
			got = append(got, slot.Due.Format("2006-01-02T15:04:05Z"))
		}
		if len(want) < 5 || !slices.Equal(want, got) {
			t.Errorf("%s: %s", cases[at], firstDifference(want, got))
		}
	}
}
