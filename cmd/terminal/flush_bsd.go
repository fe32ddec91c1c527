//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package terminal

import "golang.org/x/sys/unix"

// longestTyped is the most bytes of a line that the kernel keeps for certain:
// MAX_CANON of macOS without the line feed.
const longestTyped = 1023

// discardTyped drops what was typed and not read yet.
func discardTyped(fd uintptr) {
	const input = 1 // FREAD of <sys/fcntl.h>
	_ = unix.IoctlSetPointerInt(int(fd), unix.TIOCFLUSH, input)
}
