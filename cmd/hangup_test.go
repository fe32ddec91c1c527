//go:build linux

package cmd_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// atTerminal starts msp as the leader of a terminal of its own.
func atTerminal(t *testing.T, d *desk, args ...string) (*exec.Cmd, *os.File, *talk) {
	t.Helper()
	command := d.command(args...)
	command.Env = append(command.Env, "TERM=xterm-256color")
	window, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	console := unblocked(t, window)
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 40, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	command.Stdin, command.Stdout, command.Stderr = tty, tty, tty
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	return command, console, newTalk(t, console)
}

// unblocked is a file whose Close ends a Read that is under way.
func unblocked(t *testing.T, file *os.File) *os.File {
	t.Helper()
	defer file.Close()
	syscall.ForkLock.RLock() // no program that is started holds the terminal open
	fd, err := syscall.Dup(int(file.Fd()))
	syscall.CloseOnExec(fd)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	console := os.NewFile(uintptr(fd), file.Name())
	t.Cleanup(func() { console.Close() })
	return console
}

// TestTerminalClosedDuringAStep closes the window while a program runs below
// the live list: all processes end, and the run is recorded as aborted.
func TestTerminalClosedDuringAStep(t *testing.T) {
	d := newDesk(t)
	d.write("long.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: long\nversion: 1.0.0\ntitle: Long\nsteps:\n"+
		"  - {id: long, title: Long, run: 'echo $$ > first; sleep 60 & echo $! > second; echo > ready; wait'}\n"+
		"  - {id: next, title: Next, run: touch next}\n")
	command, console, talk := atTerminal(t, d, "run", "long.yaml")
	d.await("ready")
	talk.wait(`long  [0-9.]+ s`) // the live line
	console.Close()
	command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	for _, file := range []string{"first", "second"} {
		if syscall.Kill(d.number(file), 0) == nil {
			t.Errorf("the %s process lives on", file)
		}
	}
	account := d.history().Accounts[0]
	if !account.Finished() || account.End.Body.Verdict.Outcome != record.RunAborted {
		t.Errorf("%+v", account.End)
	}
	if _, err := os.Stat(d.path("next")); err == nil {
		t.Error("the next step was done")
	}
	d.output("verify")
}

// TestTerminalClosedAtAQuestion closes the window while a person is asked:
// nobody is there any more, so the run waits, and somebody else goes on.
func TestTerminalClosedAtAQuestion(t *testing.T) {
	for range 5 { // the end of the input and the signal come in either order
		d := personDesk(t)
		command, console, talk := atTerminal(t, d, "run", "handover.yaml")
		talk.answer(`y/n $`, "y")
		talk.wait(`seen: $`)
		console.Close()
		command.Wait()
		if code := command.ProcessState.ExitCode(); code != 3 {
			t.Fatalf("exit code %d", code)
		}
		if account := d.history().Accounts[0]; account.Finished() {
			t.Fatalf("%+v", account.End)
		}
		d.output("verify")
		resumed := d.command("resume", "--plain")
		resumed.Stdin = strings.NewReader("y\nall green\n2\nshot.png\n\n")
		wantEnd(t, resumed, 0)
		wantPerson(t, d)
	}
}

// TestSecondInterrupt presses ctrl-C twice while a program runs that heeds no
// gentle signal: the first is answered at once, the second ends it.
func TestSecondInterrupt(t *testing.T) {
	d := newDesk(t)
	d.write("stubborn.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: stubborn\nversion: 1.0.0\ntitle: Stubborn\nsteps:\n"+
		"  - {id: stubborn, title: Stubborn, run: 'trap \"\" TERM; echo $$ > first; echo > ready; while true; do sleep 1; done'}\n")
	command, console, talk := atTerminal(t, d, "run", "stubborn.yaml")
	d.await("ready")
	press := func() {
		if _, err := console.WriteString("\x03"); err != nil {
			t.Fatal(err)
		}
	}
	press()
	began := time.Now()
	talk.wait(`ending the step stubborn\s+ctrl-C again ends it at once`)
	press()
	talk.wait(`aborted[^\n]*\n`)
	command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took >= 5*time.Second {
		t.Errorf("it took %s, as long as the gentle end", took)
	}
	if syscall.Kill(d.number("first"), 0) == nil {
		t.Error("the process lives on")
	}
	d.output("verify")
}

// TestPaste pastes a megabyte at a question of a form and of a checklist, in
// one line and in many. None of it answers anything.
func TestPaste(t *testing.T) {
	for name, megabyte := range map[string]string{
		"one line":   strings.Repeat("y", 1<<20) + "\r",
		"many lines": strings.Repeat("y\r", 1<<19),
		"long lines": strings.Repeat(strings.Repeat("y", 9999)+"\r", 100),
	} {
		t.Run(name, func(t *testing.T) {
			d := personDesk(t)
			command, console, talk := atTerminal(t, d, "run", "handover.yaml")
			paste := func(pattern string) {
				t.Helper()
				talk.wait(pattern)
				talk.from = talk.seen.Len()
				go console.WriteString(megabyte)
				talk.waitAtEnd(`not taken|none of them was taken`)
				talk.waitAtEnd(pattern)
			}
			paste(`y/n $`)
			talk.answer(`y/n $`, "y")
			paste(`seen: $`)
			talk.answer(`seen: $`, "all green")
			talk.answer(`tickets[^:\n]*: $`, "2")
			talk.answer(`picture: $`, "shot.png")
			talk.answer(`> $`, "")
			talk.wait(`done[^\n]*\n`)
			if err := command.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, talk.seen.String())
			}
			usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
			if ok && usage.Maxrss > 200<<10 {
				t.Errorf("it took %d KiB of memory", usage.Maxrss)
			}
			wantPerson(t, d)
		})
	}
}

// waitAtEnd waits as wait does, but looks only at what was said last.
func (k *talk) waitAtEnd(pattern string) {
	k.t.Helper()
	wanted := regexp.MustCompile(pattern)
	deadline := time.After(30 * time.Second)
	for {
		last := k.seen.Bytes()[max(0, k.seen.Len()-2000):]
		if wanted.MatchString(escapes.ReplaceAllString(string(last), "")) {
			k.from = max(k.from, k.seen.Len()-2000)
			return
		}
		select {
		case chunk, open := <-k.chunks:
			if !open {
				k.t.Fatalf("it ended before %q:\n%s", pattern, last)
			}
			k.seen.Write(chunk)
		case <-deadline:
			k.t.Fatalf("waited too long for %q:\n%s", pattern, last)
		}
	}
}

// TestInterruptedAtAPassphrase ends msp where it asks for a passphrase, and where
// a command or an agent is to give one and doesn't: at once, and nothing is
// recorded.
func TestInterruptedAtAPassphrase(t *testing.T) {
	d := newDesk(t)
	d.write("secret", "correct horse\n")
	if err := os.Chmod(d.path("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := d.mspWith([]string{"MSP_KEY_PASSPHRASE_FILE=" + d.path("secret")}, "key", "new", "ana", "--passphrase"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	d.write("quick.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: quick\nversion: 1.0.0\ntitle: Quick\nsteps: [{id: a, title: A, run: touch done}]\n")
	d.env = append(d.env, "MSP_KEY=ana")
	ended := func(how string, command *exec.Cmd, began time.Time) {
		t.Helper()
		command.Wait()
		if code, took := command.ProcessState.ExitCode(), time.Since(began); code != 130 || took > 20*time.Second {
			t.Errorf("%s: exit code %d after %s", how, code, took)
		}
		if _, err := os.Stat(d.path("done")); err == nil {
			t.Errorf("%s: the step was done", how)
		}
	}

	command, console, talk := atTerminal(t, d, "run", "quick.yaml")
	talk.wait(`passphrase of .*ana: `)
	if _, err := console.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	ended("at the prompt", command, time.Now())
	talk.wait(`msp: interrupted`)

	config := filepath.Join(d.home, ".config", "msp", "config.yaml")
	asked := "commands: {key-passphrase: [bash, -c, 'touch " + d.path("asked") + "; sleep 60']}\n"
	if err := os.WriteFile(config, []byte(asked), 0o600); err != nil {
		t.Fatal(err)
	}
	command = d.command("run", "quick.yaml", "--no-input")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	d.await("asked")
	command.Process.Signal(syscall.SIGTERM)
	ended("at a command", command, time.Now())

	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "agent"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	command = d.command("run", "quick.yaml", "--no-input")
	command.Env = append(command.Env, "MSP_AGENT=true", "SSH_AUTH_SOCK="+listener.Addr().String())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	silent, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	command.Process.Signal(syscall.SIGTERM)
	ended("at an agent", command, time.Now())
}

// TestInterruptedAtALock ends msp where it waits for another process.
func TestInterruptedAtALock(t *testing.T) {
	d := newDesk(t)
	lock, err := (&evidence.Disk{}).TryLock(filepath.Join(d.home, ".config", "msp", "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	d.write("quick.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: quick\nversion: 1.0.0\ntitle: Quick\nsteps: [{id: a, title: A, run: touch done}]\n")
	d.env = append(d.env, envTrace+"="+d.path("waiting"))
	command, console, talk := atTerminal(t, d, "run", "quick.yaml")
	d.await("waiting")
	if _, err := console.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	talk.wait(`msp: interrupted`)
}
