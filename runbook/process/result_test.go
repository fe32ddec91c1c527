package process_test

import (
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/process"
)

func TestResultInWords(t *testing.T) {
	tests := []struct {
		result process.Result
		want   string
	}{
		{process.Result{ExitCode: 1}, "exited 1"},
		{process.Result{ExitCode: 255}, "exited 255"},
		{process.Result{ExitCode: 0, Leftover: 1, Firm: true}, "exited 0; a process that it left behind was ended"},
		{process.Result{ExitCode: 2, Leftover: 3}, "exited 2; 3 processes that it left behind were ended"},
		{process.Result{ExitCode: -1, Ended: process.Signaled, Signal: "SIGSEGV"}, "ended by SIGSEGV"},
		{process.Result{ExitCode: -1, Ended: process.TimedOut, Duration: 10*time.Minute + 3*time.Millisecond}, "timed out after 10m and was stopped"},
		{process.Result{ExitCode: -1, Ended: process.Cancelled, Duration: 2 * time.Hour}, "cancelled after 2h and was stopped"},
		{process.Result{ExitCode: -1, Ended: process.Cancelled, Duration: 2*time.Hour + time.Second}, "cancelled after 2h0m1s and was stopped"},
		{process.Result{ExitCode: -1, Ended: process.Cancelled, Duration: 90 * time.Second}, "cancelled after 1m30s and was stopped"},
		{process.Result{ExitCode: -1, Ended: process.Cancelled, Duration: 20*time.Minute + 10*time.Second}, "cancelled after 20m10s and was stopped"},
		{process.Result{ExitCode: -1, Ended: process.TimedOut, Duration: 2512 * time.Millisecond}, "timed out after 2.5s and was stopped"},
		{process.Result{ExitCode: 0, Ended: process.TimedOut, Duration: 20_300 * time.Microsecond}, "timed out after 20ms and was stopped"},
	}
	for _, test := range tests {
		if got := test.result.String(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.result, got, test.want)
		}
	}
}

func TestResultOK(t *testing.T) {
	tests := map[process.Result]bool{
		{}:                                      true,
		{Leftover: 1}:                           true,
		{ExitCode: 1}:                           false,
		{ExitCode: 0, Ended: process.TimedOut}:  false,
		{ExitCode: -1, Ended: process.Signaled}: false,
	}
	for r, want := range tests {
		if r.OK() != want {
			t.Errorf("%+v: OK is %v", r, r.OK())
		}
	}
}
