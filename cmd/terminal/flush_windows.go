package terminal

import (
	"time"

	"golang.org/x/sys/windows"
)

// longestTyped is the most bytes that a line may have.
const longestTyped = maxLine

// inputWaits would tell whether more was typed; here nothing is known that
// does.
func inputWaits(uintptr, time.Duration) bool { return false }

// discardTyped drops what was typed and not read yet.
func discardTyped(fd uintptr) {
	_ = windows.FlushConsoleInputBuffer(windows.Handle(fd))
}
