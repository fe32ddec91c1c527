package lint_test

import (
	"regexp"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// runbookMutations break what a runbook says of itself: why it is, who answers for it,
// when it is due and what is promised.
var runbookMutations = []mutation{
	{"take the owner away", "no-owner", remove("owner"), []string{"apiVersion"}},
	{"name a person as the owner", "owner-is-a-person", either(
		set("owner", "{contact: jo@provider.example}"),
		set("owner.team", "Jo Turner"), set("owner.role", "sam"), set("owner.contact", "sam@provider.example"),
	), nil},
	{"take the ladders away", "no-escalation", remove("escalation"), []string{"sla"}},
	{"take the promise away", "no-sla", remove("sla"), []string{"class"}},
	{"take the reason away", "no-rationale", remove("rationale"), []string{"title"}},
	{"repeat the title as the reason", "no-rationale", func(s specimen) []mutant {
		return set("rationale", s.root.Value("title").Text()+"!")(s)
	}, nil},
	{"let the review pass", "review-overdue", set("review_by", "2026-11-21", "2026-10-22", "2019-01-01"), nil},
	{"name no standard", "vague-standard", set("references.*.authority", "industry best practice", "Common Sense"), nil},
	{"name no clause", "vague-standard", remove("references.*.clause"), nil},
	{"give a practice as the reason", "vague-standard", func(s specimen) []mutant {
		without := remove("references")(s)
		for i := range without {
			without[i] = rewrite("rationale", prefix("It is best practice. "))(s.as(without[i]))[0]
		}
		return without
	}, []string{"rationale"}},
	{"do it on request, and by the calendar", "ad-hoc-in-schedule", set("class", "ad_hoc"), []string{"schedule"}},
	{"say no time zone", "no-timezone", remove("schedule.timezone"), nil},
	{"never be due", "schedule-never-fires", set("schedule.cron", `"0 0 30 2 *"`, `"15 6 31 4,6 *"`), nil},
	{"be due while the clock jumps", "schedule-in-dst-gap", without("calendar: office", set("schedule.cron", `"30 1 * * *"`, `"0 1 * * 0"`)), nil},
	{"be due again before it is done", "interval-shorter-than-sla", either(
		set("schedule.cron", `"*/10 * * * *"`),
		set("sla.complete_within", "3d"),
	), []string{"sla.complete_within"}},
	{"begin whenever", "no-grace", remove("schedule.grace"), nil},
	{"count by a calendar that isn't there", "unknown-reference", either(add("schedule", "calendar", "uk-works"), set("schedule.calendar", "ofice"), add("sla", "calendar", "nine-to-five"), add("targets.*", "calendar", "nine-to-five")), []string{"schedule", "sla"}},
	{"promise business days without a calendar", "sla", set("sla.complete_within", "1 business day"), nil},
	{"promise to begin later than to be done", "sla-infeasible", set("sla.start_within", "10h"), nil},
	{"promise when to begin, from the beginning", "sla", where("clock: started", add("sla", "start_within", "5m")), nil},
	{"count from an instant that there isn't", "sla", remove("sla.clock"), nil},
	{"promise nothing", "sla", where("clock: started", remove("sla.complete_within")), nil},
	{"contradict the promise", "schedule", add("schedule", "grace", "7h"), nil},
	{"be due twice over", "schedule", add("schedule", "rrule", "FREQ=DAILY;BYHOUR=7"), nil},
	{"write five fields that are none", "cron", set("schedule.cron", `"0 7 * *"`, `"61 7 * * *"`, `"0 7 * * MO-FR"`, "daily"), nil},
	{"be early by more than the time between", "schedule", either(add("schedule", "early", "80h"), set("schedule.early", "25h")), nil},
	{"be in a place that there isn't", "no-timezone", set("*.timezone", "Europe/Londno", "BST"), nil},
	{"promise 100%", "sla-unrealistic", set("sla.target", "100%", "99.999%", "99.9%"), nil},
	{"halve the promise until the steps don't fit", "sla-infeasible", set("sla.complete_within", "2m30s", "1m15s", "38s"), nil},
	{"tell the first one too late", "escalation-after-breach", set("escalation.not_resolved", "[{after: 100%, notify: on-call}]", "[{after: 150%, notify: on-call}]", "[{after: 9d, notify: on-call}]"), nil},
	{"tell in the end who was told first", "escalation-unreachable", set("escalation.not_resolved", "[{after: 10%, notify: lead}, {after: 50%, notify: jo}, {after: 80%, notify: lead}]"), nil},
	{"notify somebody who isn't there", "unknown-reference", set("escalation.*.*.notify", "on-cal", "night-shift"), nil},
	{"forget the next version", "version-not-bumped", since(either(
		rewrite("title", prefix("Once more: ")), set("review_by", "2027-08-01"), set("sla.target", "90%"), remove("steps.*.rationale"), set("steps.*.timeout", "45s"),
	)), []string{"version"}},
	{"go back to an older version", "version-lowered", since(set("version", "0.9.0")), nil},
	{"loosen control without a reason", "change-without-reason", since(either(
		raised(set("sla.target", "90%")), raised(set("sla.complete_within", "5h")), raised(remove("steps.*.expect")), raised(remove("steps.*.normal")),
	)), []string{"id"}},
	{"copy a runbook with its id", "duplicate-id", in("Runbook", copied(strings.Clone)), []string{"copy.yaml#id"}},
	{"copy a calendar with its id", "duplicate-id", in("Calendar", copied(strings.Clone)), []string{"copy.yaml#id", "copy.yaml#apiVersion"}},
	{"copy a runbook for another client", "duplicate-runbook", where("  - id: trend", copied(otherID)), []string{"copy.yaml#id"}},
	{"keep scripts whose owner nobody knows", "script-without-ownership", where("digest", remove("scripts")), []string{"steps.*.run"}},
	{"waive what nobody finds", "waiver", add("", "lint",
		"[{waive: no-owner, because: nobody owns it yet, until: 2027-01-31}]",
		"[{waive: no-ovner, because: nobody owns it yet, until: 2027-01-31}]",
		"[{waive: unknown-key, because: nobody owns it yet, until: 2027-01-31}]",
	), nil},
	{"let a waiver expire", "waiver", func(s specimen) []mutant {
		var all []mutant
		for _, without := range remove("owner")(s) {
			all = append(all, add("", "lint", "[{waive: no-owner, because: nobody owns it yet, until: 2026-11-21}]")(s.as(without))...)
		}
		return all
	}, []string{"lint"}},
	{"waive without a reason", "missing-key", add("", "lint", "[{waive: no-owner, until: 2027-01-31}]", "[{waive: no-owner, because: nobody owns it yet}]"), nil},
}

// stepMutations break what a runbook says of its steps.
var stepMutations = []mutation{
	{"give two steps one id", "duplicate-id", func(s specimen) []mutant {
		steps := placesOf(s.root, "steps.*.id")
		if len(steps) < 2 {
			return nil
		}
		return set("steps.*.id", steps[0].value.Text())(s)[1:]
	}, nil},
	{"need a step that isn't there", "unknown-reference", add("steps.*", "needs", "[nowhere]"), nil},
	{"show a step that isn't there", "unknown-reference", set("steps.*.approval.show", "[sise]"), nil},
	{"let a step need itself", "cycle", func(s specimen) []mutant {
		var all []mutant
		for _, p := range placesOf(s.root, "steps.*") {
			all = append(all, s.edited(p.value.InsertAfter("id", "needs", "["+p.value.Value("id").Text()+"]")))
		}
		return all
	}, nil},
	{"misspell an input", "expression", swapAll("inputs.", "inptus."), nil},
	{"read an input that isn't there", "expression", swapAll("{ inputs.", "{ inputs.no_"), nil},
	{"read an output that isn't there", "expression", swapAll(".outputs.", ".outputs.no_"), nil},
	{"read a step that isn't there", "expression", swapAll("steps.", "steps.no_"), nil},
	{"compare a number with a text", "expression", add("steps.*", "if", `'1 > "one"'`), nil},
	{"leave an expression open", "expression", swapAll(" }}", ""), nil},
	{"put an expression into a script", "expression-in-run", func(s specimen) []mutant {
		inputs := s.root.Value("inputs").Fields()
		if len(inputs) == 0 {
			return nil
		}
		return rewrite("steps.*.run", prefix("echo ${{ inputs."+inputs[0].Key+" }}\n"))(s)
	}, nil},
	{"expect any text", "empty-expect", set("steps.*.expect.stdout.contains", `""`), nil},
	{"expect nothing", "empty-expect", set("steps.*.expect", "{}", "{expressions: []}"), nil},
	{"print something and judge nothing", "no-expected-result", bare("{shell: bash, script: date}", "{shell: bash, script: df -h}", "[uptime]"), nil},
	{"ask a person for a tick", "human-step-without-evidence", set("steps.*.manual", "{instructions: Look at the console., estimate: 5m}"), nil},
	{"let those approve who do the work", "approval-by-runner", set("steps.*.approval.roles", "[operator]"), nil},
	{"take longer than was promised", "sla-infeasible", set("steps.*.timeout", "9h"), []string{"sla.complete_within"}},
	{"try too often", "sla-infeasible", set("steps.*.retry", "{max_attempts: 9, delay: 1h}"), []string{"sla.complete_within"}},
	{"wait too long for an answer", "sla-infeasible", either(set("steps.*.approval.timeout", "4h", "2d"), set("steps.*.manual.estimate", "3h")), []string{"sla.complete_within"}},
	{"ask for an input that nobody reads", "unused-input", add("inputs", "colour", "{type: string, description: Of the door}"), nil},
	{"write a limit in place of the input", "unused-input", either(swapAll("inputs.max_used", "90"), swapAll("inputs.max_inodes", "90"), swapAll("{ inputs.subset }", "{ '5%' }")), []string{"inputs.*"}},
	{"take a value that nobody reads", "unused-output", without("show: [size]", add("steps.*.outputs", "colour", "{from: stdout, type: text}")), nil},
	{"end the run before what is for its failure", "step-never-runs", where("count.failed", remove("steps.*.on_failure")), []string{"steps.*.if"}},
	{"wait for a deviation that can't be", "step-never-runs", either(where("size.deviated", remove("steps.*.normal")), swapAll("if: steps.size.deviated", "if: steps.intact.deviated")), []string{"steps.*.if"}},
	{"judge a value no more", "unused-output", where("id: trend", remove("steps.*.normal")), []string{"steps.*.outputs"}},
	{"do two things in one step", "step-kind", either(without("approval:", add("steps.*", "approval", "{roles: [lead]}")), add("steps.*", "manual", "{instructions: Look}")), []string{"steps.*"}},
	{"cut off somebody who decides", "misplaced-key", swapAll("    approval:", "    retry: {max_attempts: 2, delay: 5s}\n    approval:"), nil},
	{"run no program", "empty-run", set("steps.*.run", "[]", `""`), nil},
	{"glue a value to an argument", "mixed-argument", swapAll(`"${{ inputs.subset }}"`, `"--subset=${{ inputs.subset }}"`), nil},
	{"wish for a rollback", "not-yet", set("steps.*.on_failure", "rollback"), nil},
	{"say twice what is normal", "one-source", either(add("steps.*.normal.*", "value", "100"), add("secrets.*.from", "file", "password.txt")), nil},
	{"leave the folder of the run", "path-leaves-folder", either(without("approval:", add("steps.*", "dir", "../elsewhere")), set("steps.*.file.path", "/var/backups/*.tar.gz")), nil},
	{"compute a title", "expression-in-title", rewrite("steps.*.title", prefix("${{ 1 + 1 }} ")), nil},
	{"do nothing in a step", "step-kind", either(remove("steps.*.run"), remove("steps.*.manual"), remove("steps.*.approval")), []string{"steps.*.id"}},
}

// bare makes steps of nothing but a command.
func bare(commands ...string) func(specimen) []mutant {
	return func(s specimen) []mutant {
		var all []mutant
		for _, p := range placesOf(s.root, "steps.*") {
			for _, run := range commands {
				all = append(all, s.over(p.value, "{id: shown, title: What there is is shown, run: "+run+"}"))
			}
		}
		return all[max(len(all)-len(commands), 0):] // what stands before is read by what is behind
	}
}

// swapAll changes a part of the whole file's text, once in each place.
func swapAll(old, replacement string) func(specimen) []mutant {
	return in("Runbook", wholeText(swap(old, replacement)))
}

var (
	versionLine = regexp.MustCompile(`(?m)^version: .*$`)
	anyIDLine   = regexp.MustCompile(`(?m)^id: .*$`)
)

// raised gives what was broken the next great version.
func raised(breaks func(specimen) []mutant) func(specimen) []mutant {
	return func(s specimen) []mutant {
		all := breaks(s)
		for i := range all {
			all[i].source = versionLine.ReplaceAll(all[i].source, []byte("version: 9.0.0"))
		}
		return all
	}
}

func otherID(source string) string { return anyIDLine.ReplaceAllString(source, "id: another") }

// as is the document that a mutant is.
func (s specimen) as(m mutant) specimen {
	return specimen{runbook.File{Name: s.Name, Source: m.source}, s.kind, parsed(s.Name, m.source)}
}
