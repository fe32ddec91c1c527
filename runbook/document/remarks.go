package document

import (
	"slices"
	"strings"
)

// remark is what stands between tokens: a line with a comment, or blank lines,
// which have no text.
type remark struct {
	indent int
	text   string
	end    int // the start of the next line
}

func anyRemark(remark) bool { return true }

// remarksText writes remarks as lines.
func remarksText(remarks []remark, indent int) string {
	var b strings.Builder
	for _, r := range remarks {
		if r.text != "" {
			b.WriteString(spaces(indent) + r.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// remarks are what stands up to the next token, one after the other.
func (f *formatter) remarks(yield func(remark) bool) {
	s, at := f.source, f.at
	if at > s.lineStart(at) { // behind a token
		if strings.TrimSpace(s.text[at:s.lineEnd(at)]) != "" {
			return
		}
		at = s.nextLine(at)
	}
	for at < len(s.text) {
		line := s.text[at:s.lineEnd(at)]
		text := strings.TrimLeft(line, " \t")
		if text != "" && text[0] != '#' {
			return
		}
		at = s.nextLine(at)
		if text == "" && at < len(s.text) && strings.TrimSpace(s.text[at:s.lineEnd(at)]) == "" {
			continue // one blank line stands for several
		}
		if !yield(remark{len(line) - len(text), strings.TrimRight(text, blanks), at}) {
			return
		}
	}
}

// before gives the lines before the token at offset, and goes there.
func (f *formatter) before(offset int) []remark {
	remarks := slices.Collect(f.remarks)
	f.at = offset
	return remarks
}

// take gives the next lines up to the last comment before one that isn't wanted,
// and goes behind them.
func (f *formatter) take(wanted func(remark) bool) []remark {
	var remarks []remark
	n := 0
	for r := range f.remarks {
		if r.text != "" && !wanted(r) {
			break
		}
		remarks = append(remarks, r)
		if r.text != "" {
			n = len(remarks)
		}
	}
	if n > 0 {
		f.at = remarks[n-1].end
	}
	return remarks[:n]
}

// token is the offset of the next token.
func (f *formatter) token() int {
	for at := f.at; at < len(f.source.text); at++ {
		switch c := f.source.text[at]; {
		case c == '#':
			at = f.source.lineEnd(at) - 1
		case strings.IndexByte(blanks, c) < 0:
			return at
		}
	}
	return len(f.source.text)
}

// behind gives the comment behind a token, with the space before it as it is, and
// goes to the end of the line.
func (f *formatter) behind() string {
	line := f.source.text[f.at:f.source.lineEnd(f.at)]
	text := strings.TrimLeft(line, " \t")
	if !strings.HasPrefix(text, "#") {
		return ""
	}
	f.at += len(line)
	return spaces(max(len(line)-len(text), 1)) + strings.TrimRight(text, blanks)
}

// key writes a key as it is, and goes behind it.
func (f *formatter) key(field Field) string {
	f.at = field.keyEnd()
	return f.source.text[field.keyStart:f.at]
}

// colon goes behind the colon of a key.
func (f *formatter) colon() {
	if at := f.token(); strings.HasPrefix(f.source.text[at:], ":") {
		f.at = at + 1
	}
}
