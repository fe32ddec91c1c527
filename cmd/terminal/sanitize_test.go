package terminal

import (
	"testing"
	"unicode/utf8"
)

func TestSanitize(t *testing.T) {
	for _, test := range []struct{ text, line, block string }{
		{"", "", ""},
		{"plain ASCII ~", "plain ASCII ~", "plain ASCII ~"},
		{"Grüße 汉字 👩‍💻 ✓", "Grüße 汉字 👩‍💻 ✓", "Grüße 汉字 👩‍💻 ✓"},
		{"a\nb", `a\nb`, "a\nb"},
		{"a\r\nb", `a\r\nb`, "a\\r\nb"},
		{"a\tb", "a    b", "a    b"},
		{"\x1b[2J", `\x1b[2J`, `\x1b[2J`},
		{"\x1b]0;title\x07", `\x1b]0;title\x07`, `\x1b]0;title\x07`},
		{"\b\x00\x7f", `\x08\x00\x7f`, `\x08\x00\x7f`},
		{"\u009b2J \u0085", `\x9b2J \x85`, `\x9b2J \x85`},
		{"\x9b2J\xff", "\ufffd2J\ufffd", "\ufffd2J\ufffd"},
		{"\u202egnp.exe\u202c", `\u202egnp.exe\u202c`, `\u202egnp.exe\u202c`},
		{"\u2066x\u2069\u2028\u2029", `\u2066x\u2069\u2028\u2029`, `\u2066x\u2069\u2028\u2029`},
	} {
		if got := Sanitize(test.text, false); got != test.line {
			t.Errorf("%q: %q, want %q", test.text, got, test.line)
		}
		if got := Sanitize(test.text, true); got != test.block {
			t.Errorf("%q with newlines: %q, want %q", test.text, got, test.block)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, text := range badLines {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, newlines := range []bool{false, true} {
			got := Sanitize(text, newlines)
			if !utf8.ValidString(got) {
				t.Errorf("%q is not UTF-8", got)
			}
			for _, r := range got {
				if dangerous(r) && (r != '\n' || !newlines) {
					t.Errorf("%q is left in %q", r, got)
				}
			}
			if again := Sanitize(got, newlines); again != got {
				t.Errorf("%q then %q", got, again)
			}
		}
		for _, width := range []int{1, 7, 40} {
			for _, line := range wrap(flatten(text), width) {
				if cells(line) > max(width, 2) {
					t.Errorf("%q is wider than %d", line, width)
				}
			}
		}
	})
}
