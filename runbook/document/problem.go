package document

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Position is a place in a file. Line and Column count from 1, the column in
// characters; zero means unknown.
type Position struct {
	File         string
	Line, Column int
}

// String is "file:line:column", without the parts that are unknown.
func (p Position) String() string {
	file := printable(p.File)
	if p.Line == 0 {
		return file
	}
	if file == "" {
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
}

// Compare orders positions by file, line and column, for slices.SortFunc.
func (p Position) Compare(other Position) int {
	return cmp.Or(
		cmp.Compare(p.File, other.File),
		cmp.Compare(p.Line, other.Line),
		cmp.Compare(p.Column, other.Column),
	)
}

// Problem is one thing wrong with a file. Rule is a stable name such as
// "unknown-key"; Message says what is wrong, Hint (may be empty) what to do.
type Problem struct {
	Position
	Rule, Message, Hint string
}

// Error is "file:line:column: rule: message", then the hint on its own line.
func (p Problem) Error() string {
	text := printable(p.Rule) + ": " + printable(p.Message)
	if at := p.Position.String(); at != "" {
		text = at + ": " + text
	}
	if p.Hint != "" {
		text += "\n     hint: " + printable(p.Hint)
	}
	return text
}

// String is Error: without it a Problem would print as its Position.
func (p Problem) String() string { return p.Error() }

// Problems are the problems of one or more files.
type Problems []Problem

// Error joins the problems in their order, one a line or two.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, problem := range p {
		texts[i] = problem.Error()
	}
	return strings.Join(texts, "\n")
}

// Err is the problems as an error: nil when there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Sort orders by file, line and column; problems at one place keep their order.
func (p Problems) Sort() {
	slices.SortStableFunc(p, func(a, b Problem) int { return a.Position.Compare(b.Position) })
}

// unique is a copy without repeated problems.
func (p Problems) unique() Problems {
	seen := make(map[Problem]bool, len(p))
	var kept Problems
	for _, problem := range p {
		if !seen[problem] {
			seen[problem] = true
			kept = append(kept, problem)
		}
	}
	return kept
}

// longestQuote is how many characters of a file's text a message repeats.
const longestQuote = 60

// Quote is text as a message shows it: in double quotes, control characters
// escaped, cut after 60 characters.
func Quote(text string) string { return strconv.Quote(shorten(text)) }

func shorten(text string) string {
	if len(text) <= longestQuote || utf8.RuneCountInString(text) <= longestQuote {
		return text
	}
	count := 0
	for i := range text {
		if count == longestQuote-1 {
			return text[:i] + "…"
		}
		count++
	}
	return text
}

// printable escapes what a terminal would obey or show as nothing.
func printable(text string) string {
	clean := func(r rune) bool { return unicode.IsPrint(r) && r != utf8.RuneError }
	if strings.IndexFunc(text, func(r rune) bool { return !clean(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if clean(r) {
			b.WriteString(text[:size])
		} else {
			quoted := strconv.Quote(text[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}
