package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

func seal(t testing.TB, payload string, keys ...*PrivateKey) []byte {
	t.Helper()
	var signers []Signer
	for _, k := range keys {
		signers = append(signers, k)
	}
	b, err := Seal([]byte(payload), signers...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t testing.TB, data []byte) *Envelope {
	t.Helper()
	e, err := OpenEnvelope(data, 0)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPAE(t *testing.T) {
	// The example of the DSSE protocol.
	got := PAE("http://example.com/HelloWorld", []byte("hello world"))
	if want := "DSSEv1 29 http://example.com/HelloWorld 11 hello world"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, payload := range []string{"", "x", "é", strings.Repeat("long ", 1000)} {
		if got, want := PAE(PayloadType, []byte(payload)), dsse.PAE(PayloadType, []byte(payload)); !bytes.Equal(got, want) {
			t.Errorf("got %q, the library %q", got, want)
		}
	}
}

func TestSealOpenVerify(t *testing.T) {
	a, b, c := newKey(t, Ed25519), newKey(t, ECDSAP256), newKey(t, Ed25519)
	data := seal(t, `{"<&>":"é"}`, a, b)
	e := open(t, data)
	if string(e.Payload) != `{"<&>":"é"}` || e.Digest != digestOf(data) || len(e.Signatures) != 2 {
		t.Errorf("got %+v", e)
	}
	got, err := e.Verify(c.Public(), b.Public(), a.Public())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]PublicKey{a.Public(), b.Public()}, got); diff != "" {
		t.Error(diff)
	}

	// A library that others wrote reads it.
	var theirs dsse.Envelope
	if err := json.Unmarshal(data, &theirs); err != nil {
		t.Fatal(err)
	}
	if payload, err := theirs.DecodeB64Payload(); err != nil || string(payload) != `{"<&>":"é"}` || theirs.PayloadType != PayloadType {
		t.Errorf("the library reads %+v", theirs)
	}
}

func TestSealRefuses(t *testing.T) {
	if _, err := Seal([]byte("{}")); !errors.Is(err, ErrNoSignature) {
		t.Errorf("without a key: %v", err)
	}
	k := newKey(t, Ed25519)
	if _, err := Seal([]byte("{}"), k, k); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("with a key twice: %v", err)
	}
}

// resign gives an envelope with these signatures, as JSON of ours.
func envelopeWith(payload string, sigs ...Signature) []byte {
	e := envelopeJSON{PayloadType: PayloadType, Payload: base64.StdEncoding.EncodeToString([]byte(payload)), Signatures: []signatureJSON{}}
	for _, s := range sigs {
		e.Signatures = append(e.Signatures, signatureJSON{s.KeyID, base64.StdEncoding.EncodeToString(s.Sig)})
	}
	b, err := EncodeJSON(e)
	if err != nil {
		panic(err)
	}
	return b
}

func TestVerifyRefuses(t *testing.T) {
	a, b := newKey(t, Ed25519), newKey(t, Ed25519)
	by := func(k *PrivateKey, id, payload string) Signature {
		sig, err := k.Sign(PAE(PayloadType, []byte(payload)))
		if err != nil {
			t.Fatal(err)
		}
		return Signature{id, sig}
	}
	idA, idB := a.Public().ID(), b.Public().ID()
	for name, c := range map[string]struct {
		sigs []Signature
		keys []PublicKey
		want error
		text string
	}{
		"payload changed":        {[]Signature{by(a, idA, "was")}, []PublicKey{a.Public()}, ErrBadSignature, "not made by"},
		"none of the keys":       {[]Signature{by(b, idB, "is")}, []PublicKey{a.Public()}, ErrUnknownSigner, idB},
		"no keys":                {[]Signature{by(b, idB, "is")}, nil, ErrUnknownSigner, idB},
		"unknown without id":     {[]Signature{by(b, "", "is")}, []PublicKey{a.Public()}, ErrUnknownSigner, "by none"},
		"wrong beside right":     {[]Signature{by(a, idA, "is"), by(b, idB, "was")}, []PublicKey{a.Public(), b.Public()}, ErrBadSignature, idB},
		"unknown beside right":   {[]Signature{by(a, idA, "is"), by(b, idB, "is")}, []PublicKey{a.Public()}, ErrUnknownSigner, idB},
		"right, in other's name": {[]Signature{by(a, idB, "is")}, []PublicKey{a.Public()}, ErrBadSignature, "was made by " + idA},
		"names one, is by other": {[]Signature{by(a, idB, "is")}, []PublicKey{a.Public(), b.Public()}, ErrBadSignature, idB},
		"right without id":       {[]Signature{by(a, "", "is")}, []PublicKey{b.Public(), a.Public()}, nil, ""},
		"the same twice":         {[]Signature{by(a, idA, "is"), by(a, idA, "is")}, []PublicKey{a.Public()}, nil, ""},
	} {
		signers, err := open(t, envelopeWith("is", c.sigs...)).Verify(c.keys...)
		if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == nil && !cmp.Equal(signers, []PublicKey{a.Public()}) || c.want != nil && signers != nil {
			t.Errorf("%s: signers %v", name, signers)
		}
	}
	if _, err := (&Envelope{}).Verify(a.Public()); !errors.Is(err, ErrNoSignature) {
		t.Errorf("nothing signed: %v", err)
	}
}

func TestOpenEnvelopeRefuses(t *testing.T) {
	good := string(seal(t, `{"a":1}`, newKey(t, Ed25519)))
	open(t, []byte(good))
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	seen := make(map[string]string)
	for name, c := range map[string]struct{ data, want string }{
		"empty":             {"", "not JSON"},
		"null":              {"null", "payload type"},
		"cut":               {good[:len(good)-1], "not JSON"},
		"trailing":          {good + "{}", "data after the end"},
		"unknown":           {swap(`{"payload`, `{"extra":1,"payload`), `unknown field "extra"`},
		"unknown inside":    {swap(`{"keyid"`, `{"cert":"","keyid"`), `unknown field "cert" in /signatures/0`},
		"wrong case beside": {swap(`,"signatures"`, `,"Payload":"e30=","signatures"`), `wrong case: "Payload"`},
		"wrong case":        {swap(`"keyid"`, `"keyID"`), `wrong case: "keyID"`},
		"duplicate":         {swap(`,"signatures"`, `,"payload":"e30=","signatures"`), `duplicate field "payload"`},
		"escaped duplicate": {swap(`,"signatures"`, `,"\u0070ayload":"e30=","signatures"`), `duplicate field "payload"`},
		"other type":        {swap(`in-toto`, `in-tot`), "payload type"},
		"no signatures":     {string(envelopeWith(`{}`)), "no signature"},
		"empty signature":   {string(envelopeWith(`{}`, Signature{"x", nil})), "signature 1: no signature"},
		"not base64":        {swap(`eyJhIjoxfQ==`, `eyJhIjoxfQ`), "payload: not base64"},
		"stray bits":        {swap(`eyJhIjoxfQ==`, `eyJhIjoxfR==`), "payload: not base64"},
		"line break":        {swap(`eyJhIjoxfQ==`, `eyJh\nIjoxfQ==`), "line breaks"},
		"url base64":        {swap(`eyJhIjoxfQ==`, `eyJh_joxfQ==`), "payload: not base64"},
		"not UTF-8":         {swap(`SHA256:`, "SHA256:\xff"), "isn't UTF-8"},
		"wrong sort":        {swap(`"eyJhIjoxfQ=="`, `7`), "a JSON number where"},
		"too long":          {swap(`"payload"`, strings.Repeat(" ", DefaultEnvelopeLimit)+`"payload"`), "are refused"},
	} {
		_, err := OpenEnvelope([]byte(c.data), 0)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		seen[err.Error()] = name
	}
	if len(seen) < 14 {
		t.Errorf("too few different messages: %v", seen)
	}
	if _, err := OpenEnvelope([]byte(good), len(good)-1); err == nil {
		t.Error("an envelope over its caller's limit was read")
	}
}

func ExampleSeal() {
	key, err := GenerateKey(Ed25519)
	if err != nil {
		panic(err)
	}
	statement, err := EncodeStatement("https://example.com/checked/v1",
		[]Subject{{Name: "backup.tar.gz", SHA256: strings.Repeat("0", 64)}}, map[string]any{"by": "ada"})
	if err != nil {
		panic(err)
	}
	sealed, err := Seal(statement, key)
	if err != nil {
		panic(err)
	}
	e, err := OpenEnvelope(sealed, 0)
	if err != nil {
		panic(err)
	}
	if _, err := e.Verify(key.Public()); err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", e.Payload)
	// Output: {"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"backup.tar.gz","digest":{"sha256":"0000000000000000000000000000000000000000000000000000000000000000"}}],"predicateType":"https://example.com/checked/v1","predicate":{"by":"ada"}}
}

// What Seal writes is read at once, and each byte of it that is changed is read as JSON
// reads it.
func TestCanonical(t *testing.T) {
	one, two := newKey(t, Ed25519), newKey(t, ECDSAP256)
	for size := range 9 {
		payload := strings.Repeat("p", size)
		for _, sealed := range [][]byte{seal(t, payload, one), seal(t, payload, one, two)} {
			if !checkCanonical(t, sealed) {
				t.Errorf("not read at once: %s", sealed)
			}
			for i := range sealed {
				for _, c := range []byte("=A\\\" ,\n\x80") {
					changed := bytes.Clone(sealed)
					changed[i] = c
					e := openCanonical(changed, nil)
					if byJSON, err := openJSON(changed); e != nil && err != nil {
						t.Errorf("read as %+v, and JSON says %v: %s", e, err, changed)
					} else if e != nil && cmp.Diff(byJSON, e, cmpopts.IgnoreUnexported(Envelope{})) != "" {
						t.Errorf("read as %+v, and JSON reads %+v: %s", e, byJSON, changed)
					}
				}
			}
		}
	}
}

// TestVerifyOtherPayload: a signature is over the payload that an envelope has, not over
// the one that it was read with.
func TestVerifyOtherPayload(t *testing.T) {
	key := newKey(t, Ed25519)
	for _, other := range []string{"", "load", "another payload", "payloae"} {
		e := open(t, seal(t, "payload", key))
		e.Payload = []byte(other)
		if _, err := e.Verify(key.Public()); !errors.Is(err, ErrBadSignature) {
			t.Errorf("%q: %v", other, err)
		}
	}
	e := open(t, seal(t, "payload", key))
	e.Payload = e.Payload[3:]
	if _, err := e.Verify(key.Public()); !errors.Is(err, ErrBadSignature) {
		t.Errorf("the end of the payload: %v", err)
	}
}
