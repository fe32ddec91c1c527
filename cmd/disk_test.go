//go:build linux

package cmd_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// TestLockIsHeld has this process hold each lock that msp takes. Nothing is
// done meanwhile, and the next command after it goes on.
func TestLockIsHeld(t *testing.T) {
	counted := newCrash(t)
	counted.run("")
	writer := counted.open().Writer
	for _, lock := range []string{
		filepath.Join(counted.home, ".config/msp/lock"),
		filepath.Join(counted.state(), "clients/local/locks/effects.claim.lock"),
		filepath.Join(counted.state(), "clients/local/locks", writer+".lock"),
	} {
		c := *counted
		c.env = append(c.env, envPatience+"=5ms")
		c.fault = faultLocked + ":" + filepath.Base(lock)
		held := hold(t, lock)
		c.checkComplaint(c.run(""), false)
		c.open() // is the one run still
		c.checkVerifies()
		if err := held.Unlock(); err != nil {
			t.Fatal(err)
		}
	}
	if got := counted.run(""); got.code != 0 {
		t.Errorf("the run anew: exit code %d: %s", got.code, got.stderr)
	}
}

// TestRunIsUnderWay has this process hold the lock of a run that a crash left.
func TestRunIsUnderWay(t *testing.T) {
	c := newCrash(t)
	c.run(fmt.Sprintf("%s:%d", faultKill, c.stepsToJournal()))
	account := c.open()
	store := evidence.OpenStore(nil, filepath.Join(c.state(), "clients", "local"))
	held := hold(t, record.LockPath(store, account.Writer, account.Run))
	c.fault = faultLocked + ":run"
	c.checkComplaint(c.resume("", record.ShortID(account.Run)), false)
	c.checkVerifies()
	if err := held.Unlock(); err != nil {
		t.Fatal(err)
	}
	c.recover()
	c.check()
}

// stepsToJournal is a durable step behind a run's start and before its end.
func (c *crash) stepsToJournal() int { return newCrash(c.t).count() - 40 }

func hold(t *testing.T, path string) *evidence.Lock {
	t.Helper()
	lock, err := (&evidence.Disk{}).TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

// TestRealDisk runs msp on a file system that is full, and on one that is
// mounted for reading.
func TestRealDisk(t *testing.T) {
	for what, test := range map[string]struct {
		spoil, mend func(t *testing.T, disk string)
	}{
		faultReadOnly: {
			spoil: func(t *testing.T, disk string) { mount(t, disk, syscall.MS_REMOUNT|syscall.MS_RDONLY) },
			mend:  func(t *testing.T, disk string) { mount(t, disk, syscall.MS_REMOUNT) },
		},
		faultFull: {
			spoil: func(t *testing.T, disk string) { fill(t, filepath.Join(disk, "filler")) },
			mend: func(t *testing.T, disk string) {
				if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
					t.Fatal(err)
				}
			},
		},
	} {
		t.Run(what, func(t *testing.T) {
			c := newCrash(t)
			c.fault = what
			mount(t, c.home, 0)
			t.Cleanup(func() {
				if err := syscall.Unmount(c.home, 0); err != nil {
					t.Error(err)
				}
			})
			c.run(fmt.Sprintf("%s:%d", faultKill, c.stepsToJournal()))
			run := record.ShortID(c.open().Run)
			test.spoil(t, c.home)
			got := c.resume("", run)
			c.checkComplaint(got, strings.Contains(got.stderr, "msp resume ")) // a full disk may have a corner left to begin in
			c.checkVerifies()
			test.mend(t, c.home)
			c.recover()
			c.check()
		})
	}
}

// mount puts a small disk of its own at a folder, or changes how it is mounted.
func mount(t *testing.T, folder string, flags uintptr) {
	t.Helper()
	err := syscall.Mount("tmpfs", folder, "tmpfs", flags, "size=8m,mode=0700")
	if err != nil && flags == 0 {
		t.Skipf("needs the right to mount a file system: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}
