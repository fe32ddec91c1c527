package timetable_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/schedule/timetable"
)

// translations are lines in the words of the others.
var translations = []struct {
	cron, zone string
	onCalendar []string
	crontab    string
}{
	{"0 7 * * *", "Europe/London", []string{"*-*-* 07:00:00 Europe/London"}, "0 7 * * *"},
	{"0 7 * * mon", "Europe/London", []string{"Mon *-*-* 07:00:00 Europe/London"}, "0 7 * * 1"},
	{"30 6,18 * * fri-sun", "America/New_York", []string{"Sun,Fri,Sat *-*-* 06,18:30:00 America/New_York"}, "30 6,18 * * 0,5,6"},
	{"5/15 7 1 jan,JUL *", "Asia/Kolkata", []string{"*-01,07-01 07:05,20,35,50:00 Asia/Kolkata"}, "5,20,35,50 7 1 1,7 *"},
	{"@daily", "Asia/Tokyo", []string{"*-*-* 00:00:00 Asia/Tokyo"}, "0 0 * * *"},
	{"@weekly", "UTC", []string{"Sun *-*-* 00:00:00 UTC"}, "0 0 * * 0"},
	{"0 * * * *", "UTC", []string{"*-*-* *:00:00 UTC"}, "0 * * * *"},
	{"*/20 */6 * * *", "Asia/Kolkata", []string{"*-*-* 00,06,12,18:00,20,40:00 Asia/Kolkata"}, "*/20 */6 * * *"},
	{"0 12 13 * 5", "Europe/London", []string{"*-*-13 12:00:00 Europe/London", "Fri *-*-* 12:00:00 Europe/London"}, "0 12 13 * 5"},
	{"0 12 */2 * 5", "Europe/London", []string{"Fri *-*-01,03,05,07,09,11,13,15,17,19,21,23,25,27,29,31 12:00:00 Europe/London"}, "0 12 */2 * 5"},
	{"0 12 1-31 * 5", "UTC", []string{"*-*-* 12:00:00 UTC", "Fri *-*-* 12:00:00 UTC"}, "0 12 1-31 * 5"},
	{"0 12 31 2-4 *", "UTC", []string{"*-02,03,04-31 12:00:00 UTC"}, "0 12 31 2,3,4 *"},
}

func TestTranslations(t *testing.T) {
	for _, c := range translations {
		e := entry(t, runbook.Schedule{Cron: c.cron, Timezone: c.zone})
		cron, err := schedule.ParseCron(c.cron)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.onCalendar, timetable.OnCalendar(cron, c.zone)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.cron, diff)
		}
		got, err := timetable.Crontab(e, now)
		if err != nil {
			t.Errorf("%s: %v", c.cron, err)
			continue
		}
		want := "# Verify last night's backups (backup-verify of acme)\nCRON_TZ=" + c.zone + "\n" + c.crontab +
			" cd /srv/procedures && /usr/bin/msp run backup-verify --client acme --no-input\n"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.cron, diff)
		}
		// What was written is read back as the same line.
		again, err := schedule.ParseCron(c.crontab)
		if err != nil {
			t.Fatal(err)
		}
		again.Text = cron.Text
		if again != cron {
			t.Errorf("%s and %s are not the same", c.cron, c.crontab)
		}
	}
}

var elapse = regexp.MustCompile(`(?m)^(?: *\(in UTC\)| *Next elapse| *Iter\. #\d+): (\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)$`)

// systemd itself says when the timers elapse, over two years of clocks that are
// changed, and it is when the runbooks are due.
func TestSystemdElapses(t *testing.T) {
	needSystemd(t)
	for _, c := range translations {
		e := entry(t, runbook.Schedule{Cron: c.cron, Timezone: c.zone})
		var want []string
		for o := range e.Planned.Between(now.Add(time.Second), now.AddDate(2, 0, 0)) {
			if want = append(want, o.Due.Format("2006-01-02 15:04:05")); len(want) == 150 {
				break
			}
		}
		cron, err := e.Planned.Recurrence.Rule.Cron()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, on := range timetable.OnCalendar(cron, c.zone) {
			analyze := exec.Command("systemd-analyze", "calendar", "--base-time=2026-03-27 12:00:00 UTC", "--iterations=150", on)
			analyze.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
			out, err := analyze.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", on, err, out)
			}
			for _, m := range elapse.FindAllSubmatch(out, -1) {
				got = append(got, string(m[1][4:23]))
			}
		}
		slices.Sort(got)
		got = slices.Compact(got)
		if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.cron, c.zone, diff)
		}
	}
}

func needSystemd(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed: this test asks systemd itself")
	}
}

// hostile has a title and paths that would say more than they may.
func hostile(t *testing.T) timetable.Entry {
	e := entry(t, runbook.Schedule{Cron: "0 7 13 * 5", Timezone: "Europe/London"})
	e.Title = "Back\nup 100%i $HOME\r\nExecStart=/bin/false\\"
	e.Command.Folder = `/srv/it's 100% "ours"`
	e.Command.Args = append(e.Command.Args, "--state", `/srv/$HOME/a\b "%n" 'c'`)
	return e
}

func TestTimersGolden(t *testing.T) {
	for name, e := range map[string]timetable.Entry{
		"plain":   entry(t, runbook.Schedule{Cron: "0 7 * * mon-fri", Timezone: "Europe/London"}),
		"hostile": hostile(t),
	} {
		files, err := timetable.Units(e, now)
		if err != nil {
			t.Fatal(err)
		}
		line, err := timetable.Crontab(e, now)
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, f := range append(files, timetable.File{Name: "crontab", Text: line}) {
			all += "-- " + f.Name + " --\n" + f.Text
		}
		golden(t, name+".golden", all)
	}
}

// systemd reads the units without a word, and what it would start is what was
// meant.
func TestSystemdVerify(t *testing.T) {
	needSystemd(t)
	for _, e := range []timetable.Entry{entry(t, runbook.Schedule{Cron: "0 7 * * mon-fri", Timezone: "Europe/London"}), hostile(t)} {
		folder := filepath.Join(t.TempDir(), "it's 100%")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		e.Command.Folder, e.Command.Program = folder, "/bin/true"
		files, err := timetable.Units(e, now)
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"verify", "--man=no"}
		for _, f := range files {
			path := filepath.Join(t.TempDir(), f.Name)
			if err := os.WriteFile(path, []byte(f.Text), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, path)
		}
		out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
		if err != nil || strings.Contains(string(out), "msp-acme.backup-verify") {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// A shell gives each word as it was meant.
func TestCrontabWords(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell here")
	}
	e := hostile(t)
	e.Command.Folder, e.Command.Program = t.TempDir(), "printf"
	e.Command.Args = []string{`%s\n`, "a b", "it's", `$HOME`, "", "`id`", "100%"}
	lines, err := timetable.Crontab(e, now)
	if err != nil {
		t.Fatal(err)
	}
	last := strings.Split(strings.TrimSpace(lines), "\n")[2]
	command := strings.ReplaceAll(strings.SplitN(last, " ", 6)[5], `\%`, "%") // as cron does
	out, err := exec.Command(shell, "-c", command).CombinedOutput()
	if want := "a b\nit's\n$HOME\n\n`id`\n100%\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}

func TestRefusals(t *testing.T) {
	day := runbook.Duration{Text: "1d", Span: 24 * time.Hour}
	plain := runbook.Schedule{Cron: "0 7 * * *", Timezone: "Europe/London"}
	for name, c := range map[string]struct {
		change func(*timetable.Entry)
		want   string
	}{
		"rrule": {func(e *timetable.Entry) {
			*e = entry(t, runbook.Schedule{RRule: "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=7;BYMINUTE=0", Timezone: "UTC"})
		}, "its schedule is an rrule, which neither a timer nor a crontab can say"},
		"shift": {func(e *timetable.Entry) {
			*e = entry(t, runbook.Schedule{Cron: "0 7 1 * *", Timezone: "UTC", Shift: day})
		}, "its schedule has a shift"},
		"calendar": {func(e *timetable.Entry) {
			*e = entry(t, runbook.Schedule{Cron: "0 7 * * *", Timezone: "UTC", Calendar: "office"})
		}, "its schedule keeps to the days of a calendar"},
		"later":   {func(e *timetable.Entry) { e.Planned.From = now.AddDate(0, 1, 0) }, "it begins on 2026-04-27"},
		"ends":    {func(e *timetable.Entry) { e.Planned.Until = now.AddDate(0, 1, 0) }, "it ends before 2026-04-27T12:00:00Z"},
		"no rule": {func(e *timetable.Entry) { e.Planned.Recurrence.Rule = schedule.Rule{} }, "it has no schedule"},
		"gap": {func(e *timetable.Entry) {
			*e = entry(t, runbook.Schedule{Cron: "30 1 * * *", Timezone: "Europe/London"})
		}, "on 2026-03-29 the clock of Europe/London never shows 01:30"},
		"twice": {func(e *timetable.Entry) {
			*e = entry(t, runbook.Schedule{Cron: "30 1 * 10 *", Timezone: "Europe/London"})
		}, "on 2026-10-25 the clock of Europe/London shows 01:30 twice"},
		"wild": {func(e *timetable.Entry) {
			*e = entry(t, runbook.Schedule{Cron: "0 * * * *", Timezone: "Europe/London"})
		}, "on 2026-03-29 the clock of Europe/London never shows 01:00"},
		"path":    {func(e *timetable.Entry) { e.Command.Folder = "/srv/a\nExecStart=/bin/sh" }, "can't stand in a unit"},
		"folder":  {func(e *timetable.Entry) { e.Command.Folder = `/srv/a\` }, "can't stand in a unit"},
		"program": {func(e *timetable.Entry) { e.Command.Program = " /bin/msp" }, "can't stand in a unit"},
	} {
		e := entry(t, plain)
		c.change(&e)
		_, err := timetable.Units(e, now)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, cronErr := timetable.Crontab(e, now); cronErr == nil || cronErr.Error() != err.Error() {
			t.Errorf("%s: a crontab says %v, a timer %v", name, cronErr, err)
		}
	}
}
