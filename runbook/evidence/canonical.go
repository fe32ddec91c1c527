package evidence

import (
	"bytes"
	"encoding/base64"
)

// What Seal writes, but for the payload, the ids of the keys and the signatures.
const (
	canonicalHead = `{"payloadType":"` + PayloadType + `","payload":"`
	canonicalSigs = `","signatures":[`
	canonicalID   = `{"keyid":"`
	canonicalSig  = `","sig":"`
	canonicalEnd  = `"}`
)

// openCanonical reads an envelope that is written as Seal writes it, as most are, without
// a JSON decoder. Nil is for all others. The payload may lie in the buffer.
func openCanonical(data, buffer []byte) *Envelope {
	rest, ours := bytes.CutPrefix(data, []byte(canonicalHead))
	payload, rest, whole := bytes.Cut(rest, []byte(canonicalSigs))
	size, padded := base64Size(payload)
	if !ours || !whole || !padded {
		return nil
	}
	e := &Envelope{signed: paeHead(buffer, PayloadType, size)}
	e.head = len(e.signed)
	e.signed = e.signed[:e.head+size]
	e.Payload = e.signed[e.head:]
	if !decodeWhole(e.Payload, payload) {
		return nil
	}
	for more := true; more; rest, more = bytes.CutPrefix(rest, []byte(",")) {
		var s Signature
		if s, rest, whole = cutSignature(rest); !whole {
			return nil
		}
		e.Signatures = append(e.Signatures, s)
	}
	if string(rest) != "]}" {
		return nil
	}
	return e
}

// cutSignature takes one signature off.
func cutSignature(data []byte) (s Signature, rest []byte, whole bool) {
	rest, begun := bytes.CutPrefix(data, []byte(canonicalID))
	id, rest, named := bytes.Cut(rest, []byte(canonicalSig))
	sig, rest, ended := bytes.Cut(rest, []byte(canonicalEnd))
	size, padded := base64Size(sig)
	if !begun || !named || !ended || !padded || size == 0 || !plain(id) {
		return s, nil, false
	}
	s = Signature{KeyID: string(id), Sig: make([]byte, size)}
	return s, rest, decodeWhole(s.Sig, sig)
}

// plain reports whether JSON writes a text of ASCII as it is.
func plain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return len(text) > 0
}

// base64Size is how many bytes a padded base64 is of; false when it can't be one.
func base64Size(text []byte) (int, bool) {
	bare := bytes.TrimRight(text, "=")
	return base64.RawStdEncoding.DecodedLen(len(bare)), len(text)%4 == 0 && len(text)-len(bare) <= 2
}

// decodeWhole decodes base64 of exactly as many bytes.
func decodeWhole(into, text []byte) bool {
	n, err := base64.StdEncoding.Strict().Decode(into, text)
	return err == nil && n == len(into)
}
