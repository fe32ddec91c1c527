package channel

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	const want = `Backup of Acme & Söhne didn't run

What:   The backup that was due at 07:00 has not begun.
Since:  Mon 2026-07-06 07:00 +01:00
Impact: There is no backup of last night.
Tried:  Nobody has acknowledged it.
Next:   Ada Example starts it by hand.

https://portal.example/runs/1?a=b&c=d
`
	if got := message().Text(); got != want {
		t.Errorf("got\n%s", got)
	}
	m := Message{Title: " a \n b\x00\x1b[2Jc ", Resolved: true, Acknowledged: true}
	const bare = "Resolved: a b [2Jc\n\nWhat:   not stated\nSince:  not stated\nImpact: not stated\nTried:  not stated\nNext:   not stated\n"
	if got := m.Text(); got != bare {
		t.Errorf("got\n%s", got)
	}
}

// The steps that SignatureHeader gives for a shell, done by another program.
func TestSignatureInAShell(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip(err)
	}
	body := encode(message().document())
	header := sign([]byte(hookKey), start, body)
	parts := regexp.MustCompile(`^t=(\d+),v1=([0-9a-f]{64})$`).FindStringSubmatch(header)
	if parts == nil {
		t.Fatalf("the header %q", header)
	}
	c := exec.CommandContext(t.Context(), openssl, "dgst", "-sha256", "-hmac", hookKey)
	c.Stdin = strings.NewReader(parts[1] + "." + string(body))
	out, err := c.Output()
	if err != nil || !strings.Contains(string(out), parts[2]) {
		t.Errorf("openssl says %s, %v; want %s", out, err, parts[2])
	}
}

// FuzzMessage holds all shapes to their limits, whatever the texts are.
func FuzzMessage(f *testing.F) {
	f.Add("key", hostile, hostile, uint8(0))
	f.Add("k", strings.Repeat("🔥", 50), strings.Repeat(`"\`, 100), uint8(1))
	f.Add("é", "\u2028\u202e", "{{{", uint8(2))
	post := func(address string, header map[string]string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, address, nil)
		r.Header.Set("Content-Type", "application/json")
		for name, value := range header {
			r.Header.Set(name, value)
		}
		return r
	}
	f.Fuzz(func(t *testing.T, key, title, text string, state uint8) {
		m := Message{Key: key, Source: title, Severity: SeverityError, Title: title, What: text, Impact: text, Tried: title, Next: text, Acknowledged: state%3 == 1, Resolved: state%3 == 2}
		if m.check() != nil {
			return
		}
		m = m.tidy()
		var errs []error
		try := func(_ string, err error) { errs = append(errs, err) }
		try(readDocument(encode(m.document())))
		try(readSlack(post(slackPath, nil), encode(slackOf(m))))
		try(readTeams(post(teamsPath, nil), encode(teamsOf(m))))
		try(readPagerDuty(post("/v2/enqueue", nil), encode(pagerDutyOf(m, pagerKey))))
		try(readJira(post("/base/jsm/ops/integration/v2/alerts", map[string]string{"Authorization": "GenieKey " + jiraKey}), encode(jiraOf(m))))
		try(readNtfy(post("/", map[string]string{"Authorization": "Bearer " + ntfyToken}), encode(ntfyOf(m, ntfyTopic))))
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if got := strings.Count(m.Text(), "\n"); got != 7 {
			t.Errorf("%d lines:\n%s", got, m.Text())
		}
	})
}

func FuzzLine(f *testing.F) {
	f.Add(hostile, 20)
	f.Add("aé長🔥", 4)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = max(limit, len(ellipsis))
		got := line(text, limit)
		if len(got) > limit || !utf8.ValidString(got) || clean(got) != got || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q of %q", got, text)
		}
		if len(clean(text)) <= limit && got != clean(text) {
			t.Errorf("%q was cut to %q", text, got)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"1", "-1", "18446744073709551616", start.Format(http.TimeFormat), "Mon, 02 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := retryAfter(text, start); got < 0 || got > maxRetryAfter {
			t.Errorf("%q: %s", text, got)
		}
	})
}

func TestMask(t *testing.T) {
	const secret = `s3cr/et "kéy"+<x>&`
	m := newMask([]string{secret, "short", "a@b.c"})
	for name, form := range map[string]string{
		"plain": secret, "go": fmt.Sprintf("%q", secret), "json": string(encode(secret)), "path": url.PathEscape(secret), "query": url.QueryEscape(secret),
		"lower": strings.ToLower(url.QueryEscape(secret)), "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"slashes": strings.ReplaceAll(secret, "/", `\/`),
	} {
		if got := m.text("<" + form + ">"); strings.Trim(got, `<>"`) != masked {
			t.Errorf("%s: %q became %q", name, form, got)
		}
	}
	for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for shift := range 4 {
			text := alphabet.EncodeToString([]byte(strings.Repeat("a", shift) + secret + "tail"))
			if got := m.text(text); !strings.Contains(got, masked) || len(got) > 16 {
				t.Errorf("base64 at %d: %q became %q", shift, text, got)
			}
		}
	}
	if got := m.text("a short word to a@b.c"); got != "a short word to ***" {
		t.Errorf("got %q", got)
	}
}

// FuzzMask looks for what a mask left.
func FuzzMask(f *testing.F) {
	f.Add("0123456789", "a", "b")
	f.Add("aaaaaaaaa", "aaaa", "aaaaaaaaaaaaaaaa")
	f.Add("********", "*", "***")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < minSecret || strings.Contains(secret, "*") {
			return
		}
		m := newMask([]string{secret})
		for _, form := range formsOf(secret) {
			got := m.text(before + form + after)
			if strings.Contains(got, form) {
				t.Errorf("%q is left in %q", form, got)
			}
		}
	})
}

// A command that says no end of things, and one that leaves a child behind.
func TestCommands(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for script, want := range map[string]string{
		`cat >/dev/null; yes an endless tale | head -c 1000000 >&2; exit 3`: `exited 3: "an endless tale`,
		`exit 0`:                              "",
		`cat >/dev/null; sleep 1000 & exit 4`: "exited 4; a process that it left behind was ended",
		`printf 'a\033[2Jb\nc' >&2; exit 1`:   `exited 1: "a [2Jb c"`,
		`echo "$HOME" >&2; exit 1`:            `exited 1`,
	} {
		s := newSender(t, Config{Type: "exec", Command: []string{sh, "-c", script}}, Options{Env: []string{"PATH=/usr/bin:/bin"}})
		err := s.Send(t.Context(), message())
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", script, err)
			}
			continue
		}
		failed := asError(t, err)
		if !strings.Contains(failed.Error(), want) || !failed.Temporary {
			t.Errorf("%s: %v", script, failed)
		}
		wantSafe(t, failed, nil)
	}
	s := newSender(t, Config{Type: "exec", Command: []string{"no-such-program"}}, Options{Env: []string{"PATH=/usr/bin:/bin"}})
	if failed := asError(t, s.Send(t.Context(), message())); failed.Temporary || !strings.Contains(failed.Error(), "program not found") {
		t.Errorf("%v", failed)
	}
	h := &head{limit: 3}
	for _, text := range []string{"ab", "cd", "e"} {
		if n, err := h.Write([]byte(text)); n != len(text) || err != nil {
			t.Error(n, err)
		}
	}
	if !bytes.Equal(h.kept, []byte("abc")) {
		t.Errorf("kept %q", h.kept)
	}
}
