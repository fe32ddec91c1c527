// Package stamptest is a timestamp authority for tests, with a root of its own,
// that can be down, slow or lying.
package stamptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// A TSA is a timestamp authority on a port of this machine. Its fields may be
// changed between requests, under Do.
type TSA struct {
	URL   string
	Roots []byte // PEM

	mutex sync.Mutex
	now   func() time.Time
	does  Behaviour
	asked int

	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Behaviour is what an authority does that isn't as it should be.
type Behaviour struct {
	Down       bool // answers with an error
	Slow       bool // answers when whoever asked has gone
	WrongBytes bool // stamps other bytes
	NoNonce    bool // answers as to another request
	Garbage    []byte
	Accuracy   time.Duration // 0 is one second
	Unstated   bool          // states no accuracy
	Unnamed    bool          // its signature names no certificate
	Misnamed   bool          // its signature names another certificate than its own
}

// A Certificate is how the certificate of an authority is made. The zero value
// is as it should be.
type Certificate struct {
	NotBefore, NotAfter time.Time
	Usages              []x509.ExtKeyUsage
	CA                  bool
	Lenient             bool // its usage isn't critical
}

// New starts an authority that ends with the test.
func New(t testing.TB, now func() time.Time) *TSA { return NewWith(t, now, Certificate{}) }

// NewWith starts an authority with a certificate of some sort.
func NewWith(t testing.TB, now func() time.Time, c Certificate) *TSA {
	t.Helper()
	a := &TSA{t: t, now: now}
	a.certify(c)
	server := httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Do changes how the authority behaves.
func (a *TSA) Do(b Behaviour) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.does = b
}

// SetClock changes what time it is for the authority.
func (a *TSA) SetClock(now func() time.Time) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.now = now
}

// Asked is how often it was asked.
func (a *TSA) Asked() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.asked
}

// RootsFile writes the root into a file.
func (a *TSA) RootsFile() string {
	a.t.Helper()
	path := filepath.Join(a.t.TempDir(), "tsa.pem")
	a.check(os.WriteFile(path, a.Roots, 0o600))
	return path
}

func (a *TSA) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// certify makes a root and the authority's own certificate.
func (a *TSA) certify(c Certificate) {
	a.t.Helper()
	if c.NotBefore.IsZero() {
		c.NotBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if c.Usages == nil {
		c.Usages = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
	}
	rootKey := a.newKey()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageCertSign,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	a.check(err)
	root, err = x509.ParseCertificate(rootDER)
	a.check(err)
	a.Roots = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})
	a.key = a.newKey()
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Test TSA"}, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, IsCA: c.CA, BasicConstraintsValid: true,
		ExtraExtensions: []pkix.Extension{usages(c.Usages, !c.Lenient)},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, a.key.Public(), rootKey)
	a.check(err)
	a.cert, err = x509.ParseCertificate(der)
	a.check(err)
}

func (a *TSA) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.check(err)
	return key
}

// usages is the extended key usage, which a TSA's certificate marks as critical.
func usages(all []x509.ExtKeyUsage, critical bool) pkix.Extension {
	var ids []asn1.ObjectIdentifier
	for _, u := range all {
		switch u {
		case x509.ExtKeyUsageTimeStamping:
			ids = append(ids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8})
		default:
			ids = append(ids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 3}) // code signing
		}
	}
	value, err := asn1.Marshal(ids)
	if err != nil {
		panic(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: value}
}

func (a *TSA) serve(w http.ResponseWriter, r *http.Request) {
	a.mutex.Lock()
	does := a.does
	a.asked++
	a.mutex.Unlock()
	query, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		return
	case does.Slow:
		<-r.Context().Done()
		return
	case does.Down:
		http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
		return
	case does.Garbage != nil:
		_, _ = w.Write(does.Garbage)
		return
	}
	token, err := a.answer(query)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(token)
}

// answer stamps a request.
func (a *TSA) answer(query []byte) ([]byte, error) {
	request, err := timestamp.ParseRequest(query)
	if err != nil {
		return nil, err
	}
	return a.stamp(request.HashedMessage, request.Nonce)
}

// Stamp makes a token over data without being asked by anybody.
func (a *TSA) Stamp(data []byte) []byte {
	a.t.Helper()
	h := crypto.SHA256.New()
	h.Write(data)
	token, err := a.stamp(h.Sum(nil), nil)
	a.check(err)
	return token
}

func (a *TSA) stamp(imprint []byte, nonce *big.Int) ([]byte, error) {
	a.mutex.Lock()
	does, now := a.does, a.now()
	a.mutex.Unlock()
	if does.WrongBytes {
		imprint = make([]byte, len(imprint))
	}
	if does.NoNonce {
		nonce = nil
	}
	accuracy := does.Accuracy
	if accuracy == 0 && !does.Unstated {
		accuracy = time.Second
	}
	t := timestamp.Timestamp{
		HashAlgorithm: crypto.SHA256, HashedMessage: imprint, Time: now.UTC().Truncate(time.Second), Nonce: nonce,
		Policy: asn1.ObjectIdentifier{1, 2, 3, 4, 1}, Accuracy: accuracy, AddTSACertificate: true,
	}
	token, err := t.CreateResponseWithOpts(a.cert, a.key, crypto.SHA256)
	switch {
	case err == nil && does.Unnamed:
		return a.resign(token, nil)
	case err == nil && does.Misnamed:
		return a.resign(token, make([]byte, crypto.SHA256.Size()))
	}
	return token, err
}

// resign signs what a token states once more, by a signature that names its
// certificate by this hash, or by none.
func (a *TSA) resign(token, hash []byte) ([]byte, error) {
	said, err := timestamp.ParseResponse(token)
	if err != nil {
		return nil, err
	}
	message, err := pkcs7.Parse(said.RawToken)
	if err != nil {
		return nil, err
	}
	signed, err := pkcs7.NewSignedData(message.Content)
	if err != nil {
		return nil, err
	}
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	signed.SetContentType(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4})
	var config pkcs7.SignerInfoConfig
	if hash != nil {
		type named struct{ Certificates []struct{ Hash []byte } }
		config.ExtraSignedAttributes = []pkcs7.Attribute{{
			Type:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47},
			Value: named{[]struct{ Hash []byte }{{hash}}},
		}}
	}
	if err := signed.AddSigner(a.cert, a.key, config); err != nil {
		return nil, err
	}
	raw, err := signed.Finish()
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(struct {
		Status struct{ Status int }
		Token  asn1.RawValue
	}{Token: asn1.RawValue{FullBytes: raw}})
}
