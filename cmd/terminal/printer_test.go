package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
)

// printAll prints a stream with one printer of each sort.
func printAll(s Screen, kind string, events []runbook.Event) {
	var p Printer
	switch kind {
	case "list":
		p = newLines(s.Out, newList(s.ready()).lines)
	case "accessible":
		s.Accessible = true
		p = NewPrinter(s)
	case "plain":
		p = NewPrinter(s)
	case "json":
		p = NewJSON(s.Out)
	}
	for _, e := range events {
		p.Print(e)
	}
	p.Close()
}

func TestPrintersGolden(t *testing.T) {
	for _, width := range []int{40, 80, 200} {
		for _, color := range []bool{false, true} {
			var out bytes.Buffer
			s := testScreen(&out, width)
			s.Color = color
			printAll(s, "list", stream())
			name := fmt.Sprintf("list-%d", width)
			if color {
				name += "-color"
			}
			golden(t, name, out.Bytes())
			if !color {
				checkWidth(t, out.String(), width)
			}
		}
		var out bytes.Buffer
		printAll(testScreen(&out, width), "accessible", stream())
		golden(t, fmt.Sprintf("accessible-%d", width), out.Bytes())
		checkWidth(t, out.String(), width)
	}
	for _, kind := range []string{"plain", "json"} {
		var out bytes.Buffer
		printAll(testScreen(&out, 80), kind, stream())
		golden(t, kind, out.Bytes())
		if got, want := strings.Count(out.String(), "\n"), len(stream()); got != want {
			t.Errorf("%s: %d lines for %d events", kind, got, want)
		}
	}
}

func checkWidth(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); cells(line) > width {
			t.Errorf("%d cells in %d: %q", cells(line), width, line)
		}
	}
}

func TestColorOnlyAdds(t *testing.T) {
	var plain, color bytes.Buffer
	s := testScreen(&plain, 80)
	printAll(s, "list", stream())
	s.Out, s.Color = &color, true
	printAll(s, "list", stream())
	if diff := cmp.Diff(plain.String(), withoutColor(color.String())); diff != "" {
		t.Errorf("colour changes the text (-without +with):\n%s", diff)
	}
	if !strings.Contains(color.String(), "\x1b[") {
		t.Error("no colour at all")
	}
}

// withoutColor takes out the escapes that set colours.
func withoutColor(text string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "\x1b[")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		text = after[strings.IndexByte(after, 'm')+1:]
	}
}

// TestHostileText puts hostile text into every text of every event: it stays
// on the line where it belongs and can't do anything.
func TestHostileText(t *testing.T) {
	for _, bad := range badLines {
		events := hostile(bad)
		for _, kind := range []string{"list", "accessible", "plain", "json"} {
			var out bytes.Buffer
			printAll(testScreen(&out, 80), kind, events)
			checkHarmless(t, kind, out.String())
		}
	}
}

func hostile(bad string) []runbook.Event {
	failure := &runbook.StepFailure{Found: bad, Expected: bad, LastLine: []string{bad}, Call: bad, GoOn: bad}
	steps := []runbook.StepHead{{ID: "one", Title: bad}, {ID: bad, Title: bad}}
	var events []runbook.Event
	for _, kind := range []runbook.EventKind{
		runbook.RunStarted, runbook.RunResumed, runbook.StepStarted, runbook.StepOutput, runbook.StepRetry,
		runbook.StepFinished, runbook.Notice, runbook.RunParked, runbook.RunFinished, runbook.EventKind(bad),
	} {
		events = append(events, runbook.Event{
			Kind: kind, At: morning, Run: bad, Runbook: bad, Version: bad, Title: bad, Client: bad, Reason: bad, SLA: bad,
			Steps: steps, Step: "one", Line: bad, Outcome: bad, Detail: []string{bad}, Failure: failure,
			Message: bad, Hint: bad, Verdict: bad, Record: bad, Level: bad, Deviations: []string{bad},
		})
	}
	return events
}

func checkHarmless(t *testing.T, what, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%s: not UTF-8: %q", what, out)
	}
	for line := range strings.SplitSeq(out, "\n") {
		for _, r := range line {
			if dangerous(r) {
				t.Errorf("%s: %q in %q", what, r, line)
			}
		}
		for _, front := range []string{" ✓", "forged", "fresh", " two", "passed"} {
			if strings.HasPrefix(line, front) {
				t.Errorf("%s: a forged line %q", what, line)
			}
		}
	}
}

func TestJSONKeepsValues(t *testing.T) {
	for _, event := range stream() {
		var out bytes.Buffer
		NewJSON(&out).Print(event)
		var back runbook.Event
		if err := json.Unmarshal(out.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		event.Line = strings.ToValidUTF8(event.Line, "\ufffd")
		if event.Failure != nil {
			for i, text := range event.Failure.LastLine {
				event.Failure.LastLine[i] = strings.ToValidUTF8(text, "\ufffd")
			}
		}
		if diff := cmp.Diff(event, back); diff != "" {
			t.Errorf("-printed +read:\n%s", diff)
		}
	}
}

func TestJSONUnwritableTime(t *testing.T) {
	var out bytes.Buffer
	NewJSON(&out).Print(runbook.Event{V: 1, Kind: runbook.Notice, At: time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC)})
	var back map[string]any
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["event"] != "notice" {
		t.Errorf("%q: %v", out.String(), err)
	}
}

func TestResumedAndParked(t *testing.T) {
	events := stream()
	head := events[0]
	head.Kind = runbook.RunResumed
	events = []runbook.Event{
		head,
		{Kind: runbook.StepStarted, Step: "intact"},
		{Kind: runbook.StepFinished, Step: "intact", Outcome: "passed", Duration: 90 * time.Second},
		{Kind: runbook.StepStarted, Step: "second_look"},
		{Kind: runbook.RunParked, Message: "waiting for one approval by a lead, until 09:00", Hint: "they run: msp approve 7f3a9c"},
	}
	for _, kind := range []string{"list", "accessible"} {
		var out bytes.Buffer
		printAll(testScreen(&out, 80), kind, events)
		golden(t, "parked-"+kind, out.Bytes())
	}
}

func TestSuspendHoldsBack(t *testing.T) {
	var out bytes.Buffer
	p := NewPlain(testScreen(&out, 80))
	p.(Suspender).Suspend()
	p.Print(runbook.Event{Kind: runbook.Notice, At: morning, Message: "held"})
	p.Print(runbook.Event{Kind: runbook.StepOutput, At: morning, Line: "dropped"})
	if out.Len() > 0 {
		t.Errorf("printed while a question was open: %q", out.String())
	}
	p.(Suspender).Resume()
	p.Close()
	if diff := cmp.Diff("2026-11-21T08:16:00+01:00 run notice: held\n", out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestFirstSentence(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		"One sentence without an end that goes on":                                 "One sentence without an end that goes on",
		"The backups of the clients (e.g. acme, globex and others) matter. More.":  "The backups of the clients (e.g. acme, globex and others) matter.",
		"Short. Then a second sentence that is long enough. A third.":              "Short. Then a second sentence that is long enough.",
		"It has been version 1.4.0 for a very long time now! Is that so? Perhaps.": "It has been version 1.4.0 for a very long time now!",
	} {
		if got := firstSentence(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestShortIDs(t *testing.T) {
	for id, want := range map[string][2]string{
		"20261121T071600Z-7f3a9c":       {"7f3a9c", "20261121T071"},
		"7f3a":                          {"7f3a", "7f3a"},
		"sha256:9c1185a5c5e9fc54612808": {"612808", "9c1185a5c5e9"},
		"":                              {"", ""},
	} {
		if got := [2]string{shortID(id), shortDigest(id)}; got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}

func TestDue(t *testing.T) {
	s := testScreen(&bytes.Buffer{}, 80)
	deadline := morning.Add(time.Hour)
	for want, e := range map[string]runbook.Event{
		"due by 2026-11-21 09:16 +0100":             {Deadline: &deadline},
		"due 07:00 London":                          {Deadline: &deadline, SLA: "07:00 London"},
		"sla not judged: no plan asks for this run": {SLA: "not judged: no plan asks for this run"},
		"sla ": {},
	} {
		if got := dueLabel(e) + " " + dueText(e, s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
