package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Run finds the files, picks, and looks.
func (a *action) Run(ctx context.Context, env runbook.Env) (runbook.Result, error) {
	if err := ctx.Err(); err != nil {
		return runbook.Result{}, err
	}
	limits, err := a.limits(env)
	if err != nil {
		return runbook.Result{}, err
	}
	place, err := a.place(env)
	if err != nil {
		return runbook.Result{}, err
	}
	root, err := os.OpenRoot(place.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return runbook.Result{}, &runbook.Failure{Found: "there is no folder " + shown(place.folder), Expected: "at least one file"}
	}
	if err != nil {
		return runbook.Result{}, err
	}
	defer root.Close()
	found, err := place.find(ctx, root)
	if err != nil {
		return runbook.Result{}, err
	}
	if err := a.checkCount(place, len(found)); err != nil {
		return runbook.Result{}, err
	}
	if a.pick == each {
		return limits.lookAtEach(ctx, root, found, env.Now())
	}
	picked := found[0]
	if a.pick == newest {
		picked = found[len(found)-1]
	}
	facts, err := limits.look(ctx, root, picked.name, env.Now())
	if err != nil {
		return runbook.Result{}, err
	}
	return facts.result(filepath.Join(place.folder, filepath.FromSlash(picked.name)), len(found))
}

// checkCount fails unless as many files match as should.
func (a *action) checkCount(p place, count int) error {
	most, least := a.maxCount, max(a.minCount, 1)
	if a.pick == only {
		most = 1
	}
	pattern, folder := shown(p.pattern), shown(p.folder)
	switch {
	case count == 0:
		return &runbook.Failure{Found: fmt.Sprintf("no file matches %s in %s", pattern, folder), Expected: "at least " + files(least)}
	case a.pick == only && count > 1:
		return &runbook.Failure{Found: fmt.Sprintf("%s match %s in %s", files(count), pattern, folder), Expected: "exactly one file"}
	case count < least:
		return &runbook.Failure{Found: fmt.Sprintf("%s %s in %s", matches(count), pattern, folder), Expected: "at least " + strconv.Itoa(least)}
	case most > 0 && count > most:
		return &runbook.Failure{Found: fmt.Sprintf("%s %s in %s", matches(count), pattern, folder), Expected: "at most " + strconv.Itoa(most)}
	}
	return nil
}

func files(n int) string {
	if n == 1 {
		return "one file"
	}
	return fmt.Sprintf("%d files", n)
}

func matches(n int) string {
	if n == 1 {
		return "1 file matches"
	}
	return fmt.Sprintf("%d files match", n)
}

// lookAtEach checks every file, so that the failure says how many fail.
func (l limits) lookAtEach(ctx context.Context, root *os.Root, found []match, now time.Time) (runbook.Result, error) {
	var first *runbook.Failure
	failed, total := 0, int64(0)
	for _, m := range found {
		facts, err := l.look(ctx, root, m.name, now)
		var failure *runbook.Failure
		switch {
		case errors.As(err, &failure):
			if failed++; first == nil {
				first = failure
			}
		case err != nil:
			return runbook.Result{}, err
		}
		total += facts.size
	}
	if first != nil {
		if len(found) > 1 {
			first.Found += fmt.Sprintf(" (%d of %d files fail)", failed, len(found))
		}
		return runbook.Result{}, first
	}
	return result(map[string]string{
		"count": strconv.Itoa(len(found)), "size": strconv.FormatInt(total, 10),
	}, fmt.Sprintf("%s · %s", files(len(found)), formatSize(total)))
}

// types are the outputs of the kind.
var types = (&action{digest: true}).Outputs()

func (f facts) result(path string, count int) (runbook.Result, error) {
	age := f.age.Truncate(time.Second)
	outputs := map[string]string{
		"path": path, "name": filepath.Base(path), "count": strconv.Itoa(count),
		"size": strconv.FormatInt(f.size, 10), "age": age.String(), "modified": f.modified.Format(time.RFC3339),
	}
	for name, text := range map[string]string{"mode": f.mode, "owner": f.owner, "sha256": f.sha256} {
		if text != "" {
			outputs[name] = text
		}
	}
	return result(outputs, fmt.Sprintf("%s · %s old · %s", f.name, runbook.FormatSpan(age), formatSize(f.size)))
}

func result(texts map[string]string, detail string) (runbook.Result, error) {
	outputs := make(map[string]runbook.Value, len(texts))
	for name, text := range texts {
		value, err := runbook.ParseValue(types[name], text, "/")
		if err != nil {
			return runbook.Result{}, fmt.Errorf("the output %s: %w", name, err)
		}
		outputs[name] = value
	}
	return runbook.Result{Outputs: outputs, Detail: detail, Proof: runbook.Observed}, nil
}
