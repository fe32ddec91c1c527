package terminal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"fits  as it  is", 20, []string{"fits  as it  is"}},
		{"breaks between words", 10, []string{"breaks", "between", "words"}},
		{"awordthatistoolong for it", 8, []string{"awordtha", "tistoolo", "ng for", "it"}},
		{"汉字汉字 汉字", 6, []string{"汉字汉", "字", "汉字"}},
		{"汉字", 1, []string{"汉", "字"}},
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
	} {
		if diff := cmp.Diff(test.want, wrap(test.text, test.width)); diff != "" {
			t.Errorf("%q in %d (-want +got):\n%s", test.text, test.width, diff)
		}
	}
}

func TestClip(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"short", 5, "short"}, {"longer", 5, "long…"}, {"汉字汉字", 6, "汉字…"}, {"汉字汉字", 5, "汉字…"},
	} {
		if got := clip(test.text, test.width); got != test.want {
			t.Errorf("%q in %d: %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

// TestWrapMuch wraps far more than a screen, which a quadratic way would never end.
func TestWrapMuch(t *testing.T) {
	for _, text := range []string{strings.Repeat("字", 1<<16), strings.Repeat("e\u0301", 1<<15), "e" + strings.Repeat("\u0301", 1<<16)} {
		lines := wrap(text, 20)
		if strings.Join(lines, "") != text {
			t.Error("wrapping loses text")
		}
		for _, line := range hardWrap(text, 20) {
			if cells(line) > 20 {
				t.Fatalf("%d cells", cells(line))
			}
		}
	}
}

func TestMarkdown(t *testing.T) {
	source := "# Look at the *console*\r\n\nFirst paragraph that\ngoes on for more than a line.\n\n" +
		"- one item that is long enough to wrap\n- two\n  goes on\n1. numbered\n\n```sh\nif   x;  then \x1b[2J\n  echo a line of code that is longer than the screen\nfi\n```\n\n| a | b |\n"
	var got []string
	for _, line := range markdown(source, 30) {
		mark := " "
		if line.heading {
			mark = "#"
		}
		got = append(got, mark+line.text)
	}
	want := []string{
		"#Look at the *console*", " ", " First paragraph that goes on", " for more than a line.", " ",
		" - one item that is long enough", "   to wrap", " - two goes on", " 1. numbered", " ",
		" ```sh", ` if   x;  then \x1b[2J`, "   echo a line of code that is ", " longer than the screen", " fi", " ```", " ", " | a | b |",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMarkdownKeepsLines keeps the lines that the author wants, and joins the
// others.
func TestMarkdownKeepsLines(t *testing.T) {
	source := "Call them:  \n020 123\\\n020 456\nand ask\n\n> quoted\n> still\n\n- first  \n  below it\n\nlast  \n\nflush"
	var got []string
	for _, line := range markdown(source, 40) {
		got = append(got, line.text)
	}
	want := []string{"Call them:", "020 123", "020 456 and ask", "", "> quoted", "> still", "", "- first", "  below it", "", "last", "", "flush"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFormatSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 B", 1023: "1023 B", 39117: "38.2 KiB", 1288490189: "1.2 GiB", 1 << 62: "4.0 EiB"} {
		if got := formatSize(bytes); got != want {
			t.Errorf("%d: %q, want %q", bytes, got, want)
		}
	}
}
