//go:build unix && (!linux || msp_portable)

package process

import (
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptor3 says why a program can't have a descriptor 3.
var descriptor3 error

// prepare keeps the descriptors that this process has inherited itself from the
// programs.
var prepare = sync.OnceFunc(closeOnExec)

func sysProcAttr() *syscall.SysProcAttr {
	prepare()
	return &syscall.SysProcAttr{Setsid: true}
}

func endedBySignal(s *os.ProcessState) string {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return signalName(int(w.Signal()))
	}
	return ""
}

// group is the process group of a program.
type group struct {
	id int
}

func newGroup(p *os.Process) (*group, error) {
	return &group{id: p.Pid}, nil
}

func (g *group) close() {}

func (g *group) gentle() error {
	unix.Kill(-g.id, unix.SIGTERM)
	unix.Kill(-g.id, unix.SIGCONT) // a stopped process hears nothing else
	return nil
}

func (g *group) firm() error {
	return unix.Kill(-g.id, unix.SIGKILL)
}

// members is the number of processes in the group; the system tells only none
// and some.
func (g *group) members() int {
	if unix.Kill(-g.id, 0) == unix.ESRCH {
		return 0
	}
	return 1
}
