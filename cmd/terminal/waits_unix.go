//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package terminal

import (
	"time"

	"golang.org/x/sys/unix"
)

// inputWaits reports whether there is something to read within d.
func inputWaits(fd uintptr, d time.Duration) bool {
	if fd >= unix.FD_SETSIZE {
		return false
	}
	var set unix.FdSet
	set.Set(int(fd))
	timeout := unix.NsecToTimeval(d.Nanoseconds())
	n, err := unix.Select(int(fd)+1, &set, nil, nil, &timeout)
	return err == nil && n > 0
}
