package cmd

import (
	"strings"

	"github.com/spf13/cobra"
)

// topics are the pages of msp help TOPIC.
func topics() []*cobra.Command {
	var pages []*cobra.Command
	for _, t := range []struct{ name, short, text string }{
		{"steps", "the kinds of steps and what any step may say", stepsTopic},
		{"expressions", "${{ }}: what may be computed, and where", expressionsTopic},
		{"inputs", "inputs, answers and secrets", inputsTopic},
		{"schedules", "when runbooks are due: schedules, calendars, plans", schedulesTopic},
		{"agreements", "what was promised: targets, clocks, credits", agreementsTopic},
		{"contacts", "who is told: people, rosters, ladders", contactsTopic},
		{"evidence", "what is recorded, and how a stranger checks it", evidenceTopic},
		{"exit-codes", "what msp's exit codes mean", exitTopic},
		{"settings", "where msp keeps things, and what can be set", settingsTopic},
	} {
		pages = append(pages, &cobra.Command{Use: t.name, Short: t.short, Long: strings.Trim(t.text, "\n")})
	}
	return pages
}

const stepsTopic = `
A step has an id, a title and exactly one of these:

  run: SCRIPT                    bash -euo pipefail
  run: [PROGRAM, ARGUMENT, …]    no shell; an argument may be one whole ${{ }}
  run: {shell: sh, script: …}    bash, sh or pwsh
  file: {path: "DIR/*.gz", pick: newest, max_age: 26h, min_size: 1}
                                 pick: newest, oldest, each or one; also min_age,
                                 max_size, min_count, max_count, sha256, mode, owner
  manual: {instructions: …, checklist: […], form: {…}, evidence: […], estimate: 5m}
  approval: {roles: [lead], min_approvals: 1, timeout: 30m, on_timeout: reject}
                                 somebody else decides with msp approve; also
                                 instructions, show: [STEP, …]

Any step may also say:

  rationale       why it is there
  if              skip it unless this holds; a skip by "if" is no failure
  needs           ids of steps before it that must have passed
  preconditions   expressions; a false one fails the step
  timeout         of one attempt; 10m unless said. Persons are not cut off.
  retry           {max_attempts: 3, delay: 30s, backoff: 2, max_delay: 5m}
  env, dir        variables and folder of its programs
  requires        programs: [jq, {tool: bash, version: ">= 5"}]
  outputs         {used: {from: stdout, type: number, unit: B}}; from stdout, stderr
                  (whole, json: a.b.0, pattern: 'used (\d+)') or output, which is
                  a line used=… written to "$MSP_OUTPUT"
  expect          {exit_code: [0, 1], stdout: {contains: ok}, expressions: [outputs.used < 9]}
  normal          {used: {value: 100, within: 10%}} or
                  {used: {baseline: median, over: 14 runs, within: 40%, fail_beyond: 90%}}
  on_failure      abort (unless said) or continue
  priority        must (unless said) or should: a run succeeds without it
  interrupted     ask (unless said), rerun or fail: what resume does with a step
                  that a crash cut off
  min_duration    a person who is faster deviates

A program gets PATH, HOME, USER, LOGNAME, LANG, LC_ALL, LC_CTYPE, TZ and TMPDIR
as msp has them, MSP_RUN_ID, MSP_STEP, MSP_CLIENT, MSP_OUTPUT where an output is
read from it, MSP_RUN_NONCE where a timestamp authority has stamped the run's start
(nobody could know it before, so leave it where you work: "${MSP_RUN_NONCE:-none}"),
and what the step's env says. Nothing else.
`

const expressionsTopic = `
  if: steps.size.deviated
  env: {NEWEST: "${{ steps.fresh.outputs.path }}"}

Names: inputs.NAME; steps.ID.outcome (passed, failed, skipped, not_needed, …),
.passed, .failed, .skipped, .deviated, .exit_code, .outputs.NAME for the steps
before; run.id, run.client. In expect also exit_code, stdout, outputs.NAME.
A name that is not there is found when the runbook is loaded, not at night.

Operators: == != < <= > >= and or not + - * / % in matches contains startsWith
endsWith, a ? b : c. There is no clock and no way out.

Expressions stand in if, preconditions, expect, env, dir, paths, instructions,
and as one whole argument of the list form of run. Never inside a script: values
reach a shell as variables, so that no value can become shell syntax.
`

const inputsTopic = `
An input's value comes from the first of --input NAME=VALUE, --inputs FILE,
MSP_INPUT_NAME, its default, and the person at the terminal.

Types: string, text, number, integer, boolean, duration (26h, 2d), path, file,
enum, date, list.

A file of answers (--answers FILE) does what a person would do at manual steps:

  inputs: {max_age: 30h}
  steps:
    explain:
      values: {cause: month-end exports, ticket: OPS-1412}
      checked: all                    # or a list of the items
      evidence: {console: shot.png}   # relative to the file
    other: {skip: why}
    later: {wait: true}               # leave it to a person
    cut:   {interrupted: rerun}       # rerun, done or fail; with reason: …

A name that nothing asks for, or a value that doesn't fit, is found before
anything is started.

Secrets: {name: DB_PASSWORD, from: {env: DB_PASSWORD}}, or {file: NAME} or
{command: NAME}, which only your own config.yaml gives a meaning:

  files: {db: /run/secrets/db}
  commands: {vault-db: [vault, read, -field=password, secret/db]}

A secret reaches a step only through its env. msp masks it in everything a step
prints: plain, in URL and JSON escapes, in hex, in base64. It can't know what a
program transforms in another way, nor what a person attaches.
`

const evidenceTopic = `
A client's evidence lies under clients/CLIENT/ of the state folder:

  records/   signed statements: DSSE envelopes around in-toto statements
  blobs/     what steps printed, answers and inputs, each behind 32 random bytes
             and named by its SHA-256
  logs/      one transparency log a writer, in C2SP tlog-tiles form; its head,
             checkpoint, is a signed note
  anchors/   what timestamp authorities said about checkpoints: RFC 3161 tokens
  trust/     copies of the versions of who may sign what

The run-start statement is in the log before the first step, the run statement
after the last. msp verify checks all of it. So can others; msp export packs it for
them, with a page that says how:

  sha256sum blobs/ab/*         each name is the digest of its file
  openssl pkeyutl -verify …    a signature is over "DSSEv1 LEN TYPE LEN PAYLOAD"
  openssl ts -verify …         a token is over a checkpoint
  any tlog-tiles client        the log

How much is shown of a run is its level, the least first:

  logged       it is signed, and in the log
  anchored     a token covers its end, which existed by then
  bracketed    and its end names a token over its start: it lies between the two

What a record shows is what the holder of a key stated. Who that is, when it was,
and that nothing was cut off the end, takes someone outside: msp verify is told the
roots of trust (--trust-root), the certificates of an authority (--tsa-roots) and a
checkpoint that your client keeps (--checkpoint).
`

const exitTopic = `
  0    done
  1    the answer is no: a step failed, lint found problems, verify found something,
       something is overdue
  2    could not try: usage, unreadable input, nothing was started
  3    parked: the run waits for a person; msp resume goes on, and where it waits
       for an approval msp approve comes first
  4    done, but outside its SLA
  130  interrupted: ctrl-C, a termination, a hang-up

Where several fit: 130, 2, 3, 1, 4. Only msp overdue --format nagios has the codes of
a plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
`

const settingsTopic = `
Settings come from config.yaml in your configuration folder, then msp.yaml of
the workspace, then the variables.

  client           MSP_CLIENT           the client; "local" unless said
  key              MSP_KEY              the operator's key; "operator" unless said
  agent            MSP_AGENT            true: an ssh-agent signs. The key may then
                                        be a fingerprint or a .pub file, too.
  blob_limit       MSP_BLOB_LIMIT       bytes kept of what a step prints; 25 MiB
  statement_limit  MSP_STATEMENT_LIMIT  bytes of one statement; 1 MiB
  anchor_timeout   MSP_ANCHOR_TIMEOUT   how long all authorities and witnesses may take; 5s
  files, commands                       what secrets mean; config.yaml only
  tsa                                   timestamp authorities; config.yaml only, as
                                        tsa: [{name, url, roots: FILE}]; msp anchor
  witnesses                             who cosigns the heads of the logs; config.yaml
                                        only, as witnesses: [{name, url, key}]
  channels                              by which msp tick tells people, by the names
                                        that contacts give them; config.yaml only
  deadman          MSP_DEADMAN          a URL that a good tick of a ticker asks for,
                                        so that others notice when there is none;
                                        config.yaml or the variable only
  lint                                  how much each of lint's rules matters, as
                                        lint: {rules: {RULE: error}}; msp lint --help

The passphrase of a key comes from the file that MSP_KEY_PASSPHRASE_FILE names, from
commands: {key-passphrase: [PROGRAM, ARGUMENT, …]}, or from whoever sits there.

A channel has a type and what that needs, and may have a timeout:

  channels:
    mail:     {type: mail, host: smtp.example.com, from: msp@example.com,
               username: msp, password: {file: smtp}}   also to, port, tls
    on-call:  {type: ntfy, topic: msp-night, token: {env: NTFY_TOKEN}}
    pager:    {type: pagerduty, key: {command: pager-key}}
    desk:     {type: slack, url: {file: slack}}         teams has the same keys
    jira:     {type: jira, key: {env: JIRA_KEY}}
    own:      {type: webhook, url: "https://…", key: {file: webhook}}
    phone:    {type: exec, command: [PROGRAM, ARGUMENT, …]}

url, key, token, topic, password and deadman may be texts; or {env: NAME},
{file: NAME} or {command: NAME}, which mean what they mean in a runbook's secrets,
and are read only when they are used. msp tick --test CHANNEL tries a channel.

The configuration folder is ~/.config/msp ($XDG_CONFIG_HOME/msp): keys/ has the
operator's keys, writers/ the keys of this installation's logs.
The evidence lies in .msp beside msp.yaml, which is looked for upwards, or in
~/.local/share/msp ($XDG_DATA_HOME/msp), or where --state says.

NO_COLOR, MSP_ACCESSIBLE=1 (sentences, no redraw) and COLUMNS are obeyed.
`
