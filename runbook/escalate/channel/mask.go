package channel

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// masked stands where a secret stood.
const masked = "***"

// mask replaces secrets in texts: plain, in the escapes of URLs and JSON, in hex
// and in base64 at each alignment.
type mask struct{ replacer *strings.Replacer }

func newMask(secrets []string) mask {
	var forms []string
	for _, secret := range secrets {
		if len(secret) >= minSecret || strings.Contains(secret, "@") { // a mail address is told from other text
			forms = append(forms, formsOf(secret)...)
		}
	}
	// The longest first: the parts of a URL are forms by themselves.
	slices.SortFunc(forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, masked)
	}
	return mask{strings.NewReplacer(pairs...)}
}

func (m mask) text(text string) string { return m.replacer.Replace(text) }

func formsOf(secret string) []string {
	quoted := strconv.Quote(secret)
	jsoned := string(encode(secret))
	path, query := url.PathEscape(secret), url.QueryEscape(secret)
	hexed := hex.EncodeToString([]byte(secret))
	forms := []string{
		secret, quoted[1 : len(quoted)-1], jsoned[1 : len(jsoned)-1], path, query, strings.ToLower(path), strings.ToLower(query),
		strings.ReplaceAll(secret, "/", `\/`), hexed, strings.ToUpper(hexed),
	}
	for shift := range 3 {
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := alphabet.EncodeToString([]byte(strings.Repeat("\x00", shift) + secret))
			// The first and the last digit may hold bits of their neighbours.
			forms = append(forms, text[(shift*8+5)/6:(shift+len(secret))*8/6])
		}
	}
	return forms
}
