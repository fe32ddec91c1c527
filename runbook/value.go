package runbook

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/msp-runbook/msp/runbook/document"
)

// Type is the type of an input, an output or a form's field.
type Type string

// The types. A string is one line, a text may have several; a path is made
// absolute, a file is a path that must be a regular file; a list holds
// strings, written with commas or as a YAML list.
const (
	String   Type = "string"
	Text     Type = "text"
	Number   Type = "number"
	Integer  Type = "integer"
	Boolean  Type = "boolean"
	Span     Type = "duration"
	Path     Type = "path"
	FilePath Type = "file"
	Enum     Type = "enum"
	Date     Type = "date"
	List     Type = "list"
)

// Types lists every type, in the order of the documentation.
func Types() []string {
	return []string{
		string(String), string(Text), string(Number), string(Integer), string(Boolean),
		string(Span), string(Path), string(FilePath), string(Enum), string(Date), string(List),
	}
}

// Personal reports whether values of the type are free text, which can name a
// person. Such values are recorded only inside blobs that can be erased.
func (t Type) Personal() bool {
	switch t {
	case Number, Integer, Boolean, Span:
		return false
	default:
		return true
	}
}

// Value is one typed value. Text is how a person writes it and how it stands
// in records; Data is what expressions see: string, float64, int, bool,
// time.Duration or []string.
type Value struct {
	Type Type
	Text string
	Data any
}

// Field is one declared value: an input of a runbook, or a field of a form.
type Field struct {
	document.Position
	Name        string
	Type        Type
	Description string
	Required    bool
	Default     *string
	Enum        []string
	Pattern     *regexp.Regexp
	Minimum     *float64
	Maximum     *float64
}

// Parse reads a value of the field's type. Relative paths are taken from
// folder, which is absolute. The error says what is wrong without the name of
// the field.
func (f Field) Parse(text, folder string) (Value, error) {
	value, err := ParseValue(f.Type, text, folder)
	if err != nil {
		return Value{}, err
	}
	if err := f.check(value); err != nil {
		return Value{}, err
	}
	return value, nil
}

func (f Field) check(v Value) error {
	if f.Type == Enum && !slices.Contains(f.Enum, v.Text) {
		return fmt.Errorf("%q is not one of %s", v.Text, strings.Join(f.Enum, ", "))
	}
	if f.Pattern != nil && !f.Pattern.MatchString(v.Text) {
		return fmt.Errorf("%q doesn't match the pattern %s", v.Text, f.Pattern)
	}
	var number float64
	switch data := v.Data.(type) {
	case float64:
		number = data
	case int:
		number = float64(data)
	default:
		return nil
	}
	if f.Minimum != nil && number < *f.Minimum {
		return fmt.Errorf("%s is under the minimum of %s", v.Text, FormatNumber(*f.Minimum))
	}
	if f.Maximum != nil && number > *f.Maximum {
		return fmt.Errorf("%s is over the maximum of %s", v.Text, FormatNumber(*f.Maximum))
	}
	return nil
}

// maxValueLength is the most bytes that one value may have.
const maxValueLength = 64 << 10

// ParseValue reads one value of a type; see Field.Parse.
func ParseValue(t Type, text, folder string) (Value, error) {
	if err := checkText(t, text); err != nil {
		return Value{}, err
	}
	v := Value{Type: t, Text: text}
	var err error
	switch t {
	case String, Text, Enum:
		v.Data = text
	case Number:
		v.Data, err = parseNumber(text)
	case Integer:
		v.Data, err = strconv.Atoi(text)
		if err != nil {
			err = fmt.Errorf("%q is not a whole number", text)
		}
	case Boolean:
		v.Data, err = parseBoolean(text)
	case Span:
		var d Duration
		d, err = ParseDuration(text)
		v.Data = d.Span
	case Path, FilePath:
		v.Text, err = absolute(text, folder)
		v.Data = v.Text
	case Date:
		v.Data = text
		if _, bad := time.Parse(time.DateOnly, text); bad != nil {
			err = fmt.Errorf("%q is not a date such as 2026-03-31", text)
		}
	case List:
		v.Data = splitList(text)
	default:
		err = fmt.Errorf("unknown type %q", t)
	}
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

func checkText(t Type, text string) error {
	if len(text) > maxValueLength {
		return fmt.Errorf("it has %d bytes, the most is %d", len(text), maxValueLength)
	}
	if !utf8.ValidString(text) {
		return errors.New("it is not valid UTF-8")
	}
	for _, r := range text {
		if unicode.IsControl(r) && (t != Text || (r != '\n' && r != '\t')) {
			return fmt.Errorf("it holds the control character %q", r)
		}
	}
	return nil
}

func parseNumber(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return n, nil
}

func parseBoolean(text string) (bool, error) {
	switch text {
	case "true", "yes", "y":
		return true, nil
	case "false", "no", "n":
		return false, nil
	}
	return false, fmt.Errorf("%q is not true or false", text)
}

func absolute(text, folder string) (string, error) {
	if text == "" {
		return "", errors.New("it is empty")
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(folder, text)
	}
	return filepath.Clean(text), nil
}

func splitList(text string) []string {
	items := []string{}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// FormatNumber writes a number without an exponent and without more digits
// than it has.
func FormatNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
