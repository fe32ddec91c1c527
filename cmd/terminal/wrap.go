package terminal

import (
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// The width of a character must not depend on the locale of whoever looks.
var measurer = runewidth.Condition{StrictEmojiNeutral: true}

// cells is how many columns of a terminal text takes.
func cells(text string) int {
	if harmless(text) {
		return len(text)
	}
	return measurer.StringWidth(text)
}

// clip cuts text to a number of cells and shows that it did.
func clip(text string, width int) string {
	if cells(text) <= width {
		return text
	}
	if width <= 1 {
		return "…"
	}
	head, _ := cut(text, width-1)
	return head + "…"
}

// cut takes the longest front of text that fits, at least one character. It
// looks no further than it must, so that breaking up a megabyte stays linear.
func cut(text string, width int) (head, tail string) {
	near := text
	if limit := (width + 2) * 8; len(text) > limit {
		for !utf8.RuneStart(text[limit]) {
			limit--
		}
		near = text[:limit]
	}
	head = measurer.Truncate(near, width, "")
	if head == "" && text != "" {
		_, size := utf8.DecodeRuneInString(text)
		head = text[:size]
	}
	return head, text[len(head):]
}

// wrap breaks one line of sanitized text at word boundaries. A word that is
// longer than a line is broken where it must be. What fits is left as it is,
// with all its spaces.
func wrap(text string, width int) []string { return fold(text, width, width) }

// fold is wrap with a width for the first line and one for all others.
func fold(text string, width, others int) []string {
	width, others = max(width, 1), max(others, 1)
	if cells(text) <= width {
		return []string{text}
	}
	var lines []string
	line, used := "", 0
	end := func(full string) {
		lines = append(lines, full)
		line, used, width = "", 0, others
	}
	for _, word := range strings.Fields(text) {
		size := cells(word)
		if line != "" && used+1+size > width {
			end(line)
		}
		if line != "" {
			line, used = line+" "+word, used+1+size
			continue
		}
		for size > width {
			var head string
			head, word = cut(word, width)
			size -= cells(head)
			end(head)
		}
		line, used = word, size
	}
	if line != "" {
		end(line)
	}
	return lines
}

// hang wraps text behind a first prefix; the lines after the first stand
// under the text.
func hang(first, text string, width int) []string {
	indent := cells(first)
	lines := wrap(text, width-indent)
	for i := range lines {
		if i == 0 {
			lines[i] = first + lines[i]
		} else {
			lines[i] = pad(indent) + lines[i]
		}
	}
	return lines
}

// flowing wraps text that starts at the first column. Its further lines don't,
// so that none can pass for a line of its own.
func flowing(text string, width int) []string {
	const indent = 2
	lines := fold(text, width, width-indent)
	for i := range lines[1:] {
		lines[i+1] = pad(indent) + lines[i+1]
	}
	return lines
}

// barred wraps text so that each of its lines starts with the same bar.
func barred(bar, text string, width int) []string {
	lines := wrap(text, width-cells(bar))
	for i := range lines {
		lines[i] = bar + lines[i]
	}
	return lines
}

// hardWrap breaks text wherever the line ends: for code, whose spaces mean
// something.
func hardWrap(text string, width int) []string {
	var lines []string
	room := max(width, 1)
	for {
		head, tail := cut(text, room)
		lines = append(lines, head)
		if tail == "" {
			return lines
		}
		text = tail
	}
}

// wrapItems sets items side by side and never breaks inside one that fits.
func wrapItems(items []string, gap string, width int) []string {
	var lines []string
	line := ""
	for _, item := range items {
		switch {
		case line == "":
			line = item
		case cells(line)+cells(gap)+cells(item) <= width:
			line += gap + item
		default:
			lines = append(lines, line)
			line = item
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

func pad(width int) string { return strings.Repeat(" ", max(width, 0)) }

// padTo is text filled up with spaces to a number of cells.
func padTo(text string, width int) string { return text + pad(width-cells(text)) }
