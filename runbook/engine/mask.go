package engine

import (
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// MinSecret is the fewest bytes that a secret may have: a shorter one would
// be found everywhere, or guessed.
const MinSecret = 8

// Mask replaces secrets in what a step says before anything else sees it:
// before the screen, the blob, the digest. It knows each secret plain, in
// percent and JSON escapes (also mixed, in either case), in hex, and in base64
// of both alphabets at each of the three alignments, with lines broken inside
// the encoded forms.
type Mask struct {
	matchers [256][]matcher // by the byte with which their form may begin
	pairs    *[1 << 16]bool // two bytes with which some form may begin; nil without secrets
}

// matcher finds one form of one secret at the beginning of data.
type matcher struct {
	secret string // its name
	match  func(data []byte) (length int, found match)
}

type match int

const (
	no   match = iota
	yes        // the form fills data[:length]
	more       // all of data may be the beginning of the form
)

// NewMask takes secrets by name.
func NewMask(secrets map[string]string) (*Mask, error) {
	var all []matcher
	names := make([]string, 0, len(secrets))
	for name := range secrets {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := secrets[name]
		if len(value) < MinSecret {
			return nil, fmt.Errorf("the secret %s has fewer than %d bytes: it can't be told from other text", name, MinSecret)
		}
		all = append(all, matchersOf(name, value)...)
		for line := range strings.Lines(value) {
			// One of several lines, such as a key, is often printed line by line.
			if line = strings.TrimSpace(line); len(line) >= MinSecret && line != value {
				all = append(all, matchersOf(name, line)...)
			}
		}
	}
	m := &Mask{}
	m.index(all)
	return m, nil
}

// matchersOf makes the matchers of one text.
func matchersOf(name, text string) []matcher {
	var all []matcher
	for _, form := range escaped(text) {
		all = append(all, matcher{name, form})
	}
	all = append(all, matcher{name, hexed(text)})
	for alignment := range 3 {
		all = append(all, matcher{name, base64ed(text, alignment)})
	}
	return all
}

// index sorts the forms by how they may begin, so that text without secrets is
// passed at the cost of one look-up a byte.
func (m *Mask) index(all []matcher) {
	if len(all) == 0 {
		return
	}
	m.pairs = new([1 << 16]bool)
	for _, matcher := range all {
		for a := range 256 {
			if _, found := matcher.match([]byte{byte(a)}); found == no {
				continue
			}
			m.matchers[a] = append(m.matchers[a], matcher)
			for b := range 256 {
				_, found := matcher.match([]byte{byte(a), byte(b)})
				m.pairs[a<<8|b] = m.pairs[a<<8|b] || found != no
			}
		}
	}
}

// at tries every form at the beginning of data and takes the longest; its
// length is 0 when there is none. Open says that with more data there may be a
// longer one.
func (m *Mask) at(data []byte) (length int, secret string, open bool) {
	for _, matcher := range m.matchers[data[0]] {
		n, found := matcher.match(data)
		open = open || found == more
		if found == yes && n > length {
			length, secret = n, matcher.secret
		}
	}
	return length, secret, open
}

// Text masks a whole text.
func (m *Mask) Text(text string) string {
	if m == nil || m.pairs == nil {
		return text
	}
	var out strings.Builder
	w := m.Writer(&out)
	w.Write([]byte(text)) //nolint:errcheck // a strings.Builder doesn't fail
	w.Close()             //nolint:errcheck // as above
	return out.String()
}

// Error masks an error's text.
func (m *Mask) Error(err error) error {
	if err == nil || m == nil || m.pairs == nil {
		return err
	}
	if masked := m.Text(err.Error()); masked != err.Error() {
		return &maskedError{masked, err}
	}
	return err
}

type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }

// Unwrap keeps the kind of the error for errors.Is.
func (e *maskedError) Unwrap() error { return e.err }

// Writer gives a writer that masks what goes through it, also when a secret is
// split over several writes. Close passes on what was held back.
func (m *Mask) Writer(to io.Writer) *MaskWriter {
	return &MaskWriter{mask: m, to: to, Replaced: map[string]int{}}
}

// MaskWriter masks a stream.
type MaskWriter struct {
	Replaced map[string]int // how often each secret was masked, by name
	mask     *Mask
	to       io.Writer
	held     []byte // may be the beginning of a secret
	joined   []byte // what was held and came now
}

func (w *MaskWriter) Write(p []byte) (int, error) {
	if w.mask == nil || w.mask.pairs == nil {
		return w.to.Write(p)
	}
	data := p
	if len(w.held) > 0 {
		w.joined = append(append(w.joined[:0], w.held...), p...)
		data = w.joined
	}
	rest, err := w.pass(data, false)
	if err != nil {
		return 0, err
	}
	w.held = append(w.held[:0], rest...)
	return len(p), nil
}

// Close passes on what was held back; it doesn't close what lies behind.
func (w *MaskWriter) Close() error {
	_, err := w.pass(w.held, true)
	w.held = w.held[:0]
	return err
}

// pass writes data with the secrets replaced, and gives back what may still
// become one.
func (w *MaskWriter) pass(data []byte, final bool) (rest []byte, err error) {
	from := 0
	for i := 0; i < len(data); {
		i = w.mask.skip(data, i, final)
		if i >= len(data) {
			break
		}
		length, secret, open := w.mask.at(data[i:])
		switch {
		case open && !final:
			return data[i:], w.emit(data[from:i], "")
		case length > 0:
			if err := w.emit(data[from:i], "[masked "+secret+"]"); err != nil {
				return nil, err
			}
			w.Replaced[secret]++
			i += length
			from = i
		default:
			i++
		}
	}
	return nil, w.emit(data[from:], "")
}

// skip is the next place at which a form may begin.
func (m *Mask) skip(data []byte, i int, final bool) int {
	for ; i+1 < len(data); i++ {
		if m.pairs[uint16(data[i])<<8|uint16(data[i+1])] {
			return i
		}
	}
	if final {
		return len(data)
	}
	return i // the last byte: its pair is not known yet
}

func (w *MaskWriter) emit(plain []byte, replacement string) error {
	if len(plain) > 0 {
		if _, err := w.to.Write(plain); err != nil {
			return err
		}
	}
	if replacement == "" {
		return nil
	}
	_, err := io.WriteString(w.to, replacement)
	return err
}

// escaped finds a secret plain or with any of its characters escaped as in a
// URL (%2F, + for a space) or in JSON (\n, \/, \u00e9). Where the secret itself
// holds a character that escapes begin with, a text can be read in two ways:
// each reading is a form of its own.
func escaped(secret string) []func([]byte) (int, match) {
	literals := []string{""} // the characters that stand for themselves and begin no escape
	for _, c := range []string{`\`, "%"} {
		if strings.Contains(secret, c) {
			for _, others := range literals {
				literals = append(literals, others+c)
			}
		}
	}
	var forms []func([]byte) (int, match)
	for _, literal := range literals {
		forms = append(forms, escapedBut(secret, literal))
	}
	return forms
}

func escapedBut(secret, literal string) func([]byte) (int, match) {
	return func(data []byte) (int, match) {
		at := 0
		for i := 0; i < len(secret); {
			n, used, found := escapedUnit(secret[i:], data[at:], literal)
			if found != yes {
				return 0, found
			}
			i, at = i+used, at+n
		}
		return at, yes
	}
}

// escapedUnit matches the next byte of a secret, or its next character where
// data writes it as \u. It says how much of data and of the secret it took.
func escapedUnit(secret string, data []byte, literal string) (length, used int, found match) {
	if len(data) == 0 {
		return 0, 0, more
	}
	c := secret[0]
	escapes := (c == '\\' || c == '%') && strings.IndexByte(literal, c) < 0
	switch {
	case data[0] == c && !escapes, data[0] == '+' && c == ' ':
		return 1, 1, yes
	case data[0] == '%':
		return wanted(data, "%"+hexByte(c), 1)
	case data[0] == '\\':
		return jsonUnit(secret, data)
	}
	return 0, 0, no
}

var jsonShort = map[byte]string{
	'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`,
}

func jsonUnit(secret string, data []byte) (length, used int, found match) {
	if form, ok := jsonShort[secret[0]]; ok {
		if length, used, found = wanted(data, form, 1); found != no {
			return length, used, found
		}
	}
	r, size := utf8.DecodeRuneInString(secret) // U+FFFD where JSON writes it, too
	form := fmt.Sprintf(`\u%04x`, r)
	if r > 0xFFFF {
		r -= 0x10000
		form = fmt.Sprintf(`\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
	}
	return wanted(data, form, size)
}

// wanted compares the beginning of data with a form, in either case.
func wanted(data []byte, form string, used int) (length, taken int, found match) {
	n := min(len(data), len(form))
	switch {
	case !strings.EqualFold(string(data[:n]), form[:n]):
		return 0, 0, no
	case n < len(form):
		return 0, 0, more
	default:
		return n, used, yes
	}
}

const hexDigits = "0123456789abcdef"

func hexByte(c byte) string { return string([]byte{hexDigits[c>>4], hexDigits[c&15]}) }

// hexed finds a secret in hex of either case.
func hexed(secret string) func([]byte) (int, match) {
	var form strings.Builder
	for i := range len(secret) {
		form.WriteString(hexByte(secret[i]))
	}
	wanted := form.String()
	return broken(wanted, func(have, want byte) bool {
		return have == want || want >= 'a' && have == want-'a'+'A'
	})
}

// base64ed finds the characters that a secret alone decides when it stands in
// base64, its first byte being the alignment-th of a group of three.
func base64ed(secret string, alignment int) func([]byte) (int, match) {
	encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", alignment) + secret))
	first := []int{0, 2, 3}[alignment] // the characters before it hold bits of what stands before
	last := (alignment + len(secret)) * 8 / 6
	wanted := encoded[first:last]
	return broken(wanted, func(have, want byte) bool {
		return have == want || want == '+' && have == '-' || want == '/' && have == '_'
	})
}

// broken matches a form in which lines may be broken anywhere.
func broken(form string, same func(have, want byte) bool) func([]byte) (int, match) {
	return func(data []byte) (int, match) {
		at, breaks := 0, 0
		for i := 0; i < len(form); at++ {
			if at == len(data) {
				return 0, more
			}
			if c := data[at]; i > 0 && breaks < 2 && (c == '\n' || c == '\r') {
				breaks++
				continue
			}
			if !same(data[at], form[i]) {
				return 0, no
			}
			i, breaks = i+1, 0
		}
		return at, yes
	}
}
