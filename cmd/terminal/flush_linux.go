package terminal

import "golang.org/x/sys/unix"

// longestTyped is the most bytes of a line that the kernel keeps: N_TTY_BUF_SIZE
// without the line feed. It drops the rest without a word.
const longestTyped = 4095

// discardTyped drops what was typed and not read yet.
func discardTyped(fd uintptr) {
	_ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH)
}
