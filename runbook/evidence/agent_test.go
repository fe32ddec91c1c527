package evidence

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh/agent"
)

// sshAgent starts a real ssh-agent with these keys.
func sshAgent(t *testing.T, keys ...*PrivateKey) (conn net.Conn, client agent.Agent) {
	t.Helper()
	program, err := exec.LookPath("ssh-agent")
	if err != nil {
		t.Skip("there is no ssh-agent here")
	}
	folder, err := os.MkdirTemp("", "msp-agent-") // a socket's path may be 100 bytes long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "s")
	out, err := exec.Command(program, "-s", "-a", socket).Output() // it listens when this ends
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end := exec.Command(program, "-k")
		end.Env = []string{"SSH_AGENT_PID=" + regexp.MustCompile(`SSH_AGENT_PID=(\d+)`).FindStringSubmatch(string(out))[1]}
		if err := end.Run(); err != nil {
			t.Error(err)
		}
	})
	dial := func() net.Conn {
		conn, err := net.DialTimeout("unix", socket, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	client = agent.NewClient(dial())
	for _, key := range keys {
		var private any = &key.ed
		if key.ec != nil {
			private = key.ec
		}
		if err := client.Add(agent.AddedKey{PrivateKey: private}); err != nil {
			t.Fatal(err)
		}
	}
	return dial(), client
}

// TestAgent: a real agent signs, and the signatures are those that everybody
// else checks.
func TestAgent(t *testing.T) {
	var keys []*PrivateKey
	for _, algorithm := range []string{Ed25519, ECDSAP256} {
		key, err := GenerateKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	conn, client := sshAgent(t, keys...)
	held, err := OpenAgent(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		t.Run(key.Public().Type(), func(t *testing.T) {
			signer, err := held.Key(key.Public().ID())
			if err != nil {
				t.Fatal(err)
			}
			for range 20 { // the numbers of ECDSA differ in length from time to time
				message := []byte(strings.Repeat("a statement ", 100))
				signature, err := signer.Sign(message)
				if err != nil {
					t.Fatal(err)
				}
				if err := key.Public().Verify(message, signature); err != nil {
					t.Fatal(err)
				}
			}
			envelope, err := Seal([]byte(`{"a":1}`), signer)
			if err != nil {
				t.Fatal(err)
			}
			open, err := OpenEnvelope(envelope, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := open.Verify(key.Public()); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := held.Key("SHA256:none"); !errors.Is(err, ErrNotInAgent) {
		t.Errorf("a key that the agent doesn't hold: %v", err)
	}
	if err := client.RemoveAll(); err != nil {
		t.Fatal(err)
	}
	if _, err := held[0].Sign([]byte("x")); err == nil || !strings.Contains(err.Error(), "doesn't sign with "+held[0].Public().ID()) {
		t.Errorf("an agent that lost the key signs: %v", err)
	}
}

// TestPassphrase: what is written with a passphrase is read with it only, by
// ssh-keygen too.
func TestPassphrase(t *testing.T) {
	for _, algorithm := range []string{Ed25519, ECDSAP256} {
		key, err := GenerateKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		data, err := key.MarshalWithPassphrase("a comment", []byte("correct horse"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePrivateKey(data); !errors.Is(err, ErrPassphrase) {
			t.Errorf("read without the passphrase: %v", err)
		}
		if _, err := ParsePrivateKeyWithPassphrase(data, []byte("wrong")); !errors.Is(err, ErrWrongPassphrase) {
			t.Errorf("read with another passphrase: %v", err)
		}
		again, err := ParsePrivateKeyWithPassphrase(data, []byte("correct horse"))
		if err != nil || !again.Public().Equal(key.Public()) {
			t.Errorf("not read with its passphrase: %v", err)
		}
		keygen, err := exec.LookPath("ssh-keygen")
		if err != nil {
			t.Skip("there is no ssh-keygen here")
		}
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(keygen, "-y", "-P", "correct horse", "-f", path).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), key.Public().AuthorizedKey()) {
			t.Errorf("ssh-keygen reads it as %q, %v", out, err)
		}
	}
	key, err := GenerateKey(Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.MarshalWithPassphrase("", nil); err == nil {
		t.Error("an empty passphrase protects nothing")
	}
}
