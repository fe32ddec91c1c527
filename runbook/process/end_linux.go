//go:build !msp_portable

package process

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// stop ends the program because the context is done.
func (p *program) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.exited {
		p.beginLocked(0)
	}
}

// fail ends the program because of err, which Run then returns.
func (p *program) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure == nil {
		p.failure = err
	}
	if !p.exited {
		p.beginLocked(0)
	}
}

// begin begins the end job, which first waits for a while.
func (p *program) begin(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beginLocked(wait)
}

func (p *program) beginLocked(wait time.Duration) {
	if p.over || p.ending {
		return
	}
	p.ending = true
	left := p.exited
	p.jobs.Go(func() {
		p.end(wait, left)
		_, _ = unix.Write(p.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
}

func (p *program) begun() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ending
}

// end ends all processes of the program that don't end within wait. Those are
// counted as left behind if left is set.
func (p *program) end(wait time.Duration, left bool) {
	if wait > 0 && p.await(wait, nil) {
		return
	}
	counted := map[int]bool{}
	signal := func(sig unix.Signal) error {
		members, err := p.signal(sig)
		for _, k := range members {
			// Another program's orphan must not be booked here.
			if left && !counted[k.pid] && (k.session == p.pid || !p.overlap) {
				counted[k.pid] = true
				p.leftover++
			}
		}
		p.firm = p.firm || sig == unix.SIGKILL && len(members) > 0
		return err
	}
	_ = signal(unix.SIGTERM)
	if p.await(p.command.grace(), p.command.Firmly) {
		return
	}
	const tries = 20
	var err error
	for range tries {
		err = signal(unix.SIGKILL)
		if p.await(killing/tries, nil) {
			return
		}
	}
	p.held = heldError(p.command.Path, err)
}

// signal signals all processes of the program and returns those that it found.
func (p *program) signal(sig unix.Signal) ([]kin, error) {
	members, _ := p.members()
	err := p.signalGroup(sig)
	for _, k := range members {
		if k.group != p.pid {
			err = errors.Join(err, p.signalOne(k.pid, sig))
		}
	}
	return members, err
}

// signalGroup signals the group while its number is certain: before the program
// is reaped, or as long as the group has members.
func (p *program) signalGroup(sig unix.Signal) error {
	family.Lock()
	defer family.Unlock()
	if p.reaped && unix.Kill(-p.pid, 0) == unix.ESRCH {
		return nil
	}
	return p.signalOne(-p.pid, sig)
}

func (p *program) signalOne(pid int, sig unix.Signal) error {
	err := unix.Kill(pid, sig)
	if err == unix.ESRCH {
		return nil
	}
	if err == nil && sig == unix.SIGTERM {
		unix.Kill(pid, unix.SIGCONT) // a stopped process hears nothing else
	}
	return err
}

// notice is how soon it is noticed that the end shall be a firm one.
const notice = 50 * time.Millisecond

// await waits until no process of the program lives, at most for d or until
// firmly is closed, and says whether it is so.
func (p *program) await(d time.Duration, firmly <-chan struct{}) bool {
	deadline := time.Now().Add(d)
	for again := false; ; {
		members, err := p.members()
		switch {
		case err != nil && !p.groupLives(), err == nil && len(members) == 0 && again:
			return true
		case err == nil && len(members) == 0:
			again = true // a fork may have slipped past one look, not two
			continue
		}
		left := time.Until(deadline)
		if left <= 0 || closed(firmly) {
			return false
		}
		if firmly != nil {
			left = min(left, notice)
		}
		pid := 0
		if len(members) > 0 {
			pid = members[0].pid
		}
		awaitExit(pid, left)
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (p *program) groupLives() bool {
	family.Lock()
	defer family.Unlock()
	return unix.Kill(-p.pid, 0) != unix.ESRCH
}

// awaitExit waits for a process to exit, at most for d. A kernel that can't
// tell has it return after a while.
func awaitExit(pid int, d time.Duration) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return
	}
	if err != nil {
		time.Sleep(min(d, 10*time.Millisecond))
		return
	}
	defer unix.Close(fd)
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	_, _ = unix.Poll(fds, int((d+time.Millisecond-1)/time.Millisecond))
}
