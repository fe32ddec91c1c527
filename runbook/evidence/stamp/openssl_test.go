package stamp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// opensslTSA is the configuration of an authority that openssl is.
const opensslTSA = `[tsa]
default_tsa = own
[own]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500
ess_cert_id_chain = no
ess_cert_id_alg = HASH
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Test
[root]
basicConstraints = critical, CA:TRUE
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = critical, timeStamping
`

// TestTokenOfOpenSSL: tokens of another maker verify, whichever way they name
// their certificate.
func TestTokenOfOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	for _, hash := range []string{"sha1", "sha256", "sha512"} {
		dir := t.TempDir()
		write := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("conf", strings.Replace(opensslTSA, "HASH", hash, 1))
		write("data", string(data))
		write("serial", "01\n")
		for _, line := range []string{
			"req -x509 -config conf -extensions root -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 9",
			"req -new -config conf -subj /CN=TSA -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr",
			"x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 9 -extfile conf -extensions leaf -out tsa.pem",
			"ts -query -data data -sha256 -cert -out query",
			"ts -reply -config conf -queryfile query -inkey tsa.key -signer tsa.pem -out token",
		} {
			c := exec.CommandContext(t.Context(), "openssl", strings.Fields(line)...)
			c.Dir = dir
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("openssl %s: %v\n%s", line, err, out)
			}
		}
		read := func(name string) []byte {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			return content
		}
		stated, err := roots(t, read("root.pem")).Verify(read("token"), data)
		if err != nil || stated.Accuracy != 1500*time.Millisecond || time.Since(stated.At) > time.Hour {
			t.Errorf("%s: %+v, %v", hash, stated, err)
		}
	}
}
