package terminal

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/msp-runbook/msp/runbook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// morning is when everything in the tests happens.
var morning = time.Date(2026, 11, 21, 7, 16, 0, 0, time.UTC)

func testScreen(out *bytes.Buffer, width int) Screen {
	return Screen{
		Out: out, Width: width,
		Now: func() time.Time { return morning }, Local: time.FixedZone("CET", 3600),
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// badLines is what a hostile program prints.
var badLines = []string{
	"\x1b[2J\x1b[1;1H✓ forged",
	"\r✓ ok",
	"one\n ✓ fresh  two",
	"C1 \u009b2J and the bare byte \x9b2J",
	"bidi \u202egnorw\u202c \u2066isolated\u2069",
	"bell \a, backspace \b\b\b, delete \x7f, null \x00, next line \u0085, separator \u2028",
}

// stream is a run in which most things happen.
func stream() []runbook.Event {
	deadline := morning.Add(103 * time.Minute)
	at := func(seconds int, e runbook.Event) runbook.Event {
		e.V, e.Run, e.At = runbook.EventVersion, "20261121T071600Z-7f3a9c", morning.Add(time.Duration(seconds)*time.Second)
		return e
	}
	return []runbook.Event{
		at(0, runbook.Event{
			Kind: runbook.RunStarted, Runbook: "backup-verify", Version: "1.4.0", Title: "Verify last night's backups", Client: "acme",
			Reason:   "Backups ran for two weeks without anyone noticing that they were empty. Nobody\nhad been asked to look.\n",
			Deadline: &deadline, SLA: "07:00 London (08:00 here) · complete by 09:00 · 1 h 43 m left",
			Steps: []runbook.StepHead{
				{ID: "fresh", Title: "The newest archive is from last night and not empty"},
				{ID: "size", Title: "The size is what it usually is"},
				{ID: "explain", Title: "Say why the size is unusual"},
				{ID: "weekly", Title: "The weekly archive is there"},
				{ID: "console", Title: "Look at the console"},
				{ID: "intact", Title: "Every archive matches its checksum"},
				{ID: "second_look", Title: "A lead agrees"},
			},
		}),
		at(0, runbook.Event{Kind: runbook.StepStarted, Step: "fresh", Attempt: 1}),
		at(0, runbook.Event{Kind: runbook.StepFinished, Step: "fresh", Attempt: 1, Outcome: "passed", Detail: []string{"acme-2026-11-21.tar.gz · 4 h old · 1.2 GiB"}, Duration: 12 * time.Millisecond}),
		at(1, runbook.Event{Kind: runbook.StepStarted, Step: "size", Attempt: 1}),
		at(1, runbook.Event{Kind: runbook.StepFinished, Step: "size", Attempt: 1, Outcome: "deviated", Detail: []string{"1.2 GiB · normal 0.7 GiB ± 40% (median of 14 runs) · outside what was agreed"}}),
		at(2, runbook.Event{Kind: runbook.StepStarted, Step: "explain", Attempt: 1}),
		at(40, runbook.Event{Kind: runbook.StepFinished, Step: "explain", Attempt: 1, Outcome: "skipped", Detail: []string{"Ana: the console is down"}, Duration: 38 * time.Second}),
		at(40, runbook.Event{Kind: runbook.StepFinished, Step: "weekly", Outcome: "not_needed"}),
		at(40, runbook.Event{Kind: runbook.StepFinished, Step: "console", Outcome: "interrupted"}),
		at(41, runbook.Event{Kind: runbook.Notice, Message: "the runbook has changed since this run began", Hint: "msp diff 7f3a9c"}),
		at(42, runbook.Event{Kind: runbook.StepStarted, Step: "intact", Attempt: 1}),
		at(43, runbook.Event{Kind: runbook.StepOutput, Step: "intact", Line: badLines[0]}),
		at(43, runbook.Event{Kind: runbook.StepOutput, Step: "intact", Line: badLines[1]}),
		at(44, runbook.Event{Kind: runbook.StepRetry, Step: "intact", Attempt: 1, Pause: 30 * time.Second, Message: "exited 1"}),
		at(76, runbook.Event{
			Kind: runbook.StepFinished, Step: "intact", Attempt: 2, Outcome: "failed", Duration: 2100 * time.Millisecond,
			Failure: &runbook.StepFailure{
				Found: "sha256sum exited 1: some archives don't match their checksums", Expected: "exit code 0",
				LastLine: append([]string{"acme-2026-11-20.tar.gz: FAILED"}, badLines...),
				Call:     "on-call, +44 20 7946 0000, and after 15 minutes the owner backup@provider.example", GoOn: "msp resume 7f3a9c",
			},
		}),
		at(76, runbook.Event{
			Kind: runbook.RunFinished, Verdict: "failed", Message: "intact failed, explain was skipped", Duration: 76 * time.Second,
			Deviations: []string{"size: 1.2 GiB is outside of 0.7 GiB ± 40%", "explain: skipped, the console is down"},
			Record:     "sha256:9c1185a5c5e9fc54612808977ee8f548b2258d31", Level: "logged", Hint: "msp show 7f3a9c",
		}),
	}
}
