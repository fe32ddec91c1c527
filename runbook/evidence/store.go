package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// storedEnvelopeLimit bounds what is read into memory from a folder that
// somebody else may have filled.
const storedEnvelopeLimit = 64 << 20

// A Store is the evidence of one client, a folder.
type Store struct {
	disk *Disk
	root string
}

// OpenStore names the folder of a client's evidence. Nothing is made before
// something is written. A nil disk is an ordinary one.
func OpenStore(disk *Disk, root string) *Store { return &Store{disk, filepath.Clean(root)} }

// Root is the store's folder.
func (s *Store) Root() string { return s.root }

// Path is a path within the store.
func (s *Store) Path(elem ...string) string {
	return filepath.Join(append([]string{s.root}, elem...)...)
}

// ValidID says whether a client or a writer may be called so:
// [a-z0-9][a-z0-9-]{0,62}.
func ValidID(id string) bool {
	if len(id) == 0 || len(id) > 63 || id[0] == '-' {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// Digest is "sha256:" and the SHA-256 of data in hex.
func Digest(data []byte) string { return digestOf(data) }

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return digestPrefix + hex.EncodeToString(sum[:])
}

// named reports whether data has a SHA-256, in hex.
func named(data []byte, want string) bool {
	sum := sha256.Sum256(data)
	var have [2 * sha256.Size]byte
	hex.Encode(have[:], sum[:])
	return string(have[:]) == want
}

const digestPrefix = "sha256:"

// ValidDigest says whether a digest is "sha256:" and 64 lower-case hex digits.
func ValidDigest(digest string) bool {
	_, err := hexOf(digest)
	return err == nil
}

// hexOf takes "sha256:" off a digest, and refuses what could be a path.
func hexOf(digest string) (string, error) {
	h, ok := strings.CutPrefix(digest, digestPrefix)
	if !ok || !isHexSHA256(h) {
		return "", fmt.Errorf(`%q is no digest: want "sha256:" and 64 lower-case hex digits`, digest)
	}
	return h, nil
}

func (s *Store) envelopePath(hex string) string { return s.hashPath("records", hex, ".dsse.json") }

// hashPath is where a file lies that is named by a hash. It is asked for a hundred
// thousand times, and made in one piece.
func (s *Store) hashPath(folder, hex, ending string) string {
	const in = string(filepath.Separator)
	return s.root + in + folder + in + hex[:2] + in + hex + ending
}

// PutEnvelope stores the bytes of an envelope under their digest. To store
// them again changes nothing.
func (s *Store) PutEnvelope(data []byte) (digest string, err error) {
	if len(data) > storedEnvelopeLimit {
		return "", fmt.Errorf("envelope of %d bytes: more than %d are refused", len(data), storedEnvelopeLimit)
	}
	digest = digestOf(data)
	path := s.envelopePath(digest[len(digestPrefix):])
	if have, err := readFile(path, storedEnvelopeLimit); err == nil && bytes.Equal(have, data) {
		return digest, s.disk.syncDir(filepath.Dir(path)) // it may have been stored just before a crash
	}
	if err := s.disk.WriteFile(path, data); err != nil {
		return "", fmt.Errorf("storing an envelope: %w", err)
	}
	return digest, nil
}

// Envelope reads an envelope back and holds it to its digest. The error is
// ErrMissing when there is none, ErrCorrupt when it was changed.
func (s *Store) Envelope(digest string) ([]byte, error) { return s.envelope(digest, nil) }

// OpenEnvelope is Envelope and OpenEnvelope with a limit in bytes. The error is a
// FileError where it is the file's.
func (s *Store) OpenEnvelope(digest string, limit int) (*Envelope, error) {
	var open *Envelope
	err := s.openInto(digest, limit, nil, func(e *Envelope) error { open = e; return nil })
	return open, err
}

// UseEnvelope is OpenEnvelope for as long as use runs, which keeps nothing of the
// envelope: its memory is used again. The error may be that of use.
func (s *Store) UseEnvelope(digest string, limit int, use func(*Envelope) error) error {
	buffer := scratches.Get().(*[]byte)
	defer scratches.Put(buffer)
	return s.openInto(digest, limit, *buffer, func(e *Envelope) error {
		keep(buffer, e.signed)
		return use(e)
	})
}

func (s *Store) openInto(digest string, limit int, buffer []byte, use func(*Envelope) error) error {
	scratch := scratches.Get().(*[]byte)
	defer scratches.Put(scratch)
	data, err := s.envelope(digest, *scratch)
	if err != nil {
		return err
	}
	keep(scratch, data)
	open, err := openEnvelope(data, digest, limit, buffer)
	if err != nil {
		return err
	}
	return use(open)
}

// scratches are buffers for what is read and not kept.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch is the longest buffer that is used again: one that a single file of hostile
// evidence has filled would stay for as long as others are read.
const maxScratch = 4 << 20

// keep takes over the buffer into which something was read, in place of a shorter one.
func keep(scratch *[]byte, data []byte) {
	if cap(data) > cap(*scratch) && cap(data) <= maxScratch {
		*scratch = data
	}
}

// envelope reads an envelope into a buffer, or a longer one in its place.
func (s *Store) envelope(digest string, buffer []byte) ([]byte, error) {
	h, err := hexOf(digest)
	if err != nil {
		return nil, err
	}
	path := s.envelopePath(h)
	data, err := readInto(buffer, path, storedEnvelopeLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(path, "this envelope is missing")
	}
	if err != nil {
		return nil, err
	}
	if !named(data, h) {
		return nil, corrupt(path, "this envelope was changed: its SHA-256 is not its name")
	}
	return data, nil
}

// Writers lists who has a log in the store, sorted.
func (s *Store) Writers() ([]string, error) {
	entries, err := os.ReadDir(s.Path("logs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var writers []string
	for _, e := range entries {
		if !ValidID(e.Name()) {
			if strings.HasPrefix(e.Name(), ".") {
				continue // a file manager's
			}
			return nil, corrupt(s.Path("logs", e.Name()), "no name that a writer can have")
		}
		writers = append(writers, e.Name())
	}
	return writers, nil
}
