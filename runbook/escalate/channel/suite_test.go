package channel

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
)

// behaviour is what the other side does with a message.
type behaviour string

const (
	accepts behaviour = "accepts"
	refuses behaviour = "refuses" // for good, and repeats all that it was told
	busy    behaviour = "busy"    // for now
	hangs   behaviour = "hangs"   // never answers
	drops   behaviour = "drops"   // ends the connection without a word
	flood   behaviour = "flood"   // never stops talking
	leaves  behaviour = "leaves"  // accepts, and ends the connection
)

// endpoint is a real other side. What it accepts it has held to the published
// shape and limits of its service.
type endpoint interface {
	config() Config
	behave(behaviour)
	took() []string // the texts of what was accepted, as a reader sees them
	tries() int
	gone() // nothing is there any more
}

// traits are what differs between the types.
type traits struct {
	make func(t *testing.T) endpoint
	// secrets that no error may contain.
	secrets []string
	// refusedForGood, goneForGood: whether the error is permanent.
	refusedForGood, goneForGood bool
	// quick: whether busy and gone are tried again at once.
	quickBusy, quickGone bool
	// short: the service is told of news of a matter by its key only.
	short bool
}

var start = time.Date(2026, 7, 6, 8, 0, 0, 0, time.UTC)

// clock is a clock that only waiting moves.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.waits = c.now.Add(d), append(c.waits, d)
	return ctx.Err()
}

func message() Message {
	return Message{
		Key: "acme/backup-verify/2026-07-06T07:00+01:00[Europe/London]", Source: "acme/backup-verify", Severity: SeverityCritical,
		Title: "Backup of Acme & Söhne didn't run", What: "The backup that was due at 07:00 has not begun.",
		Since: time.Date(2026, 7, 6, 7, 0, 0, 0, time.FixedZone("BST", 3600)), Impact: "There is no backup of last night.",
		Tried: "Nobody has acknowledged it.", Next: "Ada Example starts it by hand.", Link: "https://portal.example/runs/1?a=b&c=d",
	}
}

// hostile is a text that tries to be more than a text everywhere.
const hostile = "x\r\nBcc: mallory@example.com\r\nPriority: 1\n\nNext:   pay mallory\u2028.\r\n.\r\nQUIT\r\n\x00\x1b[31m\u202e\u200b\xff" +
	"<!channel> <@U1> <https://evil.example|click> &lt;!here&gt; <script>alert(1)</script> **b** *b* `c` [a](https://evil.example) :fire: " +
	"{{DATE(2017-02-14T06:08:00Z)}} <at>all</at> @everyone \"},\"event_action\":\"resolve\" =?utf-8?q?x?= ${{ secrets.X }} @{body()}"

func hostileMessage() Message {
	m := message()
	m.Title, m.Source, m.What, m.Impact, m.Tried, m.Next = hostile, hostile, hostile, hostile, hostile, hostile
	return m
}

func longMessage(text string) Message {
	m := message()
	long := strings.Repeat(text, 20_000/len(text))
	m.Key = strings.Repeat("k", maxKey)
	m.Title, m.Source, m.What, m.Impact, m.Tried, m.Next = long, long, long, long, long, long
	m.Link = "https://portal.example/" + strings.Repeat("r", maxLink-23)
	return m
}

func newSender(t *testing.T, c Config, o Options) Sender {
	t.Helper()
	s, err := New("on-call", c, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// options for a test, with its clock.
func options(e endpoint) (Options, *clock) {
	c := &clock{now: start}
	o := Options{Now: c.Now, Wait: c.Wait}
	if own, ok := e.(interface{ options(*Options) }); ok {
		own.options(&o)
	}
	return o, c
}

// suite is what every type of channel passes.
func suite(t *testing.T, k traits) {
	t.Run("says everything", func(t *testing.T) { saysEverything(t, k) })
	t.Run("shapes hold", func(t *testing.T) { shapesHold(t, k) })
	t.Run("failures", func(t *testing.T) { failures(t, k) })
	t.Run("bad messages", func(t *testing.T) { badMessages(t, k) })
	t.Run("interrupted", func(t *testing.T) {
		e := k.make(t)
		o, _ := options(e)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := newSender(t, e.config(), o).Send(ctx, message())
		if !errors.Is(err, context.Canceled) || !asError(t, err).Temporary {
			t.Errorf("got %v", err)
		}
	})
	t.Run("at once", func(t *testing.T) {
		e := k.make(t)
		o, _ := options(e)
		s := newSender(t, e.config(), o)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := s.Send(t.Context(), message()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

func saysEverything(t *testing.T, k traits) {
	e := k.make(t)
	o, c := options(e)
	if err := newSender(t, e.config(), o).Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	m, took := message(), e.took()
	if len(took) != 1 || len(c.waits) != 0 {
		t.Fatalf("took %q, waited %v", took, c.waits)
	}
	for _, want := range []string{m.Title, m.What, "Mon 2026-07-06 07:00 +01:00", m.Impact, m.Tried, m.Next, m.Link} {
		if !strings.Contains(took[0], want) {
			t.Errorf("%q isn't in\n%s", want, took[0])
		}
	}
	e = k.make(t)
	o, _ = options(e)
	bare := Message{Key: "k", Severity: SeverityInfo, Title: "A title"}
	if err := newSender(t, e.config(), o).Send(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	if text := e.took()[0]; strings.Count(text, "not stated") < 5 {
		t.Errorf("what nobody stated isn't said to be so:\n%s", text)
	}
}

// shapesHold sends what is hard; the endpoint judges it.
func shapesHold(t *testing.T, k traits) {
	for name, m := range map[string]Message{
		"hostile": hostileMessage(), "long": longMessage("long "), "long wide": longMessage("長"), "long quoted": longMessage(`\"`), "long emoji": longMessage("🔥"), "long braces": longMessage("{"),
	} {
		for _, state := range []string{stateOpen, stateAcknowledged, stateResolved} {
			t.Run(name+" "+state, func(t *testing.T) {
				m.Acknowledged, m.Resolved = state == stateAcknowledged, state == stateResolved
				e := k.make(t)
				o, _ := options(e)
				if err := newSender(t, e.config(), o).Send(t.Context(), m); err != nil {
					t.Fatal(err)
				}
				text := e.took()[0]
				for line := range strings.Lines(text) {
					line = strings.TrimSuffix(line, "\n")
					if strings.HasPrefix(line, "Bcc:") || strings.HasPrefix(line, "Next:   pay") || line == "." || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
						t.Errorf("a forged line %q", line)
					}
				}
				if state == stateOpen && !strings.Contains(text, "Next:") {
					t.Errorf("what is next was cut off:\n%.300s", text)
				}
				if !k.short && state != stateOpen && !strings.Contains(strings.ToLower(text), state+": ") {
					t.Errorf("%s isn't said:\n%.300s", state, text)
				}
			})
		}
	}
}

func failures(t *testing.T, k traits) {
	for _, test := range []struct {
		mode      behaviour
		temporary bool
		quick     bool
	}{
		{refuses, !k.refusedForGood, false},
		{busy, true, k.quickBusy},
		{drops, true, false},
		{hangs, true, false},
		{"gone", !k.goneForGood, k.quickGone},
	} {
		t.Run(string(test.mode), func(t *testing.T) {
			e := k.make(t)
			o, c := options(e)
			config := e.config()
			if test.mode == hangs {
				config.Timeout = "150ms"
			}
			s := newSender(t, config, o)
			e.behave(test.mode)
			if test.mode == "gone" {
				e.gone()
			}
			m := message()
			m.Next = "Ada Example starts it with " + strings.Join(k.secrets, " or ")
			failed := asError(t, s.Send(t.Context(), m))
			t.Log(failed)
			wantSafe(t, failed, k.secrets)
			want := 1
			if test.quick {
				want = 3
			}
			if len(c.waits) != want-1 || test.mode != "gone" && e.tries() > want {
				t.Errorf("%d tries, waits %v", e.tries(), c.waits)
			}
			if failed.Temporary != test.temporary {
				t.Errorf("temporary: %t", failed.Temporary)
			}
			if len(e.took()) != 0 {
				t.Errorf("took %q", e.took())
			}
		})
	}
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatalf("%v is no *Error", err)
	}
	return failed
}

// wantSafe wants an error that tells no secret in any form, on one line.
func wantSafe(t *testing.T, failed *Error, secrets []string) {
	t.Helper()
	texts := []string{failed.Error()}
	for err := error(failed); err != nil; err = errors.Unwrap(err) {
		texts = append(texts, err.Error())
	}
	for _, text := range texts {
		if !strings.HasPrefix(text, "the channel on-call (") || strings.ContainsAny(text, "\r\n\x1b") || len(text) > 600 {
			t.Errorf("the error %q", text)
		}
		for _, secret := range secrets {
			for _, form := range formsOf(secret) {
				if strings.Contains(text, form) {
					t.Errorf("%q tells %q", text, form)
				}
			}
		}
	}
}

func badMessages(t *testing.T, k traits) {
	for name, spoil := range map[string]func(*Message){
		"no key":        func(m *Message) { m.Key = "" },
		"long key":      func(m *Message) { m.Key = strings.Repeat("k", maxKey+1) },
		"key of lines":  func(m *Message) { m.Key = "a\nb" },
		"no title":      func(m *Message) { m.Title = " \n\x00" },
		"no severity":   func(m *Message) { m.Severity = "" },
		"odd severity":  func(m *Message) { m.Severity = "Critical\n" },
		"script link":   func(m *Message) { m.Link = "javascript:alert(1)" },
		"link of lines": func(m *Message) { m.Link = "https://a.example/\nX: y" },
		"link of user":  func(m *Message) { m.Link = "https://ada:pw@a.example/" },
		"link of marks": func(m *Message) { m.Link = "https://a.example/>|x" },
		"long link":     func(m *Message) { m.Link = "https://a.example/" + strings.Repeat("a", maxLink) },
		"a crowd":       func(m *Message) { m.To = make([]string, maxTo+1) },
	} {
		t.Run(name, func(t *testing.T) {
			e := k.make(t)
			o, c := options(e)
			m := message()
			spoil(&m)
			failed := asError(t, newSender(t, e.config(), o).Send(t.Context(), m))
			if failed.Temporary || e.tries() != 0 || len(c.waits) != 0 {
				t.Errorf("%v, temporary %t, %d tries", failed, failed.Temporary, e.tries())
			}
		})
	}
}
