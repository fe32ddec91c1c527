package document

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// explanation says in words for people what the library complains of.
type explanation struct {
	says          string // part of the library's text
	message, hint string
	refine        func(*source, complaint, *Problem) // looks at the line, may be nil
}

const (
	indentHint       = "line it up with the lines around it"
	directiveMessage = `a line that starts with "%" is a directive, which msp doesn't know`
	directiveHint    = "remove it; text that starts with % goes in quotes"
)

// explanations are tried in order.
var explanations = []explanation{
	{says: "mapping values are not allowed", message: "a key can't stand here", hint: indentHint, refine: secondColon},
	{says: "did not find expected key", message: "this line doesn't fit the map that it stands in", hint: indentHint, refine: misfit},
	{says: "did not find expected '-' indicator", message: "this line doesn't fit the list that it stands in", hint: indentHint, refine: misfit},
	{says: "could not find expected ':'", message: "a key has no colon", hint: "write key: value; a line of a longer text is indented like the others of it", refine: noColon},
	{says: "did not find expected ',' or ']'", message: `a "[" is never closed, or a comma is missing`, hint: `put commas between the items, and a "]" behind the last`, refine: flow},
	{says: "did not find expected ',' or '}'", message: `a "{" is never closed, or a comma is missing`, hint: `put commas between the items, and a "}" behind the last`, refine: flow},
	{says: "did not find expected node content", message: "a value is missing here", hint: "text with special characters goes in quotes", refine: flow},
	{says: "did not find expected <document start>", message: "the document has ended before this", hint: indentHint, refine: misfit},
	{says: "found unexpected end of stream", message: "the quoted text that starts here isn't closed on its line", refine: openQuote},
	{says: "found unexpected document indicator", message: `a quoted text isn't closed before the line "---" or "..."`},
	{
		says: "unknown escape character", message: "a backslash in double quotes starts an escape that doesn't exist",
		hint: `write \\ for a backslash, or use single quotes`, refine: wrongEscape,
	},
	{
		says: "hexdecimal number", message: "an escape in double quotes lacks its hexadecimal digits",
		hint: `write \\ for a backslash, or use single quotes`, refine: wrongEscape,
	},
	{says: "invalid Unicode character escape", message: "an escape in double quotes is not a character", refine: wrongEscape},
	{
		says: "block sequence entries are not allowed", message: "a list can't start here",
		hint: `start each item on a line of its own, with "- "`, refine: at(": *- ", "-"),
	},
	{says: "mapping keys are not allowed", message: `a "?" starts a key that can't stand here`, hint: "put the text in quotes", refine: at(`[:\-] *\? `, "?")},
	{says: "alphabetic or numeric character", refine: anchorOrAlias},
	{says: "unknown anchor", refine: anchorOrAlias},
	{says: "non-alphabetical character", message: directiveMessage, hint: directiveHint},
	{says: "tag", refine: brokenTag},
	{says: "did not find expected '!'", refine: brokenTag},
	{says: "URI escaped octet", refine: brokenTag},
	{says: "UTF-8 octet", refine: brokenTag},
	{says: "did not find the expected '>'", refine: brokenTag},
	{says: "did not find expected whitespace or line break", refine: brokenTag},
	{says: "indentation indicator equal to 0", message: "a block's indentation can't be 0", hint: `write just "|" or ">"`},
	{
		says: "did not find expected comment or line break", message: "there is text behind the sign that starts a block",
		hint: "put the text on the next line, indented, or the whole value in quotes", refine: at(`[|>][-+0-9]*[^-+0-9]`, "|>"),
	},
	{says: "found a tab character", refine: tabIndent},
	{says: "cannot start any token", refine: cannotStart},
	{says: "directive", message: directiveMessage, hint: directiveHint},
	{says: "version number", message: "the %YAML line has no version", hint: "remove the line"},
	{says: "digit or '.'", message: "the %YAML line has no version", hint: "remove the line"},
	{says: "incompatible YAML document", message: "this version of YAML is not known", hint: "remove the line that starts with %YAML"},
	{says: "expected whitespace", message: directiveMessage, hint: directiveHint},
}

// keyed is a line that gives a key a value without quotes.
var keyed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\s*(?:- +)*[^\s"'#:\[\]{},][^"'#:\[\]{},]*:\s+)(\S.*)$`)
})

// keyValue splits a line like "title: a: b" into the byte where the value
// starts and the value, without a comment.
func keyValue(line string) (int, string) {
	match := keyed().FindStringSubmatch(line)
	if match == nil {
		return 0, ""
	}
	value, _, _ := strings.Cut(match[2], " #")
	return len(match[1]), strings.TrimRight(value, " \t")
}

// secondColon: `title: Step 1: stop` on one line, or a key indented too deep.
func secondColon(s *source, c complaint, problem *Problem) {
	if s.tabbed(problem) {
		return
	}
	line := s.line(problem.Line)
	at, value := keyValue(line)
	colon := strings.Index(value, ": ")
	if colon < 0 && strings.HasSuffix(value, ":") {
		colon = len(value) - 1
	}
	switch {
	case colon < 0 && problem.Line > 1:
		problem.Message = "a key stands where the value above it goes on"
		problem.Hint = `line it up with the lines around it; text of several lines has a "|" behind its key`
		s.above(problem)
		return
	case colon < 0:
		return
	case strings.ContainsAny(value[:1], `"'[{`):
		misfit(s, c, problem)
		return
	}
	problem.Position = s.at(problem.Line, at+colon)
	problem.Message = `a second ":" in a value without quotes`
	problem.Hint = "put the value in quotes: " + Quote(value)
}

// above looks for what made the line above a text, so that no key can follow it:
// a sign that only looks like a dash, or a sign without its space.
func (s *source) above(problem *Problem) {
	n := problem.Line - 1
	for n > 1 && strings.TrimSpace(s.line(n)) == "" {
		n--
	}
	line := s.line(n)
	switch at := s.start(n); {
	case falseDash().MatchString(line):
		problem.Position = at
		problem.Message, problem.Hint = `an item of a list starts with "-" and a space, and this only looks like it`, "type the dash and the space again"
	case tightColon().MatchString(line):
		problem.Position = at
		problem.Message, problem.Hint = "a colon has no space behind it", "write key: value"
		problem.Column += len(itemSigns().FindString(line[at.Column-1:]))
	}
}

// misfit: the line's indentation is wrong, or a quoted text goes on behind its
// quote.
func misfit(s *source, _ complaint, problem *Problem) {
	if s.tabbed(problem) {
		return
	}
	line := s.line(problem.Line)
	at, value := keyValue(line)
	if value == "" {
		at = problem.Column - 1
		value = strings.TrimLeft(line, " ")
	}
	closing := closingQuote(value)
	if closing > 0 && strings.TrimSpace(value[closing:]) != "" {
		problem.Position = s.at(problem.Line, at+closing)
		problem.Message = "there is text behind the closing quote"
		problem.Hint = "put the whole value in quotes; inside single quotes, write '' for one quote"
		return
	}
	if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
		problem.Message = "there is text behind a closing bracket"
		problem.Hint = "put the whole value in quotes: " + Quote(value)
		closing := closingBracket(value)
		if rest := strings.TrimSpace(value[closing:]); rest != "" && strings.Trim(rest, "]}") == "" {
			problem.Message, problem.Hint = "a bracket is closed that was never opened", "remove it"
			at += closing
		}
		problem.Position = s.at(problem.Line, at)
	}
}

// closingBracket is the byte behind the bracket that closes the first one, 0 if
// none does.
func closingBracket(value string) int {
	depth := 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '"', '\'':
			i += max(closingQuote(value[i:])-1, 0)
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// closingQuote is the byte behind the quote that ends a quoted text, 0 if the
// text isn't quoted or goes on beyond the line.
func closingQuote(value string) int {
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return 0
	}
	quote := value[0]
	for i := 1; i < len(value); i++ {
		switch {
		case quote == '"' && value[i] == '\\':
			i++
		case value[i] != quote:
		case quote == '\'' && strings.HasPrefix(value[i:], "''"):
			i++
		default:
			return i + 1
		}
	}
	return 0
}

// noColon: a word alone, or id:value or -item without a space.
func noColon(s *source, c complaint, problem *Problem) {
	misfit(s, c, problem)
	if problem.Rule != "syntax" {
		return
	}
	switch line := s.line(problem.Line); {
	case equals().MatchString(line):
		problem.Message, problem.Hint = `a key has "=" behind it and no colon`, "write key: value"
	case tightColon().MatchString(line):
		problem.Message, problem.Hint = "a colon has no space behind it", "write key: value"
	case tightDash().MatchString(line):
		problem.Message, problem.Hint = "a dash has no space behind it", `write "- " before each item`
	}
}

var (
	tightColon = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(?:- +)*[A-Za-z_][A-Za-z0-9_-]*:\S`) })
	itemSigns  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:- +)*`) })
	equals     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(?:- +)*[A-Za-z_][A-Za-z0-9_-]* *= *\S`) })
	falseDash  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(?:[‐-―−•]|-\x{a0})`) })
	tightDash  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*-[^-\s]`) })
)

// at points at the first of some characters in what a pattern matches.
func at(pattern, characters string) func(*source, complaint, *Problem) {
	match := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	return func(s *source, _ complaint, problem *Problem) {
		line := s.line(problem.Line)
		if found := match().FindStringIndex(line); found != nil {
			problem.Position = s.at(problem.Line, found[0]+strings.IndexAny(line[found[0]:], characters))
		}
	}
}

// flow: ${{ … }} inside { } or [ ] needs quotes.
func flow(s *source, _ complaint, problem *Problem) {
	line := s.line(problem.Line)
	if i := strings.Index(line, "{{"); i >= 0 && strings.Count(line[:i], `"`)%2 == 0 && strings.Count(line[:i], "'")%2 == 0 {
		if i > 0 && line[i-1] == '$' {
			i--
		}
		expression := line[i:]
		if end := strings.Index(expression, "}}"); end > 0 {
			behind := expression[end+2:]
			expression = expression[:end+2] + behind[:strings.IndexAny(behind+",", " \t,[]{}")]
		}
		problem.Position = s.at(problem.Line, i)
		problem.Message = `"{{" without quotes inside brackets`
		problem.Hint = "put it in quotes: " + Quote(expression)
		return
	}
	if i := strings.IndexAny(line, "[{"); i >= 0 {
		problem.Position = s.at(problem.Line, i)
		if strings.Contains(line[i:], " #") {
			problem.Hint = "a # behind a space starts a comment: put the text in quotes"
		}
	} else if i, value := keyValue(s.line(problem.Line)); value != "" {
		problem.Position = s.at(problem.Line, i)
	}
}

// openQuote points at the quote that is never closed: the first on the line
// that no other closes.
func openQuote(s *source, _ complaint, problem *Problem) {
	line := s.line(problem.Line)
	for i := 0; i < len(line); i++ {
		if line[i] != '"' && line[i] != '\'' || i > 0 && !strings.ContainsRune(" \t[{,:-", rune(line[i-1])) {
			continue
		}
		closing := closingQuote(line[i:])
		if closing == 0 {
			problem.Position = s.at(problem.Line, i)
			problem.Hint = fmt.Sprintf("close it with %c", line[i])
			return
		}
		i += closing - 1
	}
}

var badEscape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\\(?:[^0abtnvfre "/\\N_LPxuU\t]|x[0-9A-Fa-f]{0,1}(?:[^0-9A-Fa-f]|$)|[uU])`)
})

func wrongEscape(s *source, _ complaint, problem *Problem) {
	line := strings.ReplaceAll(s.line(problem.Line), `\\`, "  ")
	if at := badEscape().FindStringIndex(line); at != nil {
		problem.Position = s.at(problem.Line, at[0])
	}
}

// anchorOrAlias: *.log, *name or & without quotes.
func anchorOrAlias(s *source, c complaint, problem *Problem) {
	sign := "*&"
	if name := strings.Split(c.text, "'"); len(name) > 1 {
		sign = "*"
		for !strings.Contains(s.line(problem.Line), "*"+name[1]) && problem.Line < len(s.starts) {
			problem.Position = s.start(problem.Line + 1)
		}
	}
	problem.Position = s.sign(problem.Position, sign+"!")
	rest := s.rest(problem.Position)
	switch {
	case strings.HasPrefix(rest, "!"): // if: !steps.a.ok && steps.b.ok
		*problem = tagProblem(problem.Position, rest, "")
	case strings.HasPrefix(rest, "&"):
		*problem = anchorProblem(problem.Position, rest)
	default:
		*problem = aliasProblem(problem.Position, rest)
	}
}

func brokenTag(s *source, _ complaint, problem *Problem) {
	at := s.sign(problem.Position, "!")
	*problem = tagProblem(at, s.rest(at), "")
}

// sign is the position of the first of some characters on a line that stands
// where a value starts; from itself if there is none.
func (s *source) sign(from Position, characters string) Position {
	line := s.line(from.Line)
	for i := range line {
		if strings.IndexByte(characters, line[i]) >= 0 && (i == 0 || strings.IndexByte(" \t[{,", line[i-1]) >= 0) {
			return s.at(from.Line, i)
		}
	}
	return from
}

func tabIndent(s *source, _ complaint, problem *Problem) {
	for line := problem.Line; line <= len(s.starts); line++ {
		problem.Line = line
		if s.tabbed(problem) {
			return
		}
	}
	problem.Rule, problem.Message, problem.Hint = "tab-indent", "a tab stands where only spaces may", "indent with spaces"
}

// tabbed turns the problem into tab-indent if a tab indents its line.
func (s *source) tabbed(problem *Problem) bool {
	line := s.line(problem.Line)
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t-"))]
	tab := strings.IndexByte(indent, '\t')
	if tab < 0 {
		return false
	}
	problem.Position = s.at(problem.Line, tab)
	problem.Rule = "tab-indent"
	problem.Message = "a tab indents this line"
	problem.Hint = "indent with spaces"
	return true
}

// cannotStart: a tab, or a value that starts with @, ` or %.
func cannotStart(s *source, _ complaint, problem *Problem) {
	if s.tabbed(problem) {
		return
	}
	problem.Position = s.sign(problem.Position, "@`%\t")
	rest := s.rest(problem.Position)
	problem.Message = "a value can't start with this character"
	if rest != "" && strings.IndexByte("@`%", rest[0]) >= 0 {
		problem.Message = fmt.Sprintf("a value can't start with %q", rest[:1])
	}
	value := restOfLine(rest)
	if before := s.line(problem.Line)[:len(s.line(problem.Line))-len(firstLine(rest))]; strings.ContainsAny(before, "[{") {
		value = plainText(rest) // an item in brackets ends with its comma
	}
	problem.Hint = "put the value in quotes: " + Quote(value)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r")
}
