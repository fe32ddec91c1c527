package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sampleSecrets hold every kind of byte that some encoding treats specially.
var sampleSecrets = map[string]string{
	"plain":      "hunter2-Tr0ub4dor",
	"eight":      "8bytes!!",
	"percent":    "50%off%41 %%/100%",
	"backslash":  `C:\\share\new\\\u0041\`,
	"quotes":     `say "hi" & <b>/'go'`,
	"space":      "correct horse battery staple",
	"plus":       "a+b+c d+e=f?g&h",
	"control":    "line one\nline\ttwo\r\nthree\b\f",
	"accents":    "pâté-Ünïcödé-ñ",
	"surrogates": "key-🔑-and-🗝-end",
	"separators": "paragraph\u2028and\u2029line",
	"binary":     "\x00\x01\xff\xfe\x80raw\xc3\x28bytes",
	"repeats":    "aaaaaaaaaaab",
	"hexlike":    "deadbeefcafe0123",
	"base64like": "c2VjcmV0LXNlY3JldA==",
	"braces":     "[masked X][masked",
}

// A form is one way in which a secret is written down, and what stays of it
// when the secret is taken out: bits of its neighbours.
type form struct {
	name, text, rest string
}

const marker = "[masked S]"

func formsOf(secret string) []form {
	forms := []form{
		{"plain", secret, marker},
		{"hex", hex.EncodeToString([]byte(secret)), marker},
		{"HEX", strings.ToUpper(hex.EncodeToString([]byte(secret))), marker},
		{"hex wrapped", wrap(hex.EncodeToString([]byte(secret)), 10, "\n"), marker},
		{"hex wrapped as on Windows", wrap(hex.EncodeToString([]byte(secret)), 7, "\r\n"), marker},
		{"query", url.QueryEscape(secret), marker},
		{"query, lower case", lowerEscapes(url.QueryEscape(secret)), marker},
		{"path", url.PathEscape(secret), marker},
		{"every byte", percentAll(secret, "%%%02x"), marker},
		{"every BYTE", percentAll(secret, "%%%02X"), marker},
		{"encodeURIComponent", strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"), marker},
		{"json", inJSON(secret, true), marker},
		{"json without html", inJSON(secret, false), marker},
		{"json slashes", strings.ReplaceAll(inJSON(secret, false), "/", `\/`), marker},
		{"json ascii", asciiJSON(secret, `\u%04x`), marker},
		{"JSON ASCII", asciiJSON(secret, `\u%04X`), marker},
		{"javascript", strings.ReplaceAll(template.JSEscapeString(secret), `\'`, "'"), marker},
	}
	for _, before := range []string{"", "u", "us", "use", "user:"} {
		for _, after := range []string{"", "x", "yz", "\n"} {
			for name, encoding := range map[string]*base64.Encoding{
				"std": base64.StdEncoding, "url": base64.URLEncoding, "raw": base64.RawStdEncoding, "raw url": base64.RawURLEncoding,
			} {
				forms = append(forms, base64Form(name, encoding, before, secret, after))
			}
		}
	}
	return forms
}

// base64Form is a secret inside a longer encoded text: the characters that the
// secret alone decides have to go.
func base64Form(name string, encoding *base64.Encoding, before, secret, after string) form {
	text := encoding.EncodeToString([]byte(before + secret + after))
	first := (8*len(before) + 5) / 6
	last := 8 * (len(before) + len(secret)) / 6
	return form{
		fmt.Sprintf("base64 %s %q %q", name, before, after), text, text[:first] + marker + text[last:],
	}
}

func wrap(text string, every int, end string) string {
	var out strings.Builder
	for i := range len(text) {
		if i > 0 && i%every == 0 {
			out.WriteString(end)
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func percentAll(text, format string) string {
	var out strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&out, format, text[i])
	}
	return out.String()
}

func lowerEscapes(text string) string {
	bytes := []byte(text)
	for i := range bytes {
		if i >= 1 && bytes[i-1] == '%' || i >= 2 && bytes[i-2] == '%' {
			bytes[i] |= 0x20 & (bytes[i] >> 1) // only letters have bit 6
		}
	}
	return string(bytes)
}

func inJSON(text string, html bool) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(html)
	if err := encoder.Encode(text); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(out.String(), `"`), "\"\n")
}

// asciiJSON is what Python's json.dumps writes.
func asciiJSON(text, format string) string {
	var out strings.Builder
	for _, r := range inJSON(text, false) {
		switch {
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&out, format+format, 0xD800+r>>10, 0xDC00+r&0x3FF)
		case r > 0x7E:
			fmt.Fprintf(&out, format, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// failer is what a test of this package and one of rapid have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func mustMask(t failer, secrets map[string]string) *Mask {
	t.Helper()
	m, err := NewMask(secrets)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return m
}

// pieces masks a text that comes in several writes.
func pieces(t failer, m *Mask, text string, cuts ...int) (string, map[string]int) {
	t.Helper()
	var out bytes.Buffer
	w := m.Writer(&out)
	last := 0
	for _, cut := range append(cuts, len(text)) {
		piece := []byte(text[last:cut])
		n, err := w.Write(piece)
		if err != nil || n != cut-last {
			t.Fatalf("wrote %d bytes of %d, error %v", n, cut-last, err)
		}
		clear(piece) // a writer may not keep what it was given
		last = cut
	}
	if err := w.Close(); err != nil {
		t.Fatalf("%v", err)
	}
	return out.String(), w.Replaced
}

func TestMaskEveryForm(t *testing.T) {
	for name, secret := range sampleSecrets {
		m := mustMask(t, map[string]string{"S": secret})
		for _, f := range formsOf(secret) {
			if got := m.Text(f.text); got != f.rest {
				t.Errorf("%s, %s: %q became %q, want %q", name, f.name, f.text, got, f.rest)
				continue
			}
			const before, after = "psql: could not connect, pass=<", ">, 3 tries\n"
			text := before + f.text + after + f.text + after
			want := before + f.rest + after + f.rest + after
			got, replaced := pieces(t, m, text)
			if got != want || replaced["S"] != 2 {
				t.Errorf("%s, %s in a text: %q, %d times", name, f.name, got, replaced["S"])
			}
		}
	}
}

// TestMaskSplit cuts each form at every byte, and gives it byte by byte.
func TestMaskSplit(t *testing.T) {
	for name, secret := range sampleSecrets {
		m := mustMask(t, map[string]string{"S": secret})
		for _, f := range formsOf(secret) {
			text, want := "<"+f.text+">", "<"+f.rest+">"
			single := make([]int, len(text))
			for cut := range len(text) + 1 {
				if cut < len(text) {
					single[cut] = cut
				}
				if got, replaced := pieces(t, m, text, cut); got != want || replaced["S"] != 1 {
					t.Fatalf("%s, %s cut at %d: %q", name, f.name, cut, got)
				}
			}
			if got, _ := pieces(t, m, text, single...); got != want {
				t.Errorf("%s, %s byte by byte: %q", name, f.name, got)
			}
		}
	}
}

// TestMaskLongWrapped is what base64 and xxd print of a text around a secret.
func TestMaskLongWrapped(t *testing.T) {
	secret := strings.Repeat("a long secret, line by line. ", 12)
	m := mustMask(t, map[string]string{"S": secret})
	random := rand.New(rand.NewPCG(1, 2))
	for lead := range 90 {
		before := strings.Repeat("n", lead)
		for _, end := range []string{"\n", "\r\n"} {
			text := wrap(base64.StdEncoding.EncodeToString([]byte(before+secret+"tail")), 76, end)
			got, replaced := pieces(t, m, text, random.IntN(len(text)))
			if replaced["S"] != 1 {
				t.Fatalf("after %d bytes, wrapped by %q: %q", lead, end, got)
			}
			plain, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("\n", "", "\r", "", "=", "").Replace(strings.SplitN(got, marker, 2)[0]))
			if err == nil && strings.Contains(string(plain), "a long") {
				t.Fatalf("after %d bytes the rest decodes to %q", lead, plain)
			}
		}
	}
}

func TestMaskSeveralSecrets(t *testing.T) {
	m := mustMask(t, map[string]string{"SHORT": "password", "LONG": "password1234", "OTHER": "1234abcd"})
	for text, want := range map[string]string{
		"password":                  "[masked SHORT]",
		"password123":               "[masked SHORT]123",
		"password1234":              "[masked LONG]",
		"password1234abcd":          "[masked LONG]abcd",
		"1234abcd":                  "[masked OTHER]",
		"passwordpassword1234":      "[masked SHORT][masked LONG]",
		"passwor password1234 pass": "passwor [masked LONG] pass",
	} {
		for cut := range len(text) {
			if got, _ := pieces(t, m, text, cut); got != want {
				t.Errorf("%q cut at %d: %q, want %q", text, cut, got, want)
			}
		}
	}
	_, replaced := pieces(t, m, "password password1234 password1234")
	if diff := cmp.Diff(map[string]int{"SHORT": 1, "LONG": 2}, replaced); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestMaskRefusesShortSecrets(t *testing.T) {
	for _, secret := range []string{"", "a", "1234567"} {
		if _, err := NewMask(map[string]string{"PIN": secret}); err == nil || !strings.Contains(err.Error(), "PIN") || strings.Contains(err.Error(), "1234567") {
			t.Errorf("a secret of %d bytes: %v", len(secret), err)
		}
	}
	if _, err := NewMask(map[string]string{"PIN": "12345678"}); err != nil {
		t.Error(err)
	}
}

func TestMaskError(t *testing.T) {
	m := mustMask(t, map[string]string{"S": "hunter2-hunter2"})
	inner := fmt.Errorf("dial %s: %w", "hunter2-hunter2", ErrFinished)
	masked := m.Error(inner)
	if masked.Error() != "dial [masked S]: the run has ended already" || m.Error(nil) != nil {
		t.Errorf("%v", masked)
	}
	if masked := m.Error(ErrFinished); masked != ErrFinished { //nolint:errorlint // the same one is wanted
		t.Errorf("%v", masked)
	}
}

// TestMaskLeavesTheRest masks texts in which no secret stands.
func TestMaskLeavesTheRest(t *testing.T) {
	m := mustMask(t, sampleSecrets)
	alphabet := strings.Join([]string{
		"abcdefghijklmnopqrstuvwxyz0123456789ABCDEF+/-_=%\\u\n\r \t\"", sampleSecrets["plain"], sampleSecrets["percent"],
	}, "")
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for _, length := range rapid.SliceOfN(rapid.IntRange(0, 6), 0, 40).Draw(t, "lengths") {
			// Seven bytes at most of any secret, and something between them that
			// stands in none.
			from := rapid.IntRange(0, len(alphabet)-7).Draw(t, "from")
			text.WriteString(alphabet[from : from+length])
			text.WriteString("~\x7f~")
		}
		cuts := cutsOf(t, text.Len())
		got, replaced := pieces(t, m, text.String(), cuts...)
		if got != text.String() || len(replaced) > 0 {
			t.Fatalf("%q became %q", text.String(), got)
		}
	})
}

// TestMaskHowEverSplit holds that writes may be cut anywhere.
func TestMaskHowEverSplit(t *testing.T) {
	m := mustMask(t, sampleSecrets)
	names := []string{"plain", "percent", "backslash", "repeats", "binary", "surrogates", "base64like"}
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			secret := sampleSecrets[rapid.SampledFrom(names).Draw(t, "secret")]
			forms := formsOf(secret)
			whole := forms[rapid.IntRange(0, len(forms)-1).Draw(t, "form")].text
			from := rapid.IntRange(0, 3).Draw(t, "from")
			text.WriteString(whole[from : len(whole)-rapid.IntRange(0, 3).Draw(t, "less")])
			text.WriteString(rapid.SampledFrom([]string{"", " ", "\n", "a", "%", `\`, "61"}).Draw(t, "between"))
		}
		want, counts := pieces(t, m, text.String())
		got, replaced := pieces(t, m, text.String(), cutsOf(t, text.Len())...)
		if got != want || cmp.Diff(counts, replaced) != "" {
			t.Fatalf("%q\nat once  %q\nin parts %q", text.String(), want, got)
		}
	})
}

func cutsOf(t *rapid.T, length int) []int {
	at, cuts := 0, []int{}
	for at < length {
		at = min(length, at+rapid.IntRange(0, 30).Draw(t, "length of a write"))
		cuts = append(cuts, at)
	}
	return cuts
}

// FuzzMask holds that it doesn't matter how a text is cut, and that the
// secret itself never comes out.
func FuzzMask(f *testing.F) {
	for _, secret := range sampleSecrets {
		for i, form := range formsOf(secret) {
			if i%7 == 0 {
				f.Add(secret, "say "+form.text+" and "+form.text, uint8(5))
			}
		}
	}
	f.Add("aaaaaaaaab", "aaaaaaaaaaaaaaaaaaaab", uint8(1))
	f.Fuzz(func(t *testing.T, secret, text string, every uint8) {
		if len(secret) < MinSecret || len(secret) > 200 || len(text) > 4000 || every == 0 {
			t.Skip()
		}
		m := mustMask(t, map[string]string{"S": secret})
		whole, counts := pieces(t, m, text)
		var cuts []int
		for at := int(every); at < len(text); at += int(every) {
			cuts = append(cuts, at)
		}
		parts, replaced := pieces(t, m, text, cuts...)
		if parts != whole || cmp.Diff(counts, replaced) != "" {
			t.Fatalf("at once %q, in parts %q", whole, parts)
		}
		if m.Text(secret) != marker {
			t.Fatalf("the secret alone became %q", m.Text(secret))
		}
		for _, piece := range strings.Split(whole, marker) {
			if strings.Contains(piece, secret) {
				t.Fatalf("%q still holds the secret", whole)
			}
		}
		if !strings.Contains(whole, marker) && whole != text {
			t.Fatalf("%q became %q", text, whole)
		}
	})
}

// BenchmarkMask measures text without a secret in it.
func BenchmarkMask(b *testing.B) {
	line := "2026-11-21T07:16:00Z INFO restic: snapshot 1f3a9c saved, 1204 files, 3.1 GiB, duration 12:04\n"
	text := []byte(strings.Repeat(line, 64<<10/len(line)))
	for _, count := range []int{0, 1, 8} {
		b.Run(fmt.Sprintf("%d secrets", count), func(b *testing.B) {
			secrets := map[string]string{}
			random := rand.New(rand.NewPCG(3, 4))
			for i := range count {
				raw := make([]byte, 24)
				for j := range raw {
					raw[j] = byte(random.Uint32())
				}
				secrets[fmt.Sprintf("S%d", i)] = base64.RawURLEncoding.EncodeToString(raw)
			}
			m := mustMask(b, secrets)
			w := m.Writer(discard{})
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				w.Write(text)
			}
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
