package stepstest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// patience is how long a step may take to notice that its context has ended.
const patience = 5 * time.Second

// testCancelled runs an example whose context has ended already.
func testCancelled(t *testing.T, kind runbook.Kind, c Case) {
	action, env := prepare(t, kind, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := inTime(t, ctx, action, env)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context Run gives %v", err)
	}
	if len(env.Programs) > 0 {
		t.Errorf("with a cancelled context Run started %v", env.Programs)
	}
}

// testPeople runs an example that asks somebody where nobody is, and where
// somebody is who says nothing until the run is cancelled.
func testPeople(t *testing.T, kind runbook.Kind, c Case) {
	action, env := prepare(t, kind, c)
	if _, asks := env.Door.(*Scripted); !asks {
		return
	}
	env.Door = Nobody{}
	if err := inTime(t, t.Context(), action, env); !errors.Is(err, runbook.ErrPark) {
		t.Errorf("with nobody there Run gives %v, want ErrPark", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	env.Door = silent{asked: cancel}
	if err := inTime(t, ctx, action, env); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while a person was asked, Run gives %v", err)
	}
}

// inTime runs an action that must end soon.
func inTime(t *testing.T, ctx context.Context, action runbook.Action, env *Env) error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := action.Run(ctx, env)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatalf("Run goes on %s after its context has ended", patience)
		return nil
	}
}

// snapshot describes every file of a folder.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files[name] = fmt.Sprintf("%s %d %s", info.Mode(), info.Size(), info.ModTime())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
