package channel

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How bad it is, in the words of PagerDuty's common event format.
const (
	SeverityCritical = "critical"
	SeverityError    = "error"
	SeverityWarning  = "warning"
	SeverityInfo     = "info"
)

// The most bytes of a message's parts. With these every service's own limits
// hold whatever the texts are; a longer text is cut and ends in "…".
const (
	maxKey   = 512
	maxLine  = 250  // Title, Source
	maxText  = 2000 // What, Impact, Tried, Next
	maxLink  = 1000
	maxTo    = 50
	maxAddr  = 320 // RFC 3696, erratum 1690, allows 254
	ellipsis = "…"
)

// Message is a notice. Key, Title and Severity are required.
type Message struct {
	// Key names the matter, and stays the same through all that is sent about it:
	// services that know matters join by it, and close by it.
	Key string
	// ID names this notice among those about the matter, and stays the same when it
	// is sent again: a receiver drops repeats by it.
	ID      string
	Ladder  string // not_acknowledged or not_resolved, or ""
	Rung    int    // of the ladder, from 1, or 0
	Contact string // the id of who is told, or ""

	Source   string // what it is about, such as acme/backup-verify
	Severity string // one of the Severities
	Title    string // one line

	What   string    // what happened, or didn't
	Since  time.Time // shown in the zone that it carries
	Impact string
	Tried  string
	Next   string // what is next, and whose turn it is

	Link string   // http or https, or ""
	To   []string // mail: the addresses, in place of the channel's own

	Acknowledged bool // somebody has taken it on
	Resolved     bool // it is over
}

// check refuses what no channel can send.
func (m Message) check() error {
	switch {
	case m.Key == "" || len(m.Key) > maxKey || clean(m.Key) != m.Key:
		return fmt.Errorf("a message needs a key of at most %d printable bytes, not %q", maxKey, cut(m.Key, maxLine))
	case clean(m.Title) == "":
		return fmt.Errorf("the message %s has no title", m.Key)
	case !slices.Contains([]string{SeverityCritical, SeverityError, SeverityWarning, SeverityInfo}, m.Severity):
		return fmt.Errorf("the message %s has the severity %q", m.Key, cut(m.Severity, maxLine))
	case m.Link != "" && !goodLink(m.Link):
		return fmt.Errorf("the message %s has a link that is no web address", m.Key)
	case len(m.To) > maxTo:
		return fmt.Errorf("the message %s has %d recipients, the most is %d", m.Key, len(m.To), maxTo)
	}
	return nil
}

func goodLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && len(link) <= maxLink && clean(link) == link && !strings.ContainsAny(link, " \"<>|\\^`{}") &&
		u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
}

// tidy makes one printable line of each text and cuts it to its limit.
func (m Message) tidy() Message {
	m.Title, m.Source = line(m.Title, maxLine), line(m.Source, maxLine)
	m.What, m.Impact = line(m.What, maxText), line(m.Impact, maxText)
	m.Tried, m.Next = line(m.Tried, maxText), line(m.Next, maxText)
	return m
}

// The states of a matter, as the webhook and commands are told.
const (
	stateOpen         = "open"
	stateAcknowledged = "acknowledged"
	stateResolved     = "resolved"
)

func (m Message) state() string {
	switch {
	case m.Resolved:
		return stateResolved
	case m.Acknowledged:
		return stateAcknowledged
	default:
		return stateOpen
	}
}

// headline is the title, with the news where there is some.
func (m Message) headline() string {
	switch m.state() {
	case stateResolved:
		return "Resolved: " + m.Title
	case stateAcknowledged:
		return "Acknowledged: " + m.Title
	default:
		return m.Title
	}
}

// part is one of the things that a notice always says.
type part struct{ name, text string }

// parts are what, since when, impact, tried and next, in this order. What nobody
// stated says so.
func (m Message) parts() []part {
	since := ""
	if !m.Since.IsZero() {
		since = m.Since.Format("Mon 2006-01-02 15:04 -07:00")
	}
	all := []part{{"What", m.What}, {"Since", since}, {"Impact", m.Impact}, {"Tried", m.Tried}, {"Next", m.Next}}
	for i := range all {
		if all[i].text == "" {
			all[i].text = "not stated"
		}
	}
	return all
}

// Text is the message as plain text:
//
//	Backup of acme didn't run
//
//	What:   The backup that was due at 07:00 has not begun.
//	Since:  Mon 2026-07-06 07:00 +01:00
//	Impact: There is no backup of last night.
//	Tried:  Nobody has acknowledged it.
//	Next:   Ada Example starts it by hand.
//
//	https://portal.example/runs/1
//
// Each text is one line, so no text can pass for another.
func (m Message) Text() string {
	m = m.tidy()
	var b strings.Builder
	b.WriteString(m.headline() + "\n\n" + m.body(maxText))
	if goodLink(m.Link) {
		b.WriteString("\n" + m.Link + "\n")
	}
	return b.String()
}

// body is the parts of a tidy message, each of at most limit bytes.
func (m Message) body(limit int) string {
	var b strings.Builder
	for _, p := range m.parts() {
		fmt.Fprintf(&b, "%-8s%s\n", p.name+":", cut(p.text, limit))
	}
	return b.String()
}

// shortKey is the key where a service allows at most 255 characters.
func (m Message) shortKey() string {
	if len(m.Key) <= 255 {
		return m.Key
	}
	sum := sha256.Sum256([]byte(m.Key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// document is a message as the webhook and commands get it.
type document struct {
	Version  int      `json:"version"` // 1
	ID       string   `json:"id,omitempty"`
	Key      string   `json:"key"`
	Ladder   string   `json:"ladder,omitempty"`
	Rung     int      `json:"rung,omitempty"`
	Contact  string   `json:"contact,omitempty"`
	Source   string   `json:"source,omitempty"`
	Severity string   `json:"severity"`
	State    string   `json:"state"` // open, acknowledged or resolved
	Title    string   `json:"title"`
	What     string   `json:"what"`
	Since    string   `json:"since,omitempty"` // RFC 3339
	Impact   string   `json:"impact"`
	Tried    string   `json:"tried"`
	Next     string   `json:"next"`
	Link     string   `json:"link,omitempty"`
	To       []string `json:"to,omitempty"`
	Text     string   `json:"text"` // all of it, as plain text
}

func (m Message) document() document {
	d := document{
		Version: 1, ID: m.ID, Key: m.Key, Ladder: m.Ladder, Rung: m.Rung, Contact: m.Contact, Source: m.Source, Severity: m.Severity, State: m.state(), Title: m.Title,
		What: m.What, Impact: m.Impact, Tried: m.Tried, Next: m.Next, Link: m.Link, To: m.To, Text: m.Text(),
	}
	if !m.Since.IsZero() {
		d.Since = m.Since.Format(time.RFC3339)
	}
	return d
}

// encode writes JSON as it is, without the escapes for HTML. What is encoded here
// is made of texts and numbers only, which can't fail.
func encode(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// clean makes one line of printable text: what can't be printed, changes the
// direction of writing or is invisible becomes a blank, and blanks become one.
func clean(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsPrint(r) || r == ' ' || r == utf8.RuneError
	}), " ")
}

// cut shortens a text to at most limit bytes, between characters. Bytes are at
// least as many as characters however a service counts those.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.TrimRight(text[:end], " ") + ellipsis
}

func line(text string, limit int) string { return cut(clean(text), limit) }
