package trust

import (
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// Allowed is one line of an allowed_signers file of OpenSSH (ssh-keygen(1),
// ALLOWED SIGNERS).
type Allowed struct {
	Principals              []string // as they stand there, often e-mail addresses
	Key                     evidence.PublicKey
	Namespaces              []string // none: any
	ValidAfter, ValidBefore *time.Time
}

// ParseAllowed reads an allowed_signers file. Times without a Z are of a zone.
// Patterns and certificate authorities are refused: nobody could say whom they
// let in.
func ParseAllowed(data []byte, zone *time.Location) ([]Allowed, error) {
	var all []Allowed
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		allowed, err := parseAllowed(line, zone)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		all = append(all, allowed)
	}
	return all, nil
}

func parseAllowed(line string, zone *time.Location) (a Allowed, err error) {
	words, err := quotedFields(line)
	if err != nil {
		return a, err
	}
	a.Principals = strings.Split(words[0], ",")
	for _, p := range a.Principals {
		if p == "" || strings.ContainsAny(p, "*?!") {
			return a, fmt.Errorf("%q is no single principal", p)
		}
	}
	words = words[1:]
	if len(words) > 0 && !isKeyType(words[0]) {
		if err := a.options(words[0], zone); err != nil {
			return a, err
		}
		words = words[1:]
	}
	if len(words) < 2 {
		return a, fmt.Errorf("there is no key behind the principals")
	}
	a.Key, err = evidence.ParsePublicKey([]byte(words[0] + " " + words[1]))
	return a, err
}

func isKeyType(word string) bool {
	return strings.HasPrefix(word, "ssh-") || strings.HasPrefix(word, "ecdsa-") || strings.HasPrefix(word, "sk-")
}

func (a *Allowed) options(text string, zone *time.Location) error {
	options, err := quotedSplit(text, ',')
	if err != nil {
		return err
	}
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		value = strings.Trim(value, `"`)
		switch strings.ToLower(name) {
		case "namespaces":
			a.Namespaces = strings.Split(value, ",")
		case "valid-after":
			a.ValidAfter, err = parseStamp(value, zone)
		case "valid-before":
			a.ValidBefore, err = parseStamp(value, zone)
		default:
			err = fmt.Errorf("the option %q isn't read here", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseStamp reads YYYYMMDD[HHMM[SS]][Z].
func parseStamp(text string, zone *time.Location) (*time.Time, error) {
	digits, utc := strings.CutSuffix(text, "Z")
	if utc {
		zone = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(layout) != len(digits) {
			continue
		}
		if t, err := time.ParseInLocation(layout, digits, zone); err == nil {
			t = t.UTC()
			return &t, nil
		}
	}
	return nil, fmt.Errorf("%q is no time such as 20261231 or 202612311830Z", text)
}

// quotedFields splits at blanks outside of quotation marks.
func quotedFields(line string) ([]string, error) {
	parts, err := quotedSplit(strings.ReplaceAll(line, "\t", " "), ' ')
	if err != nil {
		return nil, err
	}
	var fields []string
	for _, part := range parts {
		if part != "" {
			fields = append(fields, part)
		}
	}
	return fields, nil
}

func quotedSplit(text string, at rune) (parts []string, err error) {
	quoted, from := false, 0
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == at && !quoted:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quotation mark is left open")
	}
	return append(parts, text[from:]), nil
}
