package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// prepareTrust makes the keys that the examples about trust name, and the versions
// that stand before them.
func prepareTrust(t *testing.T, d *desk, line string) string {
	t.Helper()
	for _, name := range []string{"ben", "vera", "acme"} {
		d.output("key", "new", name)
		data, err := os.ReadFile(filepath.Join(d.home, ".config/msp/keys", name+".pub"))
		if err != nil {
			t.Fatal(err)
		}
		d.write(name+".pub", string(data))
		d.write("allowed_signers", "vera@example.com "+string(data))
		if name == "ben" {
			key, err := evidence.ParsePublicKey(data)
			if err != nil {
				t.Fatal(err)
			}
			line = strings.ReplaceAll(line, "SHA256:…", key.ID())
		}
	}
	if strings.Contains(line, "trust init") {
		return line
	}
	d.output("trust", "init", "ana", "--yes")
	writers, err := filepath.Glob(d.path(".msp/clients/acme/logs/*"))
	if err != nil || len(writers) != 1 {
		t.Fatalf("%v, error %v", writers, err)
	}
	switch {
	case strings.Contains(line, "--drop"):
		d.output("trust", "rotate", "--root", "ben=ben.pub", "--yes")
	case strings.Contains(line, "trust revoke"):
		d.output("trust", "add", "ben", "--key", "ben.pub", "--role", "operator", "--yes")
		line = strings.ReplaceAll(line, "--at 2026-11-20T08:00:00Z", "--at 2020-11-20T08:00:00Z")
	case strings.Contains(line, "trust sign"):
		d.output("trust", "rotate", "--root", "ben=ben.pub", "--threshold", "2", "--yes")
	}
	return strings.ReplaceAll(line, "writer-1a2b3c4d", filepath.Base(writers[0]))
}
