package lint

import (
	"path"
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"github.com/msp-runbook/msp/runbook/document"
)

// call is a command that a script starts, or the program of a step without a shell.
type call struct {
	words []word // as they are written, from sudo on
	name  string // of what is started in the end: rm, mkfs.ext4; "" where it is computed
	args  []word // of that
	fed   bool   // it has an input to read: a file, a pipe, a text

	statement *syntax.Stmt // that it is, with its redirections; nil outside of shells
	script    *script
}

// word is one word of a command.
type word struct {
	text     string // without quotes; an expansion stands as $NAME, or as $… where it is more
	computed bool   // some of it is known only in a run
	script   *script
	offset   int            // in the script's text
	item     *document.Node // of a list; nil for a word of a script
	syntax   *syntax.Word   // nil for a word of a list or of pwsh
}

func (w word) position() document.Position {
	if w.item != nil {
		return w.item.Position()
	}
	return w.script.at(w.offset)
}

// title is the command as people know it.
func (c call) title() string {
	if c.script.shell == "pwsh" {
		return c.words[0].text
	}
	return c.name
}

// position is where the command stands.
func (c call) position() document.Position { return c.words[0].position() }

// program takes the words of a step without a shell.
func (s *script) program(items []*document.Node) {
	var words []word
	for _, item := range items {
		words = append(words, word{text: item.Text(), computed: strings.Contains(item.Text(), "${{"), script: s, item: item})
	}
	if len(words) > 0 {
		s.calls = []call{s.newCall(words, false)}
	}
}

func (s *script) addCall(n *syntax.CallExpr, fed bool) {
	if len(n.Args) == 0 {
		return
	}
	words := make([]word, len(n.Args))
	for i, arg := range n.Args {
		words[i] = word{script: s, offset: int(arg.Pos().Offset()), syntax: arg}
		words[i].text, words[i].computed = wordText(arg.Parts)
	}
	s.calls = append(s.calls, s.newCall(words, fed))
}

// wordText is a word without its quotes.
func wordText(parts []syntax.WordPart) (text string, computed bool) {
	if len(parts) == 1 {
		if plain, ok := parts[0].(*syntax.Lit); ok {
			return unescape(plain.Value), false
		}
	}
	var b strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(part.Value))
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			inner, also := wordText(part.Parts)
			b.WriteString(inner)
			computed = computed || also
		case *syntax.ParamExp:
			computed = true
			b.WriteString("$" + plainName(part))
		default:
			computed = true
			b.WriteString("$…")
		}
	}
	return b.String(), computed
}

// plainName is the variable of an expansion that is nothing but its value; "…"
// for others.
func plainName(e *syntax.ParamExp) string {
	if e.Param == nil || e.Excl || e.Length || e.Index != nil || e.Slice != nil || e.Repl != nil || e.Exp != nil {
		return "…"
	}
	return e.Param.Value
}

func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
			if text[i] == '\n' {
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// wrapper is a command that starts another: the letters of its options that take
// a value, and how many words stand before the other command.
type wrapper struct {
	valued string
	before int
}

var wrappers = sync.OnceValue(func() map[string]wrapper {
	return map[string]wrapper{
		"sudo": {"CDghpRrTtUu", 0}, "doas": {"Cu", 0}, "env": {"CSu", 0}, "nohup": {}, "nice": {"n", 0}, "ionice": {"cnpu", 0},
		"time": {"fo", 0}, "timeout": {"ks", 1}, "command": {}, "builtin": {}, "exec": {"a", 0}, "setsid": {}, "stdbuf": {"eio", 0},
		"flock": {"Ew", 1}, "xargs": {"adEIiLlnPs", 0}, "busybox": {}, "chroot": {"", 1},
	}
})

// newCall looks through the commands that start another.
func (s *script) newCall(words []word, fed bool) call {
	c := call{words: words, fed: fed, script: s}
	for {
		c.name, c.args = "", words[1:]
		if !words[0].computed {
			c.name = baseName(words[0].text)
		}
		w, found := wrappers()[c.name]
		if !found || c.name == "command" && len(words) > 1 && strings.HasPrefix(words[1].text, "-") {
			return c
		}
		rest := w.behind(words[1:])
		if len(rest) == 0 {
			return c
		}
		words = rest
	}
}

func baseName(name string) string {
	if strings.Contains(name, "/") {
		name = path.Base(name)
	}
	return strings.TrimSuffix(name, ".exe")
}

// behind are the words of the command that a wrapper starts.
func (w wrapper) behind(words []word) []word {
	for len(words) > 0 {
		text := words[0].text
		switch {
		case text == "--":
			return words[min(1+w.before, len(words)):]
		case len(text) > 1 && text[0] == '-':
			words = words[1:]
			if takesValue(text, w.valued) && len(words) > 0 {
				words = words[1:]
			}
		case isAssignment(text):
			words = words[1:]
		default:
			return words[min(w.before, len(words)):]
		}
	}
	return nil
}

// isAssignment recognizes what env and sudo take before a command: NAME=value.
func isAssignment(text string) bool {
	name, _, found := strings.Cut(text, "=")
	return found && syntax.ValidName(name)
}

// has reports whether an argument is one of the options. An option of one letter is
// found among others too: r in -rf. What stands behind -- is none.
func (c call) has(options ...string) bool {
	for _, arg := range c.args {
		if arg.text == "--" {
			return false
		}
		if slices.ContainsFunc(options, func(option string) bool { return isOption(arg.text, option) }) {
			return true
		}
	}
	return false
}

func isOption(text, option string) bool {
	letter := len(option) == 2 && option[0] == '-' && option[1] != '-'
	switch {
	case text == option:
		return true
	case letter:
		return len(text) > 2 && text[0] == '-' && text[1] != '-' && strings.IndexByte(text, option[1]) > 0
	}
	return strings.HasPrefix(option, "--") && strings.HasPrefix(text, option+"=")
}

// operands are the arguments that are no options.
func (c call) operands() []word { return c.operandsBeside("") }

// operandsBeside are the operands where some letters are options that take the next
// word as their value.
func (c call) operandsBeside(valued string) []word {
	var all []word
	for i, arg := range c.args {
		switch {
		case arg.text == "--":
			return append(all, c.args[i+1:]...)
		case len(arg.text) > 1 && arg.text[0] == '-':
		case i > 0 && takesValue(c.args[i-1].text, valued):
		default:
			all = append(all, arg)
		}
	}
	return all
}

// takesValue reports whether a word is an option whose value is the next word, by the
// letters of those that take one.
func takesValue(text, valued string) bool {
	return len(text) > 1 && text[0] == '-' && text[1] != '-' && strings.IndexAny(text, valued) == len(text)-1
}

// operand is the n-th of them; "" for none.
func (c call) operand(n int) string {
	if all := c.operands(); n < len(all) {
		return all[n].text
	}
	return ""
}

// says reports whether a word is among the arguments.
func (c call) says(words ...string) bool {
	return slices.ContainsFunc(c.args, func(arg word) bool { return slices.Contains(words, arg.text) })
}
