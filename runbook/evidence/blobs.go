package evidence

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"
)

// DefaultBlobLimit is how many bytes of one output are kept.
const DefaultBlobLimit = 25 << 20

const saltSize = 32

// A Blob says what was kept of some bytes. Size + LeftOut is Written.
type Blob struct {
	Digest  string // "sha256:…" of the stored file, its salt included; "" when nothing was written
	Size    int64  // bytes of the source that were kept; the marker of a cut isn't counted
	Written int64  // bytes that the source wrote
	LeftOut int64  // bytes cut out of the middle
}

// A BlobWriter collects a source's bytes on disk. One goroutine at a time
// may use it.
type BlobWriter struct {
	store      *Store
	head, tail int64 // how many bytes to keep of the start and of the end
	buffer     *bufio.Writer
	temp       *TempFile // nil until the first bytes arrive
	sum        hash.Hash // of salt and content, while nothing is cut
	written    int64
}

// NewBlob begins a blob that keeps at most limit bytes (0: DefaultBlobLimit):
// of a longer source the first and the last half, with a line between them
// that counts what is missing. No file is made before there is a first byte.
func (s *Store) NewBlob(limit int64) (*BlobWriter, error) {
	if limit == 0 {
		limit = DefaultBlobLimit
	}
	if limit < 0 {
		return nil, fmt.Errorf("a blob can't keep %d bytes", limit)
	}
	w := &BlobWriter{store: s, head: limit / 2, tail: limit - limit/2}
	w.buffer = bufio.NewWriterSize(spool{w}, 32<<10)
	return w, nil
}

func (w *BlobWriter) Write(p []byte) (int, error) {
	n, err := w.buffer.Write(p)
	if err != nil {
		return n, fmt.Errorf("writing a blob: %w", err)
	}
	return n, nil
}

// start makes the temporary file, with the salt that makes the digest say
// nothing about the content.
func (w *BlobWriter) start() error {
	temp, err := w.store.disk.CreateTemp(w.store.Path("blobs"))
	if err != nil {
		return err
	}
	var salt [saltSize]byte
	rand.Read(salt[:]) // never fails
	if _, err := temp.Write(salt[:]); err != nil {
		temp.Discard()
		return err
	}
	w.temp, w.sum = temp, sha256.New()
	w.sum.Write(salt[:])
	return nil
}

// A spool takes the bytes from the buffer to the disk: the start in place,
// all that follows into a ring of the length of the tail.
type spool struct{ w *BlobWriter }

func (s spool) Write(p []byte) (int, error) {
	w := s.w
	if w.temp == nil {
		if err := w.start(); err != nil {
			return 0, err
		}
	}
	done := 0
	for done < len(p) {
		at, room := w.written, w.head-w.written
		if room <= 0 {
			slot := (w.written - w.head) % w.tail
			at, room = w.head+slot, w.tail-slot
		}
		n, err := w.temp.WriteAt(p[done:done+int(min(room, int64(len(p)-done)))], saltSize+at)
		if w.written < w.head+w.tail { // once something is cut the whole is hashed anew
			w.sum.Write(p[done : done+n])
		}
		w.written += int64(n)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// Commit stores what was written. When nothing was, there is no blob.
func (w *BlobWriter) Commit() (Blob, error) {
	b, err := w.commit()
	if err != nil {
		w.Discard()
		return Blob{}, fmt.Errorf("storing a blob: %w", err)
	}
	return b, nil
}

func (w *BlobWriter) commit() (Blob, error) {
	if err := w.buffer.Flush(); err != nil {
		return Blob{}, err
	}
	if w.temp == nil {
		return Blob{}, nil
	}
	b := Blob{Size: w.written, Written: w.written}
	if limit := w.head + w.tail; w.written > limit {
		b.Size, b.LeftOut = limit, w.written-limit
		if err := w.unroll(b.LeftOut); err != nil {
			return Blob{}, err
		}
	}
	name := hex.EncodeToString(w.sum.Sum(nil))
	b.Digest = digestPrefix + name
	return b, w.temp.Commit(w.store.blobPath(name))
}

// unroll copies salt, start, marker and ring, in the order of time, into a
// second file, which becomes the blob.
func (w *BlobWriter) unroll(leftOut int64) error {
	out, err := w.store.disk.CreateTemp(w.store.Path("blobs"))
	if err != nil {
		return err
	}
	oldest := saltSize + w.head + (w.written-w.head)%w.tail
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), io.MultiReader(
		io.NewSectionReader(w.temp, 0, saltSize+w.head),
		strings.NewReader(fmt.Sprintf("\n[msp: %d bytes left out here]\n", leftOut)),
		io.NewSectionReader(w.temp, oldest, saltSize+w.head+w.tail-oldest),
		io.NewSectionReader(w.temp, saltSize+w.head, oldest-saltSize-w.head),
	))
	if err != nil {
		out.Discard()
		return err
	}
	w.temp.Discard()
	w.temp, w.sum = out, sum
	return nil
}

// Discard gives the blob up, unless it was committed.
func (w *BlobWriter) Discard() {
	if w.temp != nil {
		w.temp.Discard()
	}
}

// PutBlob stores content whole. Unlike a BlobWriter it makes a blob of no
// bytes, too.
func (s *Store) PutBlob(content []byte) (Blob, error) {
	blobs, err := s.PutBlobs(content)
	if err != nil {
		return Blob{}, err
	}
	return blobs[0], nil
}

// PutBlobs stores several contents at once, each as a blob of its own.
func (s *Store) PutBlobs(contents ...[]byte) ([]Blob, error) {
	blobs, files := make([]Blob, len(contents)), make([]File, len(contents))
	for i, content := range contents {
		salted := make([]byte, saltSize, saltSize+len(content))
		rand.Read(salted) // never fails
		salted = append(salted, content...)
		digest, size := digestOf(salted), int64(len(content))
		blobs[i] = Blob{Digest: digest, Size: size, Written: size}
		files[i] = File{s.blobPath(digest[len(digestPrefix):]), salted}
	}
	if err := s.disk.WriteFiles(files...); err != nil {
		return nil, fmt.Errorf("storing a blob: %w", err)
	}
	return blobs, nil
}

func (s *Store) blobPath(hex string) string { return s.hashPath("blobs", hex, "") }

// OpenBlob gives the bytes of a blob, without its salt. Where the end should
// be, a blob that isn't what was stored gives ErrCorrupt: bytes read before
// count only once the end was reached.
func (s *Store) OpenBlob(digest string) (io.ReadCloser, error) {
	data, path, err := s.smallBlob(nil, digest)
	if errors.Is(err, errTooLong) {
		return openLargeBlob(path, digest)
	}
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data[saltSize:])), nil
}

// ReadBlob is all of a blob, without its salt, that has no more than limit bytes.
func (s *Store) ReadBlob(digest string, limit int) (content []byte, err error) {
	err = s.UseBlob(digest, limit, func(lent []byte) error {
		content = bytes.Clone(lent)
		return nil
	})
	return content, err
}

// UseBlob is ReadBlob for as long as use runs, which keeps nothing of the content: its
// memory is used again. The error may be that of use.
func (s *Store) UseBlob(digest string, limit int, use func(content []byte) error) error {
	scratch := scratches.Get().(*[]byte)
	defer scratches.Put(scratch)
	data, path, err := s.smallBlob(*scratch, digest)
	var content []byte
	switch {
	case err == nil:
		keep(scratch, data)
		content = data[saltSize:]
	case errors.Is(err, errTooLong):
		content, err = readLargeBlob(path, digest, limit)
	}
	if err != nil {
		return err
	}
	if len(content) > limit {
		return fmt.Errorf("the blob %s is larger than %d bytes", digest, limit)
	}
	return use(content)
}

// readLargeBlob reads a blob up to the byte that is too many.
func readLargeBlob(path, digest string, limit int) ([]byte, error) {
	r, err := openLargeBlob(path, digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, int64(limit)+1))
}

// CheckBlob reads a blob through, holds it to its digest and says how many bytes it
// has without its salt.
func (s *Store) CheckBlob(digest string) (size int64, err error) {
	scratch := scratches.Get().(*[]byte)
	defer scratches.Put(scratch)
	data, path, err := s.smallBlob(*scratch, digest)
	if err == nil {
		keep(scratch, data)
		return int64(len(data) - saltSize), nil
	}
	if !errors.Is(err, errTooLong) {
		return 0, err
	}
	r, err := openLargeBlob(path, digest)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(io.Discard, r)
}

// maxSmallBlob is the size in bytes, with the salt, up to which a blob is read at once,
// which most are: the answers and the facts of a step.
const maxSmallBlob = 64 << 10

// smallBlob reads a blob with its salt into a buffer, or a longer one in its place, and
// holds it to its digest. The error of a larger one is errTooLong.
func (s *Store) smallBlob(buffer []byte, digest string) (data []byte, path string, err error) {
	h, err := hexOf(digest)
	if err != nil {
		return nil, "", err
	}
	path = s.blobPath(h)
	data, err = readInto(buffer, path, maxSmallBlob)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = missing(path, "this blob is missing")
	case err != nil:
	case len(data) < saltSize:
		err = noSalt(path, len(data))
	case !named(data, h):
		err = corrupt(path, "this blob was changed: its SHA-256 is not its name")
	}
	return data, path, err
}

func openLargeBlob(path, digest string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &blobReader{file: f, want: digest[len(digestPrefix):], sum: sha256.New()}
	if n, err := io.CopyN(r.sum, f, saltSize); err != nil {
		_ = f.Close()
		return nil, noSalt(path, int(n))
	}
	return r, nil
}

func noSalt(path string, size int) error {
	return corrupt(path, fmt.Sprintf("this blob was changed: %d bytes are no salt", size))
}

type blobReader struct {
	file *os.File
	want string
	sum  hash.Hash
}

func (r *blobReader) Read(p []byte) (int, error) {
	n, err := r.file.Read(p)
	r.sum.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(r.sum.Sum(nil)) != r.want {
		return n, corrupt(r.file.Name(), "this blob was changed: its SHA-256 is not its name")
	}
	return n, err
}

func (r *blobReader) Close() error { return r.file.Close() }
