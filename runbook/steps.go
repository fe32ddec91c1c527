package runbook

import (
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/document"
)

// The defaults of a step.
const (
	defaultTimeout = 10 * time.Minute
	defaultBackoff = 1
	maxAttempts    = 100
)

var foreignStepKeys = map[string]string{
	"name": "msp says \"id\" and \"title\"", "depends": "msp says \"needs\"", "depends_on": "msp says \"needs\"",
	"when": "msp says \"if\"", "condition": "msp says \"if\"", "params": "msp says \"env\"", "with": "msp says \"env\"",
	"environment": "msp says \"env\"", "command": "msp says \"run\"", "cmd": "msp says \"run\"", "script": "msp says \"run\"",
	"shell": "put it into run: {shell: sh, script: …}", "executor": "put it into run: {shell: sh, script: …}",
	"timeoutSeconds": "msp says \"timeout\", with a unit: 30s", "timeout_sec": "msp says \"timeout\", with a unit: 30s",
	"retries": "msp says \"retry: {max_attempts: 3}\"", "retryPolicy": "msp says \"retry\"",
	"working_dir": "msp says \"dir\"", "workdir": "msp says \"dir\"", "cwd": "msp says \"dir\"", "working_directory": "msp says \"dir\"",
	"continue_on_error": "msp says \"on_failure: continue\"", "continueOn": "msp says \"on_failure: continue\"", "ignore_errors": "msp says \"on_failure: continue\"",
	"on": "msp says \"hosts\", which this version doesn't have yet", "register": "msp says \"outputs\"", "output": "msp says \"outputs\"",
	"description": "msp says \"rationale\"", "assert": "msp says \"expect\"", "why": "msp says \"rationale\"",
	"uses": "msp says \"run\"", "bash": "msp says \"run\"", "sh": "put it into run: {shell: sh, script: …}", "exec": "msp says \"run\"",
	"precondition": "msp says \"preconditions\"",
	"cmds":         "msp says \"run\"", "commands": "msp says \"run\"", "action": "msp says \"run\"", "powershell": "put it into run: {shell: pwsh, script: …}",
	"timeout-minutes": "msp says \"timeout\", with a unit: 5m", "allow_failure": "msp says \"on_failure: continue\"", "deps": "msp says \"needs\"", "dependencies": "msp says \"needs\"",
	"become": "msp runs as whoever starts it: write sudo into the command", "sudo": "msp runs as whoever starts it: write sudo into the command",
	"with_items": "write a step for each, or a loop in the script", "loop": "write a step for each, or a loop in the script", "matrix": "write a step for each, or a loop in the script",
	"repeatPolicy": "msp says \"retry\"", "until": "msp says \"retry\"", "mailOnError": "the runbook's \"escalation\" says who is told", "notify": "the runbook's \"escalation\" says who is told",
	"image": "write docker and its arguments into run: [docker, run, …]", "container": "write docker and its arguments into run: [docker, run, …]",
}

// laterKinds and laterStepKeys have a meaning that this version doesn't know:
// never ignored.
var (
	laterKinds    = []string{"http", "tls", "sql", "wait", "runbook"}
	laterStepKeys = []string{"hosts", "for_each", "max_parallel", "rollback"}
	laterKeys     = slices.Concat(laterKinds, laterStepKeys)
)

func decodeSteps(r *Runbook, m *document.Map, scope *Scope, kinds []Kind, d *document.Decoder) {
	defaults := decodeDefaults(m.Take("defaults"), d)
	list := need(m, "steps", foreignRunbookKeys)
	if list == nil {
		return
	}
	items := d.List(list, "a list of steps")
	if list.Kind() == document.List && len(items) == 0 {
		d.Report(list.Position(), "missing-key", "", "a runbook without steps does nothing")
	}
	seen := map[string]document.Position{}
	var later []laterNeed
	for _, item := range items {
		s := decodeStep(item, defaults, kinds, scope, d)
		if s.ID != "" {
			unique(seen, s.ID, s.Position, "the step", d)
		}
		if !scope.anyStep {
			later = append(later, needsLater(s, r.Steps, item.Value("needs"))...)
		}
		scope.anyStep = scope.anyStep || s.ID == ""
		r.Steps = append(r.Steps, s)
	}
	for _, n := range later {
		n.report(r, d)
	}
}

// stepDefaults are what every step starts from.
type stepDefaults struct {
	timeout   Duration
	retry     Retry
	env       []Variable
	onFailure OnFailure
	priority  Priority
}

func decodeDefaults(n *document.Node, d *document.Decoder) stepDefaults {
	base := stepDefaults{
		timeout: Duration{Text: "10m", Span: defaultTimeout},
		retry:   Retry{MaxAttempts: 1, Backoff: defaultBackoff}, onFailure: Abort, priority: Must,
	}
	if n == nil {
		return base
	}
	m := d.Map(n, "defaults")
	if timeout := m.Take("timeout"); timeout != nil {
		base.timeout = decodeTimeout(timeout, d)
	}
	base.retry = decodeRetry(m.Take("retry"), base.retry, d)
	base.env = decodeEnv(m.Take("env"), d)
	if on := m.Take("on_failure"); on != nil {
		base.onFailure = OnFailure(d.Enum(on, "abort", "continue"))
	}
	if p := m.Take("priority"); p != nil {
		base.priority = Priority(d.Enum(p, "must", "should"))
	}
	m.Done(nil)
	return base
}

func decodeStep(n *document.Node, defaults stepDefaults, kinds []Kind, scope *Scope, d *document.Decoder) *Step {
	m := d.MapLike(n, "a step", "{id: look, title: Look at the disks, run: df -h}")
	s := &Step{
		Position: n.Position(), Timeout: defaults.timeout, Retry: defaults.retry,
		OnFailure: defaults.onFailure, Priority: defaults.priority, Interrupted: AskPerson,
	}
	if id := need(m, "id", foreignStepKeys); id != nil {
		s.ID = d.String(id)
		s.Position = id.Position()
		checkForm(id, s.ID, nameForm(), nameHint(s.ID), d)
	}
	s.Title = title(need(m, "title", foreignStepKeys), d)
	s.Rationale = d.String(m.Take("rationale"))
	decodeFlow(s, m, d)
	if timeout := m.Take("timeout"); timeout != nil {
		s.Timeout = decodeTimeout(timeout, d)
	}
	s.Retry = decodeRetry(m.Take("retry"), s.Retry, d)
	s.Env = mergeEnv(defaults.env, decodeEnv(m.Take("env"), d))
	s.Dir = NewTemplate(m.Take("dir"), d)
	s.Requires = decodeRequires(m.Take("requires"), d)
	outputs := m.Take("outputs")
	s.Outputs = decodeOutputs(outputs, d)
	s.Expect = decodeExpect(m.Take("expect"), d)
	s.Normal = decodeNormal(m.Take("normal"), d)
	s.By = d.String(m.Take("by"))
	s.MinDuration = decodeDuration(m.Take("min_duration"), d)
	decodeAction(s, m, n, kinds, d)
	scope.anyOutput[s.ID] = s.Action == nil || outputs != nil && outputs.Kind() != document.Mapping || says(m, "outputs", foreignStepKeys)
	m.Done(foreignStepKeys)
	return s
}

// decodeFlow reads what decides whether a step runs and what follows.
func decodeFlow(s *Step, m *document.Map, d *document.Decoder) {
	if condition := m.Take("if"); condition != nil {
		s.If = NewExpression(condition, d)
	}
	if needs := m.Take("needs"); needs != nil {
		s.Needs = d.Strings(needs)
	}
	if list := m.Take("preconditions"); list != nil {
		for _, item := range d.List(list, "a list of expressions") {
			s.Preconditions = append(s.Preconditions, NewExpression(item, d))
		}
	}
	if on := m.Take("on_failure"); on != nil {
		if on.Text() == "rollback" {
			d.Report(on.Position(), "not-yet", "abort or continue", "this version of msp has no rollback yet")
		} else {
			s.OnFailure = OnFailure(d.Enum(on, "abort", "continue"))
		}
	}
	if i := m.Take("interrupted"); i != nil {
		s.Interrupted = Interrupted(d.Enum(i, "ask", "rerun", "fail"))
	}
	if p := m.Take("priority"); p != nil {
		s.Priority = Priority(d.Enum(p, "must", "should"))
	}
}

func decodeAction(s *Step, m *document.Map, n *document.Node, kinds []Kind, d *document.Decoder) {
	for _, key := range laterKeys {
		if m.Has(key) {
			later := m.Take(key)
			d.Report(later.Position(), "not-yet", "", "%q is not in this version of msp yet", key)
			if slices.Contains(laterKinds, key) {
				s.Kind = key
			}
		}
	}
	for _, kind := range kinds {
		value := m.Take(kind.Name())
		switch {
		case value == nil:
			continue
		case s.Kind != "":
			d.Report(value.Position(), "step-kind", "make two steps of it", "a step is one of %s and %s, not both", s.Kind, kind.Name())
			continue
		}
		s.Kind = kind.Name()
		s.Action = kind.Decode(value, d)
	}
	_, approval := s.Action.(AsksApproval)
	if _, person := s.Action.(AsksPerson); person && !approval {
		for _, key := range []string{"timeout", "retry"} {
			if m.Has(key) {
				d.Report(keyPosition(n, key), "misplaced-key", "say how long it usually takes with estimate, and how long at least with min_duration", "%q doesn't go with a step that a person does: nobody is cut off", key)
			}
		}
	}
	if approval {
		checkApprovalStep(n, m, d)
	}
	if s.Kind == "" && n.Kind() == document.Mapping {
		checkKind(m, n, kinds, d)
	}
}

// checkKind reports a step that doesn't say what to do, unless one of its keys is
// another word for a kind.
func checkKind(m *document.Map, n *document.Node, kinds []Kind, d *document.Decoder) {
	var names []string
	for _, kind := range kinds {
		names = append(names, kind.Name())
	}
	meant := func(key string) bool { return isForeignKind(key) || document.Nearest(key, names) != "" }
	if !slices.ContainsFunc(m.Unknown(), meant) {
		d.Report(n.Position(), "step-kind", "add one of "+strings.Join(names, ", "), "the step doesn't say what to do")
	}
}

// isForeignKind spares a step that says "command" a second problem.
func isForeignKind(key string) bool {
	hint := foreignStepKeys[key]
	return strings.Contains(hint, "\"run\"") || strings.Contains(hint, "into run")
}

// keyPosition finds a key of a map again; nowhere for none.
func keyPosition(n *document.Node, key string) document.Position {
	for _, field := range n.Fields() {
		if field.Key == key {
			return field.KeyPosition
		}
	}
	return n.Position()
}

func decodeTimeout(n *document.Node, d *document.Decoder) Duration {
	timeout := decodeDuration(n, d)
	if timeout.Text != "" && timeout.Span == 0 {
		d.Report(n.Position(), "bad-value", "every step has a timeout; 7d is a long one", "a timeout of %s cuts the step off before it begins", timeout.Text)
	}
	return timeout
}

var foreignRetryKeys = map[string]string{
	"attempts": "msp says \"max_attempts\"", "limit": "msp says \"max_attempts\"", "count": "msp says \"max_attempts\"",
	"interval": "msp says \"delay\"", "interval_sec": "msp says \"delay\", with a unit: 30s",
}

func decodeRetry(n *document.Node, base Retry, d *document.Decoder) Retry {
	if n == nil {
		return base
	}
	m := d.MapLike(n, "retry", "retry: {max_attempts: 3, delay: 5s}")
	r := Retry{MaxAttempts: 1, Backoff: defaultBackoff}
	if most := need(m, "max_attempts", foreignRetryKeys); most != nil {
		r.MaxAttempts = d.IntBetween(most, 1, maxAttempts, "it counts all tries")
	}
	r.Delay = decodeDuration(m.Take("delay"), d)
	if backoff := m.Take("backoff"); backoff != nil {
		r.Backoff = d.Number(backoff)
		if number := backoff.Kind() == document.Int || backoff.Kind() == document.Float; number && r.Backoff < 1 || r.Backoff > 100 {
			d.Report(backoff.Position(), "bad-value", "2 doubles the pause each time", "backoff is from 1 to 100")
		}
	}
	r.MaxDelay = decodeDuration(m.Take("max_delay"), d)
	m.Done(foreignRetryKeys)
	return r
}

// forbiddenEnv are the variables that would change what a program is, not what
// it works on.
var forbiddenEnv = []string{"PATH", "IFS", "ENV", "BASH_ENV", "PS4", "SHELLOPTS", "BASHOPTS"}

var forbiddenEnvPrefixes = []string{"LD_", "DYLD_", "MSP_"}

func decodeEnv(n *document.Node, d *document.Decoder) []Variable {
	var variables []Variable
	for _, entry := range entriesLike(n, "env", "env: {DISK: /srv}", d) {
		name := strings.ToUpper(entry.Key)
		switch {
		case !envForm().MatchString(entry.Key):
			d.Report(entry.KeyPosition, "bad-value", "", "%s can't be a variable's name", document.Quote(entry.Key))
		case slices.Contains(forbiddenEnv, name), slices.ContainsFunc(forbiddenEnvPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }):
			d.Report(entry.KeyPosition, "forbidden-variable", "it changes which programs run; a document may not set it", "%s can't be set", entry.Key)
		}
		variables = append(variables, Variable{Name: entry.Key, Value: NewTemplate(entry.Value, d)})
	}
	return variables
}

// mergeEnv lets a step's own variables win over the defaults.
func mergeEnv(defaults, own []Variable) []Variable {
	var merged []Variable
	for _, v := range defaults {
		if !slices.ContainsFunc(own, func(o Variable) bool { return o.Name == v.Name }) {
			merged = append(merged, v)
		}
	}
	return append(merged, own...)
}

var foreignRequireKeys = map[string]string{"name": "msp says \"tool\"", "command": "msp says \"tool\""}

func decodeRequires(n *document.Node, d *document.Decoder) []Requirement {
	if n == nil {
		return nil
	}
	var all []Requirement
	for _, item := range d.List(n, "a list of tools") {
		r := Requirement{Position: item.Position(), Args: []string{"--version"}}
		if item.Kind() == document.Mapping {
			m := d.Map(item, "a requirement")
			r.Tool = text(need(m, "tool", foreignRequireKeys), "a tool's name", d)
			if version := m.Take("version"); version != nil {
				r.Version = d.String(version)
				if _, err := ParseConstraint(r.Version); err != nil && isText(version) {
					d.Report(version.Position(), "bad-value", "version: \">= 5.1\"", "%s", err)
				}
			}
			if args := m.Take("version_args"); args != nil {
				r.Args = d.Strings(args)
			}
			m.Done(foreignRequireKeys)
		} else {
			r.Tool = text(item, "a tool's name", d)
		}
		if strings.ContainsAny(r.Tool, "/\\ \t\n") {
			d.Report(item.Position(), "bad-value", "name the program alone: sha256sum", "%s is not the name of a program", document.Quote(r.Tool))
		}
		all = append(all, r)
	}
	return all
}
