package export

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// A Problem is a file of a bundle that isn't what was exported.
type Problem struct{ File, What string }

// A Bundle is one that was read. Where there are problems, what the rest says
// may be wrong as well.
type Bundle struct {
	Manifest Manifest
	Digest   string              // SHA-256 of the manifest, in hex; "" when there is none
	Signer   *evidence.PublicKey // who signed the manifest; nil: nobody
	Problems []Problem

	limit  int
	folder string
	temp   string // that it was unpacked into; "" when it is a folder itself
}

// Evidence is the folder with the evidence.
func (b *Bundle) Evidence() string { return filepath.Join(b.folder, evidenceFolder) }

// Close removes what was unpacked.
func (b *Bundle) Close() error {
	if b.temp == "" {
		return nil
	}
	return os.RemoveAll(b.temp)
}

func (b *Bundle) problem(file, format string, args ...any) {
	b.Problems = append(b.Problems, Problem{file, fmt.Sprintf(format, args...)})
}

// ErrEncrypted says that a bundle can't be read without the right identity.
var ErrEncrypted = errors.New("encrypted")

// ErrNoBundle says that something never was a bundle, as far as can be seen.
var ErrNoBundle = errors.New("it is no bundle")

// Open reads a bundle, a folder or one file, and holds each file to the
// manifest. One file is unpacked into a new folder in temp ("" is the system's).
// limit is the most bytes of an envelope, 0 is record.MaxStatement. An error means that it could not be read at all; what is wrong with it is in
// its Problems.
func Open(name, temp string, identities []age.Identity, limit int) (*Bundle, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	b := &Bundle{folder: name, limit: limit}
	if limit == 0 {
		b.limit = record.MaxStatement
	}
	if !info.IsDir() {
		if b.temp, err = os.MkdirTemp(temp, "msp-bundle-"); err != nil {
			return nil, err
		}
		b.folder = b.temp
		whole, err := b.unpack(name, identities)
		if err != nil {
			return nil, errors.Join(err, b.Close())
		}
		if !whole {
			return b, nil
		}
	}
	if b.temp == "" && !b.begun() {
		return nil, fmt.Errorf("%s: %w: it has neither %s nor a folder %s", name, ErrNoBundle, manifestFile, evidenceFolder)
	}
	if err := b.check(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// begun reports whether a folder has anything that only a bundle has.
func (b *Bundle) begun() bool {
	_, manifest := os.Lstat(filepath.Join(b.folder, manifestFile))
	_, evidence := os.Lstat(b.Evidence())
	return manifest == nil || evidence == nil
}

// unpack takes a tar file apart; whole says whether that was possible.
func (b *Bundle) unpack(name string, identities []age.Identity) (whole bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var r io.Reader = f
	intro := make([]byte, tarMagicAt+len(tarMagic))
	n, err := io.ReadFull(f, intro)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	switch text := string(intro[:n]); {
	case strings.HasPrefix(text, ageIntro):
		if r, err = decrypt(f, identities); err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
	case !strings.HasSuffix(text, tarMagic):
		return false, fmt.Errorf("%s: %w: it is neither a tar file nor one that age encrypted", name, ErrNoBundle)
	}
	if err := b.untar(r); err != nil {
		b.problem(filepath.Base(name), "%v", err)
		return false, nil
	}
	return true, nil
}

// What the files that a bundle can be begin with; a tar file has its word behind
// the fields of the first header (POSIX.1-1988, ustar).
const (
	ageIntro   = "age-encryption.org/"
	tarMagic   = "ustar"
	tarMagicAt = 257
)

func decrypt(f io.Reader, identities []age.Identity) (io.Reader, error) {
	if len(identities) == 0 {
		return nil, fmt.Errorf("%w, and no identity was given to read it with", ErrEncrypted)
	}
	r, err := age.Decrypt(f, identities...)
	if err != nil {
		return nil, fmt.Errorf("%w, and it can't be opened: %w", ErrEncrypted, err)
	}
	return r, nil
}

var errNotPacked = errors.New("it isn't packed as msp packs: unpack it with tar, and verify the folder")

// untar unpacks a tar file. While it does, it packs what it found again: a tar
// file that differs from that in a single byte was changed, or was made so that
// two programs would read it differently.
func (b *Bundle) untar(r io.Reader) error {
	read, again := sha256.New(), sha256.New()
	r = io.TeeReader(r, read)
	from, to := tar.NewReader(r), tar.NewWriter(again)
	seen := map[string]bool{}
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("it can't be unpacked: %w", err)
		}
		folded := strings.ToLower(h.Name)
		if h.Typeflag != tar.TypeReg || h.Format != tar.FormatUSTAR || !validName(h.Name) || seen[folded] {
			return fmt.Errorf("%q: %w", h.Name, errNotPacked)
		}
		seen[folded] = true
		if err := b.untarFile(h, from, to); err != nil {
			return err
		}
	}
	if err := to.Close(); err != nil {
		return err
	}
	// What follows the end is read, too; it must be nothing.
	if _, err := io.CopyN(io.Discard, r, 1<<20); !errors.Is(err, io.EOF) {
		return errors.Join(errNotPacked, err)
	}
	if !bytes.Equal(read.Sum(nil), again.Sum(nil)) {
		return errNotPacked
	}
	return nil
}

func (b *Bundle) untarFile(h *tar.Header, from io.Reader, to *tar.Writer) error {
	path := filepath.Join(b.folder, filepath.FromSlash(h.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := putTar(to, h.Name, h.Size, io.TeeReader(from, f)); err != nil {
		return fmt.Errorf("%q can't be unpacked: %w", h.Name, err)
	}
	return f.Close()
}

// check holds the files to the manifest, the manifest to what is said of it,
// and what was made from the evidence to the evidence.
func (b *Bundle) check() error {
	t := tree{b.folder}
	data, err := t.read(manifestFile, manifestLimit)
	if err != nil {
		return b.unreadable(manifestFile, err)
	}
	sum := sha256.Sum256(data)
	b.Digest = hex.EncodeToString(sum[:])
	if line, err := t.read(manifestDigest, signatureLimit); err != nil {
		if err := b.unreadable(manifestDigest, err); err != nil {
			return err
		}
	} else if string(line) != string(digestLine(b.Digest)) {
		b.problem(manifestFile, "its SHA-256 is %s, and %s says otherwise: one of the two was changed", b.Digest, manifestDigest)
	}
	b.checkSignature(t, data)
	m, err := parseManifest(data)
	if err != nil {
		b.problem(manifestFile, "it can't be read: %v", err)
		return nil
	}
	b.Manifest = m
	if err := b.checkFiles(t); err != nil || len(b.Problems) > 0 {
		return err
	}
	return b.checkDerived()
}

// unreadable makes a problem of what is the bundle's fault.
func (b *Bundle) unreadable(name string, err error) error {
	var file *evidence.FileError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.problem(name, "it is missing")
	case errors.As(err, &file):
		b.problem(name, "%s", file.What)
	default:
		return err
	}
	return nil
}

func (b *Bundle) checkSignature(t tree, manifest []byte) {
	sig, err := t.read(signatureFile, signatureLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var key evidence.PublicKey
	if err == nil {
		key, err = evidence.VerifySSH(sig, namespace, manifest)
	}
	if err != nil {
		b.problem(signatureFile, "it is no signature of this manifest: %v", err)
		return
	}
	b.Signer = &key
}

func (b *Bundle) checkFiles(t tree) error {
	listed := map[string]bool{}
	for _, f := range b.Manifest.Files {
		listed[f.Name] = true
		if err := b.checkFile(t, f); err != nil {
			return err
		}
	}
	return filepath.WalkDir(b.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(b.folder, path)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); !listed[name] && !slices.Contains(unlisted, name) {
			b.problem(name, "it is no part of the bundle: the manifest doesn't list it")
		}
		return nil
	})
}

func (b *Bundle) checkFile(t tree, want Listed) error {
	f, size, err := t.open(want.Name)
	if err != nil {
		return b.unreadable(want.Name, err)
	}
	defer f.Close()
	if size != want.Size {
		b.problem(want.Name, "it has %d bytes, the manifest says %d", size, want.Size)
		return nil
	}
	sum, err := hashOf(f)
	if err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		b.problem(want.Name, "it was changed: its SHA-256 is not the one in the manifest")
	}
	return nil
}

func hashOf(r io.Reader) (hash.Hash, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, r)
	return sum, err
}

// checkDerived makes what follows from the evidence again, and compares. Where
// a log can't be read, that is for the audit to say.
func (b *Bundle) checkDerived() error {
	want, err := b.wanted()
	if want == nil || err != nil {
		return err
	}
	for _, f := range b.Manifest.Files {
		folder, _, _ := strings.Cut(f.Name, "/")
		known := slices.Contains([]string{evidenceFolder, recipeFile}, folder)
		data, derived := want[f.Name]
		delete(want, f.Name)
		switch {
		case derived && f.SHA256 != hexOf(data):
			b.problem(f.Name, "it isn't what the evidence in the bundle gives")
		case !derived && !known:
			b.problem(f.Name, "nothing in the evidence gives such a file")
		}
	}
	for name := range want {
		b.problem(name, "it is missing, and the evidence gives it")
	}
	slices.SortStableFunc(b.Problems, func(x, y Problem) int { return strings.Compare(x.File, y.File) })
	return nil
}

func hexOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// wanted are the files that follow from the evidence in the bundle; nil when a
// log can't be read.
func (b *Bundle) wanted() (map[string][]byte, error) {
	store := evidence.OpenStore(nil, b.Evidence())
	s := &source{store: store, tree: tree{b.Evidence()}, client: b.Manifest.Client, limit: b.limit}
	writers, err := store.Writers()
	if err != nil {
		return nil, nil //nolint:nilerr // the audit says what is wrong with the logs
	}
	for _, writer := range writers {
		read, first := store.ReadLog, store.FirstLeaf
		if b.Manifest.Kind == KindRun {
			read, first = store.ReadExcerpt, store.FirstOfExcerpt
		}
		leaf, err := first(writer)
		if err != nil {
			return nil, nil //nolint:nilerr // as above
		}
		named, err := record.WriterOf(store, leaf.Envelope, s.limit)
		if err != nil {
			return nil, nil //nolint:nilerr // as above
		}
		key, err := evidence.ParsePublicKey([]byte(named.Key))
		if err != nil {
			return nil, nil //nolint:nilerr // as above
		}
		view, err := read(b.Manifest.Client, writer, key)
		if err != nil {
			return nil, nil //nolint:nilerr // as above
		}
		s.logs = append(s.logs, &log{writer, key, view})
	}
	items, err := s.derived(b.Manifest.Kind)
	want := map[string][]byte{}
	for _, i := range items {
		want[i.name] = i.data
	}
	want[sumsFile] = b.sums()
	if b.Signer != nil {
		want[signersFile] = allowedSigner(*b.Signer)
	}
	return want, err
}

// sums is SHA256SUMS, which lists every file but itself.
func (b *Bundle) sums() []byte {
	others := slices.DeleteFunc(slices.Clone(b.Manifest.Files), func(f Listed) bool { return f.Name == sumsFile })
	return sumsOf(others)
}
