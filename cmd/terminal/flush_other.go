//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package terminal

import "time"

// longestTyped is the most bytes that a line may have.
const longestTyped = maxLine

// inputWaits would tell whether more was typed; here nothing is known that
// does.
func inputWaits(uintptr, time.Duration) bool { return false }

// discardTyped would drop what was typed and not read yet; here nothing is
// known that does.
func discardTyped(uintptr) {}
