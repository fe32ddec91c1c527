//go:build unix

package cmd_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/msp-runbook/msp/cmd"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// A fleet is many clients, each with a signed plan that has been in force for 90
// days. The runs are put where msp keeps what it has read of the logs: to sign and
// log 1.8 million of them would take longer than all other tests, and reading what
// is known already is what is measured.
type fleet struct {
	b     *testing.B
	state string
	since time.Time
	now   time.Time
}

var benchDigest = "sha256:" + strings.Repeat("12", 32)

func newFleet(b *testing.B, clients, runbooks int) *fleet {
	b.Helper()
	home := alone(b)
	b.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	now := time.Date(2026, 6, 30, 6, 10, 0, 0, time.UTC)
	f := &fleet{b, filepath.Join(home, "state"), now.AddDate(0, 0, -90), now}
	for i := range clients {
		f.client(fmt.Sprintf("client-%03d", i), runbooks)
	}
	return f
}

func (f *fleet) client(client string, runbooks int) {
	f.b.Helper()
	key, err := evidence.GenerateKey(evidence.Ed25519)
	must(f.b, err)
	store := evidence.OpenStore(nil, filepath.Join(f.state, "clients", client))
	log := store.OpenLog(client, "desk", key, filepath.Join(f.state, "..", "heads", client))
	writer := record.Signer{ID: "desk", Key: key.Public().AuthorizedKey()}
	l := &record.Ledger{Store: store, Log: log, Client: client, Writer: writer, Operator: key}
	plan := record.Plan{Client: client, Writer: writer, Operator: l.Signer(), Signed: f.since, Digest: benchDigest, Source: benchDigest, Ticker: "desk", Level: "logged"}
	source, err := store.PutBlob([]byte("apiVersion: msp/v1\nkind: Runbook\nid: any\nversion: 1.0.0\ntitle: Any\nsteps: [{id: a, title: A, run: \"true\"}]\n"))
	must(f.b, err)
	zones := []string{"Europe/London", "America/New_York", "Australia/Lord_Howe"}
	for i := range runbooks {
		plan.Runbooks = append(plan.Runbooks, record.PlannedRunbook{
			Runbook:  record.Runbook{ID: fmt.Sprintf("runbook-%02d", i), Version: "1.0.0", Digest: benchDigest, Source: source.Digest},
			Schedule: record.Schedule{Cron: fmt.Sprintf("%d %d * * *", i, i%24), Timezone: zones[i%len(zones)], Early: runbook.Nanoseconds(10 * time.Minute)},
			SLA:      &agreement.Terms{Clock: "scheduled", StartWithin: runbook.Nanoseconds(30 * time.Minute), CompleteWithin: runbook.Nanoseconds(2 * time.Hour)},
		})
	}
	_, _, err = l.Say(f.b.Context(), record.KindPlan, plan)
	must(f.b, err)
	f.runs(store, client)
}

// runs puts a run of each occurrence where it would be kept; every hundredth failed.
func (f *fleet) runs(store *evidence.Store, client string) {
	f.b.Helper()
	file := cmd.StandingFile(f.state, client)
	s, err := record.ReadStanding(store, client, file, 0)
	must(f.b, err)
	all, err := s.Expected(f.since, f.now.Add(-30*time.Minute), f.now)
	must(f.b, err)
	for i, e := range all {
		ended := e.Due.Add(10 * time.Minute)
		a := &record.Attempt{
			Run: uuid.NewSHA1(uuid.Nil, []byte(e.Name)).String(), Runbook: e.Runbook, Start: benchDigest, Occurrence: e.Name,
			Started: e.Due.Add(5 * time.Minute), FinishBy: *e.CompleteBy, Deadline: e.CompleteBy, Ended: &ended, Outcome: record.RunDone,
		}
		if i%100 == 99 {
			a.Outcome = record.RunFailed
		}
		s.Runs[a.Run] = a
	}
	must(f.b, s.Settle(f.now.Add(-20*time.Hour)))
	s.Keep(file)
}

// command is msp at the fleet's time.
func (f *fleet) command(msp string, args ...string) *exec.Cmd {
	c := exec.Command(msp, append(args, "--state", f.state, "--at", f.now.Format(time.RFC3339))...)
	c.Stdout = io.Discard
	return c
}

// BenchmarkDue is msp due for one client with 20 runbooks against msp version.
func BenchmarkDue(b *testing.B) {
	msp := build(b)
	f := newFleet(b, 1, 20)
	inTurn(b, 2,
		func() { must(b, exec.Command(msp, "version").Run()) },
		func() { must(b, f.command(msp, "due", "--client", "client-000").Run()) })
}

// tick is what a tick looks at and would do, at the fleet's time.
func (f *fleet) tick() *exec.Cmd {
	self, err := os.Executable()
	must(f.b, err)
	return &exec.Cmd{
		Path: self, Args: []string{"msp", "tick", "--dry-run", "--state", f.state},
		Env: append(os.Environ(), envNow+"="+f.now.Format(time.RFC3339)), Stdout: io.Discard,
	}
}

// BenchmarkFleet is msp due, msp overdue and msp tick for 500 clients with 40
// runbooks and 90 days: 1.8 million occurrences. The processor's time on all cores stands beside
// what passed, which others on the machine share.
func BenchmarkFleet(b *testing.B) {
	if testing.Short() {
		b.Skip("it takes minutes to prepare")
	}
	msp := build(b)
	f := newFleet(b, 500, 40)
	for _, job := range []string{"due", "overdue", "tick"} {
		b.Run(job, func(b *testing.B) {
			var cpu time.Duration
			var peak int64
			for b.Loop() {
				c := f.command(msp, job)
				if job == "tick" {
					c = f.tick()
				}
				if err := c.Run(); err != nil && c.ProcessState.ExitCode() != 1 {
					b.Fatal(err)
				}
				cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
				if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
					peak = max(peak, usage.Maxrss)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
			b.ReportMetric(5, "limit-s")
			b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s")
			b.ReportMetric(float64(peak)/1024, "peak-MiB")
		})
	}
}
