//go:build !msp_portable

package process

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// tidyEvery is how often a long program's dead orphans are reaped, in
// milliseconds.
const tidyEvery = 10_000

// pump passes on what the program prints until it is gone, and all that it
// started.
func (p *program) pump() {
	buf := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buf)
	writers, _ := p.command.writers()
	wake := p.wake
	var until time.Time // the end job is done, and output is given up then
	for {
		fds := [5]unix.PollFd{{Fd: int32(p.pipes[0])}, {Fd: int32(p.pipes[1])}, {Fd: int32(p.pipes[2])}, {Fd: -1}, {Fd: int32(wake)}}
		if !p.reaped {
			fds[3].Fd = int32(p.leader)
		}
		for i := range fds {
			fds[i].Events = unix.POLLIN
		}
		n, err := unix.Poll(fds[:], p.patience(until))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			p.fail(fmt.Errorf("poll: %w", err))
			p.jobs.Wait()
			if !p.reaped {
				p.reap()
			}
			return
		}
		for i := range p.pipes {
			if fds[i].Revents != 0 {
				p.pass(i, &writers[i], buf[:])
			}
		}
		if fds[3].Revents != 0 {
			p.reap()
		}
		if fds[4].Revents != 0 {
			wake, until = -1, time.Now().Add(settle)
		}
		if p.done(n, until) {
			return
		}
	}
}

// patience is how long poll may wait, in milliseconds.
func (p *program) patience(until time.Time) int {
	switch {
	case !until.IsZero():
		return int(max(0, (time.Until(until) + time.Millisecond - 1).Milliseconds()))
	case p.begun():
		return -1 // the end job wakes it
	case p.reaped:
		return 0 // what is in the pipes is all that comes
	}
	return tidyEvery
}

// done decides, after a poll that found n events, whether nothing more comes.
// It begins the end job if the program has exited and something else hasn't.
func (p *program) done(n int, until time.Time) bool {
	open := p.pipes[0] >= 0 || p.pipes[1] >= 0 || p.pipes[2] >= 0
	switch {
	case !until.IsZero():
		return !p.reaped || !open || n == 0 || !time.Now().Before(until)
	case !p.reaped:
		if n == 0 {
			p.tidy()
		}
	case p.begun() || open && n > 0 && time.Since(p.gone) < settle:
	case open || p.remains():
		p.begin(settle)
	default:
		return true
	}
	return false
}

// pass hands on what stream i holds, in turn with the others.
func (p *program) pass(i int, w *io.Writer, buf []byte) {
	for range 16 {
		n, err := unix.Read(p.pipes[i], buf)
		if err == unix.EAGAIN || err == unix.EINTR {
			return
		}
		if n <= 0 {
			unix.Close(p.pipes[i])
			p.pipes[i] = -1
			return
		}
		if *w != nil { // nil if it failed before
			if err := write(*w, buf[:n]); err != nil {
				*w = nil
				p.fail(writeError(i, err))
			}
		}
		if n == len(buf) {
			p.widen(i)
		}
		if !p.wide[i] {
			return
		}
	}
}

// widen has a stream that prints much waited for less often: a larger pipe, and
// reads until it's empty.
func (p *program) widen(i int) {
	if p.wide[i] {
		return
	}
	p.wide[i] = unix.SetNonblock(p.pipes[i], true) == nil
	_, _ = unix.FcntlInt(uintptr(p.pipes[i]), unix.F_SETPIPE_SZ, 256<<10) // a wish
}

// reap takes the status of the program, which has exited.
func (p *program) reap() {
	family.Lock()
	_, err := unix.Wait4(p.pid, &p.status, 0, &p.usage)
	for err == unix.EINTR {
		_, err = unix.Wait4(p.pid, &p.status, 0, &p.usage)
	}
	if err != nil {
		p.status = 0x7f // neither exited nor signaled
	}
	p.reaped = true
	p.gone = time.Now()
	family.Unlock()

	p.mu.Lock()
	p.exited = !p.ending
	p.mu.Unlock()
	if err != nil {
		p.fail(fmt.Errorf("wait for %s: %w", p.command.Path, err))
	}
}
