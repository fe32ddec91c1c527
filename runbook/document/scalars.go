package document

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// String is text. A number, a date, true or null without quotes is a problem,
// since 1.10 would lose its zero elsewhere.
func (d *Decoder) String(n *Node) string {
	if n.absent() {
		return ""
	}
	if n.kind != String {
		d.wrongType(n, "text", quotesHint(n))
		return ""
	}
	return n.text
}

func quotesHint(n *Node) string {
	switch n.kind {
	case Null:
		if n.text != "" {
			return "put it in quotes: " + Quote(n.text)
		}
		if rest := strings.TrimLeft(n.source.rest(n.at), " \t"); strings.HasPrefix(rest, "#") {
			return "a # behind a space starts a comment: put the text in quotes"
		}
		return `write a value, or "" for empty text`
	case List, Mapping:
		return ""
	}
	return "put it in quotes: " + Quote(n.text)
}

// Text is the text of any scalar as the file writes it: for versions, clauses
// and values whose type is known only later. Only an empty value, a list and a
// map are problems.
func (d *Decoder) Text(n *Node) string {
	if n.absent() {
		return ""
	}
	switch n.kind {
	case Null, List, Mapping:
		d.wrongType(n, "a single value", quotesHint(n))
		return ""
	}
	return n.text
}

// Bool is true or false, spelled like that and without quotes.
func (d *Decoder) Bool(n *Node) bool {
	if n.absent() {
		return false
	}
	if n.kind == Bool && (n.text == "true" || n.text == "false") {
		return n.text == "true"
	}
	hint := "write true or false"
	switch strings.ToLower(n.text) {
	case "true", "yes", "on", "y":
		hint = "write true"
	case "false", "no", "off", "n":
		hint = "write false"
	}
	if n.Quoted() {
		hint += ", without quotes"
	}
	d.wrongType(n, "true or false", hint)
	return false
}

var (
	decimalInt   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`) })
	decimalFloat = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	})
)

// Int is a whole number in decimal digits, without quotes: YAML's octal,
// hexadecimal and 1_000 are problems, because people read them differently.
func (d *Decoder) Int(n *Node) int {
	if n.absent() {
		return 0
	}
	if n.kind != Int {
		d.wrongType(n, "a whole number", unquoteHint(n, decimalInt(), "write it in digits, such as 3"))
		return 0
	}
	value, err := strconv.Atoi(n.text)
	switch {
	case !decimalInt().MatchString(n.text):
		d.badValue(n, "a whole number in decimal digits", "write it without underscores, leading zeros or 0x")
		return 0
	case err != nil:
		d.badValue(n, "a smaller number", "write it in fewer digits")
		return 0
	}
	return value
}

// Number is a finite number in decimal digits, without quotes.
func (d *Decoder) Number(n *Node) float64 {
	if n.absent() {
		return 0
	}
	if n.kind != Int && n.kind != Float {
		d.wrongType(n, "a number", unquoteHint(n, decimalFloat(), numberHint))
		return 0
	}
	value, err := strconv.ParseFloat(n.text, 64)
	if !decimalFloat().MatchString(n.text) || err != nil || math.IsInf(value, 0) {
		d.badValue(n, "a number in decimal digits", numberHint)
		return 0
	}
	return value
}

const numberHint = "write it like 1500 or 0.25"

func unquoteHint(n *Node, number *regexp.Regexp, form string) string {
	if n.kind == String && n.Quoted() && number.MatchString(n.text) {
		return "remove the quotes: " + shorten(n.text)
	}
	return form
}

// IntBetween is Int for a number that has bounds, for which a hint says what it
// means. It is the lower one where the node gives none.
func (d *Decoder) IntBetween(n *Node, low, high int, hint string) int {
	before := len(d.problems)
	value := d.Int(n)
	if n.absent() || len(d.problems) > before {
		return low
	}
	if value < low || value > high {
		d.badValue(n, fmt.Sprintf("a number from %d to %d", low, high), hint)
		return low
	}
	return value
}

// Date is a day such as 2026-03-02, quoted or not: midnight UTC.
func (d *Decoder) Date(n *Node) time.Time {
	if n.absent() {
		return time.Time{}
	}
	const wanted = "a date like 2026-03-02"
	const form = "four digits of the year, two of the month, two of the day"
	if n.kind != Timestamp && n.kind != String {
		d.wrongType(n, wanted, form)
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, n.text)
	if err != nil {
		hint := form
		if looksLikeDate().MatchString(n.text) {
			hint = "there is no such day"
		}
		d.badValue(n, wanted, hint)
		return time.Time{}
	}
	return day
}

var looksLikeDate = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`) })

// List is the nodes of a list, whose what ("a list of steps") a message names.
func (d *Decoder) List(n *Node, what string) []*Node {
	if n.absent() {
		return nil
	}
	if n.kind != List {
		d.wrongType(n, what, listHint(n))
		return nil
	}
	return n.items
}

// Strings is a list of texts. An item that isn't text is a problem and left
// out, so that the rest keeps its order.
func (d *Decoder) Strings(n *Node) []string {
	if n.absent() {
		return nil
	}
	if n.kind != List {
		d.wrongType(n, "a list of texts", listHint(n))
		return nil
	}
	texts := make([]string, 0, len(n.items))
	for _, item := range n.items {
		text := d.String(item)
		if item.kind == String && !item.refused {
			texts = append(texts, text)
		}
	}
	return texts
}

var bareWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL_][\pL\pN_./-]*$`) })

func listHint(n *Node) string {
	switch {
	case n.kind == Mapping:
		return "start each item with \"- \""
	case n.kind == Null:
		return "write each item behind a \"- \", or remove the key"
	case n.kind == String && n.style == plain && strings.HasPrefix(n.text, "-"):
		return "put a space behind each dash"
	case n.kind == String && bareWords(n.text) && len(n.text) <= longestQuote:
		return "write a list: [" + n.text + "]"
	}
	return "write a list: [" + Quote(n.text) + "]"
}

// bareWords reports whether a text is words with commas between them.
func bareWords(text string) bool {
	for word := range strings.SplitSeq(text, ",") {
		if !bareWord().MatchString(strings.TrimSpace(word)) {
			return false
		}
	}
	return true
}

// Enum is one of the allowed texts.
func (d *Decoder) Enum(n *Node, allowed ...string) string {
	if n.absent() {
		return ""
	}
	text := d.String(n)
	if n.kind != String || slices.Contains(allowed, text) {
		return text
	}
	d.badValue(n, oneOf(allowed), enumHint(text, allowed))
	return ""
}

// enumHint is the word that was meant, or of which the text is the beginning.
func enumHint(text string, allowed []string) string {
	if near := Nearest(text, allowed); near != "" {
		return "did you mean " + near + "?"
	}
	for _, word := range allowed {
		if len(text) > 1 && strings.HasPrefix(word, strings.ToLower(text)) {
			return "did you mean " + word + "?"
		}
	}
	if len(allowed) == 1 {
		return "write " + allowed[0]
	}
	return "write one of these words"
}

func oneOf(allowed []string) string {
	if len(allowed) == 1 {
		return allowed[0]
	}
	return "one of " + strings.Join(allowed, ", ")
}
