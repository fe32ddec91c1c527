package terminal

import (
	"regexp"
	"strings"
	"sync"
)

// textLine is one line of rendered Markdown.
type textLine struct {
	text    string
	heading bool
}

var (
	headingMark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#{1,6}[ \t]+`) })
	listMark    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ \t]*([-*+]|[0-9]{1,9}[.)])[ \t]+`) })
)

// markdown renders instructions for a terminal: headings without their marks,
// paragraphs and lists wrapped, code and tables as they are. Emphasis keeps its
// marks, which read well enough and never mislead.
func markdown(source string, width int) []textLine {
	r := &markdownRenderer{width: width}
	for line := range strings.SplitSeq(strings.Trim(source, "\r\n"), "\n") {
		r.add(strings.TrimSuffix(line, "\r"))
	}
	r.endParagraph()
	return r.out
}

type markdownRenderer struct {
	width int
	out   []textLine
	fence string // what closes the code that is open
	first string // what stands before the paragraph that is open: a list's mark
	words []string
}

func (r *markdownRenderer) add(line string) {
	text := strings.TrimSpace(line)
	switch {
	case r.fence != "":
		if text == r.fence {
			r.fence = ""
		}
		r.literal(line)
	case strings.HasPrefix(text, "```"), strings.HasPrefix(text, "~~~"):
		r.endParagraph()
		r.fence = text[:3]
		r.literal(line)
	case text == "":
		r.endParagraph()
		r.out = append(r.out, textLine{})
	case headingMark().MatchString(text):
		r.endParagraph()
		title := flatten(strings.TrimRight(headingMark().ReplaceAllString(text, ""), "# "))
		for _, row := range wrap(title, r.width) {
			r.out = append(r.out, textLine{text: row, heading: true})
		}
	case strings.HasPrefix(text, "|"), strings.HasPrefix(line, tab) && r.words == nil, strings.HasPrefix(line, "\t") && r.words == nil:
		r.endParagraph()
		r.literal(line)
	case listMark().MatchString(line):
		r.endParagraph()
		r.first = Sanitize(listMark().FindString(line), false)
		r.words = []string{line[len(listMark().FindString(line)):]}
	case strings.HasPrefix(text, ">"):
		r.endParagraph()
		r.first, r.words = "> ", []string{strings.TrimSpace(text[1:])}
	default:
		r.words = append(r.words, text)
	}
	if hardBreak(line) {
		r.breakLine()
	}
}

// hardBreak reports whether the author wants the line to end where it does:
// two spaces or a backslash say so.
func hardBreak(line string) bool {
	return strings.HasSuffix(line, "  ") || strings.HasSuffix(line, `\`)
}

// breakLine ends a line of the paragraph, which goes on below it.
func (r *markdownRenderer) breakLine() {
	if r.words == nil {
		return
	}
	last := len(r.words) - 1
	r.words[last] = strings.TrimSuffix(r.words[last], `\`)
	indent := pad(cells(r.first))
	r.endParagraph()
	r.first = indent
}

// literal keeps a line as it was written, but breaks it where the screen ends:
// the terminal would go on at the first column, where msp's own lines begin.
func (r *markdownRenderer) literal(line string) {
	r.endParagraph()
	for _, row := range hardWrap(Sanitize(line, false), r.width) {
		r.out = append(r.out, textLine{text: row})
	}
}

func (r *markdownRenderer) endParagraph() {
	if r.words == nil {
		r.first = ""
		return
	}
	for _, row := range hang(r.first, flatten(strings.Join(r.words, " ")), r.width) {
		r.out = append(r.out, textLine{text: row})
	}
	r.first, r.words = "", nil
}
