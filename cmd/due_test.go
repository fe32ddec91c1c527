package cmd_test

import (
	"strings"
	"testing"
)

// TestRunOffers: who names no runbook at a terminal is offered what is due, the
// greatest risk first, and takes one by its number.
func TestRunOffers(t *testing.T) {
	d := newDesk(t)
	d.write("msp.yaml", "client: acme\n")
	for id, cron := range map[string]string{"hourly": "0 * * * *", "daily": "0 0 * * *"} {
		d.write("runbooks/"+id+".yaml", "apiVersion: msp/v1\nkind: Runbook\nid: "+id+"\nversion: 1.0.0\ntitle: T\nschedule: {cron: \""+cron+"\", timezone: UTC}\n"+
			"steps: [{id: a, title: A, run: [\"true\"]}]\n")
	}
	d.write("runbooks/acme.yaml", "apiVersion: msp/v1\nkind: Plan\nclient: acme\nrunbooks: [{runbook: daily}, {runbook: hourly}]\n")
	d.mspWith([]string{envNow + "=2026-06-29T23:59:00Z"}, "plan", "sign", "runbooks/acme.yaml")
	w := d.window(findTmux(t), 80, "env "+envNow+"=2026-06-30T00:10:00Z ./msp run")
	if screen := w.wait("which"); !strings.Contains(screen, "  1  acme hourly · due 00:00") || !strings.Contains(screen, "  2  acme daily") {
		t.Error(screen)
	}
	w.do("send-keys", "3", "Enter")
	w.wait("a number from 1 to 2")
	w.do("send-keys", "2", "Enter")
	if screen := w.wait("the exit code is"); !strings.Contains(screen, "daily 1.0.0 · acme") || !strings.Contains(screen, "code is 0") {
		t.Error(screen)
	}
	if got := d.mspWith([]string{envNow + "=2026-06-30T00:20:00Z"}, "run"); got.code != 2 || strings.Contains(got.stderr, "daily") || !strings.Contains(got.stderr, "hint: msp run hourly --client acme") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}
