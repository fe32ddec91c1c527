//go:build linux

package cmd_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// quickBook has steps of its own output, a value and a check.
const quickBook = `apiVersion: msp/v1
kind: Runbook
id: quick
version: 1.0.0
title: Quick
steps:
  - {id: hello, title: Say hello, run: echo hello}
  - {id: there, title: Look, run: "ls -d /"}
`

// An exported run, for the tools of others.
type exported struct {
	*desk
	run    string
	folder string
}

func newExported(t *testing.T) *exported {
	t.Helper()
	d := newDesk(t)
	d.write("quick.yaml", quickBook)
	e := &exported{desk: d}
	for range 2 {
		e.must("run", "./quick.yaml", "--no-input")
	}
	var log struct{ Runs []struct{ Run string } }
	if err := json.Unmarshal([]byte(e.must("log", "--json")), &log); err != nil {
		t.Fatal(err)
	}
	e.run = log.Runs[0].Run
	return e
}

func (e *exported) must(args ...string) string {
	e.t.Helper()
	r := e.msp(args...)
	if r.code != 0 {
		e.t.Fatalf("msp %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

func (e *exported) export() {
	e.t.Helper()
	e.folder = e.path("bundle")
	e.must("export", e.run, "--to", "bundle")
}

// tool runs a program in the bundle.
func (e *exported) tool(name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Dir = e.folder
	c.Env = append(slices.Clone(e.env), "TSA="+e.path("tsa.pem"))
	out, err := c.CombinedOutput()
	return string(out), err
}

// recipe gives the commands of a chapter of RECIPE.md, with what comes before
// all chapters; "" gives all of them.
func (e *exported) recipe(chapter string) string {
	e.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.folder, "RECIPE.md"))
	if err != nil {
		e.t.Fatal(err)
	}
	var commands strings.Builder
	in, inside := "", false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "## "):
			in = strings.TrimSpace(line[3:])
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh\n"
		case inside && (chapter == "" || in == "" || in == chapter):
			commands.WriteString(line)
		}
	}
	return commands.String()
}

// files lists the bundle.
func (e *exported) files() []string {
	e.t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(e.folder), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return all
}

// change flips a bit in the middle of a file while do is at work.
func (e *exported) change(name string, do func()) {
	e.t.Helper()
	path := filepath.Join(e.folder, name)
	data, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	changed := bytes.Clone(data)
	changed[len(changed)/2] ^= 1
	if err := os.WriteFile(path, changed, 0o600); err != nil {
		e.t.Fatal(err)
	}
	do()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// anchor has an authority of our own stamp the log's checkpoint.
func (e *exported) anchor() {
	e.t.Helper()
	logs := filepath.Join(e.state(), "clients/local/logs")
	writers, err := os.ReadDir(logs)
	if err != nil || len(writers) != 1 {
		e.t.Fatalf("%v, %v", writers, err)
	}
	checkpoint, err := os.ReadFile(filepath.Join(logs, writers[0].Name(), "checkpoint"))
	if err != nil {
		e.t.Fatal(err)
	}
	size := strings.Split(string(checkpoint), "\n")[1]
	anchors := filepath.Join(e.state(), "clients/local/anchors", writers[0].Name())
	if err := os.MkdirAll(anchors, 0o700); err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(anchors, size+".ckpt"), checkpoint, 0o600); err != nil {
		e.t.Fatal(err)
	}
	e.write("tsa.cnf", `[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
[dn]
CN = A time stamp authority
[ext]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = ours
[ours]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
`)
	e.write("serial", "01\n")
	for _, line := range []string{
		"openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 3650 -config tsa.cnf",
		"openssl ts -query -data " + filepath.Join(anchors, size+".ckpt") + " -sha256 -cert -out query",
		"openssl ts -reply -queryfile query -config tsa.cnf -section ours -out " + filepath.Join(anchors, size+".ours.tsr"),
	} {
		words := strings.Fields(line)
		c := exec.Command(words[0], words[1:]...)
		c.Dir = e.work
		if out, err := c.CombinedOutput(); err != nil {
			e.t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
}

// pythonFirst puts Debian's Python first where another one lacks the module that
// the recipe needs.
func (e *exported) pythonFirst() {
	e.t.Helper()
	const debian = "/usr/bin/python3"
	needs := func(python string) bool { return exec.Command(python, "-c", "import cryptography").Run() == nil }
	if needs("python3") || !needs(debian) {
		return
	}
	folder := e.t.TempDir()
	if err := os.Symlink(debian, filepath.Join(folder, "python3")); err != nil {
		e.t.Fatal(err)
	}
	e.env = append(e.env, "PATH="+folder+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestRecipe runs the recipe in a bundle: it accepts it, and refuses it with one
// byte changed in any file. Then the lists of files are made to fit, so that
// each tool has to find out for itself.
func TestRecipe(t *testing.T) {
	if testing.Short() {
		t.Skip("the recipe is run for each file of a bundle")
	}
	needTools(t, "bash", "jq", "openssl", "ssh-keygen", "sha256sum", "python3")
	e := newExported(t)
	e.pythonFirst()
	e.anchor()
	e.export()
	out, err := e.tool("bash", "-c", e.recipe(""))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`Good "msp-export" signature`, "Signature Verified Successfully", "Verification: OK", "2 statements stand in the log"} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing says %q:\n%s", want, out)
		}
	}
	whole := e.recipe("")
	for _, name := range e.files() {
		e.change(name, func() {
			if out, err := e.tool("bash", "-c", whole); err == nil {
				t.Errorf("%s was changed, and the recipe passes:\n%s", name, out)
			}
			if r := e.msp("verify", "bundle"); r.code != 1 || !strings.Contains(r.stdout, name) && name != "manifest.sha256" {
				t.Errorf("%s was changed: exit %d\n%s%s", name, r.code, r.stdout, r.stderr)
			}
		})
	}
	e.refuseForged()
	e.refuseOther()
}

// refuseForged changes files and makes the lists of files fit.
func (e *exported) refuseForged() {
	e.t.Helper()
	signature := filepath.Join(e.folder, "manifest.json.sig")
	if err := os.Remove(signature); err != nil {
		e.t.Fatal(err)
	}
	python := e.recipe("That the statements stand in the log")
	tools := map[string]string{
		"records/": e.recipe("Who signed the statements"), "blobs/": e.recipe("Nothing was changed since the export"),
		".tsr": e.recipe("When"), ".ckpt": e.recipe("When"), ".leaf": python, ".tlog-proof": python, "/checkpoint": "", ".vkey": python,
	}
	for part, commands := range tools {
		for _, name := range e.files() {
			if !strings.Contains(name, part) {
				continue
			}
			e.change(name, func() {
				undo := e.fit(name)
				defer undo()
				if out, err := e.tool("bash", "-c", commands); err == nil && commands != "" {
					e.t.Errorf("%s was forged, and the recipe passes:\n%s", name, out)
				}
				if part == ".tsr" || part == ".ckpt" {
					return // msp holds tokens to their authority, who isn't known here
				}
				if out, err := e.tool("bash", "-c", python); err == nil && part != "/checkpoint" {
					e.t.Errorf("%s was forged, and the script passes:\n%s", name, out)
				}
				if r := e.msp("verify", "bundle"); r.code != 1 {
					e.t.Errorf("%s was forged: exit %d\n%s", name, r.code, r.stdout)
				}
			})
		}
	}
}

// fit puts the hash of a changed file into the lists, and gives what undoes that.
func (e *exported) fit(name string) (undo func()) {
	e.t.Helper()
	var before [][]byte
	lists := []string{"SHA256SUMS", "manifest.json", "manifest.sha256"}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(e.folder, name))
		if err != nil {
			e.t.Fatal(err)
		}
		return data
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(e.folder, name), data, 0o600); err != nil {
			e.t.Fatal(err)
		}
	}
	hash := func(data []byte) string {
		sum := sha256.Sum256(data)
		return hex.EncodeToString(sum[:])
	}
	for _, list := range lists {
		before = append(before, read(list))
	}
	var old string
	for line := range strings.Lines(string(before[0])) {
		if strings.HasSuffix(line, "  "+name+"\n") {
			old = line[:64]
		}
	}
	if old == "" {
		e.t.Fatalf("%s is not in SHA256SUMS", name)
	}
	now := hash(read(name))
	sums := strings.Replace(string(before[0]), old+"  "+name, now+"  "+name, 1)
	write(lists[0], []byte(sums))
	manifest := string(before[1])
	at := strings.Index(manifest, `{"name":"`+name+`"`)
	manifest = manifest[:at] + strings.Replace(manifest[at:], old, now, 1)
	manifest = strings.Replace(manifest, hash(before[0]), hash([]byte(sums)), 1)
	write(lists[1], []byte(manifest))
	write(lists[2], []byte(hash([]byte(manifest))+"  manifest.json\n"))
	return func() {
		for i, list := range lists {
			write(list, before[i])
		}
	}
}

// refuseOther holds the exporter's signature to another key.
func (e *exported) refuseOther() {
	e.t.Helper()
	e.must("key", "new", "other")
	other := strings.Fields(e.must("key", "show", "other"))
	if err := os.RemoveAll(e.folder); err != nil {
		e.t.Fatal(err)
	}
	e.export()
	line, err := os.ReadFile(filepath.Join(e.folder, "allowed_signers"))
	if err != nil {
		e.t.Fatal(err)
	}
	words := strings.Fields(string(line))
	words[len(words)-1] = other[1]
	if err := os.WriteFile(filepath.Join(e.folder, "allowed_signers"), []byte(strings.Join(words, " ")+"\n"), 0o600); err != nil {
		e.t.Fatal(err)
	}
	if out, err := e.tool("bash", "-c", e.recipe("Who exported it")); err == nil {
		e.t.Errorf("the signature is by nobody who is allowed, and it passes:\n%s", out)
	}
}

// TestRecipeOfAll runs the recipe of a client's bundle.
func TestRecipeOfAll(t *testing.T) {
	needTools(t, "bash", "jq", "openssl", "ssh-keygen", "sha256sum", "python3")
	e := newExported(t)
	e.pythonFirst()
	e.anchor()
	e.folder = e.path("bundle")
	e.must("export", "--all", "--to", "bundle")
	out, err := e.tool("bash", "-c", e.recipe(""))
	if err != nil || strings.Count(out, "Signature Verified Successfully") != 4 || !strings.Contains(out, "4 statements stand in the logs") {
		t.Errorf("%v\n%s", err, out)
	}
	python, changed := e.recipe("That the statements stand in the log"), 0
	for _, name := range e.files() {
		if !strings.Contains(name, "records/") && !strings.HasSuffix(name, "/checkpoint") && !strings.HasSuffix(name, ".vkey") && !strings.HasSuffix(name, "entries/000.p/4") {
			continue
		}
		changed++
		e.change(name, func() {
			defer e.fit(name)()
			if out, err := e.tool("bash", "-c", python); err == nil {
				t.Errorf("%s was forged, and the script passes:\n%s", name, out)
			}
		})
	}
	if changed != 4+3 {
		t.Errorf("%d files were changed", changed)
	}
}

// TestScriptsOfRecipe: what a stranger has to read is short.
func TestScriptsOfRecipe(t *testing.T) {
	scripts, err := filepath.Glob("../runbook/export/check_*.py")
	if err != nil || len(scripts) != 2 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > 40 {
			t.Errorf("%s has %d lines", script, n)
		}
	}
}

// TestSigstoreVerify has sigstore's library for Node judge the bundles. It first
// shows that the library can tell, by vectors of sigstore's own.
func TestSigstoreVerify(t *testing.T) {
	needTools(t, "node", "npm")
	judge := newJudge(t)
	vectors, err := filepath.Abs("../testdata/sigstore/conformance")
	if err != nil {
		t.Fatal(err)
	}
	vector := func(key string) error {
		return judge(vectors+"/bundle.sigstore.json", filepath.Join(vectors, key), vectors+"/a.txt", vectors+"/trusted_root.json")
	}
	if err := vector("key.pub"); err != nil {
		t.Errorf("a good vector: %v", err)
	}
	for _, key := range []string{"wrong.pub", "no-such-key"} {
		if err := vector(key); err == nil {
			t.Errorf("a vector passes with %s", key)
		}
	}
	e := newExported(t)
	e.export()
	bundles := 0
	for _, name := range e.files() {
		if !strings.HasPrefix(name, "sigstore/") {
			continue
		}
		bundles++
		key := e.keyOf(name)
		if err := judge(filepath.Join(e.folder, name), key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		e.change(name, func() {
			if err := judge(filepath.Join(e.folder, name), key); err == nil {
				t.Errorf("%s was changed, and it passes", name)
			}
		})
	}
	if bundles != 2 {
		t.Errorf("%d bundles", bundles)
	}
}

// keyOf is the key that a sigstore bundle names.
func (e *exported) keyOf(name string) string {
	e.t.Helper()
	data, err := os.ReadFile(filepath.Join(e.folder, name))
	if err != nil {
		e.t.Fatal(err)
	}
	var bundle struct {
		VerificationMaterial struct{ PublicKey struct{ Hint string } }
	}
	if err := json.Unmarshal(data, &bundle); err != nil {
		e.t.Fatal(err)
	}
	id := strings.NewReplacer(":", "-", "+", "-", "/", "_").Replace(bundle.VerificationMaterial.PublicKey.Hint)
	return filepath.Join(e.folder, "keys", id+".pem")
}

// newJudge installs sigstore's library into a folder of its own, in the versions
// that are pinned. Without a registry the test is skipped, but not in CI.
func newJudge(t *testing.T) func(args ...string) error {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "verify.cjs"} {
		data, err := os.ReadFile(filepath.Join("../testdata/sigstore", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("sigstore's library can't be installed, and in CI it must be: %v\n%s", err, out)
		}
		t.Skipf("sigstore's library can't be installed here: %v\n%s", err, out)
	}
	return func(args ...string) error {
		out, err := exec.Command("node", append([]string{filepath.Join(folder, "verify.cjs")}, args...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		if !bytes.Contains(out, []byte("verified")) {
			return fmt.Errorf("it says: %s", out)
		}
		return nil
	}
}

// TestCosign runs the recipe's command where cosign is installed, which Debian
// doesn't have.
func TestCosign(t *testing.T) {
	if _, err := exec.LookPath("cosign"); err != nil {
		t.Skip("cosign is not installed: this test runs the real one")
	}
	e := newExported(t)
	e.export()
	for _, name := range e.files() {
		if !strings.HasPrefix(name, "sigstore/") {
			continue
		}
		kind := strings.Split(name, ".")[2]
		blob := ""
		for _, file := range e.files() {
			if strings.HasPrefix(file, "evidence/blobs/") && e.names(name, filepath.Base(file)) {
				blob = file
			}
		}
		args := []string{
			"verify-blob-attestation", "--bundle", name, "--key", e.keyOf(name), "--insecure-ignore-tlog",
			"--type", "https://msp-runbook.github.io/" + kind + "/v1", blob,
		}
		if out, err := e.tool("cosign", args...); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		e.change(blob, func() {
			if out, err := e.tool("cosign", args...); err == nil {
				t.Errorf("another blob passes\n%s", out)
			}
		})
	}
}

// names says whether a statement names a blob.
func (e *exported) names(bundle, hash string) bool {
	out, err := e.tool("bash", "-c", `jq -r .dsseEnvelope.payload "$0" | base64 -d | grep -q "$1"`, bundle, hash)
	return err == nil && out == ""
}
