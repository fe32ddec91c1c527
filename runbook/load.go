package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook/document"
)

// The forms of names. A step's id stands in expressions, so it has no hyphen.
var (
	idForm      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`) })
	nameForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`) })
	versionForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$`) })
	envForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })
)

// IDHint says how an id is written, and what the text becomes that way.
func IDHint(text string) string {
	return likeHint(text, "lower-case letters, digits and hyphens", "-", idForm())
}

var notInNames = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^a-z0-9]+`) })

// likeHint is a hint about the form of names, with the name that a text becomes
// when other characters are replaced.
func likeHint(text, hint, between string, form *regexp.Regexp) string {
	name := strings.Trim(notInNames().ReplaceAllString(strings.ToLower(text), between), between)
	if name == text || !form.MatchString(name) {
		return hint + ", at most 63"
	}
	return hint + ": " + name
}

// formHint is the hint, except where quotes of a word processor stand in a text.
func formHint(text, hint string) string {
	if strings.ContainsAny(text, "“”„‘’") {
		return "write straight quotes, \" or ', or none"
	}
	return hint
}

// ValidID reports whether text may be the id of a runbook, a client or a
// writer.
func ValidID(text string) bool { return idForm().MatchString(text) }

// Digest names bytes by their SHA-256: "sha256:" and 64 hex digits.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Load reads one runbook from the bytes of a file. The runbook is nil when
// there are problems; the problems are all that the file has, in order.
func Load(file string, source []byte, kinds []Kind) (*Runbook, document.Problems) {
	root, problems := document.Parse(file, source, document.DefaultLimits)
	return loadTree(file, source, root, problems, kinds)
}

func loadTree(file string, source []byte, root *document.Node, problems document.Problems, kinds []Kind) (*Runbook, document.Problems) {
	var r *Runbook
	read, problems := decodeTree(root, problems, source, func(root *document.Node, d *document.Decoder) { r = decodeRunbook(root, kinds, d) })
	if len(problems) > 0 {
		return nil, problems
	}
	r.File, r.Document = file, read
	return r, nil
}

// The words of other tools, and of documents that come later.
var foreignRunbookKeys = map[string]string{
	"name": "msp says \"id\" and \"title\"", "description": "msp says \"rationale\"",
	"params": "msp says \"inputs\"", "parameters": "msp says \"inputs\"", "vars": "msp says \"inputs\"", "variables": "msp says \"inputs\"",
	"jobs": "msp says \"steps\"", "tasks": "msp says \"steps\"", "on": "msp says \"schedule\"", "cron": "put it into schedule: {cron: …}",
	"env":     "put it into each step, or into defaults: {env: …}",
	"timeout": "put it into each step, or into defaults: {timeout: …}",
}

func decodeRunbook(root *document.Node, kinds []Kind, d *document.Decoder) *Runbook {
	m := d.MapLike(root, "a runbook", headerHint)
	r := &Runbook{Class: Routine}
	if !DecodeHeader(m, KindRunbook, d) {
		return r
	}
	if id := need(m, "id", foreignRunbookKeys); id != nil {
		r.ID = d.String(id)
		checkForm(id, r.ID, idForm(), IDHint(r.ID), d)
	}
	if version := need(m, "version", foreignRunbookKeys); version != nil {
		r.Version = d.Text(version)
		checkForm(version, r.Version, versionForm(), "a version has three numbers: 1.4.0", d)
	}
	r.Title = title(need(m, "title", foreignRunbookKeys), d)
	if class := m.Take("class"); class != nil {
		r.Class = Class(d.Enum(class, "routine", "ad_hoc"))
	}
	decodeGovernance(r, m, d)
	r.Schedule = decodeSchedule(m.Take("schedule"), d)
	r.SLA = decodeSLA(m.Take("sla"), d)
	r.Escalation = decodeEscalation(m.Take("escalation"), d)
	r.Requires = decodeRequires(m.Take("requires"), d)
	inputs := m.Take("inputs")
	r.Inputs = DecodeFields(inputs, "an input", d)
	r.Secrets = decodeSecrets(m.Take("secrets"), d)
	scope := NewScope(r.Inputs, r.Secrets)
	scope.anyInput = inputs != nil && inputs.Kind() != document.Mapping || says(m, "inputs", foreignRunbookKeys)
	decodeSteps(r, m, scope, kinds, d)
	m.Done(foreignRunbookKeys)
	checkScopes(r, scope, d)
	return r
}

// checkScopes compiles every expression in the scope of its step. What hangs on
// a name that could not be read is not complained about as well.
func checkScopes(r *Runbook, scope *Scope, d *document.Decoder) {
	for _, s := range r.Steps {
		outputs := scope.outputsOf(s)
		s.check(scope, outputs, d)
		if s.ID != "" {
			scope.Add(s.ID, outputs)
		}
	}
}

// OutputTypes are the outputs of a step, its kind's and its own.
func (s *Step) OutputTypes() map[string]Type {
	outputs := map[string]Type{}
	if s.Action != nil {
		maps.Copy(outputs, s.Action.Outputs())
	}
	for _, o := range s.Outputs {
		outputs[o.Name] = o.Type
	}
	return outputs
}

func (s *Step) check(scope *Scope, outputs map[string]Type, d *document.Decoder) {
	s.If.Check(scope, d)
	for _, p := range s.Preconditions {
		p.Check(scope, d)
	}
	for _, v := range s.Env {
		v.Value.CheckWithSecrets(scope, d)
	}
	s.Dir.CheckPath(scope, d)
	if s.Action != nil {
		s.Action.Check(scope, d)
	}
	if s.Expect != nil {
		for _, e := range s.Expect.Expressions {
			e.Check(scope.WithResult(outputs), d)
		}
	}
	for _, n := range s.Normal {
		switch t, ok := outputs[n.Output]; {
		case ok && t == "", scope.anyOutput[s.ID]:
		case !ok:
			d.Report(n.Position, "unknown-reference", "", "normal names %q, which is not an output of the step", n.Output)
		case t != Number && t != Integer:
			d.Report(n.Position, "wrong-type", "give the output type: number", "normal compares numbers, and the output %s is a %s", n.Output, t)
		}
	}
}

// The small readers that every part of the model uses.

// entries are the keys of a map; none for no node or another type, which is
// reported.
func entries(n *document.Node, what string, d *document.Decoder) []document.Field {
	return entriesLike(n, what, "write it as key: value", d)
}

// entriesLike is entries with an example for whoever wrote something else.
func entriesLike(n *document.Node, what, example string, d *document.Decoder) []document.Field {
	if n == nil {
		return nil
	}
	d.MapLike(n, what, example)
	return n.Fields()
}

// need is m.Need, except where another tool's word for the key stands: its hint
// says what the key is called here.
func need(m *document.Map, key string, foreign map[string]string) *document.Node {
	return needBy(m, key, "missing-key", "", foreign)
}

// needBy is need for a key that a rule of its own asks for, with a hint.
func needBy(m *document.Map, key, rule, hint string, foreign map[string]string) *document.Node {
	if m.Has(key) || says(m, key, foreign) {
		return m.Take(key)
	}
	return m.NeedBy(key, rule, hint)
}

// says reports whether a map has another tool's word for one of its keys.
func says(m *document.Map, key string, foreign map[string]string) bool {
	return slices.ContainsFunc(m.Keys(), func(word string) bool {
		hint, known := foreign[word]
		return known && strings.Contains(hint, strconv.Quote(key))
	})
}

// isText and isScalar are false for what a reader has complained about itself.
func isText(n *document.Node) bool { return n.Kind() == document.String }

func isScalar(n *document.Node) bool {
	return n.Kind() != document.Null && n.Kind() != document.List && n.Kind() != document.Mapping
}

// text is a text that says something.
func text(n *document.Node, what string, d *document.Decoder) string {
	text := d.String(n)
	if isText(n) && strings.TrimSpace(text) == "" {
		d.Report(n.Position(), "bad-value", "", "%s is empty", what)
	}
	return text
}

func checkForm(n *document.Node, text string, form *regexp.Regexp, hint string, d *document.Decoder) {
	said := text != "" || n.Kind() == document.String // else it was absent, or reported already
	if said && !form.MatchString(text) {
		d.Report(n.Position(), "bad-value", formHint(text, hint), "%s doesn't have the right form", document.Quote(text))
	}
}

func checkName(name string, at document.Position, what string, d *document.Decoder) {
	if !nameForm().MatchString(name) {
		d.Report(at, "bad-value", nameHint(name), "%s can't be called %s", what, document.Quote(name))
	}
}

func nameHint(text string) string {
	return likeHint(text, "lower-case letters, digits and underscores", "_", nameForm())
}

// title is a line for people: never computed, so that no value and no secret
// can get into it.
func title(n *document.Node, d *document.Decoder) string { return line(n, "a title", d) }

func line(n *document.Node, what string, d *document.Decoder) string {
	text := text(n, what, d)
	if strings.Contains(text, "${{") {
		d.Report(n.Position(), "expression-in-title", "say it in words", "%s is fixed text", what)
	}
	if strings.ContainsAny(text, "\r\n") {
		d.Report(n.Position(), "bad-value", "what needs more lines stands in rationale", "%s is one line", what)
	}
	return text
}

func decodeDuration(n *document.Node, d *document.Decoder) Duration {
	return readDuration(n, ParseDuration, "a duration has a unit: 30s, 10m, 26h, 2d, 1w", d)
}

// decodeWorkingTime reads a duration that may be one of working time.
func decodeWorkingTime(n *document.Node, d *document.Decoder) Duration {
	return readDuration(n, ParseWorkingTime, "a duration has a unit: 30m, 26h, 2d, 1w, 4 business hours, 2 business days", d)
}

func readDuration(n *document.Node, parse func(string) (Duration, error), hint string, d *document.Decoder) Duration {
	if n == nil {
		return Duration{}
	}
	duration, err := parse(d.Text(n))
	if err != nil && isScalar(n) {
		d.Report(n.Position(), "duration", durationHint(n.Text(), hint), "%s is not a duration: %s", document.Quote(n.Text()), err)
	}
	return duration
}

func decodePercent(n *document.Node, d *document.Decoder) float64 {
	if n == nil {
		return 0
	}
	text, ok := strings.CutSuffix(d.Text(n), "%")
	percent, err := parseNumber(text)
	if !ok || err != nil || percent < 0 {
		if isScalar(n) {
			d.Report(n.Position(), "bad-value", PercentHint(n.Text()), "%s is not a percentage", document.Quote(n.Text()))
		}
		return 0
	}
	return percent
}

// PercentHint says how a share is written that was written as a number, or as a
// part of one.
func PercentHint(text string) string {
	number, err := parseNumber(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%")))
	switch {
	case err != nil || number <= 0 || number > 100, strings.HasSuffix(text, "%") && !strings.ContainsAny(text, " \t"): // as it should be
		return "write it like 95%"
	case number < 1 && !strings.Contains(text, "%"):
		number *= 100
	}
	return "write " + FormatNumber(number) + "%"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// unique reports a name that stands twice.
func unique(seen map[string]document.Position, name string, at document.Position, what string, d *document.Decoder) {
	if first, ok := seen[name]; ok {
		d.Report(at, "duplicate-id", "give one of them another", "%s %q stands twice, first in line %d", what, name, first.Line)
		return
	}
	seen[name] = at
}

func oneOf(count int, words ...string) string {
	if count == 0 {
		return "say one of " + strings.Join(words, ", ")
	}
	return fmt.Sprintf("keep one of %s", strings.Join(words, ", "))
}
