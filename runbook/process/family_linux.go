//go:build !msp_portable

package process

import (
	"bytes"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// family is the programs under way. There is one for this process, as its
// children are one set: whoever looks for orphans must know which of them are
// another Run's.
var family relatives

type relatives struct {
	sync.Mutex
	programs map[*program]bool
}

// add takes in a program that was just started; the lock is held.
func (f *relatives) add(p *program) {
	if f.programs == nil {
		f.programs = map[*program]bool{}
	}
	for q := range f.programs {
		q.overlap, p.overlap = true, true
	}
	f.programs[p] = true
}

// leave takes out a program. One that could not be ended leaves when it exits.
func (f *relatives) leave(p *program) {
	f.Lock()
	defer f.Unlock()
	if p.reaped {
		delete(f.programs, p)
		return
	}
	pid := p.pid
	go func() {
		for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		}
		f.Lock()
		defer f.Unlock()
		_, _ = unix.Wait4(pid, nil, 0, nil)
		delete(f.programs, p)
	}()
}

// leads tells whether pid is a program that its Run will reap.
func (f *relatives) leads(pid int) bool {
	for q := range f.programs {
		if q.pid == pid && !q.reaped {
			return true
		}
	}
	return false
}

// ticks is the time since boot as /proc counts it.
func ticks() uint64 {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0
	}
	return uint64(time.Duration(t.Nano()) / (10 * time.Millisecond))
}

// kin is a process as /proc/<pid>/stat shows it.
type kin struct {
	pid, parent, group, session int
	dead                        bool
	born                        uint64 // ticks since boot
}

// members returns the live processes of the program, and reaps the dead ones
// that are our children.
func (p *program) members() ([]kin, error) {
	family.Lock()
	defer family.Unlock()
	all, err := processes()
	if err != nil {
		return nil, err
	}
	children := map[int][]kin{}
	var todo, live []kin
	self, session := os.Getpid(), ownSession()
	for _, k := range all {
		switch {
		case k.born < p.born:
		case k.session == p.pid, k.group == p.pid, k.parent == self && k.session != session && p.adopts(k):
			todo = append(todo, k)
		default:
			children[k.parent] = append(children[k.parent], k)
		}
	}
	for len(todo) > 0 {
		k := todo[0]
		todo = append(todo[1:], children[k.pid]...)
		delete(children, k.pid)
		if !k.dead {
			live = append(live, k)
		} else if k.parent == self && !family.leads(k.pid) {
			_, _ = unix.Wait4(k.pid, nil, unix.WNOHANG, nil)
		}
	}
	return live, nil
}

// adopts decides about an orphan in a session of its own: it is the program's
// if no other that is still under way can have started it.
func (p *program) adopts(k kin) bool {
	if family.leads(k.pid) {
		return false
	}
	for q := range family.programs {
		if q != p && q.born <= k.born {
			return false
		}
	}
	return true
}

// remains tells, in a few microseconds, whether the program, which was reaped,
// may have left processes behind.
func (p *program) remains() bool {
	return unix.Kill(-p.pid, 0) != unix.ESRCH || orphaned()
}

// tidy reaps dead orphans while the program runs on.
func (p *program) tidy() {
	if orphaned() {
		_, _ = p.members()
	}
}

// orphaned tells whether this process may have got children that it didn't
// start.
func orphaned() bool {
	if unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) == unix.ECHILD {
		return false
	}
	family.Lock()
	defer family.Unlock()
	// The kernel gives orphans to the first thread.
	var buf [4096]byte
	self := strconv.Itoa(os.Getpid())
	n, err := readFile("/proc/self/task/"+self+"/children", buf[:])
	if err != nil || n == len(buf) {
		return true
	}
	session := ownSession()
	for field := range bytes.FieldsSeq(buf[:n]) {
		pid, _ := strconv.Atoi(string(field))
		if family.leads(pid) {
			continue
		}
		if s, err := unix.Getsid(pid); err != nil || s != session {
			return true
		}
	}
	return false
}

func ownSession() int {
	s, _ := unix.Getsid(0)
	return s
}

// processes returns all processes that /proc shows.
func processes() ([]kin, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return nil, err
	}
	var buf [1024]byte
	all := make([]kin, 0, len(names))
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		n, err := readFile("/proc/"+name+"/stat", buf[:])
		if err != nil {
			continue // it has gone
		}
		if k, ok := parseStat(buf[:n]); ok {
			all = append(all, k)
		}
	}
	return all, nil
}

// parseStat reads "pid (name) state parent group session …"; the start is field
// 22, and the name may hold anything.
func parseStat(stat []byte) (k kin, ok bool) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 1 || end < open {
		return kin{}, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 20 {
		return kin{}, false
	}
	var errs [5]error
	k.pid, errs[0] = strconv.Atoi(string(stat[:open-1]))
	k.dead = fields[0][0] == 'Z' || fields[0][0] == 'X'
	k.parent, errs[1] = strconv.Atoi(string(fields[1]))
	k.group, errs[2] = strconv.Atoi(string(fields[2]))
	k.session, errs[3] = strconv.Atoi(string(fields[3]))
	k.born, errs[4] = strconv.ParseUint(string(fields[19]), 10, 64)
	return k, errs == [5]error{}
}

// readFile fills buf from a file of /proc without the cost of an os.File.
func readFile(name string, buf []byte) (int, error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	return unix.Read(fd, buf)
}
