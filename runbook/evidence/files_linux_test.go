package evidence

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestReadLeased: who reads what somebody leases, as Samba does, waits until it is given
// back.
func TestReadLeased(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("leased"), 0o600); err != nil {
		t.Fatal(err)
	}
	held, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := unix.FcntlInt(held.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skip("no leases here:", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _, _ = unix.FcntlInt(held.Fd(), unix.F_SETLEASE, unix.F_UNLCK) })
	if data, err := readFile(path, 10); err != nil || string(data) != "leased" {
		t.Errorf("%q, %v", data, err)
	}
}
