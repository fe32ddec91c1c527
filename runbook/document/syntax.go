package document

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// complaint is the library's error, taken apart.
type complaint struct {
	text string // what it says, without prefix and line
	line int    // the line it gives, 0 if none; see locate for what it's worth
}

var lineNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^line ([0-9]+): `) })

func newComplaint(err error) complaint {
	c := complaint{text: strings.TrimPrefix(err.Error(), "yaml: ")}
	if match := lineNumber().FindStringSubmatch(c.text); match != nil {
		c.line, _ = strconv.Atoi(match[1])
		c.text = c.text[len(match[0]):]
	}
	return c
}

// fromParser says whether the complaint came from the stage after the scanner.
// Its line is then where the map or list around the mistake started, less one.
func (c complaint) fromParser() bool {
	for _, expected := range []string{"key", "'-' indicator", "',' or ']'", "',' or '}'", "node content", "<document start>"} {
		if c.text == "did not find expected "+expected {
			return true
		}
	}
	return false
}

// explain is the one problem for a text that the library can't read.
func (s *source) explain(err error, limits Limits) Problem {
	c := newComplaint(err)
	if strings.HasPrefix(c.text, "exceeded max depth") {
		return tooDeep(s.bracket(limits.Depth), limits)
	}
	if problem, ok := s.pasted(); ok {
		return problem
	}
	line, c := s.locate(c)
	problem := Problem{Position: s.start(line), Rule: "syntax"}
	for _, e := range explanations {
		if strings.Contains(c.text, e.says) {
			problem.Message, problem.Hint = e.message, e.hint
			if e.refine != nil {
				e.refine(s, c, &problem)
			}
			return problem
		}
	}
	problem.Message = "this is not YAML"
	return problem
}

// pasted is the problem of a text that can't be read because of lines that other
// programs left in it.
func (s *source) pasted() (Problem, bool) {
	for n := 1; n <= len(s.starts); n++ {
		problem := Problem{Position: s.at(n, 0), Rule: "syntax"}
		switch line := s.line(n); {
		case strings.HasPrefix(line, "<<<<<<< "), strings.HasPrefix(line, ">>>>>>> "):
			problem.Message = "a merge of two versions was left unfinished here"
			problem.Hint = "keep the lines of one, and remove <<<<<<<, ======= and >>>>>>>"
		case strings.HasPrefix(line, "```"):
			problem.Message = "this line is of Markdown and not of YAML"
			problem.Hint = "remove the lines that start with ```"
		default:
			continue
		}
		return problem, true
	}
	return Problem{}, false
}

// bracket is where an opening bracket passes the depth, by counting brackets:
// only for texts so deep that the library refuses them. The start of the text
// if they're not brackets.
func (s *source) bracket(depth int) Position {
	for i := range s.text {
		switch s.text[i] {
		case '[', '{':
			depth--
		case ']', '}':
			depth++
		}
		if depth < 0 {
			return s.positionOf(i)
		}
	}
	return s.at(1, 0)
}

// What locate may spend on reading the text's beginnings again.
const (
	locateTries = 64
	locateBytes = 4 << 20
)

// locate finds the line of a complaint. The library's own line is missing on
// the first line, and for the parser's complaints it is where the surrounding
// map or list starts. So the longest beginning of the text that reads well is
// sought: what follows it is wrong, or opens what is never closed.
func (s *source) locate(c complaint) (int, complaint) {
	read, _ := readYAML(s.text)
	read = min(max(read, 1), len(s.starts))
	budget := locateBytes
	later := c
	for line := read; line >= 1 && read-line < locateTries && budget > 0; line-- {
		head := s.text[:s.starts[line-1]]
		budget -= len(head)
		_, err := readYAML(head)
		if err == nil {
			return s.judge(line, c, later)
		}
		later = newComplaint(err)
	}
	first, _, _ := strings.Cut(s.text, "\n")
	_, err := readYAML(first)
	switch {
	case err != nil && newComplaint(err).text == c.text:
		c.line = 1 // the library gives the end of what starts on the first line
	case c.fromParser():
		c.line++
	}
	return min(max(c.line, 1), len(s.starts)), c
}

// judge chooses between the first bad line and the library's own. Later is the
// complaint about the text up to and with the bad line.
func (s *source) judge(line int, whole, later complaint) (int, complaint) {
	const open = "found unexpected end of stream"
	switch {
	case later.text == open:
		return line, later
	case !whole.fromParser() && whole.line > line && whole.line <= len(s.starts):
		return whole.line, whole
	}
	return line, whole
}
