// Package stamp asks timestamp authorities for the time (RFC 3161), and verifies
// what they say. A token is the whole DER response of an authority, to the byte:
//
//	openssl ts -verify -data DATA -in TOKEN -CAfile ROOTS
//
// A token proves that its data existed at its time, by the word of an authority
// whose certificate leads to a root that the reader trusts. It proves neither who
// made the data nor that they are true, and it takes the place of no signature.
package stamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/sigstore/timestamp-authority/v2/pkg/verification"
)

const (
	// MaxToken is the most bytes of a token: one with a long chain of
	// certificates has about a tenth of it.
	MaxToken = 64 << 10
	maxRoots = 1 << 20
	// unstated is how exact the time is in a token that doesn't say: a time in
	// whole seconds may have been cut off.
	unstated = time.Second
	// vaguest is the worst accuracy that a token may state.
	vaguest = time.Hour
)

// Stated is what a verified token says.
type Stated struct {
	At       time.Time
	Accuracy time.Duration // to either side of At
}

// Earliest and Latest are the bounds between which the token was made.
func (s Stated) Earliest() time.Time { return s.At.Add(-s.Accuracy) }

// Latest is the instant at which the data existed at the latest.
func (s Stated) Latest() time.Time { return s.At.Add(s.Accuracy) }

// Roots are the certificates that the tokens of one authority must lead to.
type Roots struct{ certificates []*x509.Certificate }

// ParseRoots reads certificates in PEM. Each of them is trusted to vouch for
// timestamp authorities.
func ParseRoots(text []byte) (*Roots, error) {
	if len(text) > maxRoots {
		return nil, fmt.Errorf("%d bytes are too many for root certificates", len(text))
	}
	r := &Roots{}
	for len(bytes.TrimSpace(text)) > 0 {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a %s where a certificate belongs", block.Type)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("a root certificate: %w", err)
		}
		r.certificates = append(r.certificates, certificate)
	}
	if len(r.certificates) == 0 {
		return nil, errors.New("no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
	return r, nil
}

// Verify holds a token to the exact bytes that it is over and to the roots: the
// authority's certificate is the one that the signature names, led to one of the
// roots at the time that the token states, and is for stamping time and nothing
// else. What was revoked isn't looked at.
func (r *Roots) Verify(token, data []byte) (Stated, error) { return r.verify(token, data, nil) }

func (r *Roots) verify(token, data []byte, nonce *big.Int) (s Stated, err error) {
	if len(token) > MaxToken {
		return s, fmt.Errorf("a token of %d bytes, the most is %d", len(token), MaxToken)
	}
	if r == nil || len(r.certificates) == 0 {
		return s, errors.New("no root certificates are known that the token must lead to")
	}
	said, err := verification.VerifyTimestampResponse(token, bytes.NewReader(data), verification.VerifyOpts{Roots: r.certificates, Nonce: nonce})
	if err != nil {
		return s, explain(err)
	}
	if err := checkSigner(said.RawToken); err != nil {
		return s, fmt.Errorf("the token: %w", err)
	}
	s = Stated{said.Time.UTC(), said.Accuracy}
	if s.Accuracy == 0 {
		s.Accuracy = unstated
	}
	if s.Accuracy < 0 || s.Accuracy > vaguest {
		return s, fmt.Errorf("the token states an accuracy of %s, the worst that says anything is %s", s.Accuracy, vaguest)
	}
	return s, nil
}

// explain says in words of ours what is most often wrong with a token.
func explain(err error) error {
	var invalid x509.CertificateInvalidError
	switch {
	case strings.Contains(err.Error(), "hashed messages don't match"):
		return errors.New("the token is over other bytes")
	case errors.As(err, &x509.UnknownAuthorityError{}):
		return fmt.Errorf("the token doesn't lead to the roots given: %w", err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired, strings.Contains(err.Error(), "outside of certificate validity"):
		return fmt.Errorf("the authority's certificate wasn't valid at the time of the token: %w", err)
	default:
		return fmt.Errorf("the token: %w", err)
	}
}

// An Authority is a timestamp authority that can be asked.
type Authority struct {
	Name   string
	URL    string // http or https
	Roots  *Roots
	Client *http.Client // nil: http.DefaultClient
}

// CheckURL says what is wrong with an authority's address.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is no address that begins with http:// or https://", address)
	}
	return nil
}

// Ask asks for a token over data, and gives it when it is verified. It takes as
// long as ctx allows.
func (a *Authority) Ask(ctx context.Context, data []byte) (token []byte, s Stated, err error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, s, err
	}
	query, err := timestamp.CreateRequest(bytes.NewReader(data), &timestamp.RequestOptions{
		Hash: crypto.SHA256, Certificates: true, Nonce: nonce,
	})
	if err != nil {
		return nil, s, err
	}
	if token, err = a.post(ctx, query); err != nil {
		return nil, s, err
	}
	s, err = a.Roots.verify(token, data, nonce)
	return token, s, err
}

func (a *Authority) post(ctx context.Context, query []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	client := a.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s answered %s", a.URL, response.Status)
	}
	token, err := io.ReadAll(io.LimitReader(response.Body, MaxToken+1))
	if err != nil {
		return nil, err
	}
	if len(token) > MaxToken {
		return nil, fmt.Errorf("%s answered with more than %d bytes", a.URL, MaxToken)
	}
	return token, nil
}
