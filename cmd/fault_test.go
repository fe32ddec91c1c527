package cmd_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// The variables that tell a msp of these tests what its disk does.
const (
	envFault    = "TEST_MSP_FAULT"    // "what:n": from or at the n-th durable step
	envTrace    = "TEST_MSP_TRACE"    // a file that gets a line for each step
	envPatience = "TEST_MSP_PATIENCE" // how long msp waits for a lock
)

// What a disk may do at its n-th step.
const (
	faultKill     = "kill"      // the process is killed before the step
	faultFull     = "full"      // this step and all behind it find no space
	faultReadOnly = "read-only" // this step and all behind it find a disk that is mounted for reading
	faultDenied   = "denied"    // this step is not permitted
	faultBroken   = "broken"    // this step is an I/O error
	faultTorn     = "torn"      // half of a write reaches the disk, then comes an I/O error
	faultLocked   = "locked"    // somebody else holds the n-th lock and all behind it
)

var errTorn = errors.Join(evidence.ErrTorn, syscall.EIO)

func faultyDisk(getenv func(string) string) *evidence.Disk {
	what, at, _ := strings.Cut(getenv(envFault), ":")
	n, _ := strconv.ParseInt(at, 10, 64)
	patience, _ := time.ParseDuration(getenv(envPatience))
	trace := getenv(envTrace)
	if what == "" && trace == "" {
		return &evidence.Disk{Patience: patience}
	}
	var (
		mu           sync.Mutex
		steps, locks int64
	)
	return &evidence.Disk{Patience: patience, Fault: func(op evidence.Op, path string) error {
		mu.Lock() // files are written side by side
		defer mu.Unlock()
		steps++
		now := steps
		if trace != "" {
			note(trace, op, path)
		}
		switch {
		case what == faultKill && now == n:
			killMyself()
		case what == faultFull && now >= n:
			return syscall.ENOSPC
		case what == faultReadOnly && now >= n:
			return syscall.EROFS
		case what == faultDenied && now == n:
			return syscall.EACCES
		case what == faultBroken && now == n:
			return syscall.EIO
		case what == faultTorn && now == n:
			return errTorn
		case what == faultLocked && op == evidence.OpLock:
			if locks++; locks >= n {
				return evidence.ErrLocked
			}
		}
		return nil
	}}
}

// note adds one step to the file that a test reads.
func note(trace string, op evidence.Op, path string) {
	f, err := os.OpenFile(trace, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err == nil {
		_, err = fmt.Fprintf(f, "%s %s\n", op, path)
		f.Close()
	}
	if err != nil {
		panic(err)
	}
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
