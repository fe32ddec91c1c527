package cmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/msp-runbook/msp/runbook/evidence/stamp/stamptest"
)

// writeStampConfig writes the configuration that names an authority.
func writeStampConfig(t testing.TB, config string, tsa *stamptest.TSA) {
	t.Helper()
	if err := os.MkdirAll(config, 0o700); err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf("tsa: [{name: tsa, url: %q, roots: tsa.pem}]\nanchor_timeout: 20s\n", tsa.URL)
	for name, text := range map[string]string{"config.yaml": settings, "tsa.pem": string(tsa.Roots)} {
		if err := os.WriteFile(filepath.Join(config, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// tsaCommand is a timestamp authority in a script: tsa start makes it and the
// configuration that names it, tsa up, down and lying change what it does.
func tsaCommand(t *testing.T) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: tsa start|up|down|lying")
		}
		config := filepath.Join(ts.Getenv("HOME"), ".config", "msp")
		known, _ := ts.Value(tsaKey{}).(*stampScript)
		switch args[0] {
		case "start":
			known.tsa = stamptest.New(t, time.Now)
			writeStampConfig(t, config, known.tsa)
		case "up":
			known.tsa.Do(stamptest.Behaviour{})
		case "down":
			known.tsa.Do(stamptest.Behaviour{Down: true})
		case "lying":
			known.tsa.Do(stamptest.Behaviour{WrongBytes: true})
		default:
			ts.Fatalf("a timestamp authority can't be %s", args[0])
		}
	}
}

type (
	tsaKey      struct{}
	stampScript struct{ tsa *stamptest.TSA }
)
