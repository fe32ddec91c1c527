//go:build unix

package process

import (
	"os"

	"golang.org/x/sys/unix"
)

const gentleName = "SIGTERM"

func signalName(n int) string {
	return unix.SignalName(unix.Signal(n))
}

// executable returns the file if it exists, and whether this process may
// execute it.
func executable(file string) (found string, ok bool) {
	info, err := os.Stat(file)
	if err != nil || info.IsDir() {
		return "", false
	}
	err = unix.Faccessat(unix.AT_FDCWD, file, unix.X_OK, unix.AT_EACCESS)
	return file, err == nil && info.Mode()&0o111 != 0
}

// closeOnExec keeps the descriptors that this process has inherited itself, and
// that have usual numbers, from the programs.
func closeOnExec() {
	for fd := 3; fd < 1024; fd++ {
		unix.CloseOnExec(fd)
	}
}
