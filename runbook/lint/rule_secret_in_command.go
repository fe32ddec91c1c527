package lint

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var secretInCommand = Rule{
	ID: "secret-in-command", Severity: Error,
	Summary: "a password, token or key stands in the runbook itself",
	Why: `Whoever can read the runbook can use the secret: everybody with the repository, its
history and every record of a run, which keeps the runbook word for word. A secret of the
runbook's secrets comes from outside, is masked in all that a step prints, and stands in
no record. One that has stood in a file has to be changed, not only moved.`,
	Source: "ISO/IEC 27001:2022, A.5.17 (authentication information); CWE-798",
	Bad: `steps:
  - id: queue
    title: The queue is empty
    run: test "$(curl --fail --user "monitor:$PASSWORD" https://mail.example/queue)" = 0
    env: {PASSWORD: vae9aeQu8aef}
    requires: [curl]`,
	Good: `secrets:
  - {name: MAIL_PASSWORD, from: {env: MAIL_PASSWORD}}
steps:
  - id: queue
    title: The queue is empty
    run: test "$(curl --fail --user "monitor:$PASSWORD" https://mail.example/queue)" = 0
    env: {PASSWORD: "${{ secrets.MAIL_PASSWORD }}"}
    requires: [curl]`,
	runbook: func(p *pass, r *runbook.Runbook) {
		found := &secrets{}
		for _, shape := range tokenShapes {
			if bytes.Contains(r.Source, []byte(shape.hint)) {
				texts(r.Root, func(n *document.Node) { found.shape(n, shape) })
			}
		}
		for i := range r.Steps {
			found.env(p.step(i).Value("env"))
		}
		found.env(p.node("defaults", "env"))
		for _, s := range p.scripts(r) {
			found.assignments(s)
			found.near(s)
			for _, c := range s.calls {
				found.options(c)
			}
		}
		for _, f := range found.all {
			p.report(f.node.TextPosition(f.from), `secrets: [{name: PASSWORD, from: {env: PASSWORD}}], and env: {PASSWORD: "${{ secrets.PASSWORD }}"} in the step; and change it`,
				"%s, %d characters, stands here for everybody to read", f.what, f.length)
		}
	},
}

// Hides reports whether a secret was found in the line of a place, so that nobody is to
// show it.
func (r Report) Hides(at document.Position) bool {
	here := func(f Finding) bool { return f.Rule == secretInCommand.ID && f.File == at.File && f.Line == at.Line }
	return slices.ContainsFunc(r.Findings, here) || slices.ContainsFunc(r.Waived, func(w Waived) bool { return here(w.Finding) })
}

// secrets are those that were found, each once.
type secrets struct{ all []secret }

// secret is where a secret stands. It is never kept itself.
type secret struct {
	node     *document.Node
	from, to int // in the node's text
	what     string
	length   int
}

// add takes a secret that stands somewhere in a text, unless it is none or is known.
func (s *secrets) add(n *document.Node, from int, value, what string) {
	to := from + len(value)
	known := slices.ContainsFunc(s.all, func(f secret) bool { return f.node == n && f.from < to && from < f.to })
	if !known && isSecret(value) {
		s.all = append(s.all, secret{n, from, to, what, utf8.RuneCountInString(strings.TrimSpace(value))})
	}
}

// addWord takes a word of a command, from some byte of its text on.
func (s *secrets) addWord(w word, from int, what string) {
	value := w.text[from:]
	switch {
	case w.computed:
	case w.item != nil:
		s.add(w.item, from, value, what)
	default:
		at := strings.Index(w.script.text[w.offset:], value) // behind quotes, or at the word's start
		s.add(w.script.node, w.offset+max(at, 0), value, what)
	}
}

func (s *secrets) shape(n *document.Node, shape tokenShape) {
	if !strings.Contains(n.Text(), shape.hint) {
		return
	}
	for _, at := range shape.form().FindAllStringSubmatchIndex(n.Text(), -1) {
		from, to := at[len(at)-2], at[len(at)-1] // the last group, or the whole
		s.add(n, from, n.Text()[from:to], shape.what)
	}
}

// env looks at variables whose names say that they hold a secret.
func (s *secrets) env(n *document.Node) {
	for _, field := range n.Fields() {
		if secretName(field.Key) && isScalarText(field.Value) {
			s.add(field.Value, 0, field.Value.Text(), "the value of "+field.Key)
		}
	}
}

func isScalarText(n *document.Node) bool {
	return n.Kind() == document.String || n.Kind() == document.Int
}

// assignments looks at NAME=value in a script.
func (s *secrets) assignments(from *script) {
	if from.tree == nil {
		return
	}
	syntax.Walk(from.tree, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil && a.Value != nil && secretName(a.Name.Value) {
			w := word{script: from, offset: int(a.Value.Pos().Offset())}
			w.text, w.computed = wordText(a.Value.Parts)
			s.addWord(w, 0, "the value of "+a.Name.Value)
		}
		return true
	})
}

// near looks for what looks drawn at random behind a word such as token.
func (s *secrets) near(from *script) {
	nodes := []*document.Node{from.node}
	if from.shell == "" {
		nodes = from.node.Items()
	}
	for _, n := range nodes {
		if !namesSecret(n.Text()) {
			continue
		}
		for _, at := range keyedValue().FindAllStringSubmatchIndex(n.Text(), -1) {
			if value := n.Text()[at[2]:at[3]]; looksRandom(value) {
				s.add(n, at[2], value, "a secret")
			}
		}
		if from.shell == "pwsh" {
			for _, at := range powershellSecret().FindAllStringSubmatchIndex(n.Text(), -1) {
				s.add(n, at[2], n.Text()[at[2]:at[3]], "a secret")
			}
		}
	}
}

// options looks at the arguments of a command that are secrets by their place.
func (s *secrets) options(c call) {
	short := shortSecrets()[c.name]
	for i, arg := range c.args {
		name, value, joined := strings.Cut(arg.text, "=")
		behind := i+1 < len(c.args)
		switch {
		case strings.HasPrefix(name, "-") && secretOption(name) && joined:
			s.addWord(arg, len(arg.text)-len(value), "the value of "+name)
		case strings.HasPrefix(name, "-") && secretOption(name) && behind && !strings.HasPrefix(c.args[i+1].text, "-"):
			s.addWord(c.args[i+1], 0, "the value of "+name)
		case short.joined != "" && strings.HasPrefix(arg.text, short.joined) && len(arg.text) > len(short.joined) && !strings.HasPrefix(arg.text, "--"):
			s.addWord(arg, len(short.joined), "the password of "+c.name)
		case short.option != "" && arg.text == short.option && behind:
			user, _, both := strings.Cut(c.args[i+1].text, short.behind)
			if short.behind == "" {
				s.addWord(c.args[i+1], 0, "the password of "+c.name)
			} else if both {
				s.addWord(c.args[i+1], len(user)+len(short.behind), "the password of "+c.name)
			}
		case strings.HasPrefix(arg.text, "pass:"):
			s.addWord(arg, len("pass:"), "a passphrase")
		default:
			if at := headerValue(arg.text); at > 0 {
				s.addWord(arg, at, "a token in a header")
			}
		}
	}
}
