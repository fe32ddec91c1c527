package cmd_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
)

// scriptWitness is a witness of a script, that can be out of reach.
type scriptWitness struct {
	witness *witness.Witness
	down    atomic.Bool
}

func (w *scriptWitness) ServeHTTP(response http.ResponseWriter, r *http.Request) {
	if w.down.Load() {
		http.Error(response, "out of order", http.StatusServiceUnavailable)
		return
	}
	w.witness.ServeHTTP(response, r)
}

type witnessKey struct{}

// witnessCommand is a witness in a script: witness start makes one that watches
// every log of this HOME, and the configuration that names it; up and down change
// what it does.
func witnessCommand(t *testing.T) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: witness start|up|down")
		}
		known, _ := ts.Value(witnessKey{}).(*atomic.Pointer[scriptWitness])
		switch args[0] {
		case "start":
			known.Store(startWitness(t, ts.Getenv("HOME"), ts.MkAbs("witness")))
		case "up", "down":
			known.Load().down.Store(args[0] == "down")
		default:
			ts.Fatalf("witness %s?", args[0])
		}
	}
}

func startWitness(t *testing.T, home, folder string) *scriptWitness {
	key, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(home, ".config", "msp")
	w := &scriptWitness{witness: &witness.Witness{
		Name: "client.example/w", Key: key, Heads: folder, Disk: &evidence.Disk{}, Now: time.Now,
		Log: func(origin string) (evidence.PublicKey, bool, error) {
			line, err := os.ReadFile(filepath.Join(config, "writers", origin[strings.LastIndex(origin, "/")+1:], "key.pub"))
			if err != nil {
				return evidence.PublicKey{}, false, err
			}
			key, err := evidence.ParsePublicKey(line)
			return key, true, err
		},
	}}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	settings := fmt.Sprintf("witnesses: [{name: client, url: %q, key: %q}]\n", server.URL, w.witness.Verifier())
	if err := os.WriteFile(filepath.Join(config, "config.yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}
