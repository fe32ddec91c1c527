package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// monday is when things are due in these tests: 07:20 in London.
var monday = time.Date(2026, 7, 6, 6, 20, 0, 0, time.UTC)

// dueRow is a row that is due some time from monday, to be started and completed
// within some time of that.
func dueRow(client, id string, p record.Pending, due, start, complete time.Duration) DueRow {
	r := DueRow{Pending: p, Zone: time.UTC}
	r.Client, r.Runbook, r.Name, r.Due, r.Closes = client, id, client+"/"+id, monday.Add(due), monday.Add(due+72*time.Hour)
	if by := r.Due.Add(start); start > 0 {
		r.StartBy = &by
	}
	if by := r.Due.Add(complete); complete > 0 {
		r.CompleteBy = &by
	}
	return r
}

func manyDue(t *testing.T) Due {
	t.Helper()
	london, err := runbook.Zone("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	run := &record.Attempt{Run: "01a201c6-0a87-7278-8deb-27fe40e286c5"}
	rows := []DueRow{
		dueRow("globex", "patch-cycle", record.Pending{State: "due"}, -80*time.Minute, 30*time.Minute, 3*time.Hour),
		dueRow("acme", "restore-drill", record.Pending{State: "running", Run: run}, -4*time.Hour, 0, 3*time.Hour),
		dueRow("acme", "backup-verify", record.Pending{State: "due", Risk: record.RiskNow}, -20*time.Minute, 30*time.Minute, 2*time.Hour),
		dueRow("initech", "mail-move-with-a-very-long-name", record.Pending{State: "waiting", Risk: record.RiskNow, Run: run, Held: "waiting_client"}, -time.Hour, 0, 2*time.Hour),
		dueRow("acme", "antivirus-health", record.Pending{State: "due", Risk: record.RiskNow}, 10*time.Minute, 30*time.Minute, 0),
		dueRow("acme", "access-review", record.Pending{State: "due", Risk: record.RiskNow}, -50*time.Hour, 0, 0),
		dueRow("acme", "asked-for", record.Pending{State: "running", Risk: record.RiskNow, Run: run}, 0, 0, 0),
	}
	rows[0].Zone, rows[0].Told, rows[0].Before = london, "on-call told 06:45", 15
	rows[3].For = "1 approval by a lead at agree"
	rows[6].Due = time.Time{}
	for i := range 7 {
		r := dueRow("initech", fmt.Sprintf("nightly-%d", i), record.Pending{State: "upcoming", Risk: record.RiskNext}, time.Duration(i+2)*4*time.Hour, 0, 0)
		r.Unsigned = i == 0
		rows = append(rows, r)
	}
	return Due{
		At: monday, Clients: 9, Rows: rows, Later: 6, Ahead: 24 * time.Hour, Overdue: 16, Items: 2,
		Notes: []string{"run one: msp run patch-cycle --client globex"},
	}
}

func TestDueGolden(t *testing.T) {
	d := manyDue(t)
	for _, tt := range []struct {
		name string
		s    Screen
	}{
		{"40", Screen{Width: 40, Live: true}},
		{"80", Screen{Width: 80, Live: true}},
		{"200", Screen{Width: 200, Live: true}},
		{"80-color", Screen{Width: 80, Live: true, Color: true}},
		{"80-accessible", Screen{Width: 80, Accessible: true}},
		{"plain", Screen{Width: 40}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			tt.s.Out, tt.s.Local = &out, time.UTC
			PrintDue(tt.s, d)
			golden(t, "due-"+tt.name, out.Bytes())
			if tt.s.Width < 200 && !tt.s.Color && tt.name != "plain" {
				checkWidth(t, out.String(), tt.s.Width)
			}
		})
	}
}

// TestDueIsOneScreen: however much is due, what is late and what comes next is
// summed up, and nothing is counted away.
func TestDueIsOneScreen(t *testing.T) {
	d := Due{At: monday, Clients: 500, Ahead: 24 * time.Hour}
	for i := range 3000 {
		d.Rows = append(d.Rows, dueRow("acme", fmt.Sprintf("r%d", i), record.Pending{State: "due", Risk: record.RiskNow}, -time.Hour, 0, 0))
	}
	for _, all := range []bool{false, true} {
		var out bytes.Buffer
		d.All = all
		PrintDue(Screen{Out: &out, Local: time.UTC}, d)
		lines := strings.Count(out.String(), "\n")
		if cut := strings.Contains(out.String(), "and 2960 more that are late or due: --all"); cut == all || all != (lines > 3000) || !strings.Contains(out.String(), "3000 due") {
			t.Errorf("all %v: %d lines, cut %v", all, lines, cut)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		typed string
		want  int
	}{
		{"\n", 0}, {"2\n", 1}, {"0\n3\nx\n?\n2\n", 1},
	} {
		var out bytes.Buffer
		p := NewPrompter(Screen{Out: &out, Width: 40}, strings.NewReader(tt.typed), nil)
		got, err := p.Choose(context.Background(), "Due now:", []string{"acme daily", "globex \x1b[2Jweekly"})
		p.Close()
		if err != nil || got != tt.want || !strings.Contains(out.String(), "  1  acme daily\n") || strings.Contains(out.String(), "\x1b") {
			t.Errorf("%q: %d, %v:\n%s", tt.typed, got, err, &out)
		}
	}
	p := NewPrompter(Screen{}, strings.NewReader(""), nil)
	defer p.Close()
	if _, err := p.Choose(context.Background(), "Due now:", []string{"acme daily"}); !errors.Is(err, runbook.ErrPark) {
		t.Errorf("nobody is there, and the error is %v", err)
	}
}
