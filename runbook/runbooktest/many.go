// Package runbooktest writes runbooks by the thousand and times what reads them; for
// tests only.
package runbooktest

import (
	"fmt"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// Many writes n runbooks of about 60 lines, without a fault and each with an id of
// its own. They differ in their words, steps and expressions; runbook number i is
// the same in every call.
func Many(n int) []runbook.File {
	files := make([]runbook.File, n)
	for i := range files {
		files[i] = runbook.File{Name: fmt.Sprintf("runbooks/%s.yaml", id(i)), Source: []byte(write(i))}
	}
	return files
}

func id(i int) string {
	return fmt.Sprintf("%s-%s-%04d", pick(things, i), pick(tasks, i/len(things)), i)
}

func pick(from []string, i int) string { return from[i%len(from)] }

// What the runbooks are about.
var (
	things = []string{"backup", "certificate", "database", "firewall", "mailbox", "replica", "switch"}
	tasks  = []string{"check", "review", "rotation", "verification", "watch"}
	teams  = []string{"backup", "network", "operations", "platform", "service-desk"}
	zones  = []string{"America/New_York", "Asia/Tokyo", "Europe/London", "Europe/Zurich"}
	steps  = []string{size, load, tools, service, difference, tidy}
)

// write fills in a runbook: its head, the first step, two of the steps, and the
// steps of people.
func write(i int) string {
	text := head + first
	for k := range 2 {
		text += pick(steps, i+k*(1+i%5))
	}
	return strings.NewReplacer(
		"ID", id(i), "THING", pick(things, i), "TASK", pick(tasks, i/len(things)), "TEAM", pick(teams, i), "ZONE", pick(zones, i),
		"PATCH", fmt.Sprint(i%10), "MINUTE", fmt.Sprint(i%60), "HOUR", fmt.Sprint(i%24), "MOST", fmt.Sprint(10+i%80),
	).Replace(text + people)
}

const head = `apiVersion: msp/v1
kind: Runbook
id: ID
version: 1.4.PATCH
title: The TASK of every THING
class: routine
rationale: |
  A THING failed for two weeks without anyone noticing. Nobody had been asked to look, and the
  program that should have told of it had stopped too.
references:
  - {authority: "ISO/IEC 27001:2022", clause: A.8.13}
decisions:
  - {date: 2026-03-02, by: TEAM-lead, decided: what is measured may vary by MOST%, because: the end of a month doubles it}
owner: {team: TEAM, role: technician, contact: TEAM@provider.example}
review_by: 2027-03-01
scripts: {owner: provider, licence: MIT}
schedule: {cron: "MINUTE HOUR * * *", timezone: ZONE, early: 1h, on_missed: record}
sla: {clock: scheduled, start_within: 30m, complete_within: 8h, target: 95%}
escalation:
  not_acknowledged: [{after: 15m, notify: on-call}]
  not_resolved: [{after: 50%, notify: owner}, {after: 100%, notify: "client:it-director"}]
requires: [bash, curl, sha256sum, stat, {tool: restic, version: ">= 0.MOST"}]
inputs:
  folder: {type: path, required: true, description: "Where what belongs to the THING lies"}
  max_age: {type: duration, default: 26h, description: How old the newest file may be}
  most: {type: integer, default: MOST, minimum: 1, maximum: 100, description: How many percent may be used}
  host: {type: string, pattern: '^[\w.-]+$', default: THING, description: "The THING's host"}
steps:
`

const first = `  - id: fresh
    title: The newest file of the THING is from last night
    rationale: A job that reports success can still write nothing.
    file: {path: "${{ inputs.folder }}/*.tar.gz", pick: newest, max_age: "${{ inputs.max_age }}", min_size: MOST}
`

const size = `  - id: size
    title: The size is what it usually is
    rationale: What shrinks by half overnight has lost something.
    run: stat --format '%s' "$NEWEST"
    env: {NEWEST: "${{ steps.fresh.outputs.path }}"}
    outputs: {bytes: {from: stdout, type: number, unit: B}}
    normal: {bytes: {baseline: median, over: 14 runs, within: MOST%, fail_beyond: 90%}}
`

const load = `  - id: load
    title: The THING has room to work
    run: df -P -- "$FOLDER" | awk 'NR == 2 { sub("%", "", $5); print $5 }'
    env: {FOLDER: "${{ inputs.folder }}"}
    timeout: 1m
    outputs: {percent: {from: stdout, type: integer, unit: "%"}}
    expect: {expressions: ["outputs.percent <= inputs.most"]}
    on_failure: continue
`

const tools = `  - id: intact
    title: Everything matches its checksum
    rationale: What was cut short or has rotted is found here, and not on the day it is needed.
    run: |
      sha256sum --check --quiet SHA256SUMS
      for file in *.tar.gz; do
        grep --quiet --fixed-strings --regexp="$file" SHA256SUMS || exit 1
      done
    dir: "${{ inputs.folder }}"
    timeout: MOSTm
    retry: {max_attempts: 2, delay: 5s}
`

const service = `  - id: answers
    title: The THING answers
    run: [curl, --fail, --silent, --max-time, "10", "https://THING.provider.example/PATCH"]
    if: not steps.fresh.failed
    interrupted: rerun
    retry: {max_attempts: 3, delay: 2s, backoff: 2, max_delay: 1m}
    expect: {stdout: {contains: "ok"}}
`

const difference = `  - id: same
    title: The settings are the ones that were agreed
    run:
      shell: sh
      script: |
        diff --unified -- "$AGREED" "$FOUND"
    env:
      AGREED: "${{ inputs.folder }}/agreed.conf"
      FOUND: "${{ inputs.folder }}/${{ inputs.host ?? 'THING' }}.conf"
`

const tidy = `  - id: tidy
    title: Old files of the THING are counted
    run: [find, "${{ inputs.folder }}", -mtime, "+MOST", -name, "*.tmp"]
    needs: [fresh]
    priority: should
    timeout: 5m
    outputs: {files: {from: stdout, type: text}}
    expect: {expressions: ["len(outputs.files) < 100000"]}
`

const people = `  - id: explain
    title: Say why the THING is unusual
    if: steps.fresh.deviated
    manual:
      instructions: "Look at the console of ${{ inputs.host }}. What changed? More than ${{ inputs.most }}% is too much."
      form:
        cause: {type: text, required: true, description: What made it differ}
        ticket: {type: string, pattern: '^[A-Z]+-\d+$', description: The ticket that covers it}
      evidence: [{name: console, type: file, required: true, description: A picture of the console}]
      estimate: 5m
  - id: second_look
    title: A lead agrees
    rationale: Whoever explains a deviation should not be the only one who believes it.
    if: steps.fresh.deviated or steps.explain.failed
    approval: {roles: [lead], min_approvals: 1, timeout: 30m, on_timeout: reject, show: [fresh]}
`
