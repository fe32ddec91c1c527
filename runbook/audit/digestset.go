package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// A digestSet is digests that many readers name, as hashes: their texts take more memory.
type digestSet struct {
	mutex sync.Mutex
	all   map[[sha256.Size]byte]struct{}
}

func (s *digestSet) add(digest string) {
	hash := hashOf(digest)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.all == nil {
		s.all = map[[sha256.Size]byte]struct{}{}
	}
	s.all[hash] = struct{}{}
}

func (s *digestSet) has(digest string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_, has := s.all[hashOf(digest)]
	return has
}

// hashOf is the hash that a digest writes in hex.
func hashOf(digest string) (hash [sha256.Size]byte) {
	if evidence.ValidDigest(digest) {
		hex.Decode(hash[:], []byte(digest[len(digest)-2*sha256.Size:])) //nolint:errcheck // it is valid
	}
	return hash
}
