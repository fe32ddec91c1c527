package evidence

import (
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"testing"

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
	lease := held.Fd()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGIO) // tells that somebody wants to open what is leased
	defer signal.Stop(asked)
	if _, err := unix.FcntlInt(lease, unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skip("no leases here:", err)
	}
	var back sync.WaitGroup
	back.Go(func() {
		<-asked
		if _, err := unix.FcntlInt(lease, unix.F_SETLEASE, unix.F_UNLCK); err != nil {
			t.Error(err)
		}
	})
	data, err := readFile(path, 10)
	back.Wait()
	if err != nil || string(data) != "leased" {
		t.Errorf("%q, %v", data, err)
	}
}
