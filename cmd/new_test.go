package cmd_test

import (
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// TestNewAsks: at a terminal msp new asks for what no flag says, offers what it
// can, and asks again when an answer is none.
func TestNewAsks(t *testing.T) {
	d := newDesk(t)
	d.output("init", ".")
	command := d.command("new", "mail-queue")
	command.Env = append(command.Env, "TERM=xterm-256color")
	console, err := pty.StartWithSize(command, &pty.Winsize{Rows: 40, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	talk := newTalk(t, console)
	talk.answer(`title[^:\n]*: $`, "")
	talk.answer(`why[^:\n]*: $`, "") // it can't be left out
	talk.answer(`why[^:\n]*: $`, "Mail waited for a weekend, and nobody had looked.")
	talk.answer(`owner[^:\n]*: $`, "/")
	talk.answer(`names no team[^\n]*\n(?s:.*)owner[^:\n]*: $`, "mail/postmaster")
	talk.answer(`often[^:\n]*: $`, "sometimes") // refused, and asked again
	talk.answer(`often[^:\n]*: $`, "weekdays")
	talk.answer(`timezone[^:\n]*: $`, "Europe/Berlin")
	talk.answer(`target[^:\n]*: $`, "98") // refused here, and not when all was said
	talk.answer(`not taken: "98" is not a percentage: write 98%\n(?s:.*)target[^:\n]*: $`, "98%")
	talk.wait(`runbooks/mail-queue.yaml\n`)
	if err := command.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, talk.seen.String())
	}
	source, err := os.ReadFile(d.path("runbooks", "mail-queue.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"title: Mail queue\n", "  Mail waited for a weekend, and nobody had looked.\n", "owner: {team: mail, role: postmaster}\n",
		`schedule: {cron: "0 7 * * 1-5", timezone: Europe/Berlin, on_missed: record}`, "target: 98%}\n",
	} {
		if !strings.Contains(string(source), want) {
			t.Errorf("the runbook lacks %q:\n%s", want, source)
		}
	}
	d.output("lint")
}

// TestNewLeavesNothing: who leaves the questions has written nothing.
func TestNewLeavesNothing(t *testing.T) {
	d := newDesk(t)
	d.output("init", ".")
	command := d.command("new", "mail-queue")
	console, err := pty.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	talk := newTalk(t, console)
	talk.answer(`title[^:\n]*: $`, "!park")
	talk.wait(`hint: --no-input asks none[^\n]*\n`)
	_ = command.Wait()
	if code := command.ProcessState.ExitCode(); code != 2 {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat(d.path("runbooks", "mail-queue.yaml")); !os.IsNotExist(err) {
		t.Errorf("a runbook was written: %v", err)
	}
}
