package terminal

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tab is what a tab is printed as.
const tab = "    "

// Sanitize makes text from a child process, a document or a person harmless to
// print: control characters (C0, DEL, C1), line and paragraph separators and
// the characters that reorder a line become visible escapes such as \x1b, bytes
// that are not UTF-8 become U+FFFD, tabs become spaces. Newlines stay only when
// asked for. Sanitizing twice changes nothing more.
//
// The result is for eyes: text that already held the four characters \x1b looks
// the same afterwards.
func Sanitize(text string, keepNewlines bool) string {
	if harmless(text) {
		return text
	}
	var out strings.Builder
	out.Grow(len(text) + 16)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case r == '\n' && keepNewlines:
			out.WriteByte('\n')
		case r == '\t':
			out.WriteString(tab)
		case dangerous(r):
			out.WriteString(escape(r))
		default: // WriteRune makes U+FFFD of what is not UTF-8
			out.WriteRune(r)
		}
	}
	return out.String()
}

// harmless reports whether text is printable ASCII, which most text is.
func harmless(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// dangerous reports whether a terminal, or the eye, could be led astray.
func dangerous(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r <= 0x9f: // C0, DEL, C1
		return true
	case r == 0x2028, r == 0x2029: // line and paragraph separators
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // bidi embeddings, overrides, isolates
		return true
	}
	return false
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r <= 0xff:
		return fmt.Sprintf(`\x%02x`, r)
	default:
		return fmt.Sprintf(`\u%04x`, r)
	}
}

// flatten is text as one sanitized line, with every run of white space as one
// space: for what an author wrote over several lines.
func flatten(text string) string {
	return Sanitize(strings.Join(strings.Fields(text), " "), false)
}
