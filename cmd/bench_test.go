package cmd_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/cmd"
	"github.com/msp-runbook/msp/runbook/evidence"
)

// The benchmarks time msp against a limit that is measured in the same run,
// the two in turn, and report the ratio beside the ratio that is wanted. They
// assert nothing: a shared machine's speed is no test.

// inTurn times two jobs alternately and reports the ratio of their medians.
func inTurn(b *testing.B, wanted float64, limit, job func()) {
	b.Helper()
	limit()
	job()
	var limits, jobs []time.Duration
	for b.Loop() {
		limits = append(limits, timed(limit))
		jobs = append(jobs, timed(job))
	}
	for len(jobs) < 5 && !testing.Short() {
		limits = append(limits, timed(limit))
		jobs = append(jobs, timed(job))
	}
	slices.Sort(limits)
	slices.Sort(jobs)
	l, j := limits[len(limits)/2], jobs[len(jobs)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(l.Microseconds())/1000, "limit-ms")
	b.ReportMetric(float64(j.Microseconds())/1000, "msp-ms")
	b.ReportMetric(float64(j)/float64(l), "ratio")
	b.ReportMetric(wanted, "wanted")
}

func timed(job func()) time.Duration {
	start := time.Now()
	job()
	return time.Since(start)
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// alone gives msp a home of its own.
func alone(b *testing.B) string {
	b.Helper()
	home := b.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"} {
		b.Setenv(name, home)
	}
	b.Chdir(home)
	return home
}

// stepsRunbook writes a runbook with n steps of the same work.
func stepsRunbook(b *testing.B, folder string, n int, work string) string {
	b.Helper()
	var text strings.Builder
	text.WriteString("apiVersion: msp/v1\nkind: Runbook\nid: many\nversion: 1.0.0\ntitle: Many steps\nsteps:\n")
	for i := range n {
		fmt.Fprintf(&text, "- {id: s%d, title: t, run: %s}\n", i, work)
	}
	path := filepath.Join(folder, fmt.Sprintf("many-%d.yaml", n))
	must(b, os.WriteFile(path, []byte(text.String()), 0o600))
	return path
}

func runInProcess(b *testing.B, args ...string) {
	b.Helper()
	var out, complaint bytes.Buffer
	if code := cmd.Main(context.Background(), args, strings.NewReader(""), &out, &complaint); code != 0 {
		b.Fatalf("msp %s: exit %d\n%s%s", args, code, &out, &complaint)
	}
}

// loop is the floor: the same processes, and two appends with fsync for each.
func loop(b *testing.B, n int, name string, args ...string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "journal")
	disk := &evidence.Disk{}
	journal, err := disk.OpenAppend(path)
	must(b, err)
	defer journal.Close()
	line := bytes.Repeat([]byte("j"), 300)
	for range n {
		must(b, journal.Append(line))
		must(b, exec.Command(name, args...).Run())
		must(b, journal.Append(line))
	}
}

func BenchmarkSteps(b *testing.B) {
	for _, kind := range []struct {
		name, work string
		limit      []string
	}{
		{"argv", "[/bin/true]", []string{"/bin/true"}},
		{"shell", `{shell: sh, script: "true"}`, []string{"/bin/sh", "-c", "true"}},
	} {
		work := kind.work
		if kind.name == "argv" {
			work = "[\"true\"]"
		}
		b.Run(kind.name, func(b *testing.B) {
			home := alone(b)
			path := stepsRunbook(b, home, 1000, work)
			inTurn(b, 1.10,
				func() { loop(b, 1000, kind.limit[0], kind.limit[1:]...) },
				func() { runInProcess(b, "run", path, "--plain") })
		})
	}
}

// BenchmarkGrowth compares the cost of a step in a long run with that in a
// short one.
func BenchmarkGrowth(b *testing.B) {
	home := alone(b)
	paths := map[int]string{}
	if testing.Short() {
		b.Skip("it takes half a minute")
	}
	for _, n := range []int{1, 100, 1000, 10000} {
		paths[n] = stepsRunbook(b, home, n, `["true"]`)
	}
	cost := func(n int) time.Duration { return timed(func() { runInProcess(b, "run", paths[n], "--plain") }) }
	b.ResetTimer()
	short := (cost(100) - cost(1)).Seconds() / 99
	long := (cost(10000) - cost(1000)).Seconds() / 9000
	b.ReportMetric(short*1e6, "µs/step-1-100")
	b.ReportMetric(long*1e6, "µs/step-1000-10000")
	b.ReportMetric(long/short, "ratio")
	b.ReportMetric(1.1, "wanted")
}

// BenchmarkOneRun is one signed, logged run of one step against sh -c true.
func BenchmarkOneRun(b *testing.B) {
	msp := build(b)
	home := alone(b)
	path := stepsRunbook(b, home, 1, `["true"]`)
	inTurn(b, 16,
		func() { must(b, exec.Command("/bin/sh", "-c", "true").Run()) },
		func() { must(b, exec.Command(msp, "run", path, "--plain").Run()) })
}

// BenchmarkStartUp is msp version against a Go program that prints a line.
func BenchmarkStartUp(b *testing.B) {
	msp := build(b)
	bare := buildSource(b, "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(\"bare\\n\") }\n")
	alone(b)
	inTurn(b, 3,
		func() { must(b, exec.Command(bare).Run()) },
		func() { must(b, exec.Command(msp, "version").Run()) })
}

// BenchmarkOutput is a step that prints 1 GiB against a pipe into SHA-256 and
// a file.
func BenchmarkOutput(b *testing.B) {
	msp := build(b)
	home := alone(b)
	path := filepath.Join(home, "loud.yaml")
	const print = "head -c 1073741824 /dev/zero | tr '\\0' x"
	must(b, os.WriteFile(path, []byte("apiVersion: msp/v1\nkind: Runbook\nid: loud\nversion: 1.0.0\ntitle: Loud\n"+
		"secrets: [{name: TOKEN, from: {env: BENCH_TOKEN}}]\n"+
		"steps:\n- id: s\n  title: t\n  env: {TOKEN: \"${{ secrets.TOKEN }}\"}\n  run: |\n    "+print+"\n"), 0o600))
	b.Setenv("BENCH_TOKEN", "correct-horse-battery")
	floor := filepath.Join(home, "floor")
	inTurn(b, 1.5,
		func() { must(b, exec.Command("/bin/sh", "-c", print+" | tee "+floor+" | sha256sum").Run()) },
		func() { must(b, exec.Command(msp, "run", path, "--plain").Run()) })
}

func build(b *testing.B) string {
	b.Helper()
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		b.Skip("no go command here to build msp with")
	}
	path := filepath.Join(b.TempDir(), "msp")
	command := exec.Command("go", "build", "-trimpath", "-o", path, "./cmd/msp")
	command.Dir = strings.TrimSpace(string(root))
	out, err := command.CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

func buildSource(b *testing.B, source string) string {
	b.Helper()
	folder := b.TempDir()
	must(b, os.WriteFile(filepath.Join(folder, "main.go"), []byte(source), 0o600))
	path := filepath.Join(folder, "bare")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", path, filepath.Join(folder, "main.go")).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}
