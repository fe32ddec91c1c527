package cmd_test

import (
	"bytes"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

const personRunbook = `apiVersion: msp/v1
kind: Runbook
id: handover
version: 1.0.0
title: Hand over the shift
steps:
- {id: queue, title: The queue is short, run: [echo, "3 messages"]}
- id: look
  title: Somebody looked at the console
  manual:
    instructions: Look at **the console**.
    checklist: [The console is green]
    form:
      seen: {type: string, required: true, description: What you saw}
      tickets: {type: integer, minimum: 0, default: 0}
    evidence: [{name: picture, type: file, required: true}]
- {id: after, title: The queue is still short, run: [echo, again]}
`

// personDesk has the runbook, and a picture to give as evidence.
func personDesk(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	d.write("handover.yaml", personRunbook)
	d.write("shot.png", "a picture of the console")
	return d
}

// wantPerson checks that the person's step is in the record as it was done.
func wantPerson(t *testing.T, d *desk) {
	t.Helper()
	show := d.output("show", "0", "--json")
	for _, want := range []string{`"state": "done"`, `"proof": "attached"`, `"name": "picture"`} {
		if !strings.Contains(show, want) {
			t.Errorf("msp show lacks %s:\n%s", want, show)
		}
	}
	page := d.output("show", "0")
	for _, want := range []string{"all green", "The console is green"} {
		if !strings.Contains(page, want) {
			t.Errorf("msp show lacks %q:\n%s", want, page)
		}
	}
	d.output("verify")
}

func TestPersonAtATerminal(t *testing.T) {
	d := personDesk(t)
	command := d.command("run", "handover.yaml")
	command.Env = append(command.Env, "TERM=xterm-256color")
	console, err := pty.StartWithSize(command, &pty.Winsize{Rows: 40, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	talk := newTalk(t, console)
	talk.answer(`y/n $`, "y")
	talk.answer(`seen: $`, "all green")
	talk.answer(`tickets[^:\n]*: $`, "two") // refused, and asked again
	talk.answer(`tickets[^:\n]*: $`, "2")
	talk.answer(`picture: $`, "shot.png")
	talk.answer(`> $`, "")
	talk.wait(`done[^\n]*\n`)
	if err := command.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, talk.seen.String())
	}
	wantPerson(t, d)
}

func TestPersonAsPlainLines(t *testing.T) {
	d := personDesk(t)
	command := d.command("run", "handover.yaml", "--plain")
	command.Stdin = strings.NewReader("y\nall green\n2\nshot.png\n\n")
	wantEnd(t, command, 0)
	wantPerson(t, d)
}

func TestPersonInAFileOfAnswers(t *testing.T) {
	d := personDesk(t)
	d.write("answers.yaml", "steps: {look: {values: {seen: all green}, checked: all, evidence: {picture: shot.png}}}\n")
	wantEnd(t, d.command("run", "handover.yaml", "--answers", "answers.yaml", "--no-input"), 0)
	wantPerson(t, d)
}

func TestPersonParkedAndResumed(t *testing.T) {
	d := personDesk(t)
	wantEnd(t, d.command("run", "handover.yaml", "--no-input"), 3)
	d.output("verify")
	wantEnd(t, d.command("resume", "--no-input"), 3) // nobody is there yet
	command := d.command("resume", "--plain")
	command.Stdin = strings.NewReader("y\nall green\n2\nshot.png\n\n")
	wantEnd(t, command, 0)
	wantPerson(t, d)
	if show := d.output("show", "0", "--json"); strings.Count(show, `"id": "queue"`) != 2 {
		t.Errorf("the step before the person is not told once, beside where it is pinned:\n%s", show)
	}
}

// output is what a command that succeeds prints. "0" stands for the only run.
func (d *desk) output(args ...string) string {
	d.t.Helper()
	got := d.msp(args...)
	if got.code != 0 {
		d.t.Fatalf("msp %s: exit %d\n%s%s", args, got.code, got.stdout, got.stderr)
	}
	return got.stdout
}

func wantEnd(t *testing.T, command *exec.Cmd, code int) {
	t.Helper()
	out, _ := command.CombinedOutput()
	if got := command.ProcessState.ExitCode(); got != code {
		t.Fatalf("%s: exit %d, want %d\n%s", command.Args, got, code, out)
	}
}

// talk is a conversation at a terminal.
type talk struct {
	t       *testing.T
	console io.ReadWriter
	seen    bytes.Buffer
	from    int // what was seen before the last answer
	chunks  chan []byte
}

func newTalk(t *testing.T, console io.ReadWriter) *talk {
	k := &talk{t: t, console: console, chunks: make(chan []byte)}
	go func() {
		defer close(k.chunks)
		for {
			chunk := make([]byte, 4096)
			n, err := console.Read(chunk)
			if n > 0 {
				k.chunks <- chunk[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	return k
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[a-zA-Z]|\r")

// wait reads until what was said since the last answer ends in the pattern.
func (k *talk) wait(pattern string) {
	k.t.Helper()
	wanted := regexp.MustCompile(pattern)
	deadline := time.After(20 * time.Second)
	for {
		text := escapes.ReplaceAllString(k.seen.String()[k.from:], "")
		if wanted.MatchString(text) {
			return
		}
		select {
		case chunk, open := <-k.chunks:
			if !open {
				if text = escapes.ReplaceAllString(k.seen.String()[k.from:], ""); !wanted.MatchString(text) {
					k.t.Fatalf("it ended before %q:\n%s", pattern, text)
				}
				return
			}
			k.seen.Write(chunk)
		case <-deadline:
			k.t.Fatalf("waited too long for %q:\n%s", pattern, text)
		}
	}
}

func (k *talk) answer(pattern, line string) {
	k.t.Helper()
	k.wait(pattern)
	k.from = k.seen.Len()
	if _, err := io.WriteString(k.console, line+"\r"); err != nil {
		k.t.Fatal(err)
	}
}
