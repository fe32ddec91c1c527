package cmd_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// The variables that tell a msp of these tests what its disk does.
const (
	envFault = "TEST_MSP_FAULT" // "what:n": from or at the n-th durable step
	envCount = "TEST_MSP_COUNT" // a file that says at the end how many steps there were
)

// What a disk may do at its n-th step.
const (
	faultKill   = "kill"   // the process is killed before the step
	faultFull   = "full"   // this step and all behind it find no space
	faultDenied = "denied" // this step is not permitted
	faultTorn   = "torn"   // half of a write reaches the disk
)

func faultyDisk(getenv func(string) string) *evidence.Disk {
	what, at, _ := strings.Cut(getenv(envFault), ":")
	n, _ := strconv.ParseInt(at, 10, 64)
	count := getenv(envCount)
	if what == "" && count == "" {
		return &evidence.Disk{}
	}
	var (
		mu  sync.Mutex
		now int64
	)
	return &evidence.Disk{Fault: func(op evidence.Op, path string) error {
		mu.Lock() // files are written side by side
		defer mu.Unlock()
		now++
		if count != "" {
			os.WriteFile(count, fmt.Appendf(nil, "%d %s %s\n", now, op, path), 0o600)
		}
		switch {
		case what == faultKill && now == n:
			killMyself()
		case what == faultFull && now >= n:
			return syscall.ENOSPC
		case what == faultDenied && now == n:
			return syscall.EACCES
		case what == faultTorn && now == n:
			return evidence.ErrTorn
		}
		return nil
	}}
}

// killMyself ends the process as kill -9 does: nothing is closed or flushed.
func killMyself() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // until the signal is there
}
