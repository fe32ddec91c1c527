package lint

import (
	"slices"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// everywhere are the commands that a script may count on: those of the shells
// themselves, and what POSIX, the GNU core utilities and procps bring to every machine.
var everywhere = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for name := range strings.FieldsSeq(`
		. : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo enable eval exec
		exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray
		readonly return set shift shopt source suspend test time times trap true type typeset ulimit umask unalias unset wait
		arch awk b2sum base32 base64 basename basenc bash bc cal cat chgrp chmod chown chroot cksum cmp comm cp crontab csplit cut date
		dc dd df diff dir dircolors dirname du ed egrep env expand expr factor fgrep file find fmt fold free getconf grep groups gunzip gzip head
		hostid hostname iconv id install join kill link ln locale localedef logger logname look ls m4 make man md5sum mesg mkdir mkfifo
		mknod mktemp more mount mv newgrp nice nl nohup nproc numfmt od paste patch pathchk pax pgrep pidof pkill pr printenv ps ptx pwd readlink
		realpath renice rm rmdir runcon sed seq sh sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf
		stty su sum sync tac tail tar tee timeout touch tput tr truncate tsort tty umount uname unexpand uniq unlink uptime users vdir vmstat
		w wc which who whoami write xargs yes zcat`) {
		known[name] = true
	}
	return known
})

var unpinnedTool = Rule{
	ID: "unpinned-tool", Severity: Info,
	Summary: "a script starts a program that requires doesn't name",
	Why: `What requires names is looked for before the first step: a run on a machine without the
program ends before it has changed anything, and its version is in the record. Otherwise
it ends in the middle.`,
	Bad: `requires: [bash]
steps:
  - {id: queue, title: The queue is empty, run: "mailq | grep --quiet 'is empty'"}`,
	Good: `requires: [bash, {tool: mailq, version_args: [-V]}]
steps:
  - {id: queue, title: The queue is empty, run: "mailq | grep --quiet 'is empty'"}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		told := map[string]bool{}
		for _, s := range p.scripts(r) {
			if s.shell == "pwsh" {
				continue
			}
			for _, c := range s.calls {
				if name := c.name; name != "" && !told[name] && s.needs(c) && !required(name, r.Requires) && !required(name, s.step.Requires) {
					told[name] = true
					p.report(c.position(), "requires: ["+name+"]", "the step %s starts %s, which requires doesn't name", s.step.ID, document.Quote(name))
				}
			}
		}
	},
}

// needs reports whether a command is a program that some machines don't have.
func (s *script) needs(c call) bool {
	local := !c.words[0].computed && strings.Contains(c.words[0].text, "/")
	return !local && !everywhere()[c.name] && !s.functions[c.name] && !strings.ContainsAny(c.name, "$={}*?")
}

func required(name string, all []runbook.Requirement) bool {
	return slices.ContainsFunc(all, func(r runbook.Requirement) bool { return baseName(r.Tool) == name })
}
