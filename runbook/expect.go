package runbook

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// Expect is what a step's result must be. Without one, a program must exit 0.
type Expect struct {
	ExitCodes   []int // any of these; empty is 0 alone
	Equals      *string
	Contains    string
	Pattern     *regexp.Regexp
	Expressions []*Expression
}

// CheckExit says why an exit code is not an accepted one: a *Failure, or nil.
// A nil Expect accepts 0.
func (e *Expect) CheckExit(exit Exit) error {
	accepted := []int{0}
	if e != nil && len(e.ExitCodes) > 0 {
		accepted = e.ExitCodes
	}
	if slices.Contains(accepted, exit.Code) {
		return nil
	}
	words := make([]string, len(accepted))
	for i, code := range accepted {
		words[i] = strconv.Itoa(code)
	}
	return &Failure{Found: exit.Words, Expected: "exit code " + strings.Join(words, " or ")}
}

// Check says why the rest of a result is not what was expected: a *Failure,
// another error when that can't be told, or nil.
func (e *Expect) Check(stdout string, v Values) error {
	if e == nil {
		return nil
	}
	text := strings.TrimRight(stdout, "\r\n")
	switch {
	case e.Equals != nil && text != *e.Equals:
		return &Failure{Found: fmt.Sprintf("stdout is %q", cut(text)), Expected: fmt.Sprintf("%q", cut(*e.Equals))}
	case e.Contains != "" && !strings.Contains(stdout, e.Contains):
		return &Failure{Found: "stdout is something else", Expected: fmt.Sprintf("it to contain %q", cut(e.Contains))}
	case e.Pattern != nil && !e.Pattern.MatchString(stdout):
		return &Failure{Found: "stdout is something else", Expected: fmt.Sprintf("it to match %s", e.Pattern)}
	}
	for _, expression := range e.Expressions {
		truth, err := expression.True(v)
		if err != nil {
			return err
		}
		if !truth {
			return &Failure{Found: "it does not hold that " + expression.Source}
		}
	}
	return nil
}

// UsesStdout reports whether the program's stdout has to be kept for Check.
func (e *Expect) UsesStdout() bool {
	return e != nil && (e.Equals != nil || e.Contains != "" || e.Pattern != nil || len(e.Expressions) > 0)
}

func cut(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

func decodeExpect(n *document.Node, d *document.Decoder) *Expect {
	if n == nil {
		return nil
	}
	m := d.MapLike(n, "expect", "expect: {exit_code: 0}")
	if n.Kind() == document.Mapping && len(m.Keys()) == 0 {
		d.Report(n.Position(), "empty-expect", "say exit_code, stdout or expressions, or leave expect out", "an empty expect asserts nothing")
	}
	e := &Expect{ExitCodes: decodeExitCodes(m.Take("exit_code"), d)}
	if stdout := m.Take("stdout"); stdout != nil {
		s := d.MapLike(stdout, "expect.stdout", "stdout: {contains: …}")
		if equals := s.Take("equals"); equals != nil {
			text := d.String(equals)
			e.Equals = &text
		}
		e.Contains = said(s.Take("contains"), d)
		e.Pattern = decodePattern(s.Take("pattern"), d)
		if stdout.Kind() == document.Mapping && len(s.Keys()) == 0 {
			d.Report(stdout.Position(), "empty-expect", "say equals, contains or pattern", "an empty stdout asserts nothing")
		}
		s.Done(nil)
	}
	if list := m.Take("expressions"); list != nil {
		items := d.List(list, "a list of expressions")
		if list.Kind() == document.List && len(items) == 0 {
			d.Report(list.Position(), "empty-expect", "", "an empty list of expressions asserts nothing")
		}
		for _, item := range items {
			e.Expressions = append(e.Expressions, NewExpression(item, d))
		}
	}
	m.Done(map[string]string{"exit-code": "msp says \"exit_code\"", "rc": "msp says \"exit_code\"", "status": "msp says \"exit_code\""})
	return e
}

// said is a text that not every stdout contains.
func said(n *document.Node, d *document.Decoder) string {
	text := d.String(n)
	if text == "" && isText(n) {
		d.Report(n.Position(), "empty-expect", "equals: \"\" is for no output", "everything contains an empty text")
	}
	return text
}

func decodeExitCodes(n *document.Node, d *document.Decoder) []int {
	if n == nil {
		return nil
	}
	if n.Kind() != document.List {
		return []int{d.Int(n)}
	}
	codes := []int{}
	for _, item := range n.Items() {
		codes = append(codes, d.Int(item))
	}
	if len(codes) == 0 {
		d.Report(n.Position(), "empty-expect", "", "an empty list of exit codes can never be met")
	}
	return codes
}
