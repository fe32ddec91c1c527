package lint

import (
	"slices"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var interactiveCommand = Rule{
	ID: "interactive-command", Severity: Warning,
	Summary: "a step starts a program that waits for somebody who isn't there",
	Why: `A run step has no terminal and nothing to read. A program that asks fails at once, or
waits until the step's timeout ends it, at night as well as at noon. Most have an option
with which they don't ask; what a person has to answer belongs into a manual step.`,
	Bad: `requires: [bash, apt-get]
steps:
  - {id: patch, title: Security updates are in, run: apt-get upgrade}`,
	Good: `requires: [bash, apt-get]
steps:
  - {id: patch, title: Security updates are in, run: apt-get --assume-yes upgrade}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for _, s := range p.scripts(r) {
			for _, c := range s.calls {
				if s.functions[c.name] {
					continue
				}
				if hint, asks := sudoAsks(c); asks {
					p.report(c.position(), hint, "sudo may ask for a password, and the step %s has nobody to answer", s.step.ID)
				} else if hint, asks := asksSomebody(c); asks {
					p.report(c.position(), hint, "%s wants an answer, and the step %s has nobody to give it", document.Quote(c.title()), s.step.ID)
				}
			}
		}
	},
}

// sudoAsks looks at sudo's own options, which stand before the command.
func sudoAsks(c call) (hint string, asks bool) {
	at := slices.IndexFunc(c.words, func(w word) bool { return baseName(w.text) == "sudo" })
	if at < 0 || at > len(c.words)-len(c.args)-1 {
		return "", false
	}
	for _, w := range c.words[at+1:] {
		if len(w.text) < 2 || w.text[0] != '-' {
			break
		}
		for _, quiet := range []string{"-n", "--non-interactive", "-S", "--stdin", "-A", "--askpass", "-V", "-h"} {
			if isOption(w.text, quiet) {
				return "", false
			}
		}
	}
	return "sudo -n fails at once instead of asking", true
}

// asker says of a command when it asks, and what to do.
type asker struct {
	hint string
	asks func(call) bool
}

func always(call) bool { return true }

func without(options ...string) func(call) bool {
	return func(c call) bool { return !c.has(options...) }
}

// installs reports of a package manager whether it would ask before it does one of
// the verbs.
func installs(verbs ...string) func(call) bool {
	quiet := without("-y", "--yes", "--assume-yes", "--assumeyes", "-qq", "-s", "--simulate", "--dry-run", "--just-print", "--no-act", "--assumeno", "-d", "--download-only")
	return func(c call) bool { return c.says(verbs...) && quiet(c) }
}

const manualHint = "a manual step is for what a person has to do"

var (
	editor    = asker{"sed --in-place or a here-document changes a file; " + manualHint, without("-e", "-s", "-es", "--batch", "-batch", "--version")}
	pager     = asker{"cat shows all of it", func(c call) bool { return len(c.operands()) > 0 || !c.fed }}
	screen    = asker{"ps or free show it once", without("-b", "-l", "--batch", "--version", "-v")}
	sshClient = asker{"-o BatchMode=yes makes it fail instead of asking", func(c call) bool {
		return !c.has("-V", "-G", "-O", "-Q", "-B", "-b") && !slices.ContainsFunc(c.args, func(w word) bool { return strings.Contains(strings.ToLower(w.text), "batchmode") }) &&
			!slices.ContainsFunc(c.words, func(w word) bool { return w.text == "sshpass" })
	}}
	overwriter = asker{"leave -i out", func(c call) bool { return c.has("-i", "--interactive") && !c.fed }}
	apt        = asker{"--assume-yes", installs("install", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "autoremove", "build-dep")}
	yum        = asker{"--assumeyes", installs("install", "remove", "erase", "update", "upgrade", "downgrade", "autoremove", "distro-sync")}
	mysqlAsker = asker{"a secret in env MYSQL_PWD, or --defaults-extra-file", func(c call) bool { return c.says("-p", "--password") }}
	psqlAsker  = asker{"-w, and a secret in env PGPASSWORD", func(c call) bool { return c.has("-W", "--password") }}
	container  = asker{"leave -t and -i out", func(c call) bool {
		return c.says("exec", "run") && slices.ContainsFunc(c.args, func(w word) bool { return slices.Contains([]string{"-it", "-ti", "-t", "--tty"}, w.text) })
	}}
)

var askers = sync.OnceValue(func() map[string]asker {
	return map[string]asker{
		"vi": editor, "vim": editor, "nvim": editor, "nano": editor, "pico": editor, "emacs": editor, "joe": editor, "mcedit": editor, "visudo": {manualHint, without("-c", "--check")},
		"less": pager, "more": pager, "most": pager, "top": screen, "htop": screen, "atop": screen, "btop": screen, "iotop": screen, "mc": screen,
		"dialog": {manualHint, always}, "whiptail": {manualHint, always},
		"passwd": {"chpasswd reads names and passwords", func(c call) bool {
			return !c.fed && !c.has("-S", "-l", "-u", "-d", "-e", "--stdin", "--status", "--lock", "--unlock", "--delete", "--expire")
		}},
		"crontab": {"crontab FILE installs one", func(c call) bool { return c.has("-e") }},
		"ssh":     sshClient, "scp": sshClient, "sftp": sshClient,
		"apt": apt, "apt-get": apt, "aptitude": apt,
		"yum": yum, "dnf": yum,
		"zypper": {"--non-interactive before the command", func(c call) bool {
			return c.says("install", "in", "remove", "rm", "update", "up", "patch", "dup", "dist-upgrade") && !c.has("-n", "--non-interactive", "-y", "--no-confirm", "--dry-run")
		}},
		"pacman": {"--noconfirm", func(c call) bool { return c.has("-S", "-R", "-U") && !c.has("--noconfirm", "-s", "-i", "-p") }},
		"mysql":  mysqlAsker, "mysqldump": mysqlAsker, "mysqladmin": mysqlAsker, "mariadb": mysqlAsker, "mariadb-dump": mysqlAsker,
		"psql": psqlAsker, "pg_dump": psqlAsker, "pg_restore": psqlAsker, "createdb": psqlAsker, "dropdb": psqlAsker,
		"rm": overwriter, "mv": overwriter, "cp": overwriter,
		"gpg": gpgAsker, "gpg2": gpgAsker,
		"docker": container, "podman": container, "kubectl": container,
		"terraform": terraformAsker, "tofu": terraformAsker,
		"read":      {"read from a file: read -r line < file; " + manualHint, func(c call) bool { return !c.fed && !c.has("-u") }},
		"read-host": {manualHint, always}, "get-credential": {"a secret in env", always}, "out-gridview": {"Format-Table shows it", always}, "pause": {manualHint, func(c call) bool { return c.script.shell == "pwsh" }},
	}
})

var gpgAsker = asker{"--batch, with --pinentry-mode loopback and --passphrase-fd where it needs a passphrase", func(c call) bool {
	return !c.has("--batch") && c.has("-d", "--decrypt", "-s", "--sign", "-b", "--detach-sign", "--clear-sign", "--clearsign", "-c", "--symmetric",
		"--gen-key", "--generate-key", "--full-gen-key", "--full-generate-key", "--quick-generate-key", "--edit-key", "--delete-key", "--delete-keys", "--delete-secret-keys")
}}

// terraformAsker knows that a plan that was saved is applied without a question.
var terraformAsker = asker{"apply a plan that was saved: terraform plan -out=plan, an approval, terraform apply plan", func(c call) bool {
	verb := c.operand(0)
	saved := verb == "apply" && len(c.operands()) > 1
	return (verb == "apply" || verb == "destroy") && !saved && !c.has("-auto-approve", "--auto-approve")
}}

func asksSomebody(c call) (hint string, asks bool) {
	a, known := askers()[c.name]
	if !known || !a.asks(c) {
		return "", false
	}
	return a.hint, true
}
