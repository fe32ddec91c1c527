package export

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

const theRun = "019ab5a1-0000-7000-8000-000000000001"

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An office is a client's evidence with some statements about two runs.
type office struct {
	t      testing.TB
	store  *evidence.Store
	ledger *record.Ledger
	key    *evidence.PrivateKey
	about  string // digest of the run's start
}

func newOffice(t testing.TB) *office {
	t.Helper()
	dir := t.TempDir()
	key := must(evidence.GenerateKey(evidence.Ed25519))
	writer := must(evidence.GenerateKey(evidence.Ed25519))
	store := evidence.OpenStore(nil, filepath.Join(dir, "acme"))
	o := &office{t: t, store: store, key: key}
	o.ledger = &record.Ledger{
		Store: store, Log: store.OpenLog("acme", "laptop", writer, filepath.Join(dir, "heads")), Client: "acme",
		Writer: record.Signer{ID: "laptop", Key: writer.Public().AuthorizedKey()}, Operator: key,
	}
	o.start("019ab5a1-0000-7000-8000-000000000000")
	o.about = o.start(theRun)
	o.correct("it was the other disk", o.about)
	o.correct("about nothing", "sha256:"+strings.Repeat("0", 64))
	return o
}

func (o *office) blob(text string) string {
	return must(o.store.PutBlob([]byte(text))).Digest
}

func (o *office) start(run string) string {
	o.t.Helper()
	now := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	digest, _, err := o.ledger.Say(context.Background(), record.KindRunStart, record.RunStart{
		Run: run, Client: "acme", Runbook: record.Runbook{ID: "quick", Version: "1.0.0", Digest: o.blob("x"), Source: o.blob("source of " + run)},
		Writer: o.ledger.Writer, Operator: o.ledger.Signer(), Started: now, FinishBy: now.Add(time.Hour),
		Inputs: o.blob("{}"), Where: o.blob("{}"), Steps: []record.PinnedStep{},
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return digest
}

func (o *office) correct(what, about string) {
	o.t.Helper()
	_, _, err := o.ledger.Say(context.Background(), record.KindCorrection, record.Correction{
		Client: "acme", Writer: o.ledger.Writer, Operator: o.ledger.Signer(), RecordedAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC),
		About: about, What: o.blob(what),
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) run() *Content { return must(Run(o.store, "acme", theRun, nil, 0)) }

func (o *office) client() *Content { return must(Client(o.store, "acme", nil, 0)) }

// pack writes the content and gives where.
func (o *office) pack(c *Content, name string) string {
	o.t.Helper()
	to := filepath.Join(o.t.TempDir(), name)
	if _, err := c.Write(nil, to, Options{Signer: o.key}); err != nil {
		o.t.Fatal(err)
	}
	return to
}

func open(t testing.TB, name string, identities ...age.Identity) *Bundle {
	t.Helper()
	b, err := Open(name, t.TempDir(), identities, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// names lists the files in a folder.
func names(t testing.TB, folder string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, filepath.ToSlash(must(filepath.Rel(folder, path))))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sumOf is the state of a folder.
func sumOf(t testing.TB, folder string) string {
	t.Helper()
	var all []byte
	for _, name := range names(t, folder) {
		data := must(os.ReadFile(filepath.Join(folder, name)))
		all = fmt.Appendf(all, "%s %x\n", name, sha256.Sum256(data))
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}

func TestRun(t *testing.T) {
	o := newOffice(t)
	folder := o.pack(o.run(), "bundle")
	b := open(t, folder)
	if len(b.Problems) > 0 || b.Signer == nil || !b.Signer.Equal(o.key.Public()) {
		t.Fatalf("problems %v, signer %v", b.Problems, b.Signer)
	}
	var leaves []string
	for _, name := range names(t, folder) {
		if strings.HasSuffix(name, ".leaf") {
			leaves = append(leaves, name)
		}
	}
	// The run's start and the correction about it; nothing of the other run.
	if want := []string{"evidence/logs/laptop/1.leaf", "evidence/logs/laptop/2.leaf"}; !slices.Equal(leaves, want) {
		t.Errorf("leaves %v, want %v", leaves, want)
	}
	if _, err := Run(o.store, "acme", "no-run", nil, 0); err == nil {
		t.Error("a run that nobody made can be exported")
	}
}

// TestTokensAndAnchors: what others said about a checkpoint and about a signature
// goes along, and the proof that the checkpoint is a state of the same log.
func TestTokensAndAnchors(t *testing.T) {
	o := newOffice(t)
	view := must(o.store.ReadLog("acme", "laptop", must(record.WriterKey(o.store, "laptop", 0))))
	envelope := must(evidence.OpenEnvelope(must(o.store.Envelope(o.about)), 0))
	sum := sha256.Sum256(envelope.Signatures[0].Sig)
	for name, data := range map[string][]byte{
		"anchors/laptop/4.ckpt":    view.Checkpoint.Text,
		"anchors/laptop/4.tsa.tsr": []byte("a token"),
		"anchors/laptop/1.ckpt":    []byte("before the run"),
		"anchors/laptop/3.ckpt":    []byte("the earliest behind it"),
		"anchors/laptop/3.tsa.tsr": []byte("another token"),
		"trust/1.dsse.json":        []byte("trust"),
		signatureTokens + "/" + hex.EncodeToString(sum[:]) + ".tsa.tsr": []byte("over the signature"),
	} {
		if err := (*evidence.Disk)(nil).WriteFile(o.store.Path(filepath.FromSlash(name)), data); err != nil {
			t.Fatal(err)
		}
	}
	folder := o.pack(o.run(), "bundle")
	all := strings.Join(names(t, folder), "\n")
	for _, name := range []string{"anchors/laptop/3.ckpt", "anchors/laptop/3.tsa.tsr", "logs/laptop/3.consistency", "trust/1.dsse.json", hex.EncodeToString(sum[:])} {
		if !strings.Contains(all, name) {
			t.Errorf("%s is not in the bundle", name)
		}
	}
	for _, name := range []string{"laptop/1.ckpt", "laptop/4.ckpt"} {
		if strings.Contains(all, name) {
			t.Errorf("%s is in the bundle, and nothing needs it", name)
		}
	}
	sigstore := string(must(os.ReadFile(filepath.Join(folder, "sigstore/laptop.1.run-start.1.sigstore.json"))))
	if !strings.Contains(sigstore, `"timestampVerificationData":{"rfc3161Timestamps":[{"signedTimestamp":"b3ZlciB0aGUgc2lnbmF0dXJl"}]}`) {
		t.Errorf("no token in %s", sigstore)
	}
	if b := open(t, folder); len(b.Problems) > 0 {
		t.Error(b.Problems)
	}
}

// TestSameBytes: one state of the evidence gives the same bytes, whenever it is
// exported and whatever was left beside it.
func TestSameBytes(t *testing.T) {
	o := newOffice(t)
	for name, c := range map[string]func() *Content{"run": o.run, "client": o.client} {
		one := must(os.ReadFile(o.pack(c(), "a.tar")))
		if err := os.WriteFile(o.store.Path("records", ".msp-1.tmp"), []byte("left by a crash"), 0o600); err != nil {
			t.Fatal(err)
		}
		two := must(os.ReadFile(o.pack(c(), "b.tar")))
		if !bytes.Equal(one, two) {
			t.Errorf("%s: the same evidence gives other bytes", name)
		}
	}
}

// TestEveryFile changes, cuts and removes each file of a bundle.
func TestEveryFile(t *testing.T) {
	o := newOffice(t)
	for kind, c := range map[string]*Content{"run": o.run(), "client": o.client()} {
		folder := o.pack(c, "bundle")
		all := names(t, folder)
		if len(all) < 12 {
			t.Fatalf("%s: the bundle has %d files", kind, len(all))
		}
		for _, name := range all {
			path := filepath.Join(folder, name)
			data := must(os.ReadFile(path))
			flipped := bytes.Clone(data)
			flipped[len(data)/2] ^= 1
			for what, changed := range map[string][]byte{"changed": flipped, "cut": data[:len(data)-1], "longer": append(bytes.Clone(data), ' ')} {
				if err := os.WriteFile(path, changed, 0o600); err != nil {
					t.Fatal(err)
				}
				wantProblem(t, folder, name, what)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if name != signatureFile { // nobody has to sign
				wantProblem(t, folder, name, "gone")
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if b := open(t, folder); len(b.Problems) > 0 {
			t.Fatalf("%s: %v", kind, b.Problems)
		}
	}
}

// wantProblem holds that the file is named; of the manifest and its hash, one of
// the two.
func wantProblem(t *testing.T, folder, name, what string) {
	t.Helper()
	b := open(t, folder)
	if !slices.ContainsFunc(b.Problems, func(p Problem) bool {
		return p.File == name || name == manifestDigest && p.File == manifestFile
	}) {
		t.Errorf("%s is %s, and the problems are %v", name, what, b.Problems)
	}
}

// TestForger changes a file and makes the list of files fit.
func TestForger(t *testing.T) {
	o := newOffice(t)
	forge := func(change func(c *Content)) *Bundle {
		c := o.run()
		change(c)
		return open(t, o.pack(c, "bundle"))
	}
	replace := func(prefix string, data string) func(c *Content) {
		return func(c *Content) {
			i := slices.IndexFunc(c.items, func(i item) bool { return strings.HasPrefix(i.name, prefix) })
			c.items[i] = item{name: c.items[i].name, data: []byte(data)}
		}
	}
	for name, b := range map[string]*Bundle{
		"sigstore":  forge(replace("sigstore/", "{}")),
		"key":       forge(replace("keys/SHA256", "ssh-ed25519 AAAA")),
		"log's key": forge(replace("keys/laptop", "another")),
		"one more":  forge(func(c *Content) { c.items = append(c.items, item{name: "keys/more.pem", data: []byte("x")}) }),
		"one less": forge(func(c *Content) {
			c.items = slices.DeleteFunc(c.items, func(i item) bool { return strings.HasPrefix(i.name, "sigstore/") })
		}),
	} {
		if len(b.Problems) == 0 {
			t.Errorf("%s: nobody sees it", name)
		}
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	o := newOffice(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("private"), 0o600); err != nil {
		t.Fatal(err)
	}
	hex := strings.TrimPrefix(o.about, "sha256:")
	record := o.store.Path("records", hex[:2], hex+".dsse.json")
	data := must(os.ReadFile(record))
	outside := filepath.Join(t.TempDir(), "envelope")
	if err := errors.Join(os.WriteFile(outside, data, 0o600), os.Remove(record)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, record); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if _, err := Run(o.store, "acme", theRun, nil, 0); err == nil || !strings.Contains(err.Error(), "links are not followed") {
		t.Errorf("a record that is a link: %v", err)
	}
	if _, err := Client(o.store, "acme", nil, 0); err == nil || !strings.Contains(err.Error(), "links are not followed") {
		t.Errorf("a record that is a link: %v", err)
	}
	if err := errors.Join(os.Remove(record), os.WriteFile(record, data, 0o600), os.MkdirAll(o.store.Path("anchors"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(secret), o.store.Path("anchors", "laptop")); err != nil {
		t.Fatal(err)
	}
	if _, err := Client(o.store, "acme", nil, 0); err == nil || !strings.Contains(err.Error(), "links are not followed") {
		t.Errorf("a folder that is a link: %v", err)
	}
	if err := os.Remove(o.store.Path("anchors", "laptop")); err != nil {
		t.Fatal(err)
	}
	folder := o.pack(o.run(), "bundle")
	page := filepath.Join(folder, recipeFile)
	if err := errors.Join(os.Rename(page, secret), os.Symlink(secret, page)); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, folder, recipeFile, "a link to the same bytes")
}

func TestNothingIsWrittenOver(t *testing.T) {
	o := newOffice(t)
	for _, name := range []string{"there", "there.tar"} {
		to := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(to, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := o.run().Write(nil, to, Options{}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
		if string(must(os.ReadFile(to))) != "mine" {
			t.Errorf("%s was written over", name)
		}
	}
	if _, err := o.run().Write(nil, t.TempDir(), Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestFaults breaks each step of writing: nothing is left, neither under the
// name nor beside it, and the evidence is what it was. Only the very last step,
// the sync of the folder above, comes when the bundle is in place.
func TestFaults(t *testing.T) {
	o := newOffice(t)
	before := sumOf(t, o.store.Root())
	identity := must(age.GenerateX25519Identity())
	content := o.run()
	for name, recipients := range map[string][]age.Recipient{"bundle": nil, "bundle.tar": nil, "bundle.tar.age": {identity.Recipient()}} {
		steps := 0
		export := func(fail int, kind error) (string, error) {
			dir, n := t.TempDir(), 0
			disk := &evidence.Disk{Fault: func(evidence.Op, string) error {
				n++
				steps = max(steps, n)
				if n == fail {
					return kind
				}
				return nil
			}}
			_, err := content.Write(disk, filepath.Join(dir, name), Options{Signer: o.key, Recipients: recipients})
			return dir, err
		}
		if _, err := export(0, nil); err != nil {
			t.Fatal(err)
		}
		all := steps
		for i := 1; i < all; i++ {
			dir, err := export(i, []error{evidence.ErrTorn, fs.ErrPermission}[i%2])
			if err == nil {
				t.Fatalf("%s: step %d of %d failed unnoticed", name, i, all)
			}
			if left := must(os.ReadDir(dir)); len(left) > 0 {
				t.Errorf("%s: step %d of %d left %s", name, i, all, left[0].Name())
			}
		}
	}
	if after := sumOf(t, o.store.Root()); after != before {
		t.Error("the evidence was changed")
	}
}

func TestEncrypted(t *testing.T) {
	o := newOffice(t)
	mine, other := must(age.GenerateX25519Identity()), must(age.GenerateX25519Identity())
	ssh := must(o.key.Marshal("op"))
	recipients := must(ParseRecipients([]string{mine.Recipient().String(), o.key.Public().AuthorizedKey()}))
	to := filepath.Join(t.TempDir(), "b.tar.age")
	if _, err := o.run().Write(nil, to, Options{Recipients: recipients}); err != nil {
		t.Fatal(err)
	}
	sealed := must(os.ReadFile(to))
	if bytes.Contains(sealed, []byte("manifest.json")) {
		t.Error("names can be read")
	}
	for _, key := range [][]byte{[]byte(mine.String()), ssh} {
		if b := open(t, to, must(ParseIdentities(key))...); len(b.Problems) > 0 || b.Manifest.Run != theRun {
			t.Errorf("%+v", b)
		}
	}
	for _, identities := range [][]age.Identity{nil, {other}} {
		if _, err := Open(to, t.TempDir(), identities, 0); !errors.Is(err, ErrEncrypted) {
			t.Errorf("with %v: %v", identities, err)
		}
	}
	for i := 0; i < len(sealed); i += 101 {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if err := os.WriteFile(to, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := Open(to, t.TempDir(), []age.Identity{mine}, 0); err == nil && len(b.Problems) == 0 {
			t.Errorf("byte %d was changed, and nobody sees it", i)
		}
	}
	if _, err := o.run().Write(nil, filepath.Join(t.TempDir(), "b.tar"), Options{Recipients: recipients}); err == nil {
		t.Error("an encrypted bundle is called .tar")
	}
	if _, err := o.run().Write(nil, filepath.Join(t.TempDir(), "b.tar.age"), Options{}); err == nil {
		t.Error("a bundle that isn't encrypted is called .tar.age")
	}
}

func TestRecipients(t *testing.T) {
	identity := must(age.GenerateX25519Identity())
	key := must(evidence.GenerateKey(evidence.Ed25519))
	file := filepath.Join(t.TempDir(), "who")
	text := "# the auditors\n\n" + identity.Recipient().String() + "\r\n" + key.Public().AuthorizedKey() + " ana\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if all := must(ParseRecipients([]string{file})); len(all) != 2 {
		t.Errorf("%d recipients", len(all))
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("# nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p256 := must(evidence.GenerateKey(evidence.ECDSAP256)).Public().AuthorizedKey()
	for _, wrong := range []string{"age1xyz", "ssh-ed25519 AAAA", "no-such-file", empty, p256} {
		if _, err := ParseRecipients([]string{wrong}); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

// tarOf packs as msp does, with headers as somebody wants them.
func tarOf(entries ...tar.Header) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		h.Mode, h.ModTime = 0o600, time.Unix(0, 0)
		if h.Format == 0 {
			h.Format = tar.FormatUSTAR
		}
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
			h.Size = 1
		}
		must(0, w.WriteHeader(&h))
		if h.Size == 1 {
			must(w.Write([]byte("x")))
		}
	}
	must(0, w.Close())
	return b.Bytes()
}

func TestTarAttacks(t *testing.T) {
	file := func(name string) tar.Header { return tar.Header{Name: name} }
	good := tarOf(file("a"), file("b/c"))
	sparse := tarOf(file("a"))
	sparse[156] = 'S' // a sparse file of GNU's
	for name, data := range map[string][]byte{
		"above":             tarOf(file("../a")),
		"above, inside":     tarOf(file("b/../../a")),
		"absolute":          tarOf(file("/etc/msp")),
		"backslash":         tarOf(file(`..\a`)),
		"drive":             tarOf(file("C:a")),
		"hidden":            tarOf(file(".ssh/authorized_keys")),
		"link":              tarOf(tar.Header{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}),
		"hard link":         tarOf(file("a"), tar.Header{Name: "b", Typeflag: tar.TypeLink, Linkname: "a"}),
		"device":            tarOf(tar.Header{Name: "a", Typeflag: tar.TypeChar}),
		"folder":            tarOf(tar.Header{Name: "a/", Typeflag: tar.TypeDir}),
		"twice":             tarOf(file("a"), file("a")),
		"twice, other case": tarOf(file("a"), file("A")),
		"folder and file":   tarOf(file("a"), file("a/b")),
		"other format":      tarOf(tar.Header{Name: "a", Format: tar.FormatGNU}),
		"extended":          tarOf(tar.Header{Name: "a", Format: tar.FormatPAX, PAXRecords: map[string]string{"X.y": "z"}}),
		"sparse":            sparse,
		"cut":               good[:700],
		"no end":            good[:len(good)-1024],
		"more behind":       append(bytes.Clone(good), make([]byte, 512)...),
		"much behind":       append(bytes.Clone(good), make([]byte, 2<<20)...),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "b.tar")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			temp := filepath.Join(dir, "temp")
			if err := os.Mkdir(temp, 0o700); err != nil {
				t.Fatal(err)
			}
			b, err := Open(path, temp, nil, 0)
			if err != nil || len(b.Problems) != 1 || b.Problems[0].File != "b.tar" {
				t.Fatalf("%+v, %v", b, err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			if all := names(t, dir); len(all) != 1 {
				t.Errorf("left behind: %v", all)
			}
		})
	}
	b := &Bundle{folder: t.TempDir()}
	if err := b.untar(bytes.NewReader(good)); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// TestNoBundle: what never was a bundle is no bundle that was changed.
func TestNoBundle(t *testing.T) {
	dir, gutted := t.TempDir(), newOffice(t).pack(newOffice(t).run(), "bundle")
	for name, data := range map[string]string{"empty": "", "text": strings.Repeat("hello\n", 500)} {
		must(0, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
		if _, err := Open(filepath.Join(dir, name), dir, nil, 0); !errors.Is(err, ErrNoBundle) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(dir, "", nil, 0); !errors.Is(err, ErrNoBundle) {
		t.Errorf("a folder: %v", err)
	}
	if all := names(t, dir); len(all) != 2 {
		t.Errorf("left behind: %v", all)
	}
	must(0, os.Remove(filepath.Join(gutted, manifestFile)))
	if b, err := Open(gutted, "", nil, 0); err != nil || len(b.Problems) != 1 {
		t.Errorf("without its manifest: %+v, %v", b, err)
	}
}

// TestTarChanged: not one byte of a tar file can be another, padding included.
func TestTarChanged(t *testing.T) {
	data := must(os.ReadFile(newOffice(t).pack(newOffice(t).run(), "b.tar")))
	for i := 0; i < len(data); i += 211 {
		changed := bytes.Clone(data)
		changed[i] ^= 1
		b := &Bundle{folder: t.TempDir(), limit: record.MaxStatement}
		if err := b.untar(bytes.NewReader(changed)); err != nil {
			continue
		}
		if err := b.check(); err != nil || len(b.Problems) == 0 {
			t.Errorf("byte %d was changed, and nobody sees it: %v", i, err)
		}
	}
}

func TestManifestIsStrict(t *testing.T) {
	const hash = "607a3cb9fb9ebf64c335efd31adaaadf79ba42e7c690cd89cdceab10487f36a3"
	line := func(name string) string { return `{"name":"` + name + `","size":1,"sha256":"` + hash + `"}` }
	text := func(head string, files ...string) string {
		return head + `"files":[` + "\n" + strings.Join(files, ",\n") + "]}\n"
	}
	const head = `{"v":1,"kind":"client","client":"acme",`
	if _, err := parseManifest([]byte(text(head, line("a"), line("b/c")))); err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]string{
		"order":     text(head, line("b"), line("a")),
		"twice":     text(head, line("a"), line("a")),
		"case":      text(head, line("A"), line("a")),
		"above":     text(head, line("../a")),
		"absolute":  text(head, line("/a")),
		"hidden":    text(head, line(".a")),
		"itself":    text(head, line("manifest.json")),
		"version":   text(`{"v":2,"kind":"client","client":"acme",`, line("a")),
		"kind":      text(`{"v":1,"kind":"all","client":"acme",`, line("a")),
		"no run":    text(`{"v":1,"kind":"run","client":"acme",`, line("a")),
		"client":    text(`{"v":1,"kind":"client","client":"../x",`, line("a")),
		"member":    text(head+`"x":1,`, line("a")),
		"repeated":  text(head+`"v":1,`, line("a")),
		"spelling":  " " + text(head, line("a")),
		"more":      text(head, line("a")) + "\n",
		"no object": "[]",
		"empty":     "",
		"size":      text(head, strings.Replace(line("a"), ":1,", ":-1,", 1)),
	} {
		if _, err := parseManifest([]byte(wrong)); err == nil {
			t.Errorf("%s: %q is taken", name, wrong)
		}
	}
}

// FuzzBundle reads tar files that anybody could send. What passes must be, to
// the byte, what msp packs from what was unpacked.
func FuzzBundle(f *testing.F) {
	o := newOffice(f)
	f.Add(must(os.ReadFile(o.pack(o.run(), "run.tar"))))
	f.Add(must(os.ReadFile(o.pack(o.client(), "client.tar"))))
	f.Add(tarOf(tar.Header{Name: "../a"}))
	f.Add(tarOf(tar.Header{Name: "manifest.json"}, tar.Header{Name: "manifest.sha256"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		outside := t.TempDir()
		b := &Bundle{folder: filepath.Join(outside, "in"), limit: record.MaxStatement}
		if err := os.Mkdir(b.folder, 0o700); err != nil {
			t.Fatal(err)
		}
		err := b.untar(bytes.NewReader(data))
		if entries := must(os.ReadDir(outside)); len(entries) != 1 {
			t.Fatalf("%d entries beside the folder", len(entries))
		}
		if err != nil {
			return
		}
		if err := b.check(); err != nil {
			t.Fatal(err)
		}
		if len(b.Problems) > 0 {
			return
		}
		again := sha256.New()
		to := tar.NewWriter(again)
		r := tar.NewReader(bytes.NewReader(data))
		for h, err := r.Next(); err == nil; h, err = r.Next() {
			if err := putTar(to, h.Name, h.Size, r); err != nil {
				t.Fatal(err)
			}
		}
		if err := to.Close(); err != nil || string(again.Sum(nil)) != string(sumBytes(data)) {
			t.Errorf("two files read as one bundle: %v", err)
		}
	})
}

func sumBytes(data []byte) []byte {
	sum := sha256.Sum256(data)
	return sum[:]
}

// FuzzManifest: what is read is spelt in one way.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"v":1,"kind":"client","client":"acme","files":[` + "\n" + `{"name":"a","size":1,"sha256":"x"}]}` + "\n"))
	f.Add([]byte(`{"v":1,"kind":"run","client":"acme","run":"x","files":[]}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseManifest(data)
		if err != nil {
			return
		}
		for _, l := range m.Files {
			if !filepath.IsLocal(l.Name) || strings.Contains(l.Name, `\`) {
				t.Errorf("%q leads out of the folder", l.Name)
			}
		}
		if again, err := m.encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q became %q, %v", data, again, err)
		}
	})
}
