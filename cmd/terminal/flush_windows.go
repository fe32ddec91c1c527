package terminal

import "golang.org/x/sys/windows"

// discardTyped drops what was typed and not read yet.
func discardTyped(fd uintptr) {
	_ = windows.FlushConsoleInputBuffer(windows.Handle(fd))
}
