//go:build unix

package process_test

import (
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/process"
)

func TestExitWords(t *testing.T) {
	tests := map[int]string{
		0:   "done",
		1:   "exited 1",
		126: "found but cannot be executed",
		127: "command not found",
		128: "exited 128",
		130: "ended by SIGINT",
		137: "ended by SIGKILL",
		143: "ended by SIGTERM",
		255: "exited 255",
		-1:  "exited -1",
		300: "exited 300",
	}
	for code, want := range tests {
		if got := process.ExitWords(code); got != want {
			t.Errorf("ExitWords(%d) = %q, want %q", code, got, want)
		}
	}
}

func TestKilledInWords(t *testing.T) {
	r := process.Result{ExitCode: -1, Ended: process.TimedOut, Duration: time.Hour, Firm: true}
	if got, want := r.String(), "timed out after 1h, did not stop at SIGTERM and was killed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
