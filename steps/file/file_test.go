package file_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/steps/file"
	"github.com/msp-runbook/msp/steps/stepstest"
)

const hour = time.Hour

func TestKind(t *testing.T) {
	var runs []stepstest.Case
	for _, cases := range [][]stepstest.Case{picks(), limits(), counts(), permissions(), hashes(), places(), links()} {
		runs = append(runs, cases...)
	}
	stepstest.Run(t, file.Kind{}, stepstest.Cases{Invalid: invalid(), Runs: runs})
}

func invalid() []stepstest.Invalid {
	secret := func(_ *testing.T, env *stepstest.Env) { env.Secret("TOKEN", "hunter2hunter2") }
	input := func(t *testing.T, env *stepstest.Env) {
		env.Input(t, "dir", runbook.Path, "x")
		env.Input(t, "name", runbook.String, "x")
	}
	return []stepstest.Invalid{
		{YAML: "pick: newest", Problems: []string{"1:1 missing-key"}},
		{YAML: "path: ''", Problems: []string{"1:7 bad-value"}},
		{YAML: "path: [a]", Problems: []string{"1:7 wrong-type"}},
		{YAML: "path: /etc/passwd", Problems: []string{"1:7 path-leaves-folder"}, Says: []string{"input of type path"}},
		{YAML: "path: ../a", Problems: []string{"1:7 path-leaves-folder"}},
		{YAML: `path: "${{ inputs.dir }}/../a"`, Prepare: input, Problems: []string{"1:7 path-leaves-folder"}},
		{YAML: `path: a/${{ inputs.nothing }}`, Problems: []string{"1:13 expression"}},
		{YAML: `path: a/${{ secrets.TOKEN }}`, Prepare: secret, Problems: []string{"1:13 expression"}},
		{YAML: "path: 'a[b'", Problems: []string{"1:7 bad-value"}},
		{YAML: "path: a/**/b", Problems: []string{"1:9 bad-value"}, Says: []string{"one level"}},
		{YAML: "path: a\npick: latest", Problems: []string{"2:7 bad-value"}},
		{YAML: "path: a\nlatest: true", Problems: []string{"2:1 unknown-key"}, Says: []string{"pick: newest"}},
		{YAML: "path: a\nmax_age: 26", Problems: []string{"2:10 duration"}, Says: []string{"has no unit"}},
		{YAML: "path: a\nmax_age: -1h", Problems: []string{"2:10 duration"}},
		{YAML: "path: a\nmax_age: ~", Problems: []string{"2:10 wrong-type"}},
		{YAML: "path: a\nmax_age: ''", Problems: []string{"2:10 duration"}},
		{YAML: "path: a\nmax_age: ${{ inputs.max }}", Problems: []string{"2:14 expression"}},
		{YAML: "path: a\nmin_age: 2h\nmax_age: 1h", Problems: []string{"2:10 bad-value"}, Says: []string{"more than max_age"}},
		{YAML: "path: a\nmin_size: 1 mb", Problems: []string{"2:11 bad-value"}, Says: []string{"1 MiB"}},
		{YAML: "path: a\nmin_size: 1.5 GB", Problems: []string{"2:11 bad-value"}},
		{YAML: "path: a\nmin_size: -1", Problems: []string{"2:11 bad-value"}},
		{YAML: "path: a\nmin_size: 0x10", Problems: []string{"2:11 bad-value"}},
		{YAML: "path: a\nmin_size: 10000 PiB", Problems: []string{"2:11 bad-value"}, Says: []string{"too large"}},
		{YAML: "path: a\nmin_size: {a: 1}", Problems: []string{"2:11 wrong-type"}},
		{YAML: "path: a\nmin_size: 2 KiB\nmax_size: 2 kB", Problems: []string{"2:11 bad-value"}},
		{YAML: "path: a\nmin_count: 2", Problems: []string{"2:12 bad-value"}, Says: []string{"add pick"}},
		{YAML: "path: a\npick: each\nmin_count: 0", Problems: []string{"3:12 bad-value"}},
		{YAML: "path: a\npick: each\nmin_count: two", Problems: []string{"3:12 wrong-type"}},
		{YAML: "path: a\npick: each\nmin_count: 3\nmax_count: 2", Problems: []string{"3:12 bad-value"}},
		{YAML: "path: a\npick: each\ndigest: true", Problems: []string{"3:9 bad-value"}},
		{YAML: "path: a\ndigest: yes", Problems: []string{"2:9 wrong-type"}},
		{YAML: "path: a\nmode: 0640", Problems: []string{"2:7 wrong-type"}, Says: []string{`"0640"`}},
		{YAML: "path: a\nmode: rw-r--r--", Problems: []string{"2:7 bad-value"}},
		{YAML: "path: a\nmode: '0698'", Problems: []string{"2:7 bad-value"}},
		{YAML: "path: a\nowner: 'a b'", Problems: []string{"2:8 bad-value"}},
		{YAML: "path: a\nowner: ${{ inputs.name }}", Prepare: input, Problems: []string{"2:8 bad-value"}},
		{YAML: "path: a\nowner: [a]", Problems: []string{"2:8 wrong-type"}},
		{YAML: "path: a\nsha256: abc", Problems: []string{"2:9 bad-value"}, Says: []string{"64 hexadecimal digits"}},
	}
}

// archives are three of the last nights, and things that are no archive.
func archives(t *testing.T, env *stepstest.Env) {
	env.Write(t, "backup/acme-2026-11-21.tar.gz", strings.Repeat("x", 3000), 4*hour)
	env.Write(t, "backup/acme-2026-11-20.tar.gz", strings.Repeat("x", 2000), 28*hour)
	env.Write(t, "backup/acme-2026-11-19.tar.gz", strings.Repeat("x", 1000), 52*hour)
	env.Write(t, "backup/.acme-2026-11-22.tar.gz", "partial", 0)
	env.Write(t, "backup/note.txt", "", 0)
	env.Write(t, "backup/folder.tar.gz/inside", "", 0)
	env.Input(t, "dir", runbook.Path, "backup")
}

func picks() []stepstest.Case {
	return []stepstest.Case{
		{
			Name: "newest", YAML: "path: ${{ inputs.dir }}/*.tar.gz\npick: newest", Prepare: archives, Proof: runbook.Observed,
			Outputs: map[string]string{
				"name": "acme-2026-11-21.tar.gz", "size": "3000", "age": "4h0m0s",
				"modified": "2026-11-21T03:00:00Z", "count": "3", "sha256": "",
			},
			Detail: "acme-2026-11-21.tar.gz · 4 h old · 2.9 KiB",
			Verify: func(t *testing.T, env *stepstest.Env, r runbook.Result) {
				want := filepath.Join(env.Dir(), "backup", "acme-2026-11-21.tar.gz")
				if got := r.Outputs["path"].Text; got != want {
					t.Errorf("the path is %q, want %q", got, want)
				}
			},
		},
		{Name: "oldest", YAML: "path: backup/*.tar.gz\npick: oldest", Prepare: archives, Outputs: map[string]string{"name": "acme-2026-11-19.tar.gz"}},
		{
			Name: "newest of one time is the last name", YAML: "path: '*'\npick: newest",
			Prepare: func(t *testing.T, env *stepstest.Env) {
				for _, name := range []string{"b", "c", "a"} {
					env.Write(t, name, name, hour)
				}
			},
			Outputs: map[string]string{"name": "c"},
		},
		{
			Name: "each", YAML: "path: backup/*.tar.gz\npick: each\nmin_size: 1000", Prepare: archives,
			Outputs: map[string]string{"count": "3", "size": "6000"}, Detail: "3 files · 5.9 KiB",
		},
		{
			Name: "each fails", YAML: "path: backup/*.tar.gz\npick: each\nmax_age: 26h", Prepare: archives,
			Found: "backup/acme-2026-11-19.tar.gz is 2 d 4 h old (2 of 3 files fail)", Expected: "at most 26 h",
		},
		{Name: "one", YAML: "path: backup/*-21.tar.gz", Prepare: archives, Outputs: map[string]string{"count": "1", "size": "3000"}},
		{Name: "one of many", YAML: "path: backup/acme-*", Prepare: archives, Found: "3 files match backup/acme-* in ", Expected: "exactly one file"},
		{Name: "none", YAML: "path: backup/*.zip", Prepare: archives, Found: "no file matches backup/*.zip in ", Expected: "at least one file"},
		{Name: "no such file", YAML: "path: backup/a.zip", Prepare: archives, Found: "no file matches backup/a.zip in "},
		{Name: "question mark", YAML: "path: backup/acme-2026-11-?0.*", Prepare: archives, Outputs: map[string]string{"size": "2000"}},
		{Name: "range", YAML: "path: 'backup/*-1[0-9].*'", Prepare: archives, Outputs: map[string]string{"size": "1000"}},
		{Name: "pattern of folders", YAML: "path: '*/*/in*'", Prepare: archives, Outputs: map[string]string{"name": "inside"}},
		{Name: "below a pattern", YAML: "path: '*/note.txt'", Prepare: archives, Outputs: map[string]string{"name": "note.txt"}},
		{Name: "hidden", YAML: "path: backup/.*.gz", Prepare: archives, Outputs: map[string]string{"size": "7"}},
	}
}

// one gives a file of a size and an age.
func one(name string, size int, age time.Duration) func(*testing.T, *stepstest.Env) {
	return func(t *testing.T, env *stepstest.Env) { env.Write(t, name, strings.Repeat("x", size), age) }
}

func limits() []stepstest.Case {
	max := func(text string, age time.Duration) func(*testing.T, *stepstest.Env) {
		return func(t *testing.T, env *stepstest.Env) {
			env.Write(t, "a", "x", age)
			env.Input(t, "max", runbook.Span, text)
		}
	}
	return []stepstest.Case{
		{Name: "as old as may be", YAML: "path: a\nmax_age: 26h", Prepare: one("a", 1, 26*hour)},
		{Name: "too old", YAML: "path: a\nmax_age: 26h", Prepare: one("a", 1, 76*hour), Found: "a is 3 d 4 h old", Expected: "at most 26 h"},
		{Name: "a second too old", YAML: "path: a\nmax_age: 26h", Prepare: one("a", 1, 26*hour+time.Second), Found: "a is 26h0m1s old", Expected: "at most 26 h"},
		{Name: "an input", YAML: "path: a\nmax_age: ${{ inputs.max }}", Prepare: max("1d2h", 26*hour)},
		{Name: "too old for an input", YAML: "path: a\nmax_age: ${{ inputs.max }}", Prepare: max("1d2h", 27*hour), Found: "a is 27 h old", Expected: "at most 26 h"},
		{Name: "an input with parts of a second", YAML: "path: a\nmax_age: ${{ inputs.max }}", Prepare: max("1500ms", time.Second)},
		{
			Name: "an input that is no duration", YAML: "path: a\nmax_age: ${{ inputs.max }}", Error: `"soon" is not a duration`,
			Prepare: func(t *testing.T, env *stepstest.Env) { env.Input(t, "max", runbook.String, "soon") },
		},
		{Name: "too young", YAML: "path: a\nmin_age: 1h", Prepare: one("a", 1, time.Minute), Found: "a is 1 m old", Expected: "at least 1 h"},
		{Name: "clocks differ", YAML: "path: a\nmax_age: 1h", Prepare: one("a", 1, -time.Minute), Outputs: map[string]string{"age": "0s"}},
		{Name: "future", YAML: "path: a", Prepare: one("a", 1, -61*time.Second), Found: "a is from the future: it was modified 1 m 1 s from now"},
		{Name: "future is not the newest", YAML: "path: '*'\npick: newest", Found: "b is from the future", Prepare: func(t *testing.T, env *stepstest.Env) {
			env.Write(t, "a", "", hour)
			env.Write(t, "b", "", -hour)
		}},
		{Name: "empty", YAML: "path: a\nmin_size: 1", Prepare: one("a", 0, hour), Found: "a is empty (0 B)", Expected: "at least 1 B"},
		{Name: "empty may be", YAML: "path: a", Prepare: one("a", 0, hour), Detail: "a · 1 h old · 0 B"},
		{Name: "size with a unit", YAML: "path: a\nmin_size: 1 KiB\nmax_size: 1KiB", Prepare: one("a", 1024, hour)},
		{Name: "too small", YAML: "path: a\nmin_size: 2 kB", Prepare: one("a", 1999, hour), Found: "a has 2.0 KiB (1999 B)", Expected: "at least 2.0 KiB (2000 B)"},
		{Name: "too large", YAML: "path: a\nmax_size: 100", Prepare: one("a", 101, hour), Found: "a has 101 B", Expected: "at most 100 B"},
		{
			Name: "size of an input", YAML: "path: a\nmin_size: ${{ inputs.least }}", Found: "a has 5 B", Expected: "at least 6 B",
			Prepare: func(t *testing.T, env *stepstest.Env) {
				env.Write(t, "a", "12345", hour)
				env.Input(t, "least", runbook.Integer, "6")
			},
		},
	}
}

func counts() []stepstest.Case {
	return []stepstest.Case{
		{Name: "enough", YAML: "path: backup/*.tar.gz\npick: newest\nmin_count: 3\nmax_count: 3", Prepare: archives},
		{Name: "too few", YAML: "path: backup/*.tar.gz\npick: newest\nmin_count: 4", Prepare: archives, Found: "3 files match backup/*.tar.gz in ", Expected: "at least 4"},
		{Name: "too many", YAML: "path: backup/*.tar.gz\npick: each\nmax_count: 2", Prepare: archives, Found: "3 files match backup/*.tar.gz in ", Expected: "at most 2"},
		{Name: "only one", YAML: "path: backup/*.txt\npick: each\nmin_count: 2", Prepare: archives, Found: "1 file matches backup/*.txt in ", Expected: "at least 2"},
		{Name: "none of many", YAML: "path: backup/*.zip\npick: each\nmin_count: 2", Prepare: archives, Found: "no file matches", Expected: "at least 2 files"},
	}
}

func permissions() []stepstest.Case {
	if runtime.GOOS == "windows" {
		return []stepstest.Case{
			{Name: "mode", YAML: "path: a\nmode: '0640'", Error: "can't be checked here"},
			{Name: "owner", YAML: "path: a\nowner: '0'", Error: "can't be checked here"},
		}
	}
	mode := func(mode os.FileMode) func(*testing.T, *stepstest.Env) {
		return func(t *testing.T, env *stepstest.Env) {
			if err := os.Chmod(env.Write(t, "a", "x", hour), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	me := fmt.Sprint(os.Getuid())
	return []stepstest.Case{
		{Name: "mode", YAML: "path: a\nmode: '0640'", Prepare: mode(0o640), Outputs: map[string]string{"mode": "0640"}},
		{Name: "wrong mode", YAML: "path: a\nmode: '640'", Prepare: mode(0o644), Found: "a has mode 0644", Expected: "mode 0640"},
		{Name: "setuid", YAML: "path: a\nmode: '0755'", Prepare: mode(0o755 | os.ModeSetuid), Found: "a has mode 4755", Expected: "mode 0755"},
		{Name: "owner", YAML: "path: a\nowner: " + me, Prepare: mode(0o600)},
		{Name: "wrong owner", YAML: "path: a\nowner: 4242", Prepare: mode(0o600), Found: "a belongs to ", Expected: "owner 4242"},
		{Name: "owner by name", YAML: "path: a\nowner: root", Prepare: func(t *testing.T, env *stepstest.Env) {
			mode(0o600)(t, env)
			if me != "0" {
				t.Skip("needs root")
			}
		}, Outputs: map[string]string{"owner": "root"}},
		{Name: "unknown owner", YAML: "path: a\nowner: nobody-of-this-name", Prepare: mode(0o600), Error: `knows no user "nobody-of-this-name"`},
	}
}

func hashes() []stepstest.Case {
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte("xxx")))
	other := strings.Repeat("0", 64)
	input := func(text string) func(*testing.T, *stepstest.Env) {
		return func(t *testing.T, env *stepstest.Env) {
			env.Write(t, "a", "xxx", hour)
			env.Input(t, "sum", runbook.String, text)
		}
	}
	return []stepstest.Case{
		{Name: "hash", YAML: "path: a\nsha256: " + sum, Prepare: one("a", 3, hour), Outputs: map[string]string{"sha256": sum}},
		{Name: "hash in capitals", YAML: "path: a\nsha256: sha256:" + strings.ToUpper(sum), Prepare: one("a", 3, hour)},
		{Name: "hash of an input", YAML: "path: a\nsha256: ${{ inputs.sum }}", Prepare: input(sum)},
		{Name: "input is no hash", YAML: "path: a\nsha256: ${{ inputs.sum }}", Prepare: input(""), Error: "is not a SHA-256"},
		{Name: "another hash", YAML: "path: a\nsha256: '" + other + "'", Prepare: one("a", 3, hour), Found: "a has the SHA-256 " + sum, Expected: other},
		{Name: "digest", YAML: "path: a\ndigest: true", Prepare: one("a", 3, hour), Outputs: map[string]string{"sha256": sum}},
		{Name: "no digest", YAML: "path: a\ndigest: false", Prepare: one("a", 3, hour), Outputs: map[string]string{"sha256": ""}},
	}
}

func places() []stepstest.Case {
	given := func(path string) func(*testing.T, *stepstest.Env) {
		return func(t *testing.T, env *stepstest.Env) {
			env.Write(t, "data/a[1].tar", "xxx", hour)
			env.Write(t, "data/a1.tar", "x", hour)
			env.Write(t, "data/a1.tar.sha256", "xx", hour)
			env.Input(t, "path", runbook.Path, path)
			env.Input(t, "name", runbook.String, path)
		}
	}
	return []stepstest.Case{
		{Name: "the input is the file", YAML: "path: ${{ inputs.path }}", Prepare: given("data/a[1].tar"), Outputs: map[string]string{"size": "3"}},
		{Name: "beside the input", YAML: "path: ${{ inputs.path }}.sha256", Prepare: given("data/a1.tar"), Outputs: map[string]string{"size": "2"}},
		{Name: "the input is a folder", YAML: "path: ${{ inputs.path }}", Prepare: given("data"), Found: "data is a folder", Expected: "a regular file"},
		{Name: "no folder", YAML: "path: ${{ inputs.path }}/x", Prepare: given("nothing"), Found: "there is no folder ", Expected: "at least one file"},
		{Name: "the folder is a file", YAML: "path: ${{ inputs.path }}/x", Prepare: given("data/a1.tar"), Error: "not a directory"},
		{Name: "a value with dots", YAML: "path: data/${{ inputs.name }}", Prepare: given("../../x"), Error: "leaves its folder"},
		{Name: "a value that is absolute", YAML: "path: ${{ inputs.name }}", Prepare: given("/etc/passwd"), Error: "is absolute"},
		{Name: "a value that is no pattern", YAML: "path: data/${{ inputs.name }}", Prepare: given("a["), Error: "is not a pattern"},
		{
			Name: "a strange name", YAML: "path: '*'", Error: "control character",
			Prepare: one("a\x1b[2Jb", 1, hour),
		},
		{Name: "a strange name fails", YAML: "path: '*'\nmin_size: 1", Found: `"a\x1b[2Jb" is empty`, Prepare: one("a\x1b[2Jb", 0, hour)},
	}
}

// link makes a symbolic link.
func link(t *testing.T, env *stepstest.Env, target, name string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(env.Dir(), name)); err != nil {
		t.Skip(err)
	}
}

func links() []stepstest.Case {
	outside := func(t *testing.T, env *stepstest.Env) string {
		return env.Write(t, filepath.Join(env.Dir(), "..", "outside", "secret"), "xxx", hour)
	}
	return []stepstest.Case{
		{Name: "link inside", YAML: "path: latest", Outputs: map[string]string{"size": "5", "name": "latest"}, Prepare: func(t *testing.T, env *stepstest.Env) {
			env.Write(t, "data/a", "xxxxx", hour)
			link(t, env, "data/a", "latest")
		}},
		{Name: "link out", YAML: "path: latest", Error: `"latest" leads out of the folder`, Prepare: func(t *testing.T, env *stepstest.Env) {
			outside(t, env)
			link(t, env, "../outside/secret", "latest")
		}},
		{Name: "absolute link out", YAML: "path: latest", Error: "leads out of the folder", Prepare: func(t *testing.T, env *stepstest.Env) {
			link(t, env, outside(t, env), "latest")
		}},
		{Name: "link of a folder out", YAML: "path: dir/secret", Error: "leads out of the folder", Prepare: func(t *testing.T, env *stepstest.Env) {
			outside(t, env)
			link(t, env, "../outside", "dir")
		}},
		{Name: "pattern through a link out", YAML: "path: '*/sec*'", Error: "leads out of the folder", Prepare: func(t *testing.T, env *stepstest.Env) {
			outside(t, env)
			link(t, env, "../outside", "dir")
		}},
		{Name: "pattern matches a link out", YAML: "path: '*'\npick: newest", Error: "leads out of the folder", Prepare: func(t *testing.T, env *stepstest.Env) {
			env.Write(t, "a", "", hour)
			outside(t, env)
			link(t, env, "../outside/secret", "b")
		}},
		{Name: "link to nothing", YAML: "path: '*'\npick: each", Found: "b is a link to nothing", Prepare: func(t *testing.T, env *stepstest.Env) {
			env.Write(t, "a", "", hour)
			link(t, env, "nothing", "b")
		}},
	}
}

func TestOutputs(t *testing.T) {
	for yaml, want := range map[string]string{
		"path: a":                 "age count mode modified name owner path size",
		"path: a\ndigest: true":   "age count mode modified name owner path sha256 size",
		"path: a\npick: each":     "count size",
		"path: a\nsha256: ${{a}}": "age count mode modified name owner path sha256 size",
	} {
		action, _ := stepstest.Decode(t, file.Kind{}, yaml)
		names := slices.Sorted(maps.Keys(action.Outputs()))
		if diff := cmp.Diff(strings.Fields(want), names); diff != "" {
			t.Errorf("%s:\n%s", yaml, diff)
		}
	}
}

func TestDescribe(t *testing.T) {
	for yaml, want := range map[string]string{
		"path: a": "check a",
		"path: '*.gz'\npick: newest\nmax_age: 26h\nmin_size: 1": "check the newest of *.gz: at most 26h old, size at least 1",
		"path: '*'\npick: each\nmode: '640'\nowner: backup":     "check each of *: mode 0640, owner backup",
		`path: "a\e[2J"`: `"check a\x1b[2J"`,
	} {
		action, _ := stepstest.Decode(t, file.Kind{}, yaml)
		if got := action.Describe(); got != want {
			t.Errorf("%s: got %q, want %q", yaml, got, want)
		}
	}
}

// countdown is a context that ends after it was asked a few times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// Hashing ends with the context, wherever it is.
func TestCancelWhileHashing(t *testing.T) {
	action, _ := stepstest.Decode(t, file.Kind{}, "path: a\ndigest: true")
	env := stepstest.NewEnv(t)
	env.Write(t, "a", strings.Repeat("x", 1<<20), hour)
	for left := range 6 {
		if _, err := action.Run(&countdown{t.Context(), left}, env); !errors.Is(err, context.Canceled) {
			t.Errorf("after %d: got %v, want context.Canceled", left, err)
		}
	}
}

// meddling is a context that changes a file when it is asked for the third
// time, which is after the file was opened.
type meddling struct {
	context.Context
	asked  int
	change func()
}

func (m *meddling) Err() error {
	if m.asked++; m.asked == 3 {
		m.change()
	}
	return m.Context.Err()
}

// The hash of a file that is being written is the hash of nothing.
func TestChangesWhileHashing(t *testing.T) {
	action, _ := stepstest.Decode(t, file.Kind{}, "path: a\ndigest: true")
	env := stepstest.NewEnv(t)
	env.Write(t, "a", "x", hour)
	ctx := &meddling{Context: t.Context(), change: func() { env.Write(t, "a", "xx", hour) }}
	_, err := action.Run(ctx, env)
	var failure *runbook.Failure
	if !errors.As(err, &failure) || failure.Found != "a changed while it was read" {
		t.Errorf("got %v, want that it changed", err)
	}
}
