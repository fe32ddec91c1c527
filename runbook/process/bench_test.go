//go:build unix

package process_test

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/process"
)

// BenchmarkRun runs /bin/true in five ways in turn, so that all see the same
// machine, and reports the median of each and how Run compares. With pipes it
// shall be within 1.10 times os/exec without. A new session costs something by
// itself, most on a busy machine, where Linux schedules sessions as groups
// (autogroup): exec-setsid shows how much.
func BenchmarkRun(b *testing.B) {
	path := program(b, "true")
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	ways := []struct {
		name string
		run  func() error
	}{
		{"exec-nil", func() error { return exec.Command(path).Run() }},
		{"exec-pipes", func() error {
			var out, errs bytes.Buffer
			c := exec.CommandContext(ctx, path)
			c.Stdout, c.Stderr = &out, &errs
			return c.Run()
		}},
		{"exec-setsid", func() error {
			var out, errs bytes.Buffer
			c := exec.CommandContext(ctx, path)
			c.Stdout, c.Stderr = &out, &errs
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			return c.Run()
		}},
		{"run-nil", func() error {
			_, err := process.Run(ctx, process.Command{Path: path})
			return err
		}},
		{"run-pipes", func() error {
			var out, errs bytes.Buffer
			_, err := process.Run(ctx, process.Command{Path: path, Stdout: &out, Stderr: &errs})
			return err
		}},
	}
	took := map[string][]time.Duration{}
	for i := 0; b.Loop(); i++ {
		for j := range ways {
			w := ways[(i+j)%len(ways)]
			began := time.Now()
			if err := w.run(); err != nil {
				b.Fatal(err)
			}
			took[w.name] = append(took[w.name], time.Since(began))
		}
	}
	median := func(name string) float64 {
		slices.Sort(took[name])
		return float64(took[name][len(took[name])/2])
	}
	for _, w := range ways {
		b.ReportMetric(median(w.name)/1e3, w.name+"-µs")
	}
	b.ReportMetric(median("run-pipes")/median("exec-nil"), "pipes/exec-nil")
	b.ReportMetric(median("run-pipes")/median("exec-pipes"), "pipes/exec-pipes")
	b.ReportMetric(median("run-pipes")/median("exec-setsid"), "pipes/exec-setsid")
	b.ReportMetric(median("run-nil")/median("exec-nil"), "nil/exec-nil")
}

// BenchmarkOutput passes 1 GiB on, and compares with os/exec.
func BenchmarkOutput(b *testing.B) {
	c := process.Command{Path: program(b, "head"), Args: []string{"-c", "1G", "/dev/zero"}, Stdout: writerFunc(func(p []byte) (int, error) { return len(p), nil })}
	plain := func() error {
		e := exec.Command(c.Path, c.Args...)
		e.Stdout = c.Stdout
		return e.Run()
	}
	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := process.Run(b.Context(), c); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(began)
		began = time.Now()
		if err := plain(); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(began)
	}
	b.ReportAllocs()
	b.ReportMetric(float64(ours)/float64(theirs), "of-os/exec")
}
