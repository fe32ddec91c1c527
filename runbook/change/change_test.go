package change_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/steps"
)

func load(t *testing.T, file, source string) *runbook.Runbook {
	t.Helper()
	r, problems := runbook.Load(file, []byte(source), steps.Kinds())
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, source)
	}
	return r
}

func read(t testing.TB, name string) string {
	t.Helper()
	source, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// edited is the runbook backup-verify with one text for another, pair by pair. A
// text that stands several times is changed everywhere.
func edited(t *testing.T, edits ...string) (old, now *runbook.Runbook) {
	t.Helper()
	source := read(t, "verify.yaml")
	changed := source
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(changed, edits[i]) {
			t.Fatalf("there is no %q", edits[i])
		}
		changed = strings.ReplaceAll(changed, edits[i], edits[i+1])
	}
	return load(t, "old.yaml", source), load(t, "new.yaml", changed)
}

func verdict(c change.Change) string {
	if c.Loosens {
		return c.Demand.String() + ", loosens"
	}
	return c.Demand.String()
}

func told(changes []change.Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, verdict(c)+": "+c.Words)
	}
	return all
}

// What is written differently and means the same is no change.
func TestLayout(t *testing.T) {
	for name, edits := range map[string][]string{
		"nothing":              {},
		"a comment":            {"title: Verify", "# a comment\ntitle: Verify", "timeout: 60m", "timeout: 60m # an hour"},
		"another version":      {"version: 1.4.0", "version: 2.0.0"},
		"quotes":               {"title: A lead agrees", `title: "A lead agrees"`, "id: fresh", "id: 'fresh'"},
		"an equal duration":    {"timeout: 60m", "timeout: 1h", "complete_within: 2h", "complete_within: 120m"},
		"an equal share":       {"95%", "95.0%"},
		"cron in other spaces": {"0 7 * * *", "0  7 * * *"},
		"a map in other lines": {"owner: {team: backup, role: backup-technician}", "owner:\n  role: backup-technician\n  team: backup"},
		"another order": {
			"title: Verify last night's backups\nrationale: Nobody had been asked to look.\n", "rationale: Nobody had been asked to look.\ntitle: Verify last night's backups\n",
		},
		"inputs in another order": {
			"  backup_dir: {type: path, required: true}\n  max_age: {type: duration, default: 26h}", "  max_age: {type: duration, default: 26h}\n  backup_dir: {type: path, required: true}",
		},
		"words in other lines":      {"rationale: Nobody had been asked to look.", "rationale: |\n  Nobody had been\n  asked to look.\n"},
		"a script as a block":       {`run: stat --format '%s' "$NEWEST"`, "run: |\n      stat --format '%s' \"$NEWEST\""},
		"a script and its shell":    {`run: stat --format '%s' "$NEWEST"`, `run: {shell: bash, script: "stat --format '%s' \"$NEWEST\""}`},
		"an expression in braces":   {"if: steps.size.deviated", `if: "${{ steps.size.deviated }}"`},
		"defaults written down":     {"title: A lead agrees", "title: A lead agrees\n    on_failure: abort\n    priority: must", "timeout: 60m", "timeout: 60m\n    interrupted: ask", "roles: [lead]", "roles: [lead], min_approvals: 1", "title: Verify last night's backups", "title: Verify last night's backups\nclass: routine"},
		"a default of all steps":    {"steps:\n", "defaults: {timeout: 10m, retry: {max_attempts: 1}}\nsteps:\n"},
		"an exit code written down": {"timeout: 60m", "timeout: 60m\n    expect: {exit_code: 0}"},
		"carriage returns":          {"\n", "\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			old, now := edited(t, edits...)
			if got := told(slices.Concat(change.Between(old, now), change.Between(now, old))); got != nil {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for name, c := range map[string]struct{ edits, want []string }{
		"a longer timeout":    {[]string{"60m", "20m"}, []string{"minor: the step size may now take 20m, it was 60m"}},
		"no timeout said":     {[]string{"    timeout: 60m\n", ""}, []string{"minor: the step size may now take 10m, it was 60m"}},
		"a role":              {[]string{"role: backup-technician", "role: lead"}, []string{"minor: the owner's role is now lead, it was backup-technician"}},
		"a later day":         {[]string{"0 7 * * *", "0 9 * * *"}, []string{`major: the time at which it is due is now "0 9 * * *", it was "0 7 * * *"`}},
		"less often":          {[]string{"0 7 * * *", "0 7 * * 1"}, []string{`major, loosens: the time at which it is due is now "0 7 * * 1", it was "0 7 * * *"`}},
		"by a rule":           {[]string{`cron: "0 7 * * *"`, "rrule: FREQ=DAILY"}, []string{"major, loosens: the rule by which it is due is now FREQ=DAILY, and was not said before", `major: the time at which it is due was taken out, it was "0 7 * * *"`}},
		"business hours":      {[]string{"complete_within: 2h", "complete_within: 2 business hours"}, []string{`major, loosens: the promised time to complete is now 2 business hours, it was 2h`}},
		"a promise":           {[]string{"complete_within: 2h", "complete_within: 1h"}, []string{"minor: the promised time to complete is now 1h, it was 2h"}},
		"another clock":       {[]string{"clock: scheduled", "clock: started"}, []string{"major, loosens: the clock of the SLA is now started, it was scheduled"}},
		"an agreement":        {[]string{"{clock: scheduled, complete_within: 2h, target: 95%}", "{agreement: backup-daily}"}, []string{"major, loosens: the target of the agreement that the SLA names is now backup-daily, and was not said before", "major, loosens: the clock of the SLA was taken out, it was scheduled", "major, loosens: the promised time to complete was taken out, it was 2h", "major, loosens: the target of the SLA was taken out, it was 95%"}},
		"a decision":          {[]string{"decisions:\n", "decisions:\n  - {date: 2026-04-01, by: lead, decided: we look every day}\n"}, []string{`patch: a decision came: "2026-04-01 lead we look every day"`}},
		"an optional input":   {[]string{"steps:\n", "  host: {type: string}\nsteps:\n"}, []string{"minor: the input host came"}},
		"a required input":    {[]string{"steps:\n", "  host: {type: string, required: true}\nsteps:\n"}, []string{"major: the input host came"}},
		"a wider input":       {[]string{"backup_dir: {type: path, required: true}", "backup_dir: {type: path}"}, []string{"minor: the input backup_dir is no longer required"}},
		"a renamed input":     {[]string{"max_age:", "age:", "inputs.max_age", "inputs.age", " age: \"$", " max_age: \"$"}, []string{"major: the input max_age is now called age"}},
		"an output":           {[]string{"outputs: {bytes: {from: stdout, type: number}}", "outputs: {bytes: {from: stdout, type: number}, all: {from: stderr}}"}, []string{"minor: the step size now hands on all"}},
		"a tolerance":         {[]string{"within: 40%", "within: 60%"}, []string{"minor, loosens: bytes of the step size may now vary by 60%, it was 40%"}},
		"a tighter tolerance": {[]string{"within: 40%", "within: 20%"}, []string{"minor: bytes of the step size may now vary by 20%, it was 40%"}},
		"other units":         {[]string{"within: 40%", "within: 40"}, []string{"minor, loosens: bytes of the step size may now vary by 40, it was 40%"}},
		"a longer baseline":   {[]string{"over: 14 runs", "over: 1000 runs"}, []string{"minor, loosens: what the baseline for bytes of the step size is taken over is now \"1000 runs\", it was \"14 runs\""}},
		"no need":             {[]string{"    needs: [size]\n", ""}, []string{"minor, loosens: the step explain no longer needs size"}},
		"an answer":           {[]string{"cause: {type: text, required: true}", "cause: {type: text}"}, []string{"minor, loosens: cause in the step explain is no longer required"}},
		"more who approve":    {[]string{"roles: [lead]", "roles: [lead, operator]"}, []string{"minor, loosens: the step second_look may now be approved by operator"}},
		"long instructions":   {[]string{"instructions: Look at the backup console.", "instructions: Look at the backup console, and at the one of the firewall, and write down both."}, []string{"patch: the text of the instructions of the step explain has other words"}},
		"a program":           {[]string{`run: stat --format '%s' "$NEWEST"`, "run: [stat, --format, '%s']"}, []string{"minor: the step size now runs [stat, --format, %s]", "minor: the step size no longer runs a script"}},
		"hostile words":       {[]string{"title: A lead agrees", `title: "{name} {old} \e[2J"`}, []string{`patch: the title of the step second_look is now "{name} {old} \x1b[2J", it was "A lead agrees"`}},
	} {
		t.Run(name, func(t *testing.T) {
			old, now := edited(t, c.edits...)
			if diff := cmp.Diff(c.want, told(change.Between(old, now))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const explainStep = `  - id: explain
    title: Say why the size is unusual
    if: steps.size.deviated
    needs: [size]
    manual:
      instructions: Look at the backup console.
      form: {cause: {type: text, required: true}}
`

const secondLook = `  - id: second_look
    title: A lead agrees
    if: steps.size.deviated
    approval: {roles: [lead], show: [size]}
`

func TestSteps(t *testing.T) {
	for name, c := range map[string]struct{ edits, want []string }{
		"came":    {[]string{explainStep, "  - {id: look, title: Look, run: \"true\"}\n" + explainStep}, []string{"minor: the step look came"}},
		"went":    {[]string{explainStep, ""}, []string{"major, loosens: the step explain was taken out"}},
		"renamed": {[]string{"id: size", "id: volume", "steps.size", "steps.volume", "[size]", "[volume]"}, []string{"major: the step size is now called volume"}},
		"renamed and more": {
			[]string{"id: fresh\n    title: The newest archive is from last night", "id: newest\n    title: The newest archive is fresh", "steps.fresh.", "steps.newest."},
			[]string{"major: the step fresh is now called newest", `patch: the title of the step newest is now "The newest archive is fresh", it was "The newest archive is from last night"`},
		},
		"moved":       {[]string{explainStep + secondLook, secondLook + explainStep}, []string{"minor, loosens: the step second_look now comes after size, it came after explain"}},
		"moved first": {[]string{explainStep, "", "steps:\n", "steps:\n" + strings.NewReplacer("    if: steps.size.deviated\n", "", "    needs: [size]\n", "").Replace(explainStep)}, []string{"minor, loosens: the step explain now comes first, it came after size", "minor: the step explain is now always done, it was if steps.size.deviated", "minor, loosens: the step explain no longer needs size"}},
		"no approval": {[]string{"approval: {roles: [lead], show: [size]}", "manual: {instructions: Agree.}"}, []string{"major, loosens: the step second_look is now one of the kind manual, it was approval"}},
		"by a person": {
			[]string{`run: stat --format '%s' "$NEWEST"`, "manual: {instructions: Look at the size., form: {bytes: {type: number}}}", "    timeout: 60m\n", "", "    outputs: {bytes: {from: stdout, type: number}}\n", ""},
			[]string{"major, loosens: the step size is now one of the kind manual, it was run", "minor: the step size may now take as long as it likes, it was 60m", "major: the step size no longer hands on bytes"},
		},
		"by itself": {
			[]string{"pick: newest, max_age", "pick: each, max_age", "${{ steps.fresh.outputs.path }}", "${{ steps.fresh.outputs.count }}"},
			[]string{
				"minor, loosens: which of the files the step fresh picks is now each, it was newest", "major: the step fresh no longer hands on age", "major: the step fresh no longer hands on mode", "major: the step fresh no longer hands on modified",
				"major: the step fresh no longer hands on name", "major: the step fresh no longer hands on owner", "major: the step fresh no longer hands on path", "minor: the step size now gets NEWEST = \"${{ steps.fresh.outputs.count }}\", it was \"${{ steps.fresh.outputs.path }}\"",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			old, now := edited(t, c.edits...)
			if diff := cmp.Diff(c.want, told(change.Between(old, now))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A change stands where the new version says it, and in the old one if it went.
func TestPlaces(t *testing.T) {
	old, now := edited(t, "60m", "20m", "    if: steps.size.deviated\n    needs: [size]\n", "")
	var places []string
	for _, c := range change.Between(old, now) {
		places = append(places, c.Position.String()+" "+c.Key+" "+string(c.Group))
	}
	want := []string{"new.yaml:22:5 steps.size.timeout steps", "old.yaml:28:5 steps.explain.if steps", "old.yaml:29:13 steps.explain.needs.size steps"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Error(diff)
	}
}
