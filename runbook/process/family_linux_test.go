//go:build !msp_portable

package process

import (
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestParseStat(t *testing.T) {
	const rest = "S 10 20 30 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 99 100 x"
	want := kin{pid: 42, parent: 10, group: 20, session: 30, born: 12345}
	for _, name := range []string{"sh", "a b", "a) R 1 1 1", "(", ""} {
		if got, ok := parseStat([]byte("42 (" + name + ") " + rest)); !ok || got != want {
			t.Errorf("name %q: %+v, %v", name, got, ok)
		}
	}
	for _, bad := range []string{"", "42", "42 (sh) S 1", "x (sh) " + rest, ") ("} {
		if got, ok := parseStat([]byte(bad)); ok {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}

func TestProcessesShowsThisOne(t *testing.T) {
	all, err := processes()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		if k.pid == os.Getpid() {
			if k.parent != os.Getppid() || k.group != unix.Getpgrp() || k.session != ownSession() || k.dead || k.born == 0 || k.born > ticks() {
				t.Errorf("%+v", k)
			}
			return
		}
	}
	t.Error("this process is not among them")
}

// A program that runs for days may leave dead orphans all the time.
func TestTidyReapsTheDeadMeanwhile(t *testing.T) {
	c := &Command{Path: "/bin/sh", Args: []string{"-c", "(exec /bin/true & exec /bin/true); exec /bin/sleep 1000"}, Grace: time.Second}
	p := &program{command: c, leader: -1, wake: -1, pipes: [3]int{-1, -1, -1}}
	defer p.close()
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	zombies := func() (n int) {
		all, err := processes()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			if k.dead && k.parent == os.Getpid() {
				n++
			}
		}
		return n
	}
	for deadline := time.Now().Add(10 * time.Second); zombies() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no orphan came")
		}
	}
	p.tidy()
	if n := zombies(); n != 0 {
		t.Errorf("%d zombies remain", n)
	}
	p.stop()
	p.pump()
	if r, err := p.finish(t.Context(), true); err != nil || r.Signal != "SIGTERM" {
		t.Errorf("%+v, %v", r, err)
	}
}

// Kernels before 5.3 have no pidfd to poll.
func TestExitPipe(t *testing.T) {
	pid, _, err := syscall.StartProcess("/bin/sh", []string{"sh", "-c", "exit 3"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	fd, err := exitPipe(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			t.Fatal(err)
		}
	}
	var status unix.WaitStatus
	got, err := unix.Wait4(pid, &status, unix.WNOHANG, nil)
	if err != nil || got != pid || status.ExitStatus() != 3 {
		t.Errorf("after the pipe told: %d, %v, %v", got, status.ExitStatus(), err)
	}
}

// BenchmarkRemains is what every Run pays to learn that nothing remains. Beside
// a child that is none of ours it's dearer.
func BenchmarkRemains(b *testing.B) {
	p := &program{pid: 1 << 30}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			p.remains()
		}
	})
	b.Run("beside a child", func(b *testing.B) {
		child, err := os.StartProcess("/bin/sleep", []string{"sleep", "100"}, &os.ProcAttr{})
		if err != nil {
			b.Fatal(err)
		}
		defer child.Wait()
		defer child.Kill()
		for b.Loop() {
			if p.remains() {
				b.Fatal("takes a stranger for its own")
			}
		}
	})
}
