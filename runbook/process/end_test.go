//go:build unix

package process_test

import (
	"bytes"
	"context"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/process"
)

// interrupt runs the command until it has printed "ready", and has the context
// end then. It returns the other lines that it printed.
func interrupt(t *testing.T, c process.Command, deadline bool) (process.Result, []string) {
	t.Helper()
	var printed []string
	ctx := &manual{Context: t.Context(), done: make(chan struct{}), err: context.Canceled}
	if deadline {
		ctx.err = context.DeadlineExceeded
	}
	c.Stdout = lines(func(line string) {
		if line != "ready" {
			printed = append(printed, line)
			return
		}
		close(ctx.done)
	})
	r, err := process.Run(ctx, c)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return r, printed
}

// manual is a context that ends when the test says so.
type manual struct {
	context.Context
	done chan struct{}
	err  error
}

func (m *manual) Done() <-chan struct{} { return m.done }

func (m *manual) Err() error {
	select {
	case <-m.done:
		return m.err
	default:
		return nil
	}
}

// escapes skips where a process that leaves its session can't be found.
func escapes(t *testing.T) {
	t.Helper()
	if !process.FindsEscaped {
		t.Skip("such a process escapes here")
	}
}

func TestTimeoutEndsTheTree(t *testing.T) {
	tests := []struct {
		name, script string
		firm, leaves bool
	}{
		{"itself", `echo $$; echo ready; exec sleep 1000`, false, false},
		{"children", `for i in 1 2 3; do sleep 1000 & echo $!; done; echo ready; wait`, false, false},
		{"grandchildren", `bash -c 'echo $$; bash -c "echo \$\$; sleep 1000 & echo \$!; echo ready; wait"; :'; :`, false, false},
		{"deaf leader", `trap '' TERM; echo $$; echo ready; exec sleep 1000`, true, false},
		{"deaf child", `bash -c 'trap "" TERM; echo $$; echo ready; exec sleep 1000' & wait`, true, false},
		{"stopped", `sleep 1000 & echo $!; kill -STOP $!; echo ready; kill -STOP $$`, false, false},
		{"setsid child", `setsid bash -c 'echo $$; echo ready; exec sleep 1000' & wait`, false, true},
		{"deaf setsid child", `setsid bash -c 'trap "" TERM; echo $$; echo ready; exec sleep 1000' & wait`, true, true},
		{"daemon", daemon + `; echo ready; sleep 1000`, false, true},
		{"daemon of nobody", daemon + `; env -i sleep 1000 & echo $!; echo ready; wait`, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.leaves {
				escapes(t)
			}
			c := script(t, test.script)
			if !test.firm {
				c.Grace = 10 * time.Second
			}
			r, pids := interrupt(t, c, true)
			wantGone(t, pids)
			if r.Ended != process.TimedOut || r.Firm != test.firm {
				t.Errorf("%v", r)
			}
		})
	}
}

// daemon starts a sleep in the classical way, with a double fork and in a
// session of its own, waits until it's there and prints its number.
const daemon = `coproc { setsid bash -c 'sleep 1000 <&- >&- 2>&- & echo $!'; }; read -r pid <&${COPROC[0]}; echo $pid; until [[ $(ps -o args= -p $pid) == sleep* ]]; do :; done`

func TestCancel(t *testing.T) {
	r, _ := interrupt(t, script(t, "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"), false)
	wantResult(t, r, process.Result{ExitCode: 7, Ended: process.Cancelled})
	if !strings.HasPrefix(r.String(), "cancelled after ") || !strings.HasSuffix(r.String(), " and was stopped") {
		t.Errorf("in words %q", r)
	}
}

// A program that heeds no gentle signal is not given its time of grace when
// the caller wants a firm end.
func TestFirmly(t *testing.T) {
	c := script(t, `trap "" TERM; echo ready; while true; do sleep 1; done`)
	c.Grace = time.Hour
	firmly := make(chan struct{})
	c.Firmly = firmly
	close(firmly)
	r, _ := interrupt(t, c, false)
	if r.Ended != process.Cancelled || r.Signal == "" {
		t.Errorf("%+v", r)
	}
}

func TestLastWordsArrive(t *testing.T) {
	c := script(t, "trap 'head -c 300000 /dev/zero | tr \"\\\\0\" x; echo; echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done")
	c.Grace = 10 * time.Second
	_, printed := interrupt(t, c, false)
	if len(printed) != 2 || len(printed[0]) != 300000 || printed[1] != "bye" {
		t.Errorf("%d lines arrived", len(printed))
	}
}

func TestDeadlineOfAContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r, err := process.Run(ctx, script(t, "sleep 1000"))
	if err != nil {
		t.Fatal(err)
	}
	wantResult(t, r, process.Result{ExitCode: -1, Signal: "SIGTERM", Ended: process.TimedOut})
}

// A writer that is stuck, like a terminal after ctrl-S, must not keep the
// program from being ended.
func TestStuckWriter(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var pid string
	c := script(t, "echo $$; yes")
	c.Stdout = lines(func(line string) {
		if pid != "" {
			return
		}
		pid = line
		cancel()
		until(t, "it is gone", func() bool { return !alive(pid) })
	})
	r, err := process.Run(ctx, c)
	if err != nil || r.Ended != process.Cancelled {
		t.Errorf("%v, %v", r, err)
	}
}

func TestLeftBehind(t *testing.T) {
	tests := []struct {
		name, script string
		leftover     int
		firm, leaves bool
	}{
		{"holds the pipe", `sleep 1000 & echo $!`, 1, false, false},
		{"holds nothing", `sleep 1000 >&- 2>&- <&- & echo $!`, 1, false, false},
		{"three", `for i in 1 2 3; do sleep 1000 & echo $!; done`, 3, false, false},
		{"deaf", `bash -c 'trap "" TERM; echo $$; kill -USR1 $PPID; exec sleep 1000' & trap 'exit 0' USR1; wait`, 1, true, false},
		{"prints for ever", `yes & echo; echo $!`, 1, false, false},
		{"stopped", `sleep 1000 & echo $!; kill -STOP $!`, 1, false, false},
		{"finishes", `{ :; } & echo $!`, 0, false, false},
		{"setsid", `setsid sleep 1000 & echo $!; until [[ $(ps -o args= -p $!) == sleep* ]]; do :; done`, 1, false, true},
		{"daemon", daemon, 1, false, true},
		{"daemon with a child", `coproc { setsid bash -c 'bash -c "sleep 1000 & echo \$\$ \$!; exec >&-; wait" <&- 2>&- &'; }; read -r a b <&${COPROC[0]}; echo $a; echo $b`, 2, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.leaves {
				escapes(t)
			}
			var out bytes.Buffer
			c := script(t, test.script)
			if !test.firm {
				c.Grace = 10 * time.Second
			}
			var pids []string
			c.Stdout = lines(func(line string) {
				if line != "" && line != "y" {
					pids = append(pids, line)
				}
			})
			c.Stderr = &out
			r := run(t, c)
			wantGone(t, pids)
			want := test.leftover
			if !process.FindsEscaped {
				want = min(want, 1)
			}
			if r.Leftover != want || r.Firm != test.firm || r.Ended != process.Exited || r.ExitCode != 0 {
				t.Errorf("%v; Leftover %d, Firm %v; %s", r, r.Leftover, r.Firm, out.String())
			}
			if r.Duration > 5*time.Second {
				t.Errorf("took %v", r.Duration)
			}
		})
	}
}

// A process that is none of the program's can hold the pipe: it was handed to
// it, or it escaped.
func TestStrangerHoldsThePipe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	stranger := exec.Command("bash", "-c", `read -r fd; exec 5>$fd; echo; read -r end`)
	in, err := stranger.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := stranger.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer stranger.Wait()
	defer in.Close()
	c := script(t, "echo /proc/$$/fd/1; read -r go")
	answer := newAnswer()
	c.Stdin = answer
	c.Stdout = lines(func(line string) {
		in.Write([]byte(line + "\n"))
		out.Read(make([]byte, 1))
		answer.give("go\n")
	})
	r := run(t, c)
	wantResult(t, r, process.Result{})
	if r.Duration > 2*time.Second {
		t.Errorf("took %v", r.Duration)
	}
	if stranger.Process.Signal(syscall.Signal(0)) != nil {
		t.Error("the stranger was ended")
	}
}

func TestConcurrentRunsEndTheirOwn(t *testing.T) {
	escapes(t)
	var other, daemons string
	first := make(chan struct{})
	done := make(chan process.Result)
	release := newAnswer()
	go func() {
		c := script(t, daemon+"; setsid sleep 1000 & echo $!; echo ready; read -r go; exit 5")
		c.Stdin = release
		c.Stdout = lines(func(line string) {
			if line == "ready" {
				close(first)
				return
			}
			other += " " + line
		})
		r, _ := process.Run(t.Context(), c)
		done <- r
	}()
	<-first
	daemons = output(t, script(t, daemon+" 2>&-"))
	for _, pid := range strings.Fields(other) {
		if !alive(pid) {
			t.Error("a Run ended another's process", pid)
		}
	}
	release.give("go\n")
	r := <-done
	if r.ExitCode != 5 || r.Ended != process.Exited {
		t.Errorf("the other %v", r)
	}
	wantGone(t, append(strings.Fields(other), daemons))
}

func TestStrangersLiveOn(t *testing.T) {
	stranger := exec.Command("sleep", "1000")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer stranger.Wait()
	defer stranger.Process.Kill()
	run(t, script(t, "sleep 1000 &"))
	if stranger.Process.Signal(syscall.Signal(0)) != nil {
		t.Error("a process that os/exec started was ended")
	}
}
