package export

import (
	"encoding/base64"
	"fmt"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// sigstoreType is what calls itself a sigstore bundle v0.3.
const sigstoreType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// A sigstoreBundle is the part of sigstore's Bundle message that a signature by
// a key of one's own needs, in the JSON form of protocol buffers.
type sigstoreBundle struct {
	MediaType            string               `json:"mediaType"`
	VerificationMaterial verificationMaterial `json:"verificationMaterial"`
	DSSEEnvelope         dsseEnvelope         `json:"dsseEnvelope"`
}

type verificationMaterial struct {
	PublicKey  publicKeyHint `json:"publicKey"`
	Timestamps *timestamps   `json:"timestampVerificationData,omitzero"`
}

type publicKeyHint struct {
	Hint string `json:"hint"`
}

type timestamps struct {
	RFC3161 []signedTimestamp `json:"rfc3161Timestamps"`
}

type signedTimestamp struct {
	Token string `json:"signedTimestamp"`
}

type dsseEnvelope struct {
	Payload     string          `json:"payload"`
	PayloadType string          `json:"payloadType"`
	Signatures  []dsseSignature `json:"signatures"`
}

type dsseSignature struct {
	Sig   string `json:"sig"`
	KeyID string `json:"keyid"`
}

// sigstoreBundles gives a bundle for each signature: a verifier of bundles takes
// exactly one. tokens finds the time stamps over a signature.
func sigstoreBundles(e *evidence.Envelope, tokens func(sig []byte) ([][]byte, error)) ([][]byte, error) {
	var all [][]byte
	for _, s := range e.Signatures {
		b := sigstoreBundle{
			MediaType:            sigstoreType,
			VerificationMaterial: verificationMaterial{PublicKey: publicKeyHint{s.KeyID}},
			DSSEEnvelope: dsseEnvelope{
				Payload: inBase64(e.Payload), PayloadType: evidence.PayloadType,
				Signatures: []dsseSignature{{inBase64(s.Sig), s.KeyID}},
			},
		}
		stamped, err := tokens(s.Sig)
		if err != nil {
			return nil, fmt.Errorf("the time stamps of a signature: %w", err)
		}
		for _, token := range stamped {
			if b.VerificationMaterial.Timestamps == nil {
				b.VerificationMaterial.Timestamps = &timestamps{}
			}
			t := b.VerificationMaterial.Timestamps
			t.RFC3161 = append(t.RFC3161, signedTimestamp{inBase64(token)})
		}
		data, err := evidence.EncodeJSON(b)
		if err != nil {
			return nil, err
		}
		all = append(all, append(data, '\n'))
	}
	return all, nil
}

func inBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
