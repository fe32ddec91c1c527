//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package terminal

import "golang.org/x/sys/unix"

// discardTyped drops what was typed and not read yet.
func discardTyped(fd uintptr) {
	const input = 1 // FREAD of <sys/fcntl.h>
	_ = unix.IoctlSetPointerInt(int(fd), unix.TIOCFLUSH, input)
}
