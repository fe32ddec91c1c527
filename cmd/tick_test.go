package cmd_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// tickDesk is a workspace whose client acme has a daily runbook at seven in London,
// and this machine as its ticker.
type tickDesk struct{ *desk }

const tickRunbook = `apiVersion: msp/v1
kind: Runbook
id: daily
version: 1.0.0
title: Verify the backups
rationale: Backups ran for two weeks without anyone noticing.
owner: {role: technician, contact: backup@provider.example}
schedule: {cron: "0 7 * * *", timezone: Europe/London}
sla: {clock: scheduled, start_within: 30m, complete_within: 2h}
escalation:
  not_acknowledged: [{after: 15m, notify: ben, repeat: 30m}]
  not_resolved: [{after: 50%, notify: owner}]
steps: [{id: a, title: A, run: ["true"]}]
`

const tickContacts = `apiVersion: msp/v1
kind: Contacts
timezone: Europe/London
contacts:
  - {id: ana, name: Ana Lima, side: provider, roles: [technician], channels: [mail: ana@provider.example]}
  - {id: ben, name: Ben Okafor, side: provider, channels: [night]}
`

func newTickDesk(t *testing.T, folder, config string) *tickDesk {
	t.Helper()
	d := &tickDesk{newDeskIn(t, folder)}
	d.configure(config)
	d.write("msp.yaml", "client: acme\n")
	d.write("runbooks/daily.yaml", tickRunbook)
	d.write("runbooks/contacts.yaml", tickContacts)
	const plan = "apiVersion: msp/v1\nkind: Plan\nclient: acme\nrunbooks: [{runbook: daily}]\n"
	d.write("runbooks/acme.yaml", plan)
	d.at(0, "2026-06-30T05:00:00Z", "plan", "sign", "runbooks/acme.yaml")
	d.write("runbooks/acme.yaml", plan+"ticker: "+d.writer()+"\n")
	d.at(0, "2026-06-30T05:05:00Z", "plan", "sign", "runbooks/acme.yaml")
	return d
}

// configure writes the user's own config.yaml.
func (d *desk) configure(text string) {
	d.t.Helper()
	folder := filepath.Join(d.home, ".config/msp")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "config.yaml"), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *tickDesk) store() *evidence.Store {
	return evidence.OpenStore(nil, d.path(".msp/clients/acme"))
}

func (d *tickDesk) writer() string {
	d.t.Helper()
	writers, err := d.store().Writers()
	if err != nil || len(writers) != 1 {
		d.t.Fatal(writers, err)
	}
	return writers[0]
}

// at runs msp at an instant, to end with a code.
func (d *tickDesk) at(code int, instant string, args ...string) ran {
	d.t.Helper()
	got := d.mspWith([]string{envNow + "=" + instant}, args...)
	if got.code != code {
		d.t.Fatalf("%s: %v: exit code %d, want %d\n%s%s", instant, args, got.code, code, got.stdout, got.stderr)
	}
	return got
}

// ntfy is a server of ntfy that can be down.
type ntfy struct {
	*httptest.Server
	mu   sync.Mutex
	down bool
	took []string // titles
}

func newNtfy(t *testing.T) *ntfy {
	t.Helper()
	n := &ntfy{}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		var m struct{ Topic, Title string }
		err := json.NewDecoder(r.Body).Decode(&m)
		switch {
		case r.URL.Path == "/alive":
			n.took = append(n.took, "alive")
		case n.down:
			w.WriteHeader(http.StatusInternalServerError)
		case err != nil || m.Topic != "nights" || r.Header.Get("Authorization") != "Bearer tk_0123456789":
			w.WriteHeader(http.StatusBadRequest)
		default:
			n.took = append(n.took, m.Title)
		}
	}))
	t.Cleanup(n.Close)
	return n
}

func (n *ntfy) be(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

// taken is what came since it was asked last.
func (n *ntfy) taken() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	took := n.took
	n.took = nil
	return took
}

// mailbox is a server that takes mail, and gives what was sent.
func mailbox(t *testing.T) (port string, mails <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	got := make(chan string, 10)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			got <- takeMail(conn)
		}
	}()
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return port, got
}

func takeMail(conn net.Conn) string {
	defer conn.Close()
	var mail strings.Builder
	in := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 here\r\n")
	for data := false; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return mail.String()
		}
		mail.WriteString(line)
		switch word := strings.ToUpper(strings.TrimSpace(line)); {
		case data && word != ".":
		case word == "DATA":
			data = true
			fmt.Fprint(conn, "354 go on\r\n")
		case word == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return mail.String()
		default:
			data = false
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// TestTickTells has a channel go down and come back, somebody acknowledge, and the
// work be done. Each notice is told once, and what is done to nobody.
func TestTickTells(t *testing.T) {
	t.Parallel()
	server := newNtfy(t)
	port, mails := mailbox(t)
	d := newTickDesk(t, t.TempDir(), fmt.Sprintf(`channels:
  night: {type: ntfy, url: %q, topic: nights, token: {env: NIGHT_TOKEN}}
  mail: {type: mail, host: 127.0.0.1, port: %s, tls: none, from: msp@provider.example}
deadman: %s/alive
`, server.URL, port, server.URL))
	d.env = append(d.env, "NIGHT_TOKEN=tk_0123456789")
	const first = "acme: Verify the backups: not acknowledged since Tue 2026-06-30 07:00 BST"
	took := func(when string, want ...string) {
		t.Helper()
		if got := server.taken(); !slices.Equal(got, want) {
			t.Fatalf("%s: the server took %q, want %q", when, got, want)
		}
	}

	d.at(0, "2026-06-30T06:14:00Z", "tick")
	took("before the first rung", "alive")
	server.be(true)
	got := d.at(1, "2026-06-30T06:15:00Z", "tick")
	if !strings.Contains(got.stderr, "Ben Okafor couldn't be told") || strings.Contains(got.stderr, "tk_0123456789") {
		t.Errorf("the failure reads %s", got.stderr)
	}
	if got := d.at(1, "2026-06-30T06:16:00Z", "doctor"); !strings.Contains(got.stdout, "night failed 2026-06-30 06:15:00 +00:00: unreachable") {
		t.Errorf("doctor says %s", got.stdout)
	}
	d.at(1, "2026-06-30T06:20:00Z", "tick")
	took("while the channel is down") // and whoever watches the ticks hears nothing either
	server.be(false)
	d.at(0, "2026-06-30T06:25:00Z", "tick")
	took("when it is back", first, "alive")
	d.at(0, "2026-06-30T06:30:00Z", "tick")
	took("then nothing more", "alive")

	// It is repeated until somebody takes it on, which ends this ladder only.
	d.at(0, "2026-06-30T06:45:00Z", "tick")
	took("the repeat", first, "alive")
	d.at(0, "2026-06-30T06:50:00Z", "ack", "acme/daily/2026-06-30T07:00:00+01:00[Europe/London]")
	d.at(0, "2026-06-30T07:30:00Z", "tick")
	took("after the acknowledgement", "alive")
	mail := <-mails
	for _, want := range []string{"RCPT TO:<ana@provider.example>", "not resolved since Tue 2026-06-30 07:00 BST", "Acknowledged at"} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail doesn't say %q:\n%s", want, mail)
		}
	}

	d.at(4, "2026-06-30T08:00:00Z", "run", "daily")
	d.at(0, "2026-06-30T08:40:00Z", "tick")
	took("when it is done", "alive")
	if got := d.at(0, "2026-06-30T08:41:00Z", "verify"); !strings.Contains(got.stdout, "nothing broken") {
		t.Error(got.stdout)
	}
}

// TestTickElsewhere ticks on a machine that shares the state and isn't the ticker.
func TestTickElsewhere(t *testing.T) {
	t.Parallel()
	server := newNtfy(t)
	d := newTickDesk(t, t.TempDir(), "channels: {night: {type: exec, command: [touch, sent]}}\ndeadman: "+server.URL+"/alive\n")
	other := *d.desk
	other.home = filepath.Join(filepath.Dir(d.home), "other")
	if err := os.CopyFS(filepath.Join(other.home, ".config/msp"), os.DirFS(filepath.Join(d.home, ".config/msp"))); err != nil {
		t.Fatal(err)
	}
	for _, own := range []string{"writers", "keys"} {
		if err := os.RemoveAll(filepath.Join(other.home, ".config/msp", own)); err != nil {
			t.Fatal(err)
		}
	}
	other.env = slices.Clone(d.env)
	other.env[0] = "HOME=" + other.home
	before := d.at(0, "2026-07-02T06:20:00Z", "log", "--json").stdout
	got := (&tickDesk{&other}).at(0, "2026-07-02T06:20:00Z", "tick")
	if !strings.Contains(got.stdout, "which doesn't write here") || !strings.Contains(got.stdout, "would be done: 2 signed, 2 opened") {
		t.Errorf("it says %s", got.stdout)
	}
	if after := d.at(0, "2026-07-02T06:20:00Z", "log", "--json").stdout; after != before {
		t.Error("something was logged")
	}
	if _, err := os.Stat(d.path("sent")); err == nil {
		t.Error("something was sent")
	}
	if _, err := os.Stat(filepath.Join(other.home, ".config/msp/keys")); err == nil {
		t.Error("a key was made")
	}
	if took := server.taken(); len(took) > 0 {
		t.Errorf("who looks after nobody says that all is well: %q", took)
	}
}

// TestTickNowhere ticks over states that have no client, and over one that isn't
// there. Nobody is told that somebody watches, and nothing is made.
func TestTickNowhere(t *testing.T) {
	t.Parallel()
	server := newNtfy(t)
	d := &tickDesk{newDesk(t)}
	d.configure("deadman: " + server.URL + "/alive\n")
	const now = "2026-07-02T06:20:00Z"
	d.at(0, now, "tick")
	d.at(0, now, "tick", "--client", "typo")
	for _, command := range []string{"tick", "due", "overdue", "doctor"} {
		got := d.at(2, now, command, "--state", d.path("nowhere"))
		if !strings.Contains(got.stderr, "there is no folder") || !strings.Contains(got.stderr, "hint: --state names the folder with the evidence") {
			t.Errorf("%s says %s", command, got.stderr)
		}
	}
	if _, err := os.Stat(d.path("nowhere")); err == nil {
		t.Error("the folder was made")
	}
	if took := server.taken(); len(took) > 0 {
		t.Errorf("who looks after nobody says that all is well: %q", took)
	}
}

// TestTickNamesNotices has a send fail and be tried again, and then a repeat. The
// same notice has the same id, another one has another, and the key joins them.
func TestTickNamesNotices(t *testing.T) {
	t.Parallel()
	d := newTickDesk(t, t.TempDir(), "channels: {night: {type: exec, command: [sh, -c, 'cat >> told; echo >> told; test -e up']}}\n")
	d.at(1, "2026-06-30T06:15:00Z", "tick")
	d.write("up", "")
	d.at(0, "2026-06-30T06:20:00Z", "tick")
	d.at(0, "2026-06-30T06:45:00Z", "tick")
	file, err := os.Open(d.path("told"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	type told struct {
		ID, Key, Ladder, Contact string
		Rung                     int
	}
	var all [3]told
	in := json.NewDecoder(file)
	for i := range all {
		if err := in.Decode(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	const key = "acme/daily/2026-06-30T07:00:00+01:00[Europe/London]"
	first := told{key + "/not_acknowledged/1/0", key, "not_acknowledged", "ben", 1}
	again := first
	again.ID = key + "/not_acknowledged/1/1"
	if want := [3]told{first, first, again}; all != want {
		t.Errorf("told %+v, want %+v", all, want)
	}
}
