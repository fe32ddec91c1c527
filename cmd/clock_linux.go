package cmd

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// clockState asks the kernel whether somebody keeps the clock right.
func clockState() (synchronised, known bool, detail string) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return false, false, fmt.Sprintf("the kernel doesn't say whether it is synchronised: %v", err)
	}
	if t.Status&unix.STA_UNSYNC != 0 {
		return false, true, "not synchronised, says the kernel"
	}
	return true, true, fmt.Sprintf("synchronised, says the kernel, to %s at most", time.Duration(t.Maxerror)*time.Microsecond)
}
