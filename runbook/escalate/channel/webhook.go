package channel

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// SignatureHeader is the header of a webhook's request that proves who sent it:
//
//	Msp-Signature: t=1783324800,v1=5257a869…
//
// t is the time of sending in seconds since 1970, and v1 the HMAC-SHA-256
// (RFC 2104), in lower-case hex, with the channel's key over the digits of t, a
// dot, and the body as it came, to the byte. A receiver
//
//  1. refuses a t that is more than five minutes from its own clock, so that
//     nobody can send an old request again;
//  2. computes the HMAC over the bytes that it received, before it parses them,
//     and compares in constant time (hmac.Equal, crypto.timingSafeEqual);
//  3. passes over parts of the header that it doesn't know: a later version adds
//     v2 beside v1.
//
// In a shell, with $t from the header and the body in a file:
//
//	{ printf '%s.' "$t"; cat body; } | openssl dgst -sha256 -hmac "$key"
//
// The body is JSON: version (1), id, key, ladder, rung, contact, source, severity,
// state (open, acknowledged or resolved), title, what, since (RFC 3339), impact,
// tried, next, link, to, and text, which is all of it as plain text. A key comes
// again with all news of its matter; an id comes again only because an answer was
// lost, so a receiver drops repeats by the id.
const SignatureHeader = "Msp-Signature"

func newWebhook(c Config, o Options) (try, *ConfigError) {
	u, bad := parseURL(c.URL)
	if bad != nil {
		return nil, bad
	}
	return poster(o, func(m Message) request {
		body := encode(m.document())
		return request{u.String(), map[string]string{SignatureHeader: sign([]byte(c.Key), o.Now(), body)}, body}
	}), nil
}

func sign(key []byte, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
