package lint

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

const (
	deletes  = "deletes what can't be brought back"
	formats  = "writes over a disk"
	empties  = "deletes data"
	stops    = "stops what people use"
	tears    = "tears down what is in use"
	rewrites = "writes over what others have pushed"
)

// destroys says what a command destroys; "" for nothing that is known.
func destroys(c call) string {
	if c.statement != nil && slices.ContainsFunc(c.statement.Redirs, toDevice) {
		return formats
	}
	if f, known := destructive()[c.name]; known {
		return f(c)
	}
	switch {
	case c.name == "find":
		return finds(c)
	case strings.HasPrefix(c.name, "mkfs"):
		return formats
	case c.script.shell == "pwsh":
		return powershellDestroys(c)
	}
	return ""
}

// toDevice reports whether a redirection writes to a disk.
func toDevice(r *syntax.Redirect) bool {
	if r.Op != syntax.RdrOut && r.Op != syntax.AppOut && r.Op != syntax.RdrClob || r.Word == nil {
		return false
	}
	text, _ := wordText(r.Word.Parts)
	return isDisk(text)
}

func isDisk(name string) bool {
	return slices.ContainsFunc([]string{"/dev/sd", "/dev/hd", "/dev/vd", "/dev/xvd", "/dev/nvme", "/dev/mmcblk", "/dev/disk", "/dev/mapper/", "/dev/md"},
		func(start string) bool { return strings.HasPrefix(name, start) })
}

func says(what string) func(call) string { return func(call) string { return what } }

// verb destroys where one of the words is the n-th that is no option.
func verb(what string, n int, verbs ...string) func(call) string {
	return func(c call) string {
		if slices.Contains(verbs, c.operand(n)) && !dry(c) {
			return what
		}
		return ""
	}
}

// anyVerb destroys where one of the words stands anywhere: options with values may
// stand before it.
func anyVerb(what string, verbs ...string) func(call) string {
	return func(c call) string {
		if c.says(verbs...) && !dry(c) {
			return what
		}
		return ""
	}
}

func option(what string, options ...string) func(call) string {
	return func(c call) string {
		if c.has(options...) && !dry(c) {
			return what
		}
		return ""
	}
}

// dry reports whether a command only shows what it would do.
func dry(c call) bool {
	return slices.ContainsFunc(c.args, func(w word) bool {
		return strings.HasPrefix(w.text, "--dry-run") && w.text != "--dry-run=none" || w.text == "--dryrun" || w.text == "--what-if"
	})
}

// destructive are the commands that destroy, and when.
var destructive = sync.OnceValue(func() map[string]func(call) string {
	return map[string]func(call) string{
		"rm": removes, "dd": copiesTo,
		"shred": says(deletes), "wipefs": option(formats, "-a", "--all", "-o", "--offset"), "blkdiscard": says(formats), "mkswap": says(formats),
		"sgdisk": option(formats, "-Z", "--zap-all", "-z", "--zap", "-o", "--clear", "-d", "--delete"), "parted": partitions, "diskpart": says(formats),
		"pvremove": says(formats), "vgremove": says(formats), "lvremove": says(formats), "cryptsetup": verb(formats, 0, "luksFormat", "erase", "luksErase"),
		"zfs": verb(deletes, 0, "destroy"), "zpool": verb(deletes, 0, "destroy", "labelclear"), "mdadm": option(formats, "--zero-superblock", "--create", "-C"),
		"btrfs": verb(deletes, 1, "delete"),
		"psql":  speaksSQL, "mysql": speaksSQL, "mariadb": speaksSQL, "sqlite3": speaksSQL, "sqlcmd": speaksSQL, "clickhouse-client": speaksSQL,
		"dropdb": says(empties), "dropuser": says(empties), "mysqladmin": verb(empties, 0, "drop"), "redis-cli": flushes,
		"terraform": infrastructure, "tofu": infrastructure, "terragrunt": infrastructure, "pulumi": verb(tears, 0, "destroy"),
		"kubectl": anyVerb(tears, "delete", "drain"), "oc": anyVerb(tears, "delete"), "helm": anyVerb(tears, "uninstall", "delete"),
		"docker": containers, "podman": containers,
		"aws": amazon, "gsutil": verb(deletes, 0, "rm", "rb"), "gcloud": anyVerb(deletes, "delete"), "az": anyVerb(deletes, "delete", "purge"),
		"git":       pushes,
		"systemctl": verb(stops, 0, "stop", "disable", "mask", "kill", "isolate", "poweroff", "reboot", "halt", "rescue", "emergency"),
		"service":   verb(stops, 1, "stop"), "rc-service": verb(stops, 1, "stop"), "launchctl": verb(stops, 0, "unload", "bootout", "stop"),
		"shutdown": func(c call) string {
			if c.has("-c", "-k", "--help") {
				return ""
			}
			return stops
		},
		"reboot": says(stops), "halt": says(stops), "poweroff": says(stops), "init": verb(stops, 0, "0", "6"), "telinit": verb(stops, 0, "0", "6"),
		"virsh": verb(tears, 0, "destroy", "undefine", "vol-delete", "shutdown"), "qm": verb(tears, 0, "destroy", "stop", "shutdown"),
		"userdel": says(deletes), "deluser": says(deletes), "groupdel": says(deletes), "crontab": option(deletes, "-r"),
		"iptables": option(tears, "-F", "--flush", "-X"), "ip6tables": option(tears, "-F", "--flush", "-X"), "nft": verb(tears, 0, "flush", "delete"), "ufw": verb(tears, 0, "disable", "reset"),
		"vssadmin": verb(deletes, 0, "delete"),
	}
})

// removes knows a folder that the script has made for itself.
func removes(c call) string {
	if !c.has("-r", "-R", "--recursive") {
		return ""
	}
	folders := c.operands()
	if len(folders) > 0 && !slices.ContainsFunc(folders, func(w word) bool { return !c.script.temporary(w) }) {
		return ""
	}
	return deletes
}

// temporary reports whether a word names what mktemp made: $work, "$work/cache".
func (s *script) temporary(w word) bool {
	name, found := strings.CutPrefix(w.text, "$")
	name, _, _ = strings.Cut(name, "/")
	if !found || s.tree == nil || !syntax.ValidName(name) || strings.Contains(w.text, "..") {
		return false
	}
	made := false
	syntax.Walk(s.tree, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil && a.Name.Value == name {
			made = a.Value != nil && strings.Contains(s.text[a.Value.Pos().Offset():a.Value.End().Offset()], "mktemp")
		}
		return true
	})
	return made
}

// finds knows what find does with what it has found.
func finds(c call) string {
	if len(c.args) > 0 && c.script.temporary(c.args[0]) {
		return ""
	}
	for i, w := range c.args {
		if w.text == "-delete" {
			return deletes
		}
		if (w.text == "-exec" || w.text == "-execdir") && i+1 < len(c.args) {
			inner := c.script.newCall(c.args[i+1:], false)
			if inner.name == "rm" {
				return deletes
			}
			return destroys(inner)
		}
	}
	return ""
}

// copiesTo knows when dd writes to a disk, or to what only the run knows.
func copiesTo(c call) string {
	for _, w := range c.args {
		to, found := strings.CutPrefix(w.text, "of=")
		if found && (w.computed && !strings.Contains(to, "/") || isDisk(to)) {
			return formats
		}
	}
	return ""
}

func partitions(c call) string {
	if c.says("mklabel", "mktable", "mkpart", "rm", "resizepart") {
		return formats
	}
	return ""
}

// ruinousSQL are statements that delete more than some rows.
var ruinousSQL = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bDROP\s+(TABLE|DATABASE|SCHEMA|INDEX|VIEW|USER|ROLE|TABLESPACE|PARTITION|COLUMN)\b|\bTRUNCATE\s+(TABLE\s+)?["\x60\[]?\w|\bDELETE\s+FROM\s+["\x60\[\]\w.$]+\s*(;|"|'|$)`)
})

// speaksSQL looks at what a database's client is told: in its arguments, in a text
// beside it, or by the command before it in the pipe.
func speaksSQL(c call) string {
	told := func(text string) bool { return ruinousSQL().MatchString(text) }
	for _, w := range c.args {
		if told(w.text) {
			return empties
		}
	}
	if c.statement == nil || !c.fed {
		return ""
	}
	for _, r := range c.statement.Redirs {
		for _, w := range []*syntax.Word{r.Word, r.Hdoc} {
			if w != nil {
				if text, _ := wordText(w.Parts); told(text) {
					return empties
				}
			}
		}
	}
	for _, other := range c.script.calls {
		if other.name == "echo" || other.name == "printf" {
			if slices.ContainsFunc(other.args, func(w word) bool { return told(w.text) }) {
				return empties
			}
		}
	}
	return ""
}

func flushes(c call) string {
	if slices.ContainsFunc(c.args, func(w word) bool {
		return strings.EqualFold(w.text, "FLUSHALL") || strings.EqualFold(w.text, "FLUSHDB")
	}) {
		return empties
	}
	return ""
}

func infrastructure(c call) string {
	approved := c.has("-auto-approve", "--auto-approve")
	if c.operand(0) == "destroy" || c.operand(0) == "apply" && (approved || c.has("-destroy")) || c.says("run-all") && c.says("destroy") {
		return tears
	}
	return ""
}

func containers(c call) string {
	verbs := c.operands()
	if len(verbs) > 1 && (verbs[1].text == "prune" || verbs[0].text == "volume" && (verbs[1].text == "rm" || verbs[1].text == "remove")) {
		return deletes
	}
	if c.says("down") && c.has("-v", "--volumes") {
		return deletes
	}
	return ""
}

func amazon(c call) string {
	deleting := slices.ContainsFunc(c.args, func(w word) bool {
		return strings.HasPrefix(w.text, "delete-") || strings.HasPrefix(w.text, "terminate-") || strings.HasPrefix(w.text, "deregister-")
	})
	if (deleting || c.says("s3") && c.says("rb", "rm")) && !dry(c) {
		return deletes
	}
	return ""
}

func pushes(c call) string {
	forced := slices.ContainsFunc(c.operands(), func(w word) bool { return strings.HasPrefix(w.text, "+") })
	if c.says("push") && (forced || c.has("-f", "--force", "--mirror", "-d", "--delete", "--prune")) && !dry(c) {
		return rewrites
	}
	return ""
}

// powershellVerbs are those of commands that remove things, and powershellNouns what
// is worth a question. Others of these verbs are harmless: Remove-Variable.
var (
	powershellVerbs = []string{"remove-", "clear-", "format-", "initialize-", "stop-", "uninstall-", "disable-"}
	powershellNouns = []string{"computer", "service", "vm", "volume", "disk", "partition", "aduser", "adcomputer", "adgroup", "adobject", "adorganizationalunit", "mailbox", "localuser", "smbshare", "storagepool", "virtualdisk", "azresourcegroup", "azvm", "mguser", "windowsfeature", "adaccount"}
)

func powershellDestroys(c call) string {
	if c.says("-WhatIf") {
		return ""
	}
	switch c.name {
	case "remove-item", "ri", "rmdir", "del", "rd", "erase":
		if slices.ContainsFunc(c.args, func(w word) bool { return strings.HasPrefix(strings.ToLower(w.text), "-r") }) {
			return deletes
		}
		return ""
	case "restart-computer":
		return stops
	}
	for _, v := range powershellVerbs {
		if noun, found := strings.CutPrefix(c.name, v); found && slices.Contains(powershellNouns, noun) {
			return tears
		}
	}
	return ""
}
