package process

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// descriptor3 says why a program can't have a descriptor 3.
var descriptor3 = errors.New("a descriptor 3 is not available on Windows")

var ntResumeProcess = windows.NewLazySystemDLL("ntdll.dll").NewProc("NtResumeProcess")

// sysProcAttr has the program wait until it is in its job, so that nothing it
// starts escapes.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_SUSPENDED}
}

func endedBySignal(*os.ProcessState) string {
	return ""
}

// group is the job object of a program; what is in it ends when it's closed.
type group struct {
	pid int
	job windows.Handle
}

func newGroup(p *os.Process) (g *group, err error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		p.Kill()
		p.Wait()
		return nil, fmt.Errorf("create a job object: %w", err)
	}
	g = &group{pid: p.Pid, job: job}
	if err := g.take(p); err != nil {
		p.Kill()
		p.Wait()
		g.close()
		return nil, err
	}
	return g, nil
}

// take puts the suspended program into the job and lets it run.
func (g *group) take(p *os.Process) error {
	var info windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err := windows.SetInformationJobObject(g.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		return fmt.Errorf("set up the job object: %w", err)
	}
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE | windows.PROCESS_SUSPEND_RESUME
	h, err := windows.OpenProcess(access, false, uint32(p.Pid))
	if err != nil {
		return fmt.Errorf("open the process: %w", err)
	}
	defer windows.CloseHandle(h)
	if err := windows.AssignProcessToJobObject(g.job, h); err != nil {
		return fmt.Errorf("assign the process to its job object: %w", err)
	}
	if status, _, _ := ntResumeProcess.Call(uintptr(h)); status != 0 {
		return fmt.Errorf("resume the process: %w", windows.NTStatus(status))
	}
	return nil
}

func (g *group) close() {
	windows.CloseHandle(g.job)
}

// gentle reaches only a program of the same console.
func (g *group) gentle() error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(g.pid))
}

func (g *group) firm() error {
	return windows.TerminateJobObject(g.job, 1)
}

// members is the number of processes in the job.
func (g *group) members() int {
	var info struct { // JOBOBJECT_BASIC_ACCOUNTING_INFORMATION
		UserTime, KernelTime, PeriodUserTime, PeriodKernelTime int64
		PageFaults, Total, Active, Terminated                  uint32
	}
	err := windows.QueryInformationJobObject(g.job, windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil)
	if err != nil {
		return 0
	}
	return int(info.Active)
}
