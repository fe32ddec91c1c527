package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// lastTick is what is remembered of the last tick over a state. It is nobody's
// evidence.
type lastTick struct {
	V       int       `json:"v"`
	At      time.Time `json:"at"`
	Host    string    `json:"host"`
	Clients int       `json:"clients"` // whose ticker it was
	Code    int       `json:"code"`    // its exit code
	Started []string  `json:"started"` // of each runbook the last miss whose catch-up was started or refused
}

func (p *place) tickFile() string { return filepath.Join(p.State, "tick.json") }

func (p *place) keepTick(disk *evidence.Disk, t lastTick) error {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return disk.WriteFile(p.tickFile(), append(data, '\n'))
}

// lastTick is nil when there was none.
func (p *place) lastTick() (*lastTick, error) {
	data, err := os.ReadFile(p.tickFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var t lastTick
	if err := json.Unmarshal(data, &t); err != nil || t.V != 1 {
		return nil, fmt.Errorf("%s says nothing that this msp understands", p.tickFile())
	}
	return &t, nil
}
