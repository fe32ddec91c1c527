package evidence

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool finds a program that others wrote. Our own CI has all of them.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s must be installed in CI", name)
	}
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

func run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command(tool(t, name), args...).CombinedOutput()
	return string(out), err
}

func put(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLVerifies(t *testing.T) {
	for algorithm, extra := range map[string][]string{Ed25519: nil, ECDSAP256: {"-digest", "sha256"}} {
		t.Run(algorithm, func(t *testing.T) {
			k, dir := newKey(t, algorithm), t.TempDir()
			e := open(t, seal(t, `{"a":"statement"}`, k))
			key := put(t, dir, "op.pem", k.Public().PEM())
			sig := put(t, dir, "sig", e.Signatures[0].Sig)
			pae := put(t, dir, "pae", []byte("DSSEv1 28 application/vnd.in-toto+json 17 "+`{"a":"statement"}`))
			args := append([]string{"pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", pae, "-sigfile", sig}, extra...)
			if out, err := run(t, "openssl", args...); err != nil {
				t.Errorf("%v: %s", err, out)
			}
			put(t, dir, "pae", []byte("DSSEv1 28 application/vnd.in-toto+json 17 "+`{"b":"statement"}`))
			if out, err := run(t, "openssl", args...); err == nil {
				t.Errorf("another statement passes: %s", out)
			}
		})
	}
}

func TestOpenSSHReadsOurKeys(t *testing.T) {
	for _, algorithm := range []string{Ed25519, ECDSAP256} {
		t.Run(algorithm, func(t *testing.T) {
			k, dir := newKey(t, algorithm), t.TempDir()
			data, err := k.Marshal("ada@tower")
			if err != nil {
				t.Fatal(err)
			}
			file := put(t, dir, "id", data)
			if out, err := run(t, "ssh-keygen", "-y", "-P", "", "-f", file); err != nil || strings.TrimSpace(out) != k.Public().AuthorizedKey()+" ada@tower" {
				t.Errorf("ssh-keygen -y: %v: %s", err, out)
			}
			public := put(t, dir, "id.pub", []byte(k.Public().AuthorizedKey()))
			if out, err := run(t, "ssh-keygen", "-l", "-f", public); err != nil || !strings.Contains(out, k.Public().ID()) {
				t.Errorf("ssh-keygen -l: %v: %s", err, out)
			}
		})
	}
}

func TestWeReadOpenSSHsKeys(t *testing.T) {
	for _, args := range [][]string{{"-t", "ed25519"}, {"-t", "ecdsa", "-b", "256"}} {
		file := filepath.Join(t.TempDir(), "id")
		if out, err := run(t, "ssh-keygen", append(args, "-q", "-N", "", "-C", "a comment", "-f", file)...); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		k, err := ParsePrivateKey(must(os.ReadFile(file)))
		if err != nil {
			t.Fatal(err)
		}
		public, err := ParsePublicKey(must(os.ReadFile(file + ".pub")))
		if err != nil {
			t.Fatal(err)
		}
		if !public.Equal(k.Public()) {
			t.Error("the public key isn't the private one's")
		}
	}
}

func TestSha256sumNamesBlobs(t *testing.T) {
	s := OpenStore(nil, t.TempDir())
	b, err := s.PutBlob([]byte("the output"))
	if err != nil {
		t.Fatal(err)
	}
	h := strings.TrimPrefix(b.Digest, "sha256:")
	path := s.Path("blobs", h[:2], h)
	if out, err := run(t, "sha256sum", path); err != nil || !strings.HasPrefix(out, h+" ") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := run(t, "tail", "-c", "+33", path); err != nil || out != "the output" {
		t.Errorf("%v: %s", err, out)
	}
}

// TestNoteByHand checks a checkpoint's signature as the specification of
// signed notes describes it, without the library.
func TestNoteByHand(t *testing.T) {
	b := newBench(t)
	text, line, _ := strings.Cut(string(b.append(leaf(0)).Text), "\n\n")
	b64, ok := strings.CutPrefix(strings.TrimSpace(line), "— "+b.log.origin()+" ")
	if !ok {
		t.Fatalf("the signature line is %q", line)
	}
	raw := must(base64.StdEncoding.DecodeString(b64))
	if err := b.key.Public().Verify([]byte(text+"\n"), raw[4:]); err != nil {
		t.Error(err)
	}
}
