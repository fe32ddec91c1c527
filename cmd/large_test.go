//go:build linux

package cmd_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// TestOneGiB has a step print a GiB: msp's memory stays flat, and the record
// counts what was cut out of the middle.
func TestOneGiB(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	msp := filepath.Join(t.TempDir(), "msp")
	if out, err := exec.Command("go", "build", "-o", msp, "./msp").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const size = 1 << 30
	for name, secret := range map[string]string{"without a secret": "", "with a secret": "xyxxxxxx-hunter2"} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			secrets := ""
			if secret != "" {
				secrets = "secrets: [{name: TOKEN, from: {env: TOKEN}}]\n"
			}
			d.write("large.yaml", fmt.Sprintf("apiVersion: msp/v1\nkind: Runbook\nid: large\nversion: 1.0.0\ntitle: Large\n%ssteps:\n"+
				"  - {id: prints, title: It prints, run: \"head -c %d /dev/zero | tr '\\\\0' x\"}\n", secrets, size))
			c := &exec.Cmd{Path: msp, Args: []string{"msp", "run", "./large.yaml"}, Dir: d.work, Env: append(d.env, "TOKEN="+secret)}
			began := time.Now()
			peak, out := peakMemory(t, c)
			t.Logf("%s, at most %d KiB", time.Since(began).Round(10*time.Millisecond), peak)
			if peak > 32<<10 || peak == 0 {
				t.Errorf("it took %d KiB at most", peak)
			}
			accounts := d.history().Accounts
			if len(accounts) != 1 || !accounts[0].Finished() {
				t.Fatalf("%d runs: %s", len(accounts), out)
			}
			kept := accounts[0].Steps()[0].Stdout
			if kept.Written != size || kept.Size != evidence.DefaultBlobLimit || kept.LeftOut != size-evidence.DefaultBlobLimit {
				t.Errorf("%+v", kept)
			}
			checkCapped(t, d, kept)
		})
	}
}

func checkCapped(t *testing.T, d *desk, kept *record.Stream) {
	t.Helper()
	store := evidence.OpenStore(nil, filepath.Join(d.state(), "clients", "local"))
	blob, err := store.OpenBlob(kept.Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close()
	content, err := io.ReadAll(blob)
	if err != nil {
		t.Fatal(err)
	}
	marker := fmt.Sprintf("\n[msp: %d bytes left out here]\n", kept.LeftOut)
	rest := bytes.Replace(content, []byte(marker), nil, 1)
	if int64(len(rest)) != kept.Size || bytes.Count(rest, []byte("x")) != len(rest) {
		t.Errorf("%d bytes were kept, and %d of them with the marker", len(rest), len(content))
	}
}

// peakMemory runs a command and gives the most memory, in KiB, that its
// process had. The rusage of a child isn't used: it counts what the parent had
// before the exec.
func peakMemory(t *testing.T, c *exec.Cmd) (peak int, out string) {
	t.Helper()
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done, ended := make(chan struct{}), make(chan int)
	go func() {
		most, tick := 0, time.NewTicker(10*time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, highWater(c.Process.Pid))
			select {
			case <-done:
				ended <- most
				return
			case <-tick.C:
			}
		}
	}()
	err := c.Wait()
	close(done)
	peak = <-ended
	if err != nil {
		t.Errorf("%v: %s", err, said.String())
	}
	return peak, said.String()
}

// highWater is the most memory that a process had so far; 0 when it is gone.
func highWater(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return kib
}
