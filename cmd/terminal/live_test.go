package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
)

// screenText plays what was written on a terminal that knows what the live
// printer uses, and returns what is then to be seen.
func screenText(t *testing.T, written string) string {
	t.Helper()
	lines := []string{""}
	written = strings.NewReplacer(cutLine, "", foldLine, "").Replace(written)
	for rest := written; rest != ""; {
		last := len(lines) - 1
		switch {
		case strings.HasPrefix(rest, eraseLine):
			lines[last], rest = "", rest[len(eraseLine):]
		case strings.HasPrefix(rest, "\r"+eraseLine), rest == "\r":
			rest = rest[1:] // the cursor waits at the start of the line
		case rest[0] == '\n':
			lines, rest = append(lines, ""), rest[1:]
		case rest[0] == '\r', rest[0] == '\x1b':
			t.Fatalf("an escape that nobody expected: %q", rest[:min(len(rest), 20)])
		default:
			lines[last], rest = lines[last]+rest[:1], rest[1:]
		}
	}
	return strings.Join(lines, "\n")
}

// liveOn starts a live printer whose ticks and time are the test's.
func liveOn(out *bytes.Buffer, width int, now *time.Time) *live {
	s := testScreen(out, width)
	s.Live, s.Now = true, func() time.Time { return *now }
	return newLive(s, nil, func() {})
}

func TestLiveEndsAsTheList(t *testing.T) {
	for _, width := range []int{20, 40, 80, 200} {
		var out, want bytes.Buffer
		now := morning
		p := liveOn(&out, width, &now)
		for _, e := range stream() {
			now = e.At
			p.Print(e)
			p.tick()
			now = now.Add(300 * time.Millisecond)
			p.tick()
		}
		p.Close()
		printAll(testScreen(&want, width), "list", stream())
		if diff := cmp.Diff(want.String(), screenText(t, out.String())); diff != "" {
			t.Errorf("width %d (-list +live):\n%s", width, diff)
		}
		for piece := range strings.SplitSeq(strings.NewReplacer(cutLine, "", foldLine, "").Replace(out.String()), eraseLine) {
			if line, _, _ := strings.Cut(piece, "\n"); cells(line) > width {
				t.Errorf("%d cells in %d: %q", cells(line), width, line)
			}
		}
	}
}

func TestLiveLine(t *testing.T) {
	var out bytes.Buffer
	now := morning
	p := liveOn(&out, 80, &now)
	defer p.Close()
	events := stream()
	line := func() string {
		p.tick()
		text := screenText(t, out.String())
		return text[strings.LastIndexByte(text, '\n')+1:]
	}
	p.Print(events[0])
	p.Print(runbook.Event{Kind: runbook.StepStarted, Step: "intact"})
	now = now.Add(2100 * time.Millisecond)
	check := func(want string) {
		t.Helper()
		if got := line(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	check(" ⠙ intact  2.1 s · 1 h 42 m left")
	p.Print(runbook.Event{Kind: runbook.StepOutput, Step: "intact", Line: badLines[0]})
	p.Print(runbook.Event{Kind: runbook.StepOutput, Step: "intact", Line: "  "})
	check(` ⠹ intact  2.1 s · 1 h 42 m left · | \x1b[2J\x1b[1;1H✓ forged`)
	p.Print(runbook.Event{Kind: runbook.StepRetry, Step: "intact", Attempt: 1, Pause: 30 * time.Second})
	now = now.Add(20 * time.Second)
	check(" ⠸ intact  again in 10.0 s · 1 h 42 m left")
	now = now.Add(2 * time.Hour)
	check(" ⠼ intact  1 h 59 m · late by 17 m 22 s")
	p.Suspend()
	before := out.Len()
	p.tick()
	p.Print(runbook.Event{Kind: runbook.Notice, Message: "the deadline has passed"})
	if out.Len() != before {
		t.Errorf("written while a question was open: %q", out.String()[before:])
	}
	p.Resume()
	p.tick()
	if !strings.Contains(out.String()[before:], "note      the deadline has passed\n") {
		t.Errorf("the notice is lost: %q", out.String()[before:])
	}
}

// TestLiveTicker runs the real goroutine; goleak sees whether Close ends it.
func TestLiveTicker(t *testing.T) {
	ticks := make(chan time.Time)
	var out bytes.Buffer
	s := testScreen(&out, 80)
	stopped := false
	p := newLive(s, ticks, func() { stopped = true })
	p.Print(runbook.Event{Kind: runbook.StepStarted, Step: "intact"})
	ticks <- morning
	ticks <- morning // the first has been dealt with
	p.Close()
	p.Close()
	if !strings.Contains(out.String(), "intact  0.0 s") || !stopped {
		t.Errorf("nothing was drawn or the ticker runs on: %q", out.String())
	}
	live := NewPrinter(Screen{Out: &out, Live: true})
	live.Close()
}
