package handbook_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/runbook/handbook"
	"github.com/msp-runbook/msp/runbooks"
	"github.com/msp-runbook/msp/steps"
)

func load(t *testing.T, name string, source []byte) *handbook.Page {
	t.Helper()
	r, problems := runbook.Load(name, source, steps.Kinds())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return handbook.Of(r)
}

func shipped(t *testing.T, name string) *handbook.Page {
	t.Helper()
	source, err := runbooks.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return load(t, name, source)
}

func hostile(t *testing.T) *handbook.Page {
	t.Helper()
	source, err := os.ReadFile("testdata/hostile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return load(t, "hostile.yaml", source)
}

// formats writes a page in each format, by the ending of its file.
func formats(t *testing.T, p *handbook.Page) map[string]string {
	t.Helper()
	model, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	html, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	checklist, err := p.ChecklistHTML()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"txt": p.Text(80), "md": p.Markdown(), "html": html, "json": string(model) + "\n",
		"checklist.txt": p.Checklist(), "checklist.html": checklist,
	}
}

// Every page in HTML has the same style, which the golden files leave out.
func TestGolden(t *testing.T) {
	style, err := os.ReadFile("html/style.html")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(style), "<style>\n")
	css, _, _ := strings.Cut(rest, "</style>")
	for name, p := range map[string]*handbook.Page{"backup-verify": shipped(t, "backup-verify.yaml"), "hostile": hostile(t)} {
		for format, got := range formats(t, p) {
			t.Run(name+" "+format, func(t *testing.T) {
				if strings.HasSuffix(format, "html") {
					before, after, found := strings.Cut(got, css)
					if got = before + after; !found || css == "" {
						t.Error("the style is not that of html/style.html")
					}
				}
				documenttest.Golden(t, "testdata/"+name+"."+format, got)
			})
		}
	}
}

// A secret's name is all that is said of it.
func TestSecretsAreNames(t *testing.T) {
	for format, text := range formats(t, hostile(t)) {
		if !strings.Contains(text, "API_TOKEN") || strings.Contains(text, "VERY_SECRET_PLACE") {
			t.Errorf("%s names the secret: %v", format, strings.Contains(text, "API_TOKEN"))
		}
	}
}

// Paper has 80 columns, whatever the letters are.
func TestChecklistFitsThePaper(t *testing.T) {
	width := runewidth.Condition{StrictEmojiNeutral: true}
	pages := []*handbook.Page{hostile(t)}
	for _, name := range []string{"backup-verify", "restic-verify", "certificate-expiry", "disk-capacity"} {
		pages = append(pages, shipped(t, name+".yaml"))
	}
	for _, p := range pages {
		for line := range strings.Lines(p.Checklist()) {
			if n := width.StringWidth(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%s: %d columns: %s", p.ID, n, line)
			}
		}
	}
}

// The page asks nobody for anything: nothing in it is fetched or run.
func TestHTMLStandsAlone(t *testing.T) {
	p := shipped(t, "backup-verify.yaml")
	for _, format := range []string{"html", "checklist.html"} {
		text := formats(t, p)[format]
		for _, word := range []string{"<script", "<link", "<img", "<iframe", "url(", "@import", "src=", "http:", "https:"} {
			if strings.Contains(text, word) {
				t.Errorf("%s has %s in it", format, word)
			}
		}
	}
}

func TestWhen(t *testing.T) {
	for rule, want := range map[string]string{
		"cron: '0 7 * * *'":                "every day at 07:00",
		"cron: '30 7 * * 1-5'":             "Monday to Friday at 07:30",
		"cron: '0 7 * * 0'":                "every Sunday at 07:00",
		"cron: '0 7 * * 0,6'":              "every Saturday and Sunday at 07:00",
		"cron: '0 7,19 * * *'":             "every day at 07:00 and 19:00",
		"cron: '0 */8 * * *'":              "every day at 00:00, 08:00 and 16:00",
		"cron: '*/15 * * * *'":             "every day, every 15 minutes",
		"cron: '0 * * * *'":                "every day, every hour",
		"cron: '20 * * * *'":               "every day, every hour, 20 minutes past",
		"cron: '* * * * *'":                "every day, every minute",
		"cron: '0 7 1,15 * *'":             "on the 1st and 15th of the month at 07:00",
		"cron: '0 7 1 1,7 *'":              "on the 1st of the month in January and July at 07:00",
		"cron: '0 7 2,3,11 * *'":           "on the 2nd, 3rd and 11th of the month at 07:00",
		"cron: '0 7 1 * 1'":                "on the 1st of the month and every Monday at 07:00",
		"cron: '0 7 1-31 * 1'":             "every day at 07:00", // either is enough
		"cron: '0 7 */2 * *'":              "by the cron line 0 7 */2 * *",
		"cron: '0 7 */2 * 1'":              "by the cron line 0 7 */2 * 1",
		"cron: '*/7 8-18 * * *'":           "by the cron line */7 8-18 * * *",
		"cron: '@weekly'":                  "every Sunday at 00:00",
		"rrule: 'FREQ=DAILY;BYHOUR=7'":     "every day at 07:00",
		"rrule: 'FREQ=DAILY;INTERVAL=2'":   "by the rule FREQ=DAILY;INTERVAL=2",
		"rrule: 'FREQ=DAILY;BYHOUR=7,8'":   "by the rule FREQ=DAILY;BYHOUR=7,8",
		"rrule: 'FREQ=MONTHLY;BYDAY=2TU'":  "on the second Tuesday of the month at 00:00",
		"rrule: 'FREQ=MONTHLY;BYDAY=-1FR'": "on the last Friday of the month at 00:00",
		"rrule: 'FREQ=MONTHLY;BYDAY=TU'":   "by the rule FREQ=MONTHLY;BYDAY=TU",
		"rrule: 'FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=18;BYMINUTE=30'": "on the last day of the month at 18:30",
		"rrule: 'FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9'":                 "every Monday and Thursday at 09:00",
		"rrule: 'FREQ=WEEKLY'":                                      "by the rule FREQ=WEEKLY",
	} {
		source := "apiVersion: msp/v1\nkind: Runbook\nid: x\nversion: 1.0.0\ntitle: X\nschedule: {" + rule + ", timezone: Europe/London}\n" +
			"steps: [{id: a, title: A, run: 'true'}]\n"
		if got := load(t, "x.yaml", []byte(source)).Due[0].String(); got != want+" (Europe/London)" {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	source := `{apiVersion: msp/v1, kind: Runbook, id: x, version: 1.0.0, title: X, class: ad_hoc,
owner: {contact: a@b.example}, scripts: {owner: client},
schedule: {rrule: FREQ=DAILY, shift: 1d, timezone: Europe/London, calendar: office, on_holiday: next_working_day, grace: 1h, close_after: 3h,
  effective_from: 2026-03-01, on_missed: run_once},
sla: {clock: reported, calendar: office, acknowledge_within: 15m, respond_within: 1h, update_every: 2h, resolve_within: 4 business hours, target: 99.5%},
escalation: {not_acknowledged: [{after: 5m, notify: on-call, repeat: 10m}]},
steps: [
  {id: a, title: A, run: [echo, "two words"], retry: {max_attempts: 3, delay: 1s, backoff: 2, max_delay: 1m}, interrupted: rerun, on_failure: continue,
   priority: should, requires: [{tool: jq, version: ">= 1.6"}], expect: {exit_code: [0, 3], stdout: {equals: ""}}, by: lead},
  {id: b, title: B, needs: [a], preconditions: [steps.a.passed], interrupted: fail, run: 'true', timeout: 2h, min_duration: 1s}]}`
	p := load(t, "x.yaml", []byte(source))
	got := p.Text(200)
	for _, want := range []string{
		"x 1.0.0 · ad hoc", "owner       a@b.example", "scripts     belong to the client",
		"every day at 00:00 (Europe/London), and then 1d later, from 2026-03-01 on",
		"what falls on a day off of the calendar office moves to the next working day",
		"it starts on time within 1h", "a run that begins more than 3h after doesn't count for it",
		"when one is missed, that is recorded, and it is run once afterwards",
		"acknowledged within 15m, begun within 1h, news every 2h and resolved within 4 business hours, counted from the report",
		"only the hours of the calendar office count", "kept in 99.5% of the runs, or more",
		"- not acknowledged after 5m, then every 10m; tell on-call",
		"step        a, done by msp, by lead", "programs    jq >= 1.6", `    echo "two words"`,
		"exit code 0 or 3", "it prints nothing", "tried 3 times at most, 1s apart, each pause 2 times the one before, 1m at most",
		"when it fails, the run goes on with the next step; the run can succeed without it", "when it was cut off, it is done again",
		"only when passed: a", "fails at once unless steps.a.passed", "when it was cut off, it counts as failed", "takes 1s at least", "cut off after 2h",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said in\n%s", want, got)
		}
	}
	if p.Step("b").Number != 2 || p.Step("c") != nil {
		t.Error("steps are not found by their ids")
	}
}

func texts(lines []handbook.Line) string {
	var all []string
	for _, l := range lines {
		all = append(all, l.String())
	}
	return strings.Join(all, "\n")
}

func TestDecided(t *testing.T) {
	p := &handbook.Page{Decisions: []handbook.Decision{
		{Date: "2026-01-01", By: "a", Decided: "the second look stays"},
		{Date: "2026-01-02", By: "b", Decided: "resized", Because: "size mattered"},
		{Date: "2026-01-03", By: "c", Decided: "Size: 40%"},
	}}
	const first, second, third = "2026-01-01 by a: the second look stays", "2026-01-02 by b: resized, because size mattered", "2026-01-03 by c: Size: 40%"
	for word, want := range map[string][]string{
		"size": {second, third}, "second_look": {first}, "look": {first}, "resize": {first, second, third}, "": {first, second, third},
	} {
		if got := texts(p.Decided(word)); got != strings.Join(want, "\n") {
			t.Errorf("%q: %s", word, got)
		}
	}
	if got := texts(p.Decided()); strings.Count(got, "\n") != 2 {
		t.Error(got)
	}
}

func TestUsedBy(t *testing.T) {
	book := func(steps string) *handbook.Page {
		return load(t, "x.yaml", []byte("{apiVersion: msp/v1, kind: Runbook, id: x, version: 1.0.0, title: X, inputs: {n: {type: string}, n_max: {type: string}}, steps: ["+steps+"]}"))
	}
	p := book(`{id: a, title: A, rationale: Why., run: "one\ntwo"}, {id: b, title: B, run: 'true', env: {N: "${{ inputs.n_max }}"}}, {id: c, title: C, needs: [a], run: 'true', dir: "${{ inputs.n ?? 'x' }}"},
  {id: d, title: D, if: steps.a.passed, manual: {instructions: "See ${{ inputs.n_max }}."}}`)
	for value, want := range map[string]string{"inputs.n": "c: C", "inputs.n_max": "b: B\nd: D", "steps.a": "c: C\nd: D", "steps.b": ""} {
		if got := texts(p.UsedBy(value)); got != want {
			t.Errorf("%s is used by %q, want %q", value, got, want)
		}
	}
}
