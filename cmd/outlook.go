package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// ahead is how far the commands that say what is due look forward.
const ahead = 24 * time.Hour

// outlook is how one client stands.
type outlook struct {
	Client   string
	Planned  bool              // there is a signed plan
	Digest   string            // of the document of the plan in force
	Problems []error           // for which something may be missing here
	Rows     []terminal.DueRow // what is to be done, and those who wait
	record.Outlook
}

// instant is what --at says, or now.
func (a *app) instant(at string) (time.Time, error) {
	if at == "" {
		return a.Now(), nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return t, usageError(fmt.Errorf("--at %q is no instant", at), "--at 2026-03-28T00:00:00Z")
	}
	return t, nil
}

// watched are the clients of a state, or the one of them that --client names. A
// --state that isn't there is a mistake, and not a state without clients.
func (a *app) watched(p *place) ([]string, error) {
	if _, err := os.Stat(p.State); a.flags.state != "" && errors.Is(err, fs.ErrNotExist) {
		return nil, usageError(fmt.Errorf("there is no folder %s", p.State), "--state names the folder with the evidence")
	}
	clients, err := p.clients()
	if only := a.flags.client; only != "" {
		clients = slices.DeleteFunc(clients, func(client string) bool { return client != only })
	}
	return clients, err
}

// outlooks are how the clients stand at an instant, in the order of their names.
// They are read one by one on each core, so that memory is that of a few clients. Of
// what is upcoming each has some rows, and the others are counted. Keep says that
// it is the time of day, and what is read may be gone on from.
func (a *app) outlooks(ctx context.Context, p *place, at time.Time, keep bool, upcoming int) ([]outlook, error) {
	clients, err := a.watched(p)
	if err != nil {
		return nil, err
	}
	all := make([]outlook, len(clients))
	next := make(chan int)
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(clients)) {
		readers.Go(func() {
			for i := range next {
				all[i] = a.outlook(p, clients[i], at, keep)
				all[i].sumUp(at, upcoming)
			}
		})
	}
	for i := range clients {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	readers.Wait()
	return all, ctx.Err()
}

// outlook reads how a client stands. What is longer ago than is kept in detail is
// read out of the whole history.
func (a *app) outlook(p *place, client string, at time.Time, keep bool) outlook {
	o := outlook{Client: client}
	store := a.store(p, client)
	file := p.standingFile(client)
	standing, err := record.ReadStanding(store, client, file, p.StatementLimit)
	if err == nil && keep {
		err = standing.SettleDaily(at, file)
	}
	if err == nil {
		o.Outlook, err = standing.Outlook(at, at.Add(ahead))
	}
	if errors.Is(err, record.ErrSettled) {
		var h *record.History
		if h, err = record.ReadHistory(store, client, p.StatementLimit); err == nil {
			standing = h.Standing()
			o.Outlook, err = standing.Outlook(at, at.Add(ahead))
		}
	}
	if err != nil {
		o.Problems = []error{err}
		return o
	}
	o.Problems = standing.Problems
	if plan := standing.PlanAt(at); plan != nil {
		o.Planned, o.Digest = true, plan.Body.Digest
	}
	witness := beholder{standing, store, p.StatementLimit, at}
	o.rows(witness.row)
	return o
}

// rows makes the rows of what is to be done.
func (o *outlook) rows(row func(record.Pending) terminal.DueRow) {
	before := map[string]int{}
	for _, e := range o.Overdue {
		before[e.Runbook()]++
	}
	for _, p := range o.Pending {
		p.Client = o.Client
		r := row(p)
		if r.Before = before[p.Runbook]; p.Risk == record.RiskLate && r.Before > 0 {
			r.Before-- // itself
		}
		o.Rows = append(o.Rows, r)
	}
	o.Pending = nil
}

// sumUp counts what is upcoming behind the first rows, which are by their due times.
func (o *outlook) sumUp(at time.Time, upcoming int) {
	first := slices.IndexFunc(o.Rows, func(r terminal.DueRow) bool { return r.Risk == record.RiskNext })
	if first < 0 || len(o.Rows)-first <= upcoming {
		return
	}
	for _, r := range o.Rows[first+upcoming:] {
		if r.Due.Before(at.Add(ahead)) {
			o.Later++
		}
	}
	o.Rows = slices.Clone(o.Rows[:first+upcoming])
}

// standingFile is where what was read of a client is gone on from: in the user's
// cache, by the folder of the evidence. Without such a place nothing is kept.
func (p *place) standingFile(client string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	state := sha256.Sum256([]byte(p.State))
	return filepath.Join(cache, "msp", "standing", hex.EncodeToString(state[:8]), client)
}

// beholder reads what a row needs besides of the statements and blobs of a client.
type beholder struct {
	*record.Standing
	store *evidence.Store
	limit int
	at    time.Time
}

func (b beholder) row(p record.Pending) terminal.DueRow {
	r := terminal.DueRow{Pending: p, Zone: zoneOf(p.Name), Told: b.told(p)}
	if p.State == schedule.Waiting {
		r.For = b.waitsFor(p.Run)
	}
	return r
}

// waitsFor is whom a parked run waits for, at which step.
func (b beholder) waitsFor(run *record.Attempt) string {
	if run.Waiting == "" {
		return ""
	}
	whom := "a person"
	start, err := record.Read[record.RunStart](b.store, record.KindRunStart, run.Start, b.limit)
	if err == nil {
		for _, step := range start.Body.Steps {
			if step.ID == run.Waiting && step.Approval != nil {
				whom = runbook.Approval{Roles: step.Approval.Roles, Min: step.Approval.Min}.Words()
			}
		}
	}
	return whom + " at " + run.Waiting
}

// told is who was told of it last, and when.
func (b beholder) told(p record.Pending) string {
	for _, n := range slices.Backward(b.Notices) {
		about := n.Body.Occurrence != "" && n.Body.Occurrence == p.Name || p.Run != nil && n.Body.Run == p.Run.Run
		if !about || n.Body.Outcome != record.NoticeSent || n.Body.Logged.After(b.at) {
			continue
		}
		whom := "somebody"
		var told record.Told
		if record.GetJSON(b.store, n.Body.Told, &told) == nil && told.To != "" {
			whom = told.To
		}
		return whom + " told " + n.Body.Logged.In(zoneOf(p.Name)).Format("15:04")
	}
	return ""
}

// zoneOf is the time zone of an occurrence, which its name holds.
func zoneOf(occurrence string) *time.Location {
	_, rest, _ := strings.Cut(occurrence, "[")
	zone, err := runbook.Zone(strings.TrimSuffix(rest, "]"))
	if err != nil {
		return time.UTC
	}
	return zone
}
