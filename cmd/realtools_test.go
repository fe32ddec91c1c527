//go:build linux

package cmd_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbooks"
)

// drill is one runbook of the library against the real thing.
type drill struct {
	*desk
	book   string // an id, or the path of a changed copy
	inputs map[string]string
	ended  ran
	steps  map[string]record.Step
	said   map[string]string // by step: what its programs printed, as it was kept
}

func newDrill(t *testing.T, book string, tools ...string) *drill {
	t.Helper()
	needTools(t, tools...)
	d := &drill{desk: newDesk(t), book: book, inputs: map[string]string{}}
	d.write("tmp/.keep", "")
	d.env = append(d.env, "TMPDIR="+d.path("tmp"))
	return d
}

// alter has the drill run a copy of the runbook in which one step is another.
func (d *drill) alter(step, pattern, with string) {
	d.t.Helper()
	source, err := fs.ReadFile(runbooks.Files, d.book+".yaml")
	if err != nil {
		d.t.Fatal(err)
	}
	before, after, found := strings.Cut(string(source), "- id: "+step+"\n")
	section, rest, more := strings.Cut(after, "- id: ")
	changed := regexp.MustCompile(pattern).ReplaceAllString(section, with)
	if !found || changed == section {
		d.t.Fatalf("the step %s of %s has no %s", step, d.book, pattern)
	}
	if more {
		rest = "- id: " + rest
	}
	d.write("copy.yaml", before+"- id: "+step+"\n"+changed+rest)
	d.book = "./copy.yaml"
}

// run does the runbook. Whatever comes of it, the evidence holds and no file
// is left behind.
func (d *drill) run() {
	d.t.Helper()
	args := []string{"run", d.book, "--no-input", "--plain"}
	for _, name := range slices.Sorted(maps.Keys(d.inputs)) {
		args = append(args, "--input", name+"="+d.inputs[name])
	}
	d.ended = d.msp(args...)
	if v := d.msp("verify"); v.code != 0 {
		d.t.Errorf("verify: exit code %d\n%s%s", v.code, v.stdout, v.stderr)
	}
	store := evidence.OpenStore(nil, filepath.Join(d.state(), "clients", "local"))
	history, err := record.ReadHistory(store, "local", 0)
	if err != nil || len(history.Accounts) == 0 {
		d.t.Fatalf("no run was recorded: %v\n%s", err, d.ended.stderr)
	}
	d.steps, d.said = map[string]record.Step{}, map[string]string{}
	for _, s := range history.Accounts[len(history.Accounts)-1].Steps() {
		d.steps[s.ID] = s
		d.said[s.ID] = d.kept(store, s.Stdout) + d.kept(store, s.Stderr)
	}
	if left, err := os.ReadDir(d.path("tmp")); err != nil || len(left) != 1 {
		d.t.Errorf("left in the folder for temporary files: %v, %v", left, err)
	}
}

func (d *drill) kept(store *evidence.Store, s *record.Stream) string {
	d.t.Helper()
	if s == nil || s.Digest == "" {
		return ""
	}
	blob, err := store.OpenBlob(s.Digest)
	if err != nil {
		d.t.Fatal(err)
	}
	defer blob.Close()
	text, err := io.ReadAll(blob)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// wantDone holds that every step passed.
func (d *drill) wantDone() {
	d.t.Helper()
	if d.ended.code != 0 {
		d.t.Fatalf("exit code %d\n%s%s", d.ended.code, d.ended.stdout, d.ended.stderr)
	}
	for id, s := range d.steps {
		if s.Outcome != record.Passed {
			d.t.Errorf("the step %s is %s", id, s.Outcome)
		}
	}
}

// wantFailed holds that this step failed and no other, for this cause, and that
// what it printed says why.
func (d *drill) wantFailed(step string, cause record.Cause, says string) {
	d.t.Helper()
	if d.ended.code != 1 {
		d.t.Errorf("exit code %d, want 1", d.ended.code)
	}
	for id, s := range d.steps {
		if (s.Outcome == record.Failed) != (id == step) {
			d.t.Errorf("the step %s is %s", id, s.Outcome)
		}
	}
	if s := d.steps[step]; s.Cause != cause {
		d.t.Errorf("the step %s is %s because of %q, want %q", step, s.Outcome, s.Cause, cause)
	}
	if !strings.Contains(d.said[step], says) {
		d.t.Errorf("the step %s doesn't say %q but\n%s", step, says, d.said[step])
	}
	if d.t.Failed() {
		d.t.Logf("%s%s", d.ended.stdout, d.ended.stderr)
	}
}

// wantGone waits until the processes whose numbers a file holds are gone.
func (d *drill) wantGone(file string) {
	d.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		d.t.Fatal(err)
	}
	pids := strings.Fields(string(data))
	if len(pids) < 2 {
		d.t.Fatalf("only %d processes were started", len(pids))
	}
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, pid := range pids {
		for alive(pid) {
			select {
			case <-tick.C:
			case <-deadline:
				d.t.Fatalf("the process %s is still there", pid)
			}
		}
	}
}

// alive reports whether a process is there and no zombie.
func alive(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

const resticPassword = "correct horse battery staple"

// newRestic makes a repository and a folder that is to be backed up.
func newRestic(t *testing.T) *drill {
	t.Helper()
	d := newDrill(t, "restic-verify", "restic", "jq")
	d.env = append(d.env, "RESTIC_PASSWORD="+resticPassword)
	d.inputs = map[string]string{"repository": "repo", "source": "source", "subset": "100%"}
	d.write("source/letters [1]*.txt", strings.Repeat("Dear Sir or Madam\n", 1000))
	d.write("source/books/2026.csv", strings.Repeat("2026;1;2;3\n", 5000))
	d.write("source/empty", "")
	d.restic("init")
	return d
}

func (d *drill) restic(args ...string) {
	d.t.Helper()
	c := exec.Command("restic", append([]string{"--quiet", "--repo", d.path("repo")}, args...)...)
	c.Env, c.Dir = d.env, d.path("source")
	if out, err := c.CombinedOutput(); err != nil {
		d.t.Fatalf("restic %v: %v\n%s", args, err, out)
	}
}

func (d *drill) backup(args ...string) {
	d.t.Helper()
	d.restic(append([]string{"backup", d.path("source")}, args...)...)
}

// digests are those of all files in the repository.
func (d *drill) digests() map[string][sha256.Size]byte {
	d.t.Helper()
	digests := map[string][sha256.Size]byte{}
	err := filepath.WalkDir(d.path("repo"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		digests[path] = sha256.Sum256(data)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return digests
}

func TestResticVerify(t *testing.T) {
	t.Parallel()
	d := newRestic(t)
	d.backup()
	before := d.digests()

	d.run()
	d.wantDone()
	if diff := cmp.Diff(before, d.digests()); diff != "" {
		t.Errorf("the check changed the repository, or left a lock there:\n%s", diff)
	}
	d.wantAgainst("source")
	chosen := d.said["choose"]
	if !strings.Contains(chosen, " of 2\n") {
		t.Errorf("not one of two files was chosen: %s", chosen)
	}
	t.Run("the seed repeats the choice", func(t *testing.T) {
		d.inputs["seed"] = d.steps["choose"].Outputs["seed"]
		d.run()
		d.wantDone()
		if d.said["choose"] != chosen {
			t.Errorf("the seed %s gives\n%s, and gave\n%s", d.inputs["seed"], d.said["choose"], chosen)
		}
	})
	t.Run("each file has its turn", func(t *testing.T) {
		var files []string
		for _, seed := range []string{"0", "1"} {
			d.inputs["seed"] = seed
			d.run()
			d.wantDone()
			d.wantAgainst("source")
			_, file, _ := strings.Cut(d.said["choose"], "\nfile=")
			files = append(files, strings.SplitN(file, "\n", 2)[0])
		}
		want := []string{d.path("source/books/2026.csv"), d.path("source/letters [1]*.txt")}
		if diff := cmp.Diff(want, files); diff != "" {
			t.Errorf("the seeds 0 and 1 (-want +got)\n%s", diff)
		}
	})
	t.Run("a source that went on", func(t *testing.T) {
		d.write("source/letters [1]*.txt", "Dear all\n")
		d.write("source/books/2026.csv", "2027\n")
		d.run()
		d.wantDone()
		d.wantAgainst("repository")
	})
	t.Run("a source without its path", func(t *testing.T) {
		d.restic("backup", ".")
		d.run()
		d.wantDone()
		d.wantAgainst("source")
	})
}

// wantAgainst holds what the restored file was compared with.
func (d *drill) wantAgainst(what string) {
	d.t.Helper()
	if !strings.HasSuffix(d.said["restored"], ", compared with the "+what+"\n") {
		d.t.Errorf("not compared with the %s: %s", what, d.said["restored"])
	}
}

func TestResticVerifyFails(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("restic takes its time with each password")
	}
	for _, c := range []struct {
		name    string
		prepare func(d *drill)
		step    string
		cause   record.Cause
		says    string
	}{
		{"empty", func(*drill) {}, "fresh", record.CauseExit, "there is no snapshot of"},
		{"stale", func(d *drill) {
			d.backup("--time", time.Now().Add(-27*time.Hour).Format(time.DateTime))
		}, "fresh", record.CauseExpectation, "snapshot "},
		{"from the future", func(d *drill) {
			d.backup("--time", time.Now().Add(time.Hour).Format(time.DateTime))
		}, "fresh", record.CauseExit, "is from the future"},
		{"of another host", func(d *drill) {
			d.backup("--host", "other")
			d.inputs["host"] = "this"
		}, "fresh", record.CauseExit, "there is no snapshot of"},
		{"wrong password", func(d *drill) {
			d.backup()
			d.env = append(d.env, "RESTIC_PASSWORD=not the one that it was")
		}, "fresh", record.CauseExit, "wrong password"},
		{"damaged", func(d *drill) {
			d.backup()
			d.damage()
		}, "intact", record.CauseExit, "Fatal: repository contains errors"},
		{"nothing in it", func(d *drill) {
			os.RemoveAll(d.path("source"))
			d.write("source/empty", "")
			d.backup()
		}, "choose", record.CauseExit, "holds no file that could be restored"},
		{"another content", func(d *drill) {
			d.backup()
			d.rot("source/letters [1]*.txt")
			d.rot("source/books/2026.csv")
		}, "restored", record.CauseExit, "other content than what was restored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newRestic(t)
			c.prepare(d)
			d.run()
			d.wantFailed(c.step, c.cause, c.says)
			if strings.Contains(d.ended.stdout+d.ended.stderr, resticPassword) {
				t.Error("the password was printed")
			}
		})
	}
}

// damage flips a bit in the middle of every pack.
func (d *drill) damage() {
	d.t.Helper()
	packs, err := filepath.Glob(d.path("repo/data/*/*"))
	if err != nil || len(packs) == 0 {
		d.t.Fatalf("no packs: %v", err)
	}
	for _, pack := range packs {
		data, err := os.ReadFile(pack)
		if err != nil {
			d.t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.Chmod(pack, 0o600); err != nil {
			d.t.Fatal(err)
		}
		if err := os.WriteFile(pack, data, 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
}

// rot changes a file, and neither its size nor its time.
func (d *drill) rot(name string) {
	d.t.Helper()
	info, err := os.Stat(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	d.write(name, strings.Repeat("x", int(info.Size())))
	if err := os.Chtimes(d.path(name), info.ModTime(), info.ModTime()); err != nil {
		d.t.Fatal(err)
	}
}

// A restic that hangs is ended with all that it started, whatever it was doing.
func TestResticVerifyHangs(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("restic takes its time with each password")
	}
	for step, command := range map[string]string{"fresh": "snapshots", "intact": "check", "choose": "ls", "restored": "dump"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			d := newRestic(t)
			d.backup()
			d.alter(step, `timeout: \w+`, "timeout: 1s")
			restic, err := exec.LookPath("restic")
			if err != nil {
				t.Fatal(err)
			}
			d.write("bin/restic", fmt.Sprintf("#!/bin/sh\n[ \"$1\" = %s ] || exec %s \"$@\"\nsleep 1000 &\necho $$ $! > %s\nwait\n", command, restic, d.path("pids")))
			if err := os.Chmod(d.path("bin/restic"), 0o700); err != nil {
				t.Fatal(err)
			}
			d.env = append(d.env, "PATH="+d.path("bin")+":"+os.Getenv("PATH"))
			d.run()
			d.wantFailed(step, record.CauseTimeout, "")
			d.wantGone(d.path("pids"))
		})
	}
}

// authority is a CA, or a certificate that a server presents.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue signs a certificate that ends so far from now; nil signs itself.
func (a *authority) issue(t *testing.T, name string, ends time.Duration, change func(*x509.Certificate)) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-30 * 24 * time.Hour), NotAfter: time.Now().Add(ends),
		BasicConstraintsValid: true,
	}
	change(template)
	parent, signer := template, key
	if a != nil {
		parent, signer = a.certificate, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key}
}

func isCA(c *x509.Certificate) {
	c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
}

func isServer(c *x509.Certificate) {
	c.DNSNames, c.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
}

// serve has openssl present a certificate and those above it, and points the
// drill there.
func (d *drill) serve(leaf *authority, above ...*authority) {
	d.t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(leaf.key)
	if err != nil {
		d.t.Fatal(err)
	}
	d.write("server.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	d.write("server.pem", leaf.pem())
	args := []string{"s_server", "-www", "-accept", "127.0.0.1:0", "-key", "server.key", "-cert", "server.pem"}
	if len(above) > 0 {
		chain := ""
		for _, a := range above {
			chain += a.pem()
		}
		d.write("chain.pem", chain)
		args = append(args, "-cert_chain", "chain.pem")
	}
	server := exec.Command("openssl", args...)
	server.Dir, server.Env = d.work, d.env
	out, err := server.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		server.Process.Signal(syscall.SIGKILL)
		server.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, port, ok := strings.Cut(lines.Text(), "ACCEPT 127.0.0.1:"); ok {
			d.inputs["port"] = port
			return
		}
	}
	d.t.Fatal("openssl s_server doesn't say where it listens")
}

const day = 24 * time.Hour

// newCertificates is a drill with the CA that its server is to be trusted for.
func newCertificates(t *testing.T) (*drill, *authority) {
	t.Helper()
	d := newDrill(t, "certificate-expiry", "openssl")
	ca := (*authority)(nil).issue(t, "A root", 300*day, isCA)
	d.write("ca.pem", ca.pem())
	d.inputs = map[string]string{"host": "localhost", "ca_file": "ca.pem"}
	return d, ca
}

func TestCertificateExpiry(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(d *drill, ca *authority){
		"by name":                func(*drill, *authority) {},
		"by address":             func(d *drill, _ *authority) { d.inputs["host"] = "127.0.0.1" },
		"by address with a name": func(d *drill, _ *authority) { d.inputs["host"], d.inputs["name"] = "127.0.0.1", "localhost" },
		"just enough":            func(d *drill, _ *authority) { d.inputs["min_days"] = "60" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, ca := newCertificates(t)
			prepare(d, ca)
			between := ca.issue(t, "An intermediate", 200*day, isCA)
			d.serve(between.issue(t, "localhost", 60*day+time.Hour, isServer), between)
			d.run()
			d.wantDone()
			if days := d.steps["valid"].Outputs["days"]; days != "60" {
				t.Errorf("%s days are left, want 60", days)
			}
		})
	}
}

func TestCertificateExpiryFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		serve func(d *drill, ca *authority)
		step  string
		cause record.Cause
		says  string
	}{
		{"5 days left", func(d *drill, ca *authority) {
			d.serve(ca.issue(d.t, "localhost", 5*day+time.Hour, isServer))
		}, "valid", record.CauseExpectation, "5 days are left"},
		{"expired", func(d *drill, ca *authority) {
			d.serve(ca.issue(d.t, "localhost", -time.Hour, isServer))
		}, "valid", record.CauseExit, "it has expired"},
		{"not valid yet", func(d *drill, ca *authority) {
			d.serve(ca.issue(d.t, "localhost", 60*day, func(c *x509.Certificate) {
				isServer(c)
				c.NotBefore = time.Now().Add(time.Hour)
			}))
		}, "valid", record.CauseExit, "it is not valid yet"},
		{"wrong name", func(d *drill, ca *authority) {
			d.serve(ca.issue(d.t, "localhost", 60*day, func(c *x509.Certificate) {
				isServer(c)
				c.DNSNames = []string{"other.example"}
			}))
		}, "named", record.CauseExpectation, "does NOT match"},
		{"unknown CA", func(d *drill, _ *authority) {
			other := (*authority)(nil).issue(d.t, "Another root", 300*day, isCA)
			d.serve(other.issue(d.t, "localhost", 60*day, isServer), other)
		}, "trusted", record.CauseExit, "self-signed certificate in certificate chain"},
		{"unknown to the system", func(d *drill, ca *authority) {
			delete(d.inputs, "ca_file")
			d.serve(ca.issue(d.t, "localhost", 60*day, isServer), ca)
		}, "trusted", record.CauseExit, "self-signed certificate in certificate chain"},
		{"not for servers", func(d *drill, ca *authority) {
			d.serve(ca.issue(d.t, "localhost", 60*day, func(c *x509.Certificate) {
				isServer(c)
				c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			}))
		}, "trusted", record.CauseExit, "purpose"},
		{"intermediate missing", func(d *drill, ca *authority) {
			d.serve(ca.issue(d.t, "An intermediate", 200*day, isCA).issue(d.t, "localhost", 60*day, isServer))
		}, "trusted", record.CauseExit, "unable to get local issuer certificate"},
		{"intermediate runs out", func(d *drill, ca *authority) {
			between := ca.issue(d.t, "An intermediate", 5*day, isCA)
			d.serve(between.issue(d.t, "localhost", 60*day, isServer), between)
		}, "lasting", record.CauseExit, "certificate has expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, ca := newCertificates(t)
			c.serve(d, ca)
			d.run()
			d.wantFailed(c.step, c.cause, c.says)
		})
	}
}

// A server that is not there, or says nothing, is tried again and given up.
func TestCertificateExpiryHangs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		listens bool
		cause   record.Cause
	}{
		"silent": {true, record.CauseTimeout},
		"gone":   {false, record.CauseExit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := newCertificates(t)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			_, d.inputs["port"], err = net.SplitHostPort(listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			timeout := "1s" // the kernel accepts, and nobody answers
			if !c.listens {
				listener.Close()
				timeout = "1m"
			}
			d.alter("presented", `timeout: 30s\n( +)retry: .*`, "timeout: "+timeout+"\n${1}retry: {max_attempts: 2, delay: 10ms}")
			d.run()
			d.wantFailed("presented", c.cause, "")
			if n := d.steps["presented"].Attempts; n != 2 {
				t.Errorf("%d attempts, want 2", n)
			}
		})
	}
}
