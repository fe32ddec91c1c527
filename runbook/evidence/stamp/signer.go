package stamp

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 2634 names certificates so; what is signed isn't hashed with it
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"

	"github.com/digitorus/pkcs7"
)

// The attributes by which a token's signature names the certificate that it is to
// be verified with (RFC 5816), so that nobody puts another one of the same key in
// its place.
var (
	signingCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12} // by SHA-1
	signingCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// certificateNames is SigningCertificate and SigningCertificateV2. What stands
// behind the hash isn't read.
type certificateNames struct {
	Certificates []struct {
		Algorithm pkix.AlgorithmIdentifier `asn1:"optional"` // left out: SHA-256, in version 2
		Hash      []byte
		Issuer    asn1.RawValue `asn1:"optional"`
	}
	Policies asn1.RawValue `asn1:"optional"`
}

// checkSigner holds the certificate that signed to the one that the signature
// names.
func checkSigner(rawToken []byte) error {
	message, err := pkcs7.Parse(rawToken)
	if err != nil {
		return err
	}
	signer := message.GetOnlySigner()
	if signer == nil {
		return errors.New("nobody signed it, or several did")
	}
	named, usual := certificateNames{}, sha256.New
	if err := message.UnmarshalSignedAttribute(signingCertificateV2, &named); err != nil {
		usual = sha1.New
		if err := message.UnmarshalSignedAttribute(signingCertificate, &named); err != nil {
			return errors.New("its signature names no certificate")
		}
	}
	return named.hold(signer, usual)
}

// hold compares the first certificate that is named, which is the signer's.
func (n certificateNames) hold(signer *x509.Certificate, usual func() hash.Hash) error {
	if len(n.Certificates) == 0 {
		return errors.New("its signature names no certificate")
	}
	first := n.Certificates[0]
	newHash, known := map[string]func() hash.Hash{
		"": usual, "2.16.840.1.101.3.4.2.1": sha256.New, "2.16.840.1.101.3.4.2.2": sha512.New384, "2.16.840.1.101.3.4.2.3": sha512.New,
	}[first.Algorithm.Algorithm.String()]
	if !known {
		return fmt.Errorf("its signature names its certificate by the hash %s, which is not read", first.Algorithm.Algorithm)
	}
	h := newHash()
	h.Write(signer.Raw)
	if !bytes.Equal(h.Sum(nil), first.Hash) {
		return errors.New("its signature names another certificate than the one that it carries")
	}
	return nil
}
