package run_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/steps/run"
	"github.com/msp-runbook/msp/steps/stepstest"
)

func TestKind(t *testing.T) {
	stepstest.Run(t, run.Kind{}, stepstest.Cases{Invalid: invalid(), Runs: append(scripts(), programs()...)})
}

func invalid() []stepstest.Invalid {
	secret := func(_ *testing.T, env *stepstest.Env) { env.Secret("TOKEN", "hunter2hunter2") }
	long := strings.Repeat("x", 100<<10+1)
	return []stepstest.Invalid{
		{YAML: `echo ${{ inputs.name }}`, Problems: []string{"1:6 expression-in-run"}, Says: []string{`write "$NAME"`}},
		{YAML: "|\n  echo one\n  echo ${{ a }} and ${{ b }}\n", Problems: []string{"3:8 expression-in-run", "3:21 expression-in-run"}},
		{YAML: "shell: sh\nscript: |\n  true\n  x=${{ a }}\n", Problems: []string{"4:5 expression-in-run"}},
		{YAML: `"  \n "`, Problems: []string{"1:1 empty-run"}},
		{YAML: `"a\0b"`, Problems: []string{"1:1 bad-value"}},
		{YAML: long, Problems: []string{"1:1 too-large"}, Says: []string{"102401 bytes"}},
		{YAML: "shell: zsh\nscript: 'true'", Problems: []string{"1:8 bad-value"}, Says: []string{"bash, sh, pwsh"}},
		{YAML: "shell: bsh\nscript: 'true'", Problems: []string{"1:8 bad-value"}, Says: []string{"did you mean bash"}},
		{YAML: "script: 'true'", Problems: []string{"1:1 missing-key"}},
		{YAML: "shell: sh", Problems: []string{"1:1 missing-key"}},
		{YAML: "shell: sh\nscript: true", Problems: []string{"2:9 wrong-type"}},
		{YAML: "shell: sh\nscript: ''", Problems: []string{"2:9 empty-run"}},
		{YAML: "shell: sh\ncommand: ls\nscript: ls", Problems: []string{"2:1 unknown-key"}, Says: []string{`msp says "script"`}},
		{YAML: `[echo, "a ${{ inputs.name }}"]`, Problems: []string{"1:8 mixed-argument"}, Says: []string{"or use env"}},
		{YAML: `[echo, "${{ run.id }}${{ run.client }}"]`, Problems: []string{"1:8 mixed-argument"}},
		{YAML: `[echo, "${{ run.id"]`, Problems: []string{"1:9 expression"}, Says: []string{"never closed"}},
		{YAML: `[echo, "${{ inputs.nmae }}"]`, Problems: []string{"1:13 expression"}},
		{YAML: `[echo, "${{ secrets.TOKEN }}"]`, Prepare: secret, Problems: []string{"1:13 expression"}, Says: []string{"only through its env"}},
		{YAML: `["${{ inputs.program }}", x]`, Problems: []string{"1:3 expression-in-run"}},
		{YAML: `["sha256sum --check", x]`, Problems: []string{"1:2 bad-value"}, Says: []string{"an item of its own"}},
		{YAML: `["", x]`, Problems: []string{"1:2 empty-run"}},
		{YAML: `[/bin/sh, x]`, Problems: []string{"1:2 path-leaves-folder"}},
		{YAML: `[../sh, x]`, Problems: []string{"1:2 path-leaves-folder"}},
		{YAML: `[a/../../sh, x]`, Problems: []string{"1:2 path-leaves-folder"}},
		{YAML: `['C:\sh', x]`, Problems: []string{"1:2 path-leaves-folder"}},
		{YAML: `[true, x]`, Problems: []string{"1:2 wrong-type"}},
		{YAML: `[echo, [x], {a: b}, ~]`, Problems: []string{"1:8 wrong-type", "1:13 wrong-type", "1:21 wrong-type"}},
		{YAML: `[echo, "a\0b"]`, Problems: []string{"1:8 bad-value"}},
		{YAML: "[echo, " + long + "]", Problems: []string{"1:8 too-large"}},
	}
}

// printed wants a program's output.
func printed(want string) func(*testing.T, *stepstest.Env, runbook.Result) {
	return func(t *testing.T, env *stepstest.Env, _ runbook.Result) {
		t.Helper()
		if got := env.Said.String(); got != want {
			t.Errorf("it printed %q, want %q", got, want)
		}
	}
}

func scripts() []stepstest.Case {
	return []stepstest.Case{
		{Name: "script", YAML: `echo "$((6 * 7))"`, Verify: printed("42\n"), Proof: runbook.Observed},
		{Name: "lines", YAML: "|\n  echo one\n  echo two\n", Verify: printed("one\ntwo\n")},
		{Name: "exit code", YAML: `exit 7`, Exit: 7},
		{Name: "errexit", YAML: "|\n  false\n  echo no\n", Exit: 1, Verify: printed("")},
		{Name: "pipefail", YAML: `"false | true"`, Exit: 1},
		{Name: "nounset", YAML: `"echo $nothing_at_all"`, Exit: 1},
		{
			Name: "a value is no syntax", YAML: `printf '%s' "$NAME"`,
			Prepare: func(_ *testing.T, env *stepstest.Env) { env.Variables = []string{"NAME=$(id); `id`"} },
			Verify:  printed("$(id); `id`"),
		},
		{Name: "writes", YAML: "touch made", Writes: true},
		{Name: "sh", YAML: "shell: sh\nscript: 'echo ${BASH_VERSION-none} | cat; false; echo no'", Exit: 1},
		{Name: "sh nounset", YAML: "shell: sh\nscript: echo $nothing_at_all; echo no", Exit: shNounset()},
		{Name: "bash", YAML: "shell: bash\nscript: echo ${BASH_VERSION:+bash}", Verify: printed("bash\n")},
	}
}

// shNounset is how the sh of this machine ends at an unset variable.
func shNounset() int {
	var exit *exec.ExitError
	if errors.As(exec.Command("sh", "-eu", "-c", "echo $nothing_at_all").Run(), &exit) {
		return exit.ExitCode()
	}
	return 0
}

func programs() []stepstest.Case {
	return []stepstest.Case{
		{
			Name: "arguments", YAML: `[printf, '%s|', a b, "$HOME", 1.10, true, "", "${{ inputs.odd }}"]`,
			Prepare: func(t *testing.T, env *stepstest.Env) {
				env.Input(t, "odd", runbook.Text, "-x; $(id)\n'\"")
			},
			Verify: printed("a b|$HOME|1.10|true||-x; $(id)\n'\"|"),
		},
		{
			Name: "local program", YAML: `[./tools/say, hello]`,
			Prepare: func(t *testing.T, env *stepstest.Env) { script(t, env, "tools/say", "#!/bin/sh\necho \"$1\"\n") },
			Verify:  printed("hello\n"),
		},
		{Name: "no such program", YAML: `[no-such-program-here]`, Error: "no-such-program-here"},
		{
			Name: "no value", YAML: `[echo, "${{ inputs.list[3] }}"]`,
			Prepare: func(t *testing.T, env *stepstest.Env) { env.Input(t, "list", runbook.List, "a, b") },
			Error:   "inputs.list[3]",
			Verify: func(t *testing.T, env *stepstest.Env, _ runbook.Result) {
				if len(env.Programs) > 0 {
					t.Errorf("it started %v", env.Programs)
				}
			},
		},
	}
}

func script(t *testing.T, env *stepstest.Env, name, text string) {
	t.Helper()
	path := env.Write(t, name, text, 0)
	if err := exec.Command("chmod", "+x", path).Run(); err != nil {
		t.Fatal(err)
	}
}

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		yaml string
		want runbook.Program
	}{
		{"ls", runbook.Program{Name: "bash", Args: []string{"-euo", "pipefail", "-c", "ls"}}},
		{"{shell: bash, script: ls}", runbook.Program{Name: "bash", Args: []string{"-euo", "pipefail", "-c", "ls"}}},
		{"{shell: sh, script: ls}", runbook.Program{Name: "sh", Args: []string{"-eu", "-c", "ls"}}},
		{"{shell: pwsh, script: ls}", runbook.Program{Name: "pwsh", Args: []string{
			"-NoLogo", "-NoProfile", "-NonInteractive", "-Command",
			"$ErrorActionPreference = 'Stop'; ls\nif (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE }",
		}}},
		{"[ls, -l]", runbook.Program{Name: "ls", Args: []string{"-l"}}},
	} {
		action, problems := stepstest.Decode(t, run.Kind{}, c.yaml)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		env := recorder{Env: stepstest.NewEnv(t)}
		if _, err := action.Run(t.Context(), &env); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, env.program); diff != "" {
			t.Errorf("%s:\n%s", c.yaml, diff)
		}
	}
}

// recorder starts nothing.
type recorder struct {
	*stepstest.Env
	program runbook.Program
}

func (r *recorder) Exec(_ context.Context, p runbook.Program) (runbook.Exit, error) {
	r.program = p
	return runbook.Exit{}, nil
}

func TestPwsh(t *testing.T) {
	if _, err := exec.LookPath("pwsh"); err != nil {
		t.Skip("no pwsh here")
	}
	for script, want := range map[string]int{
		"Write-Output hello":                   0,
		"bash -c 'exit 3'":                     3,
		"Get-Item nothing; Write-Output after": 1,
	} {
		action, _ := stepstest.Decode(t, run.Kind{}, "shell: pwsh\nscript: |\n  "+script)
		env := stepstest.NewEnv(t)
		result, err := action.Run(t.Context(), env)
		if err != nil || result.Exit.Code != want || strings.Contains(env.Said.String(), "after") {
			t.Errorf("%s: exit %+v, %v, printed %q; want %d", script, result.Exit, err, env.Said.String(), want)
		}
	}
}

func TestDescribe(t *testing.T) {
	for yaml, want := range map[string]string{
		"sha256sum --check SHA256SUMS":                 "bash: sha256sum --check SHA256SUMS",
		"|\n\n  cd x\n  ls\n":                          "bash: cd x …",
		"|\n # lists\n\n  # both\n  ls\n":              "bash: ls",
		"|\n # nothing\n # yet\n":                      "bash: # nothing …",
		"{shell: sh, script: ls}":                      "sh: ls",
		`"printf \"\e[2J\""`:                           `bash: "printf \"\x1b[2J\""`,
		`[stat, "${{ inputs.dir }}", "a b", "", "\t"]`: `stat ${{ inputs.dir }} "a b" "" "\t"`,
	} {
		action, problems := stepstest.Decode(t, run.Kind{}, yaml)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if got := action.Describe(); got != want {
			t.Errorf("%s: got %q, want %q", yaml, got, want)
		}
	}
}

// A program that is under way ends with its context.
func TestCancelUnderWay(t *testing.T) {
	action, _ := stepstest.Decode(t, run.Kind{}, "echo started; exec sleep 60")
	env := stepstest.NewEnv(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	env.Watch = func([]byte) { cancel() }
	if _, err := action.Run(ctx, env); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
