package export

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// derived are the files beside the evidence that follow from it, so that a
// reader can make them again and compare.
func (s *source) derived(kind string) ([]item, error) {
	var entries []entry
	for _, l := range s.logs {
		for i, leaf := range l.view.All() {
			e, err := s.read(entry{log: l, index: i, leaf: *leaf})
			if err != nil {
				continue // whoever verifies is told
			}
			entries = append(entries, e)
		}
	}
	return s.derivedOf(kind, entries)
}

func (s *source) derivedOf(kind string, entries []entry) ([]item, error) {
	made := map[string][]byte{}
	for _, l := range s.logs {
		made["keys/"+l.writer+".vkey"] = []byte(evidence.VerifierString(evidence.Origin(s.client, l.writer), l.key) + "\n")
		addKey(made, l.key)
	}
	for _, e := range entries {
		if e.body != nil {
			for _, signer := range e.body.Head().Signers {
				if key, err := evidence.ParsePublicKey([]byte(signer.Key)); err == nil {
					addKey(made, key)
				}
			}
		}
		if kind != KindRun {
			continue
		}
		bundles, err := sigstoreBundles(e.envelope, s.tokensOver)
		if err != nil {
			return nil, err
		}
		for n, b := range bundles {
			made[fmt.Sprintf("sigstore/%s.%d.%s.%d.sigstore.json", e.log.writer, e.index, e.leaf.Kind, n+1)] = b
		}
	}
	var items []item
	for name, data := range made {
		items = append(items, item{name: name, data: data})
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.name, b.name) })
	return items, nil
}

func addKey(made map[string][]byte, key evidence.PublicKey) {
	name := "keys/" + strings.NewReplacer(":", "-", "+", "-", "/", "_").Replace(key.ID())
	made[name+".pub"] = []byte(key.AuthorizedKey() + "\n")
	made[name+".pem"] = key.PEM()
}

// signatureTokens is the folder with the time stamps over single signatures:
// <SHA-256 of the signature>.<authority>.tsr.
const signatureTokens = "anchors/signatures"

func (s *source) tokensOver(sig []byte) ([][]byte, error) {
	names, err := s.tokenFiles(sig)
	if err != nil {
		return nil, err
	}
	var tokens [][]byte
	for _, name := range names {
		token, err := s.tree.read(name, signatureLimit)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

func (s *source) tokenFiles(sig []byte) ([]string, error) {
	entries, err := orNone(os.ReadDir(s.tree.path(signatureTokens)))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(sig)
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), hex.EncodeToString(sum[:])+".") && strings.HasSuffix(e.Name(), ".tsr") {
			names = append(names, signatureTokens+"/"+e.Name())
		}
	}
	return names, nil
}
