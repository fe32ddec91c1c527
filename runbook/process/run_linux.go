//go:build !msp_portable

package process

import (
	"context"
	"fmt"
	"math"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// program is a running Command. The goroutine of Run starts it, passes on what
// it prints and reaps it: one poll waits for the pipes and the process at once,
// which costs less than a goroutine for each. Ending it, which is rare, is a job
// of its own, so that a slow writer can't delay it.
type program struct {
	command *Command
	began   time.Time
	pid     int
	input   *os.File // our end of standard input
	pipes   [3]int   // our ends of descriptors 1, 2 and 3; -1 if closed
	wide    [3]bool  // pipes that much has come through
	leader  int      // readable when the program has exited
	wake    int      // readable when the end job is done

	// Set when the program is reaped.
	status unix.WaitStatus
	usage  unix.Rusage
	gone   time.Time

	// Guarded by family.
	born    uint64 // a moment before its start, in ticks since boot
	reaped  bool   // pid is its no more
	overlap bool   // another program was under way at the same time

	mu      sync.Mutex
	over    bool  // Run returns
	exited  bool  // it exited before the end job began
	ending  bool  // the end job began
	failure error // of a writer or Stdin

	// What the end job found, to be read after jobs.Wait.
	jobs     sync.WaitGroup
	firm     bool
	leftover int
	held     error // what lives on
}

func run(ctx context.Context, c *Command) (Result, error) {
	p := &program{command: c, began: time.Now(), leader: -1, wake: -1, pipes: [3]int{-1, -1, -1}}
	defer p.close()
	if err := p.start(); err != nil {
		return Result{ExitCode: -1}, err
	}
	if p.input != nil {
		go func() {
			if err := feed(p.input, c.Stdin); err != nil {
				p.fail(err)
			}
		}()
	}
	stop := context.AfterFunc(ctx, p.stop)
	p.pump()
	inTime := stop()
	return p.finish(ctx, inTime)
}

// start makes the descriptors and starts the program with them.
func (p *program) start() error {
	var err error
	if p.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("start %s: eventfd: %w", p.command.Path, err)
	}
	files := make([]int, 0, 5)
	defer func() {
		for _, fd := range files {
			unix.Close(fd)
		}
	}()
	theirs, err := p.descriptors(&files)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.command.Path, err)
	}
	if err := p.fork(theirs); err != nil {
		if p.pid != 0 {
			family.leave(p)
		}
		return p.command.startError(err)
	}
	return nil
}

// descriptors returns the program's descriptors from 0, and puts those that are
// ours to close once it has them into files.
func (p *program) descriptors(files *[]int) ([]uintptr, error) {
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	*files = append(*files, null)
	theirs := []uintptr{uintptr(null), uintptr(null), uintptr(null), uintptr(null)}

	switch in := p.command.Stdin.(type) {
	case nil:
	case *os.File:
		theirs[0] = in.Fd()
	default:
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			return nil, fmt.Errorf("pipe: %w", err)
		}
		*files = append(*files, ends[0])
		_ = unix.SetNonblock(ends[1], true) // so that closing it ends a Write
		p.input, theirs[0] = os.NewFile(uintptr(ends[1]), "standard input"), uintptr(ends[0])
	}

	writers, shared := p.command.writers()
	for i, w := range writers {
		if w == nil {
			continue
		}
		if i == 1 && shared {
			theirs[2] = theirs[1]
			continue
		}
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			return nil, fmt.Errorf("pipe: %w", err)
		}
		*files = append(*files, ends[1])
		p.pipes[i], theirs[i+1] = ends[0], uintptr(ends[1])
	}
	if p.command.Output == nil {
		theirs = theirs[:3]
	}
	return theirs, nil
}

func (p *program) fork(files []uintptr) error {
	prepare()
	pidfd := -1
	attr := &syscall.ProcAttr{
		Dir:   p.command.Dir,
		Env:   p.command.Env,
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true, PidFD: &pidfd},
	}
	// The others must not take it for an orphan before it is in the family.
	family.Lock()
	defer family.Unlock()
	p.born = ticks()
	pid, _, err := syscall.StartProcess(p.command.Path, p.command.argv(), attr)
	if err != nil {
		return err
	}
	p.pid, p.leader = pid, pidfd
	family.add(p)
	if pidfd < 0 {
		p.leader, err = exitPipe(pid)
	}
	return err
}

// prepare makes this process the reaper of its orphans, and keeps the
// descriptors that it has inherited itself from the programs.
var prepare = sync.OnceFunc(func() {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	if unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC) != nil {
		closeOnExec()
	}
})

// exitPipe returns a descriptor that is readable when the child pid has exited,
// for kernels before 5.3, which can't poll a process.
func exitPipe(pid int) (int, error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		unix.Kill(-pid, unix.SIGKILL)
		return -1, fmt.Errorf("pipe: %w", err)
	}
	go func() {
		defer unix.Close(ends[1])
		for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		}
	}()
	return ends[0], nil
}

// finish waits for the end job and tells how it all went.
func (p *program) finish(ctx context.Context, inTime bool) (Result, error) {
	p.mu.Lock()
	p.over = true
	exited, err := p.exited, p.failure
	p.mu.Unlock()
	p.jobs.Wait()
	family.leave(p)

	r := Result{
		ExitCode: -1,
		Firm:     p.firm,
		Leftover: p.leftover,
		Duration: time.Since(p.began),
		CPU:      time.Duration(p.usage.Utime.Nano() + p.usage.Stime.Nano()),
	}
	if p.reaped && p.status.Exited() {
		r.ExitCode = p.status.ExitStatus()
	}
	if p.reaped && p.status.Signaled() {
		r.Signal = signalName(int(p.status.Signal()))
	}
	switch {
	case exited && p.status.Signaled():
		r.Ended = Signaled
	case exited:
		r.Ended = Exited
	case !inTime && ctx.Err() != nil:
		r.Ended = endedBy(ctx.Err())
	default:
		r.Ended = Cancelled
	}
	if err == nil {
		err = p.held
	}
	return r, err
}

func (p *program) close() {
	for _, fd := range append(p.pipes[:], p.leader, p.wake) {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	if p.input != nil {
		_ = p.input.Close()
	}
}
