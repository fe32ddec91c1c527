package cmd_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/cmd"
)

// TestLintInterrupted interrupts lint: it mends nothing, and says that it didn't end.
func TestLintInterrupted(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	file := filepath.Join(t.TempDir(), "one.yaml")
	source := "apiVersion: msp/v1\nkind: Runbook\nid: one\nversion: 1.0.0\ntitle: One\nlint:\n" +
		"- {waive: no-sla, because: it is done on request, until: 2999-01-01}\nsteps: [{id: look, title: Look, run: hostname}]\n"
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, complaint bytes.Buffer
	if code := cmd.Main(ctx, []string{"lint", "--fix", "--no-shellcheck", file}, strings.NewReader(""), &out, &complaint); code != 130 {
		t.Errorf("exit code %d: %s", code, complaint.String())
	}
	if left, err := os.ReadFile(file); err != nil || string(left) != source {
		t.Errorf("the file holds %q, %v", left, err)
	}
}
