package export

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// How a bundle is called that is one file.
const (
	tarSuffix       = ".tar"
	encryptedSuffix = ".tar.age"
)

// Options say how a bundle is written.
type Options struct {
	Signer     evidence.Signer // signs the manifest; nil: nobody does
	Recipients []age.Recipient // can read it; none: everybody can
}

// Form checks that a bundle can have this name: one that ends in .tar is a tar
// file, one in .tar.age an encrypted one, any other a folder.
func Form(to string, encrypted bool) error {
	switch {
	case encrypted && !strings.HasSuffix(to, encryptedSuffix):
		return fmt.Errorf("an encrypted bundle is one file, whose name ends in %s", encryptedSuffix)
	case !encrypted && strings.HasSuffix(to, encryptedSuffix):
		return fmt.Errorf("%s would not be encrypted: nobody is named who can read it", to)
	}
	return evidence.Absent(to)
}

// Written says what was written.
type Written struct {
	Digest string // SHA-256 of the manifest, in hex
	Files  int
	Bytes  int64
}

// Write writes a bundle, whole or not at all, under a name that nothing has.
func (c *Content) Write(disk *evidence.Disk, to string, o Options) (Written, error) {
	if err := Form(to, len(o.Recipients) > 0); err != nil {
		return Written{}, err
	}
	p, err := newPacker(disk, to, o.Recipients)
	if err != nil {
		return Written{}, err
	}
	w, err := c.fill(p, o.Signer)
	if err != nil {
		p.discard()
		return w, err
	}
	return w, p.commit(to)
}

func (c *Content) fill(p packer, signer evidence.Signer) (Written, error) {
	page, err := recipe(c.manifest)
	if err != nil {
		return Written{}, err
	}
	items := append(slices.Clone(c.items), item{name: recipeFile, data: page})
	if signer != nil {
		items = append(items, item{name: signersFile, data: allowedSigner(signer.Public())})
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.name, b.name) })
	m := c.manifest
	for _, i := range items {
		listed, err := c.put(p, i)
		if err != nil {
			return Written{}, err
		}
		m.Files = append(m.Files, listed)
	}
	sums, err := c.put(p, item{name: sumsFile, data: sumsOf(m.Files)})
	if err != nil {
		return Written{}, err
	}
	m.Files = append(m.Files, sums)
	slices.SortFunc(m.Files, func(a, b Listed) int { return strings.Compare(a.Name, b.Name) })
	return c.seal(p, m, signer)
}

// seal writes the manifest and what is said about it.
func (c *Content) seal(p packer, m Manifest, signer evidence.Signer) (Written, error) {
	w := Written{Files: len(m.Files)}
	for _, f := range m.Files {
		w.Bytes += f.Size
	}
	if err := checkNames(m.Files); err != nil {
		return w, err
	}
	data, err := m.encode()
	if err != nil {
		return w, err
	}
	listed, err := c.put(p, item{name: manifestFile, data: data})
	if err != nil {
		return w, err
	}
	w.Digest = listed.SHA256
	if _, err := c.put(p, item{name: manifestDigest, data: digestLine(listed.SHA256)}); err != nil || signer == nil {
		return w, err
	}
	sig, err := evidence.SignSSH(signer, namespace, data)
	if err != nil {
		return w, fmt.Errorf("signing the manifest: %w", err)
	}
	_, err = c.put(p, item{name: signatureFile, data: sig})
	return w, err
}

func digestLine(hash string) []byte { return []byte(hash + "  " + manifestFile + "\n") }

// sumsOf is what sha256sum -c reads.
func sumsOf(files []Listed) []byte {
	var b []byte
	for _, f := range files {
		b = fmt.Appendf(b, "%s  %s\n", f.SHA256, f.Name)
	}
	return b
}

// allowedSigner is a line for ssh-keygen. Who exported is called by the key:
// names are not known here.
func allowedSigner(key evidence.PublicKey) []byte {
	return fmt.Appendf(nil, "%s namespaces=%q %s\n", key.ID(), namespace, key.AuthorizedKey())
}

func (c *Content) put(p packer, i item) (Listed, error) {
	r, size, err := i.content(c.tree)
	if err != nil {
		return Listed{}, err
	}
	defer r.Close()
	sum := sha256.New()
	counted := &counter{r: io.TeeReader(r, sum)}
	if err := p.put(i.name, size, counted); err != nil {
		return Listed{}, err
	}
	if counted.n != size {
		return Listed{}, refused(c.tree.path(i.file), "it grew or shrank while it was read")
	}
	return Listed{i.name, size, hex.EncodeToString(sum.Sum(nil))}, nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// A packer puts files where they go.
type packer interface {
	put(name string, size int64, r io.Reader) error
	commit(to string) error
	discard()
}

func newPacker(disk *evidence.Disk, to string, recipients []age.Recipient) (packer, error) {
	dir := filepath.Dir(to)
	if !strings.HasSuffix(to, tarSuffix) && !strings.HasSuffix(to, encryptedSuffix) {
		folder, err := disk.CreateTempFolder(dir)
		return folderPacker{folder}, err
	}
	file, err := disk.CreateTemp(dir)
	if err != nil {
		return nil, err
	}
	p := &tarPacker{file: file}
	var w io.Writer = file
	if len(recipients) > 0 {
		if p.encrypted, err = age.Encrypt(file, recipients...); err != nil {
			file.Discard()
			return nil, fmt.Errorf("encrypting: %w", err)
		}
		w = p.encrypted
	}
	p.tar = tar.NewWriter(w)
	return p, nil
}

type folderPacker struct{ folder *evidence.TempFolder }

func (p folderPacker) put(name string, _ int64, r io.Reader) error { return p.folder.Put(name, r) }
func (p folderPacker) commit(to string) error                      { return p.folder.Commit(to) }
func (p folderPacker) discard()                                    { p.folder.Discard() }

type tarPacker struct {
	file      *evidence.TempFile
	encrypted io.WriteCloser // nil: not encrypted
	tar       *tar.Writer
}

func (p *tarPacker) put(name string, size int64, r io.Reader) error {
	return putTar(p.tar, name, size, r)
}

// putTar is the one way in which msp packs a file.
func putTar(w *tar.Writer, name string, size int64, r io.Reader) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
	if err := w.WriteHeader(h); err != nil {
		return fmt.Errorf("packing %s: %w", name, err)
	}
	_, err := io.Copy(w, r)
	return err
}

func (p *tarPacker) commit(to string) error {
	err := p.tar.Close()
	if p.encrypted != nil && err == nil {
		err = p.encrypted.Close()
	}
	if err == nil {
		err = evidence.Absent(to)
	}
	if err != nil {
		p.discard()
		return err
	}
	return p.file.Commit(to)
}

func (p *tarPacker) discard() { p.file.Discard() }
