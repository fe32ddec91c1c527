package evidence

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSSHSignatures(t *testing.T) {
	for _, algorithm := range []string{Ed25519, ECDSAP256} {
		t.Run(algorithm, func(t *testing.T) {
			key, message := newKey(t, algorithm), []byte("what is exported")
			sig := must(SignSSH(key, "msp-export", message))
			if by, err := VerifySSH(sig, "msp-export", message); err != nil || !by.Equal(key.Public()) {
				t.Errorf("%v, by %s", err, by.ID())
			}
			if _, err := VerifySSH(sig, "msp-export", []byte("what is imported")); !errors.Is(err, ErrBadSignature) {
				t.Errorf("another message: %v", err)
			}
			if _, err := VerifySSH(sig, "file", message); err == nil {
				t.Error("another purpose passes")
			}
			for i := range sig {
				changed := append([]byte(nil), sig...)
				changed[i] ^= 1
				if by, err := VerifySSH(changed, "msp-export", message); err == nil && by.Equal(key.Public()) {
					t.Errorf("byte %d was changed, and the signature passes", i)
				}
			}
		})
	}
}

func TestSSHKeygenVerifies(t *testing.T) {
	for _, algorithm := range []string{Ed25519, ECDSAP256} {
		t.Run(algorithm, func(t *testing.T) {
			key, dir := newKey(t, algorithm), t.TempDir()
			sig := put(t, dir, "sig", must(SignSSH(key, "msp-export", []byte("a message"))))
			signers := put(t, dir, "allowed", []byte("ana "+key.Public().AuthorizedKey()+"\n"))
			verify := func(message string) error {
				c := exec.Command(tool(t, "ssh-keygen"), "-Y", "verify", "-f", signers, "-I", "ana", "-n", "msp-export", "-s", sig)
				c.Stdin = strings.NewReader(message)
				return c.Run()
			}
			if err := verify("a message"); err != nil {
				t.Error(err)
			}
			if err := verify("a massage"); err == nil {
				t.Error("another message passes")
			}
		})
	}
}

func TestWeVerifySSHKeygen(t *testing.T) {
	key, dir := newKey(t, Ed25519), t.TempDir()
	private := put(t, dir, "key", must(key.Marshal("ana")))
	message := put(t, dir, "message", []byte("a message"))
	if out, err := run(t, "ssh-keygen", "-Y", "sign", "-f", private, "-n", "msp-export", message); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sig := must(os.ReadFile(filepath.Join(dir, "message.sig")))
	if by, err := VerifySSH(sig, "msp-export", []byte("a message")); err != nil || !by.Equal(key.Public()) {
		t.Errorf("%v, by %s", err, by.ID())
	}
}
