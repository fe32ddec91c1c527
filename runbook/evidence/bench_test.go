package evidence

import (
	"crypto/rand"
	"strings"
	"testing"
)

func BenchmarkSealStoreAppend(b *testing.B) {
	w := newBench(b)
	payload := make([]byte, 2900)
	for b.Loop() {
		rand.Read(payload)
		d, err := w.store.PutEnvelope(seal(b, string(payload), w.key))
		if err != nil {
			b.Fatal(err)
		}
		w.append(Leaf{Kind: "run", Envelope: d})
	}
}

func BenchmarkReadLog(b *testing.B) {
	w := newBench(b)
	w.append(leaves(0, 100_000)...)
	for b.Loop() {
		w.read()
	}
}

func BenchmarkOpenVerify(b *testing.B) {
	k := newKey(b, Ed25519)
	data := seal(b, strings.Repeat("x", 2900), k)
	for b.Loop() {
		if _, err := open(b, data).Verify(k.Public()); err != nil {
			b.Fatal(err)
		}
	}
}
