//go:build linux

package cmd_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// planted holds what shells, URLs, JSON and terminals treat specially.
const planted = `hunter2/"Zoë"🔑 100%\new+key&co`

// traces are the texts by which a secret would be found, whatever stands
// around it.
func traces(secret string) map[string]string {
	found := map[string]string{
		"plain": secret, "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "lower": lowerHex(url.QueryEscape(secret)),
		"json": quoted(secret, false), "json html": quoted(secret, true),
		"json slashes": strings.ReplaceAll(quoted(secret, false), "/", `\/`),
		"json ascii":   asciiJSON(secret),
	}
	for alignment := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"std": base64.RawStdEncoding, "url": base64.RawURLEncoding} {
			encoded := encoding.EncodeToString([]byte("xxx"[:alignment] + secret))
			core := encoded[(8*alignment+5)/6 : 8*(alignment+len(secret))/6]
			found[fmt.Sprintf("base64 %s %d", name, alignment)] = core
		}
	}
	return found
}

func lowerHex(escaped string) string {
	return regexp.MustCompile(`%..`).ReplaceAllStringFunc(escaped, strings.ToLower)
}

func quoted(text string, html bool) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(html)
	encoder.Encode(text)
	return strings.TrimSuffix(strings.TrimPrefix(out.String(), `"`), "\"\n")
}

func asciiJSON(text string) string {
	var out strings.Builder
	for _, r := range quoted(text, false) {
		switch {
		case r > 0xFFFF:
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xD800+(r-0x10000)>>10, 0xDC00+(r-0x10000)&0x3FF)
		case r > 0x7E:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// everyForm is what a careless program prints: each form on a line of its own,
// and the long ones wrapped.
func everyForm(secret string) string {
	var out strings.Builder
	for _, before := range []string{"", "u", "user:", "Authorization: Basic of somebody with a long name, "} {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			fmt.Fprintln(&out, encoding.EncodeToString([]byte(before+secret+" and more")))
			fmt.Fprintln(&out, regexp.MustCompile(`.{1,76}`).ReplaceAllString(encoding.EncodeToString([]byte(before+secret)), "$0\n"))
		}
	}
	for name, form := range traces(secret) {
		if !strings.HasPrefix(name, "base64") {
			fmt.Fprintf(&out, "%s=%s;\n", name, form)
		}
	}
	fmt.Fprintln(&out, regexp.MustCompile(`.{1,60}`).ReplaceAllString(hex.EncodeToString([]byte(secret)), "$0\n"))
	return out.String()
}

const leakyRunbook = `apiVersion: msp/v1
kind: Runbook
id: leaky
version: 1.0.0
title: Every step tells the secret
owner: {team: backup, contact: backup@provider.example}
secrets: [{name: TOKEN, from: {env: THE_TOKEN}}]
inputs: {where: {type: path, required: true}, note: {type: string, required: true}}
defaults: {on_failure: continue, priority: should, env: {TOKEN: "${{ secrets.TOKEN }}"}}
steps:
  - {id: out, title: To stdout byte by byte, run: dd if=forms bs=1 status=none; printf '%s\n' "$TOKEN"}
  - {id: err, title: To stderr in sevens, run: dd if=forms bs=7 status=none >&2; cat forms forms >&2}
  - id: outputs
    title: As outputs
    run: |
      cat forms
      printf 'line=%s\n' "$TOKEN" | dd bs=1 status=none > "$MSP_OUTPUT"
    outputs: {line: {from: output}, all: {from: stdout, type: text}, part: {from: stdout, pattern: '(?s)plain=(.*)', type: text}}
  - {id: again, title: What an earlier step said, run: 'printf "%s\n" "$LINE" "$ALL"', env: {LINE: "${{ steps.outputs.outputs.line }}", ALL: "${{ steps.outputs.outputs.all }}"}}
  - {id: wrong_type, title: An output that is no number, run: 'printf "%s" "$TOKEN"', outputs: {count: {from: stdout, type: number}}}
  - {id: undeclared, title: Undeclared outputs, run: 'cat forms > "$MSP_OUTPUT"', outputs: {count: {from: output}}}
  - {id: json, title: JSON, run: 'cat forms.json', outputs: {token: {from: stdout, json: token}}}
  - {id: fails, title: It fails, run: 'cat forms >&2; printf "%s" "$TOKEN"; exit 3', retry: {max_attempts: 2}}
  - {id: expects, title: It expects something else, run: 'printf "%s" "$TOKEN"', expect: {stdout: {equals: something else}}}
  - {id: lines, title: The process list, run: "cat /proc/$PPID/cmdline /proc/$$/cmdline | tr '\\0' '\\n'"}
  - {id: looks, title: The file is not there, file: {path: "${{ inputs.where }}/*.gz", pick: newest}}
  - id: person
    title: A person types it
    manual: {instructions: "Say it of ${{ inputs.note }}", form: {note: {type: text}, word: {type: string}}}
  - {id: skipped, title: A person skips, manual: {instructions: Skip it.}}
`

// leaky is a desk at which everything tells the secret.
func leaky(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	d.env = append(d.env, "THE_TOKEN="+planted, "TERM=xterm-256color")
	d.write("leaky.yaml", leakyRunbook)
	d.write("forms", everyForm(planted))
	d.write("forms.json", `{"token": "`+quoted(planted, true)+`"}`)
	answer, err := json.Marshal(map[string]any{"steps": map[string]any{
		"person":  map[string]any{"values": map[string]string{"note": everyForm(planted), "word": planted}, "flag": "it says " + planted, "differently": planted + " was used"},
		"skipped": map[string]any{"skip": "the secret is " + planted},
	}})
	if err != nil {
		t.Fatal(err)
	}
	d.write("answers.yaml", string(answer))
	return d
}

func leakyArgs(more ...string) []string {
	return append([]string{"run", "./leaky.yaml", "--answers", "answers.yaml", "--input", "where=missing/" + planted, "--input", "note=" + planted}, more...)
}

// tells says which forms of the secret a text holds. A text in which lines are
// broken is searched without them, too.
func tells(text []byte) []string {
	var found []string
	joined := bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\n"), nil), []byte("\r"), nil)
	for name, trace := range traces(planted) {
		if bytes.Contains(text, []byte(trace)) || bytes.Contains(joined, []byte(trace)) {
			found = append(found, name)
		}
	}
	return found
}

func (d *desk) keepsSecrets(what string) {
	d.t.Helper()
	files := 0
	err := filepath.WalkDir(d.home, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		if found := tells(data); len(found) > 0 {
			d.t.Errorf("%s: %s tells the secret: %v", what, path, found)
		}
		if envelope, err := evidence.OpenEnvelope(data, len(data)); err == nil {
			if found := tells(envelope.Payload); len(found) > 0 {
				d.t.Errorf("%s: the statement %s tells the secret: %v", what, path, found)
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if files < 10 {
		d.t.Fatalf("%s: only %d files", what, files)
	}
}

func (d *desk) screenKeepsSecrets(what string, got ran) {
	d.t.Helper()
	for name, text := range map[string]string{"stdout": got.stdout, "stderr": got.stderr} {
		if found := tells([]byte(text)); len(found) > 0 {
			d.t.Errorf("%s: %s tells the secret: %v", what, name, found)
		}
	}
}

func TestSecretsStaySecret(t *testing.T) {
	d := leaky(t)
	for i, mode := range []string{"--plain", "--json", ""} {
		args := leakyArgs()
		if mode != "" {
			args = append(args, mode)
		}
		got := d.msp(args...)
		if got.code != 0 && got.code != 1 {
			t.Fatalf("%s: exit code %d: %s%s", mode, got.code, got.stdout, got.stderr)
		}
		d.screenKeepsSecrets("run "+mode, got)
		if accounts := d.history().Accounts; len(accounts) != i+1 {
			t.Fatalf("%d runs", len(accounts))
		}
	}
	d.keepsSecrets("after the runs")
	account := d.history().Accounts[0]
	masked := map[string]int{}
	for _, s := range account.Steps() {
		for _, stream := range []*record.Stream{s.Stdout, s.Stderr} {
			if stream != nil {
				masked[s.ID] += stream.Replaced["TOKEN"]
			}
		}
	}
	if forms := 4*6 + 10 + 1; masked["out"] != forms+1 || masked["err"] != 3*forms || masked["fails"] != 2*(forms+1) {
		t.Errorf("masked %v, there are %d forms", masked, forms)
	}
	run := record.ShortID(account.Run)
	for _, args := range [][]string{{"show", run}, {"show", run, "--json"}, {"show", run, "--output", "out"}, {"log"}, {"log", "--json"}, {"verify"}} {
		d.screenKeepsSecrets(strings.Join(args, " "), d.msp(args...))
	}
	if shown := d.msp("show", run).stdout; !strings.Contains(shown, "[masked TOKEN]") {
		t.Errorf("nothing is masked in:\n%s", shown)
	}
}

func (d *desk) history() *record.History {
	d.t.Helper()
	store := evidence.OpenStore(nil, filepath.Join(d.state(), "clients", "local"))
	history, err := record.ReadHistory(store, "local", 0)
	if err != nil || len(history.Problems) > 0 {
		d.t.Fatal(err, history.Problems)
	}
	return history
}

// TestSecretsAfterCrash looks into the journal and the half-written files that
// a crash leaves.
func TestSecretsAfterCrash(t *testing.T) {
	d := leaky(t)
	for _, n := range []int{140, 160, 200, 240} {
		got := d.mspWith([]string{envFault + "=" + faultKill + ":" + strconv.Itoa(n)}, leakyArgs("--plain")...)
		if got.code != -1 {
			t.Fatalf("not killed at %d: exit code %d: %s", n, got.code, got.stderr)
		}
		d.screenKeepsSecrets("killed", got)
		d.keepsSecrets(fmt.Sprintf("killed at %d", n))
	}
	journals, err := filepath.Glob(filepath.Join(d.state(), "clients/local/runs/*/*.jsonl"))
	if err != nil || len(journals) == 0 {
		t.Errorf("no journal was searched, error %v", err)
	}
}

func TestSecretsOnLiveScreen(t *testing.T) {
	for _, width := range []uint16{200, 60} {
		d := leaky(t)
		c := d.command(leakyArgs()...)
		c.Env = append(c.Env, "LANG=C.UTF-8")
		screen, err := pty.StartWithSize(c, &pty.Winsize{Rows: 40, Cols: width})
		if err != nil {
			t.Skip("no pseudo-terminal here:", err)
		}
		seen, _ := io.ReadAll(screen)
		screen.Close()
		if err := c.Wait(); err != nil && c.ProcessState.ExitCode() != 1 {
			t.Errorf("%v:\n%s", err, seen)
		}
		if found := tells(seen); len(found) > 0 || !bytes.Contains(seen, []byte("\x1b[")) {
			t.Errorf("%d columns wide, the screen tells %v:\n%s", width, found, seen)
		}
		d.keepsSecrets("live")
	}
}

// TestSecretTooShort is refused before anything is recorded, and not shown.
func TestSecretTooShort(t *testing.T) {
	d := leaky(t)
	got := d.mspWith([]string{"THE_TOKEN=hunter2"}, leakyArgs()...)
	if got.code != 2 || strings.Contains(got.stdout+got.stderr, "hunter2") || !strings.Contains(got.stderr, "TOKEN") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if runs := d.history().Accounts; len(runs) > 0 {
		t.Errorf("%d runs", len(runs))
	}
}
