// Package process starts and ends programs: groups, sessions, timeouts,
// streams.
//
// Run starts one program, in a session and a process group of its own, without
// a controlling terminal, with exactly the environment and the file
// descriptors that it was given (those that this process has itself inherited
// are marked close-on-exec at the first Run), and returns when the program and all that it
// started are gone. It promises:
//
//   - When the context ends, every process of the program gets SIGTERM, and
//     those that remain after Command.Grace get SIGKILL.
//   - When the program exits and leaves processes behind, they have 100 ms to
//     finish and are then ended likewise and counted in Result.Leftover. A
//     forgotten process that holds the output open delays Run no longer than
//     that.
//   - When a writer fails, the program is ended and Run returns that error.
//   - What the program prints is never kept: memory is the same for a byte and
//     for a terabyte.
//   - No zombie, goroutine or descriptor remains, but for a goroutine that is
//     held up in Read of a Stdin that never ends.
//
// On Linux "all that it started" includes processes that left the session and
// the group (setsid, a double fork). This process becomes the reaper of its
// orphans for that (PR_SET_CHILD_SUBREAPER), and takes as a program's own: its
// descendants, the members of its session or group, and those orphans that
// live in another session than this process and were born while the program
// ran. So whoever uses this package must start programs in sessions of their
// own through it, and not by os/exec with Setsid. Orphans don't say who
// started them: one that left its session and was born while several Runs were
// under way is ended with the last of these, and is in no Leftover.
//
// It can't end a process that this user may not signal (started through sudo)
// or that the kernel holds; Run then gives up and says so. Nothing ends the
// programs if this process itself is killed. On macOS and other Unix systems a
// grandchild that calls setsid escapes, and Leftover is at most 1. On Windows a
// job object holds all processes together, the gentle signal is CTRL_BREAK,
// which reaches only programs of the same console, and Command.Output is not
// available.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	defaultGrace = 5 * time.Second
	// settle is the time that processes left behind have to finish.
	settle = 100 * time.Millisecond
	// killing is the time after which a process that was killed and still
	// lives is given up.
	killing = 2 * time.Second
)

// Command is a program to be run.
type Command struct {
	Path string   // absolute path of the program
	Args []string // arguments after the program's name
	Env  []string // the whole environment, "NAME=value"; nothing is inherited
	Dir  string   // working folder, absolute

	// Stdin is what the program reads; nil is the null device. An *os.File is
	// handed to the program itself. Another reader may still be in its Read
	// when Run returns.
	Stdin io.Reader

	// Stdout and Stderr take what the program prints; nil is the null
	// device. If both are the same writer the program gets one pipe for
	// both, which keeps the order. Run never writes to two of its writers
	// at once.
	Stdout, Stderr io.Writer

	// Output, if set, takes what the program writes to file descriptor 3.
	Output io.Writer

	// Grace is the time from the gentle signal to the firm one; 0 means 5
	// seconds, and less than 0 none.
	Grace time.Duration

	// Firmly cuts Grace short when it is closed.
	Firmly <-chan struct{}
}

// Run runs the command until it and all processes that it started are gone. A
// program that exits with another code than 0, or is ended because ctx is
// done, is no error. An error says that the program could not be started, that
// a writer or Stdin failed, or that a process could not be ended.
func Run(ctx context.Context, c Command) (Result, error) {
	if err := c.check(); err != nil {
		return Result{ExitCode: -1}, err
	}
	if err := ctx.Err(); err != nil {
		return Result{ExitCode: -1, Ended: endedBy(err)}, fmt.Errorf("%s was not started: %w", c.Path, err)
	}
	return run(ctx, &c)
}

func (c *Command) check() error {
	if !filepath.IsAbs(c.Path) {
		return fmt.Errorf("program %q is not an absolute path", c.Path)
	}
	if c.Dir != "" && !filepath.IsAbs(c.Dir) {
		return fmt.Errorf("working folder %q is not an absolute path", c.Dir)
	}
	return nil
}

func (c *Command) grace() time.Duration {
	if c.Grace == 0 {
		return defaultGrace
	}
	return max(c.Grace, 0)
}

func (c *Command) argv() []string {
	return append([]string{c.Path}, c.Args...)
}

// startError names the folder if that is what is missing: the system's error
// is the same for both.
func (c *Command) startError(err error) error {
	if c.Dir != "" {
		if _, e := os.Stat(c.Dir); e != nil {
			return fmt.Errorf("start %s: working folder: %w", c.Path, e)
		}
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("start %s: %w", c.Path, err)
}

// streamNames are the program's descriptors 1, 2 and 3 in errors.
var streamNames = [3]string{"standard output", "standard error", "the output of descriptor 3"}

// writers returns the writers of descriptors 1, 2 and 3. Those of 1 and 2 are
// the same pipe if shared.
func (c *Command) writers() (w [3]io.Writer, shared bool) {
	w = [3]io.Writer{c.Stdout, c.Stderr, c.Output}
	return w, c.Stdout != nil && same(c.Stdout, c.Stderr)
}

// same tells whether two writers are one; those that can't be compared aren't.
func same(a, b io.Writer) (is bool) {
	defer func() { _ = recover() }()
	return a == b
}

func writeError(stream int, err error) error {
	return fmt.Errorf("write %s: %w", streamNames[stream], err)
}

// heldError says that something lives on; why may be nil, if the kernel took the
// signal.
func heldError(path string, why error) error {
	if why == nil {
		why = errors.New("they don't end when killed")
	}
	return fmt.Errorf("not all processes of %s could be ended: %w", path, why)
}

// write fails if the writer doesn't take all.
func write(w io.Writer, b []byte) error {
	n, err := w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// buffers are what output passes through.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// feed copies r to the program's standard input and closes it. It returns an
// error of r; that the program stopped reading is none.
func feed(stdin io.WriteCloser, r io.Reader) error {
	defer stdin.Close()
	buf := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buf)
	for {
		n, err := r.Read(buf[:])
		if n > 0 {
			if _, err := stdin.Write(buf[:n]); err != nil {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
	}
}
