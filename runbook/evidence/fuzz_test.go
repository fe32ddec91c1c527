package evidence

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func FuzzOpenEnvelope(f *testing.F) {
	key := newKey(f, Ed25519)
	f.Add(seal(f, `{"a":1}`, key, newKey(f, ECDSAP256)))
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[{"sig":"AA=="}]}`))
	f.Add([]byte(`{"payload":"e30=","Payload":"e30="}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := OpenEnvelope(data, 1<<16)
		if err != nil {
			return
		}
		if len(e.Signatures) == 0 || e.Digest != digestOf(data) {
			t.Errorf("read as %+v", e)
		}
		again, err := OpenEnvelope(envelopeWith(string(e.Payload), e.Signatures...), 0)
		if err != nil {
			t.Fatal(err)
		}
		again.Digest = e.Digest
		if diff := cmp.Diff(e, again, cmpopts.IgnoreUnexported(Envelope{})); diff != "" {
			t.Error(diff)
		}
		checkCanonical(t, data)
	})
}

// checkCanonical holds what is read at once to what JSON says of the same bytes.
func checkCanonical(t *testing.T, data []byte) (ours bool) {
	t.Helper()
	at, byJSON := openCanonical(data, nil), must(openJSON(data))
	if at == nil {
		return false
	}
	if diff := cmp.Diff(byJSON, at, cmpopts.IgnoreUnexported(Envelope{})); diff != "" {
		t.Error(diff)
	}
	if want := PAE(PayloadType, at.Payload); !bytes.Equal(at.signed, want) {
		t.Errorf("signed is taken to be %q, and is %q", at.signed, want)
	}
	return true
}

func FuzzDecodeStatement(f *testing.F) {
	f.Add(must(EncodeStatement("https://example.com/x/v1", []Subject{{"a", zeros}}, map[string]any{"b": []int{1}})))
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"x","predicate":{"a":1,"a":2}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := DecodeStatement(data)
		if err != nil {
			return
		}
		var predicate map[string]any
		if err := DecodeStrict(s.Predicate, &predicate); err != nil {
			t.Fatalf("the predicate can't be read: %v", err)
		}
		b, err := EncodeStatement(s.PredicateType, s.Subjects, struct{}{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeStatement(b)
		if err != nil || !cmp.Equal(again.Subjects, s.Subjects) || again.PredicateType != s.PredicateType {
			t.Errorf("%+v became %+v, %v", s, again, err)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	key := newKey(f, Ed25519)
	origin := Origin("acme", "laptop")
	good := must(signCheckpoint(origin, 5, [32]byte{1}, key)).Text
	f.Add(good)
	f.Add(append(bytes.Clone(good), "— witness AAAAAAAA\n"...))
	f.Add([]byte(checkpointText(origin, 5, [32]byte{1})))
	f.Fuzz(func(t *testing.T, data []byte) {
		cp, err := ParseCheckpoint(data, key.Public(), origin)
		if err != nil {
			return
		}
		// Nothing but the one text that was signed passes.
		if !bytes.HasPrefix(data, []byte(checkpointText(origin, 5, [32]byte{1})+"\n")) || cp.Size != 5 || !bytes.Equal(cp.Text, data) {
			t.Errorf("%q was read as %+v", data, cp)
		}
	})
}

func FuzzParseLeaf(f *testing.F) {
	f.Add(must(leaf(0).encode()))
	f.Add([]byte(`{"v":1,"kind":"plan","envelope":"sha256:` + zeros + `"}`))
	f.Add([]byte(`{"v":1,"Kind":"run","kind":"run","envelope":"sha256:` + zeros + `"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ParseLeaf(data)
		if err != nil {
			return
		}
		if again, err := l.encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q became %q, %v", data, again, err)
		}
	})
}
