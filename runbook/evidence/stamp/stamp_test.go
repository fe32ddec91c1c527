package stamp_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"github.com/msp-runbook/msp/runbook/evidence/stamp"
	"github.com/msp-runbook/msp/runbook/evidence/stamp/stamptest"
)

var (
	monday = time.Date(2026, 11, 16, 6, 0, 0, 0, time.UTC)
	data   = []byte("a checkpoint\n")
)

func atMonday() time.Time { return monday }

func roots(t *testing.T, text []byte) *stamp.Roots {
	t.Helper()
	r, err := stamp.ParseRoots(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func authority(t *testing.T, tsa *stamptest.TSA) *stamp.Authority {
	t.Helper()
	return &stamp.Authority{Name: "test", URL: tsa.URL, Roots: roots(t, tsa.Roots)}
}

func TestAsk(t *testing.T) {
	tsa := stamptest.New(t, atMonday)
	a := authority(t, tsa)
	token, stated, err := a.Ask(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if want := (stamp.Stated{At: monday, Accuracy: time.Second}); stated != want {
		t.Errorf("the token states %+v, want %+v", stated, want)
	}
	again, err := a.Roots.Verify(token, data)
	if err != nil || again != stated {
		t.Errorf("verified again: %+v, %v", again, err)
	}
	if _, err := a.Roots.Verify(token, []byte("a checkpoint")); err == nil || !strings.Contains(err.Error(), "over other bytes") {
		t.Errorf("a token over other bytes: %v", err)
	}
}

// TestOpenSSL: the program that everybody has accepts what is kept.
func TestOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	tsa := stamptest.New(t, time.Now)
	token, _, err := authority(t, tsa).Ask(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string][]byte{"data": data, "other": []byte("other"), "token": token, "roots": tsa.Roots}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, fine := range map[string]bool{"data": true, "other": false} {
		c := exec.CommandContext(t.Context(), "openssl", "ts", "-verify", "-data", name, "-in", "token", "-CAfile", "roots")
		c.Dir = dir
		if out, err := c.CombinedOutput(); (err == nil) != fine {
			t.Errorf("openssl over %s: %v\n%s", name, err, out)
		}
	}
}

// TestLiars: what an authority must not do is refused, in words that name it.
func TestLiars(t *testing.T) {
	past := stamptest.Certificate{NotAfter: monday.Add(-time.Hour)}
	for _, c := range []struct {
		name  string
		with  stamptest.Certificate
		does  stamptest.Behaviour
		other bool // the roots are another authority's
		want  string
	}{
		{name: "down", does: stamptest.Behaviour{Down: true}, want: "503 Service Unavailable"},
		{name: "other bytes", does: stamptest.Behaviour{WrongBytes: true}, want: "over other bytes"},
		{name: "no nonce", does: stamptest.Behaviour{NoNonce: true}, want: "nonce"},
		{name: "unknown root", other: true, want: "doesn't lead to the roots given"},
		{name: "expired certificate", with: past, want: "wasn't valid at the time of the token"},
		{name: "certificate not valid yet", with: stamptest.Certificate{NotBefore: monday.Add(time.Hour)}, want: "wasn't valid at the time of the token"},
		{name: "for another use", with: stamptest.Certificate{Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}}, want: "incompatible key usage"},
		{name: "for two uses", with: stamptest.Certificate{Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageCodeSigning}}, want: "extended key usages"},
		{name: "use not critical", with: stamptest.Certificate{Lenient: true}, want: "critical"},
		{name: "a certificate authority", with: stamptest.Certificate{CA: true}, want: "not a CA"},
		{name: "no certificate named", does: stamptest.Behaviour{Unnamed: true}, want: "names no certificate"},
		{name: "another certificate named", does: stamptest.Behaviour{Misnamed: true}, want: "names another certificate"},
		{name: "vague", does: stamptest.Behaviour{Accuracy: 2 * time.Hour}, want: "accuracy of 2h0m0s"},
		{name: "no token", does: stamptest.Behaviour{Garbage: []byte("<html>")}, want: "the token"},
		{name: "endless", does: stamptest.Behaviour{Garbage: bytes.Repeat([]byte{'x'}, stamp.MaxToken+1)}, want: "more than 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tsa := stamptest.NewWith(t, atMonday, c.with)
			tsa.Do(c.does)
			a := authority(t, tsa)
			if c.other {
				a.Roots = roots(t, stamptest.New(t, atMonday).Roots)
			}
			_, _, err := a.Ask(t.Context(), data)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestSlow: nobody waits longer than asked.
func TestSlow(t *testing.T) {
	tsa := stamptest.New(t, atMonday)
	tsa.Do(stamptest.Behaviour{Slow: true})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, _, err := authority(t, tsa).Ask(ctx, data)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestUnstated: a token that doesn't say how exact it is, is to the second.
func TestUnstated(t *testing.T) {
	tsa := stamptest.New(t, atMonday)
	tsa.Do(stamptest.Behaviour{Unstated: true})
	_, stated, err := authority(t, tsa).Ask(t.Context(), data)
	if err != nil || stated.Latest() != monday.Add(time.Second) || stated.Earliest() != monday.Add(-time.Second) {
		t.Errorf("%+v, %v", stated, err)
	}
}

// TestThenNotNow: a certificate counts at the time of the token, and not now.
func TestThenNotNow(t *testing.T) {
	tsa := stamptest.NewWith(t, atMonday, stamptest.Certificate{})
	r := roots(t, tsa.Roots)
	if _, err := r.Verify(tsa.Stamp(data), data); err != nil {
		t.Error(err)
	}
	for _, out := range []time.Time{time.Date(2019, 6, 1, 0, 0, 0, 0, time.UTC), time.Date(2091, 1, 1, 0, 0, 0, 0, time.UTC)} {
		tsa.SetClock(func() time.Time { return out })
		if _, err := r.Verify(tsa.Stamp(data), data); err == nil || !strings.Contains(err.Error(), "wasn't valid at the time of the token") {
			t.Errorf("a token of %s: %v", out, err)
		}
	}
}

func TestRoots(t *testing.T) {
	tsa := stamptest.New(t, atMonday)
	if _, err := stamp.ParseRoots(append(bytes.Clone(tsa.Roots), tsa.Roots...)); err != nil {
		t.Errorf("two roots: %v", err)
	}
	block, _ := pem.Decode(tsa.Roots)
	for name, text := range map[string][]byte{
		"nothing": nil, "text": []byte("roots"), "a key": []byte("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"),
		"no certificate": []byte("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"), "DER": block.Bytes,
		"too much": bytes.Repeat([]byte{' '}, 2<<20),
	} {
		if _, err := stamp.ParseRoots(text); err == nil {
			t.Errorf("%s: taken as roots", name)
		}
	}
	var none *stamp.Roots
	if _, err := none.Verify(tsa.Stamp(data), data); err == nil {
		t.Error("verified without roots")
	}
}

func TestCheckURL(t *testing.T) {
	for address, fine := range map[string]bool{
		"https://tsa.example/tsr": true, "http://127.0.0.1:318": true, "": false, "tsa.example": false, "file:///etc/passwd": false, "http://": false, "http://[": false,
	} {
		if err := stamp.CheckURL(address); (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestInjectedCertificates: of the certificates that a token carries only the one
// that signed it counts, however the others are called
// (sigstore/timestamp-authority: pkg/verification/testdata).
func TestInjectedCertificates(t *testing.T) {
	token, err := os.ReadFile("testdata/response-injected-certs.tsr")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := timestamp.ParseResponse(token)
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for _, c := range parsed.Certificates {
		signed := c.Issuer.CommonName == "Test TSA Intermediate"
		_, err := roots(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})).Verify(token, []byte("hello"))
		if (err == nil) != signed {
			t.Errorf("with the root %s of %s: %v", c.Subject.CommonName, c.Issuer.CommonName, err)
		}
		if err == nil {
			good++
		}
	}
	if good != 1 || len(parsed.Certificates) != 3 {
		t.Errorf("%d of %d certificates signed it", good, len(parsed.Certificates))
	}
}

// TestEachByte: no byte of a token can be changed so that it says anything else.
func TestEachByte(t *testing.T) {
	tsa := stamptest.New(t, atMonday)
	token, stated, err := authority(t, tsa).Ask(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	r := roots(t, tsa.Roots)
	for i := range token {
		changed := bytes.Clone(token)
		changed[i] ^= 1
		if got, err := r.Verify(changed, data); err == nil && got != stated {
			t.Errorf("byte %d: it says %+v", i, got)
		}
	}
}

func FuzzVerify(f *testing.F) {
	tsa := stamptest.New(f, atMonday)
	r, err := stamp.ParseRoots(tsa.Roots)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tsa.Stamp(data))
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, token []byte) {
		if stated, err := r.Verify(token, data); err == nil && !stated.At.Equal(monday) {
			t.Errorf("a forged token of %s", stated.At)
		}
	})
}
