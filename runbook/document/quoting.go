package document

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Scalar writes text as one line of YAML that reads as this text wherever a value
// or a key may stand: as it is, or in quotes where it needs them.
func Scalar(text string) string { return scalarText(text, true, plain) }

// scalarText writes text in the wished style if that can be, else in the next
// that can. In brackets more characters need quotes than in lines.
func scalarText(text string, flow bool, wish style) string {
	if wish == plain && readsAs(text, text, flow) {
		return text
	}
	single := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if (wish == singleQuoted || wish == plain && strings.ContainsAny(text, `\"`)) && readsAs(single, text, flow) {
		return single
	}
	return inDouble(text)
}

// readsAs says whether a line of YAML reads as a text, as a list's item and as a
// map's value.
func readsAs(written, text string, flow bool) bool {
	if strings.ContainsAny(written, "\r\n") || written == "" {
		return false
	}
	around := "- " + written + "\n- k: " + written + "\n"
	if flow {
		around = "[" + written + " , {k: " + written + " , " + written + ": 0}]"
	}
	root, problems := Parse("", []byte(around), Limits{})
	items := root.Items()
	if len(problems) > 0 || len(items) != 2 || len(items[1].Fields()) == 0 {
		return false
	}
	for _, n := range []*Node{items[0], items[1].Fields()[0].Value} {
		if n.Kind() != String || n.Text() != text {
			return false
		}
	}
	return true
}

// inDouble writes text in double quotes.
func inDouble(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError, unicode.IsPrint(r) && allowedCharacter(string(r), 0, r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02X`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// checkValue holds a value to be written to one line that is YAML in lines and in
// brackets.
func checkValue(value string) error {
	if strings.ContainsAny(value, "\r\n") {
		return errors.New("a value to be written takes one line")
	}
	for _, around := range [][2]string{{"k: ", "\nl: 1\n"}, {"{k: ", ", l: 1}"}} {
		root, problems := Parse("", []byte(around[0]+value+around[1]), Limits{})
		if len(problems) > 0 || len(root.Fields()) != 2 || value == "" || root.Fields()[0].Value.end() != len(around[0]+value) {
			return fmt.Errorf("%s is not a value in YAML", Quote(value))
		}
	}
	return nil
}
