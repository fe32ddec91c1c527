//go:build unix

package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/process"
)

func TestHowItEnded(t *testing.T) {
	tests := []struct {
		script string
		want   process.Result
		words  string
	}{
		{"exit 0", process.Result{}, "exited 0"},
		{"exit 1", process.Result{ExitCode: 1}, "exited 1"},
		{"no-such-program-here 2>&-", process.Result{ExitCode: 127}, "exited 127 (command not found)"},
		{"/ 2>&-", process.Result{ExitCode: 126}, "exited 126 (found but cannot be executed)"},
		{"(kill -9 $BASHPID); exit $?", process.Result{ExitCode: 137}, "exited 137 (ended by SIGKILL)"},
		{"kill -SEGV $$", process.Result{ExitCode: -1, Signal: "SIGSEGV", Ended: process.Signaled}, "ended by SIGSEGV"},
		{"kill -9 $$", process.Result{ExitCode: -1, Signal: "SIGKILL", Ended: process.Signaled}, "ended by SIGKILL"},
	}
	for _, test := range tests {
		t.Run(test.script, func(t *testing.T) {
			r := run(t, script(t, test.script))
			wantResult(t, r, test.want)
			if r.String() != test.words {
				t.Errorf("in words %q, want %q", r, test.words)
			}
			if r.Duration <= 0 || r.CPU <= 0 {
				t.Errorf("took %v, of the processor %v", r.Duration, r.CPU)
			}
		})
	}
}

func TestNotStarted(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(t.TempDir(), "gone")
	tests := []struct {
		command process.Command
		want    string
	}{
		{process.Command{Path: "true"}, `program "true" is not an absolute path`},
		{process.Command{Path: "/bin/true", Dir: "x"}, `working folder "x" is not an absolute path`},
		{process.Command{Path: gone}, "start " + gone + ": no such file or directory"},
		{process.Command{Path: plain}, "start " + plain + ": permission denied"},
		{process.Command{Path: "/bin/sh", Dir: gone}, "start /bin/sh: working folder: stat " + gone + ": no such file or directory"},
	}
	for _, test := range tests {
		test.command.Stdin = strings.NewReader("x")
		test.command.Stdout = io.Discard
		r, err := process.Run(t.Context(), test.command)
		if err == nil || err.Error() != test.want {
			t.Errorf("%+v: error %v, want %s", test.command, err, test.want)
		}
		if r.ExitCode != -1 {
			t.Errorf("%+v: exit code %d", test.command, r.ExitCode)
		}
	}
}

func TestNotStartedAfterCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	mark := filepath.Join(t.TempDir(), "mark")
	r, err := process.Run(ctx, script(t, "touch "+mark))
	if !errors.Is(err, context.Canceled) || r.Ended != process.Cancelled {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("it was started")
	}
}

func TestEnvironmentIsWhatIsGiven(t *testing.T) {
	t.Setenv("SECRET", "of the parent")
	env := program(t, "env")
	given := []string{"A=1", "B=two words", "C="}
	if got := strings.Split(output(t, process.Command{Path: env, Env: given}), "\n"); !slices.Equal(got, given) {
		t.Errorf("environment %q, want %q", got, given)
	}
	if got := output(t, process.Command{Path: env}); got != "" {
		t.Errorf("without an environment it has %q", got)
	}
}

func TestFolder(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got := output(t, process.Command{Path: program(t, "pwd"), Dir: dir}); got != dir {
		t.Errorf("runs in %s, want %s", got, dir)
	}
}

func TestSessionWithoutTerminal(t *testing.T) {
	c := script(t, `ps -o pid=,pgid=,sid=,tty= -p $$; (: </dev/tty) 2>/dev/null && echo has a terminal; tty || true`)
	got := strings.Fields(output(t, c))
	if len(got) < 4 || got[0] != got[1] || got[0] != got[2] || got[3] != "?" {
		t.Fatalf("process, group, session and terminal are %q", got)
	}
	if rest := strings.Join(got[4:], " "); rest != "not a tty" {
		t.Errorf("tty says %q", rest)
	}
}

func TestStreams(t *testing.T) {
	var out, errs, third bytes.Buffer
	c := script(t, `cat; echo error >&2; echo a=1 >> /dev/fd/3; echo b=2 >&3; echo c=3 >> $MSP_OUTPUT`)
	c.Env = append(c.Env, "MSP_OUTPUT=/dev/fd/3")
	c.Stdin, c.Stdout, c.Stderr, c.Output = strings.NewReader("input"), &out, &errs, &third
	run(t, c)
	want := []string{"input", "error\n", "a=1\nb=2\nc=3\n"}
	if diff := cmp.Diff(want, []string{out.String(), errs.String(), third.String()}); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
}

func TestOneWriterKeepsTheOrder(t *testing.T) {
	var both bytes.Buffer
	c := script(t, `for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done`)
	c.Stdout, c.Stderr = &both, &both
	run(t, c)
	want := "o1\ne1\no2\ne2\no3\ne3\no4\ne4\no5\ne5\n"
	if both.String() != want {
		t.Errorf("%q, want %q", both.String(), want)
	}
}

func TestOnlyTheGivenDescriptors(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	leak, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer leak.Close()
	ls := process.Command{Path: program(t, "ls"), Args: []string{"/proc/self/fd"}}
	// ls has the folder itself open, as the first free number.
	if got := strings.Fields(output(t, ls)); !slices.Equal(got, []string{"0", "1", "2", "3"}) {
		t.Errorf("descriptors %q", got)
	}
	ls.Output = io.Discard
	if got := strings.Fields(output(t, ls)); !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) {
		t.Errorf("with an output, descriptors %q", got)
	}
}

func TestStdin(t *testing.T) {
	t.Run("nil is empty", func(t *testing.T) {
		if got := output(t, script(t, "cat; echo end")); got != "end" {
			t.Errorf("%q", got)
		}
	})
	t.Run("large", func(t *testing.T) {
		c := script(t, "wc -c")
		c.Stdin = io.LimitReader(zeros{}, 5_000_000)
		if got := output(t, c); got != "5000000" {
			t.Errorf("%q bytes arrived", got)
		}
	})
	t.Run("file", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "in")
		if err := os.WriteFile(name, []byte("from a file"), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		c := script(t, "cat")
		c.Stdin = f
		if got := output(t, c); got != "from a file" {
			t.Errorf("%q", got)
		}
	})
	t.Run("unread", func(t *testing.T) {
		c := script(t, "exit 3")
		c.Stdin = zeros{}
		wantResult(t, run(t, c), process.Result{ExitCode: 3})
	})
	t.Run("never ends", func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close()
		c := script(t, "exit 3")
		c.Stdin = r
		wantResult(t, run(t, c), process.Result{ExitCode: 3})
	})
	t.Run("fails", func(t *testing.T) {
		c := script(t, "cat; sleep 1000")
		c.Stdin = io.MultiReader(strings.NewReader("x"), broken{})
		_, err := process.Run(t.Context(), c)
		if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "read standard input") {
			t.Errorf("error %v", err)
		}
	})
}

func TestWriterFails(t *testing.T) {
	tests := []struct {
		name, script string
		set          func(*process.Command)
		want         string
	}{
		{"output", "yes", func(c *process.Command) { c.Stdout = broken{} }, "write standard output: disk full"},
		{"errors", "yes >&2", func(c *process.Command) { c.Stderr = broken{} }, "write standard error: disk full"},
		{"third", "yes >&3", func(c *process.Command) { c.Output = broken{} }, "write the output of descriptor 3: disk full"},
		{"quiet then", "echo x; sleep 1000", func(c *process.Command) { c.Stdout = broken{} }, "write standard output: disk full"},
		{"deaf", "trap '' TERM PIPE; while :; do echo x; done 2>/dev/null", func(c *process.Command) { c.Stdout = broken{} }, "write standard output: disk full"},
		{"after the end", "echo x", func(c *process.Command) { c.Stdout = broken{} }, "write standard output: disk full"},
		{"short", "yes", func(c *process.Command) { c.Stdout = short{} }, "write standard output: short write"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := script(t, test.script)
			test.set(&c)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			r, err := process.Run(ctx, c)
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if r.Ended == process.TimedOut {
				t.Error("it was not ended")
			}
		})
	}
}

func TestMuchOutputInFlatMemory(t *testing.T) {
	var most uint64
	written, calls := 0, 0
	c := script(t, "head -c 268435456 /dev/zero")
	c.Stdout = writerFunc(func(p []byte) (int, error) {
		if calls++; calls%512 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		written += len(p)
		return len(p), nil
	})
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	run(t, c)
	if written != 256<<20 {
		t.Errorf("%d bytes arrived", written)
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 2<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
}

func TestManyAtOnce(t *testing.T) {
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			var out bytes.Buffer
			c := script(t, fmt.Sprintf("sleep 0.0%d & echo %d; exit %d", i%10, i, i))
			c.Stdout = &out
			r, err := process.Run(t.Context(), c)
			if err != nil || r.ExitCode != i || out.String() != fmt.Sprintln(i) {
				t.Errorf("%d: %v, %v, %q", i, r, err, out.String())
			}
		})
	}
	group.Wait()
}
