package lint_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// A token of the form that is known, and never was one.
var madeUpToken = "gh" + "p_" + strings.Repeat("a1B2", 9)

// scriptMutations break scripts.
var scriptMutations = []mutation{
	{"leave a quote open", "shell-syntax", script(suffix("\necho 'open\n", "\necho \"open\n")), []string{"steps.*.run"}},
	{"leave a condition open", "shell-syntax", script(prefix("if true; then\n", "while read -r line; do\n", "{ echo one\n")), nil},
	{"close what isn't open", "shell-syntax", script(prefix("fi\n", "done\n", ")\n")), nil},
	{"lose the end of a loop", "shell-syntax", script(eachOf(swap("done", ""), swap("fi\n", "\n"), swap("esac", ""), swap("; }", ""))), []string{"steps.*.run"}},
	{"take the quotes of a value away", "shell-fault", either(
		script(unquote("NEWEST", "FOLDER", "SOURCE", "SNAPSHOT", "FILE", "CA_FILE", "CHAIN", "MODIFIED")),
	), nil},
	{"make a script of a value", "shell-fault", func(s specimen) []mutant {
		var all []mutant
		for _, p := range placesOf(s.root, "steps.*.env") {
			all = append(all, rewrite("run", prefix(`bash -c "echo $`+p.value.Fields()[0].Key+"\"\n"))(specimen{s.File, s.kind, p.in})...)
		}
		return all
	}, nil},
	{"run what is fetched", "shell-fault", script(prefix("curl --silent https://example.net/install | bash\n", "bash <(curl --silent https://example.net/install)\n")), nil},
	{"hand on a value that may be an option", "shell-fault", either(
		script(swap("openssl verify", "cat \"$CHAIN\"\nopenssl verify")), script(swap("restored=", "grep --quiet root \"$SNAPSHOT\"\nrestored=")),
	), nil},
	{"open an editor", "interactive-command", script(prefix("vi /etc/hosts\n", "crontab -e\n", "less /var/log/syslog\n")), nil},
	{"wait for an answer", "interactive-command", script(prefix("apt-get install jq\n", "ssh backup@host.example uptime\n", "sudo date\n")), nil},
	{"destroy without a question", "destructive-without-confirmation", script(prefix("rm -rf /srv/mail\n", "mkfs.ext4 /dev/sdb1\n", "systemctl stop postfix\n", "terraform destroy -auto-approve\n")), nil},
	{"leave a token in a script", "secret-in-command", script(prefix("TOKEN="+madeUpToken+"\n", "curl -H 'Authorization: Bearer "+madeUpToken+"' https://example.net\n")), nil},
	{"leave a password in a script", "secret-in-command", script(prefix("mysql --user=root --password=Tr0ub4dor7x -e 'select 1'\n", "PASSWORD=correct-horse-battery\n")), nil},
	{"leave a secret in an env", "secret-in-command", either(add("steps.*.env", "TOKEN", madeUpToken), add("defaults.env", "DB_PASSWORD", "Tr0ub4dor7x")), nil},
	{"leave a token in the words", "secret-in-command", rewrite("rationale", prefix("The token is "+madeUpToken+". ")), nil},
	{"start a tool that nothing requires", "unpinned-tool", script(prefix("nmap -sT localhost\n", "if true; then pg_dump orders; fi\n")), nil},
	{"require a tool no more", "unpinned-tool", either(
		wholeText(swap(`, {tool: openssl, version: ">= 3.0", version_args: [version]}`, "")),
		wholeText(swap(`, {tool: restic, version: ">= 0.14", version_args: [version]}`, "")),
		wholeText(swap(", jq", "")),
	), []string{"steps.*.run"}},
	{"set what chooses the programs", "forbidden-variable", either(add("steps.*.env", "PATH", "/tmp"), add("defaults.env", "LD_PRELOAD", "/tmp/x.so")), nil},
}

// script changes the scripts of steps.
func script(change func(string) []string) func(specimen) []mutant {
	return rewrite("steps.*.run", change)
}

// deleted has the plan name a runbook that was deleted, of which the one that ships
// takes the place.
func deleted(s specimen) []mutant {
	all := set("runbooks.*.runbook", "disk-capacity")(s)
	for i := range all {
		all[i].before = runbook.File{Name: "before.yaml", Source: []byte("apiVersion: msp/v1\nkind: Runbook\nid: disk-capacity\nversion: 1.0.0\ntitle: Look at a disk\nsteps: [{id: look, title: Look, run: df}]\n")}
	}
	return all
}

func eachOf(ways ...func(string) []string) func(string) []string {
	return func(text string) []string {
		var all []string
		for _, change := range ways {
			all = append(all, change(text)...)
		}
		return all
	}
}

func unquote(names ...string) func(string) []string {
	return func(text string) []string {
		var all []string
		for _, name := range names {
			all = append(all, swap(` "$`+name+`"`, " $"+name)(strings.ReplaceAll(text, `<<< "`, `<<<"`))...)
		}
		return all
	}
}

// documentMutations break calendars, plans, agreements and contacts.
var documentMutations = []mutation{
	{"let the calendar end", "calendar-runs-out", where("id: office", set("valid_until", "2026-12-31", "2027-01-20")), []string{"base/runbook.yaml#schedule"}},
	{"let the calendar end before the plan", "calendar-runs-out", add("runbooks.*", "until", "2028-02-01"), nil},
	{"forget the days off", "calendar-without-holidays", remove("holidays"), []string{"apiVersion"}},
	{"plan for days on which nothing is due", "schedule-never-fires", set("runbooks.*", "{runbook: mail-queue, inputs: {most: 40}, from: 2026-12-25, until: 2026-12-28}"), nil},
	{"plan a runbook that isn't there", "unknown-reference", set("runbooks.*.runbook", "mail-queues"), nil},
	{"give an input that the runbook doesn't have", "unknown-reference", set("runbooks.*.inputs", "{least: 40}"), nil},
	{"give an input a wrong value", "bad-value", set("runbooks.*.inputs", "{most: forty}"), nil},
	{"plan what wasn't agreed", "out-of-scope", set("runbooks.*.runbook", "disk-capacity"), nil},
	{"delete a runbook of which another takes the place", "runbook-deleted", deleted, nil},

	{"plan a runbook twice at one time", "overlap", in("Plan", wholeText(suffix("\n  - {runbook: mail-queue, inputs: {most: 30}, from: 2026-06-01}\n"))), nil},
	{"have two hours on one day", "overlap", add("hours", "tuesday", "10:00-12:00"), nil},
	{"name contacts that aren't there", "unknown-reference", in("Agreement", set("contacts", "acme-poeple")), nil},
	{"let credits cost the whole fee", "credit-without-cap", remove("credits.cap"), nil},
	{"promise a credit above the cap", "credit-without-cap", set("credits.cap", "20%"), []string{"targets"}},
	{"count what nobody can count", "kpi-not-smart", set("kpis.*.metric", "quality", "Service"), nil},
	{"let the day of a KPI pass", "kpi-not-smart", set("kpis.*.by", "2026-06-30"), nil},
	{"want what is there", "kpi-not-smart", set("kpis.*.target", "40"), nil},
	{"leave something out of a KPI", "kpi-not-smart", either(remove("kpis.*.unit"), remove("kpis.*.baseline"), remove("kpis.*.target"), remove("kpis.*.by"), remove("kpis.*.owner")), nil},
	{"rely on somebody slower", "ola-exceeds-sla", set("supported_by.*.complete_within", "2h", "1d"), nil},
	{"rely on somebody less sure", "ola-exceeds-sla", set("supported_by.*.target", "90%"), nil},
	{"promise a report that nobody writes", "report-without-runbook", in("Agreement", add("", "reports",
		`[{id: monthly, title: What was done, owner: service-manager, to: it-director, schedule: {cron: "0 9 1 * *", timezone: Europe/London}}]`)), nil},
	{"keep records too short", "retention-too-short", in("Agreement", add("", "retention", "[{what: signed records, keep: 90d}]", "[{what: evidence, keep: 30d}]")), nil},
	{"let nobody answer for a target", "responder-missing", set("targets.*.owner", "somebody"), nil},
	{"promise 100% in an agreement", "sla-unrealistic", func(s specimen) []mutant {
		all := remove("supported_by")(s) // which would promise less
		for i, m := range all {
			all[i] = set("targets.*.target", "100%", "99.995%")(s.as(m))[i]
		}
		return all
	}, nil},
	{"agree on a runbook that isn't there", "unknown-reference", set("services.in_scope", "[mail-que]"), nil},
	{"support a target that isn't there", "unknown-reference", set("supported_by.*.supports", "mail-dayly"), nil},
	{"give credits of no fee", "credits", where("targets:", remove("credits")), []string{"targets"}},

	{"begin the roster later", "escalation-unreachable", set("rosters.*.from", "2027-06-07"), []string{"base/runbook.yaml#escalation"}},
	{"reach those on duty in working hours only", "escalation-unreachable", where("primary: [jo, sam]", wholeText(func(text string) []string {
		reached := "roles: [mail-technician], working_hours: {tuesday: 09:00-17:00}, reachable: working_hours, channels"
		return []string{strings.NewReplacer("roles: [mail-technician], channels", reached, "primary: [jo, sam]", "primary: [jo]").Replace(text)}
	})), []string{"base/runbook.yaml#escalation"}},
	{"give the director no channel", "escalation-unreachable", wholeText(swap(", channels: [mail: kim@acme.example]", "")), []string{"base/runbook.yaml#escalation"}},
	{"send people away", "escalation-unreachable", wholeText(swap("channels: [mail: kim@acme.example]", "channels: [mail: kim@acme.example], away: [{from: 2026-11-20, until: 2027-01-10}]")), []string{"base/runbook.yaml#escalation"}},
	{"take a role from everybody", "unknown-reference", wholeText(swap("roles: [it-director]", "roles: [cook]")), []string{"base/runbook.yaml#escalation"}},
	{"put somebody on duty who isn't there", "unknown-reference", set("rosters.*.primary", "[jo, same]"), nil},
}

// textMutations break what every document is made of.
var textMutations = []mutation{
	{"misspell a key", "unknown-key", misspelt, nil},
	{"give a key twice", "duplicate-key", twice, nil},
	{"give a duration no unit", "duration", lengths("10", "90"), nil},
	{"write a duration in words", "duration", lengths("ten minutes", "1.5h", "-5m"), nil},
	{"leave a needed key out", "missing-key", either(
		without("kind: Contacts", remove("id")), remove("version"), remove("title"), remove("steps.*.id"), remove("steps.*.title"), remove("inputs.*.type"),
		remove("steps.*.outputs.*.from"), remove("decisions.*.decided"), remove("references.*.authority"),
	), []string{"apiVersion", "steps.*.title", "steps.*.id", "version", "kind"}},
	{"put a text where something else belongs", "wrong-type", either(
		set("steps", "none"), set("owner", "backup"), set("sla", "2h"), set("schedule", "daily"), set("escalation", "on-call"),
		set("inputs", "host"), set("steps.*.env", "HOST"), set("steps.*.outputs", "days"), set("steps.*.manual", "Look"), set("targets", "daily"), in("Contacts", set("contacts", "jo")),
	), nil},
	{"use a word that isn't one of those", "bad-value", either(
		set("class", "rotine"), set("sla.clock", "due"), set("schedule.on_missed", "cry"), set("steps.*.interrupted", "again"), set("steps.*.on_failure", "ignore"),
		set("steps.*.priority", "high"), set("scripts.owner", "us"), set("inputs.*.type", "str"), set("steps.*.outputs.*.type", "text_"),
	), nil},
	{"write a version that is none", "bad-value", set("version", "latest", `"1"`), nil},
	{"write a date that is none", "bad-value", set("review_by", "2027-02-30", "next year"), nil},
	{"indent with a tab", "tab-indent", wholeText(func(text string) []string { return firstOf(swap("\n  ", "\n\t")(text), 2) }), nil},
	{"leave a bracket open", "syntax", wholeText(func(text string) []string { return firstOf(swap("]\n", "\n")(text), 3) }), []string{"*"}},
	{"begin a second document", "multi-document", wholeText(func(text string) []string { return []string{text + "---\n" + text} }), nil},
	{"give a number as a key", "not-a-string-key", wholeText(prefix("7: seven\n")), nil},
	{"be of another program", "header", set("apiVersion", "msp/v2"), nil},
	{"have bytes that aren't text", "bad-utf8", rewriteRaw("title", "\xff"), nil},
	{"be empty", "empty-document", wholeText(func(string) []string { return []string{"# nothing\n"} }), nil},
	{"be endless", "too-large", where("id: disk", wholeText(prefix(strings.Repeat("# nothing\n", 110_000)))), nil},
	{"use an anchor", "alias", rewriteRaw("title", "&title "), nil},
	{"use a tag", "tag", rewriteRaw("id", "!!str "), nil},
	{"leave a mark of unfinished work", "todo-left", prose("TO" + "DO: "), nil},
	{"leave a mark in a script", "todo-left", script(prefix("# TO" + "DO: make it fast\n")), nil},
	{"leave a placeholder", "placeholder-left", prose("CHANGEME "), nil},
	{"leave what to do open", "vague-verb", either(in("Runbook", rewrite("title", prefix("Handle: "))), rewrite("steps.*.title", prefix("Make sure: ", "Manage: ")), rewrite("steps.*.manual.instructions", prefix("Deal with it as needed. "))), nil},
	{"do it as needed", "vague-verb", rewrite("steps.*.title", func(text string) []string { return []string{text + ", as needed"} }), nil},
}

func firstOf(all []string, most int) []string { return all[:min(most, len(all))] }

// prose puts words in front of what is written for people.
func prose(words ...string) func(specimen) []mutant {
	return either(
		rewrite("title", prefix(words...)), rewrite("rationale", prefix(words...)), rewrite("steps.*.title", prefix(words...)),
		rewrite("steps.*.rationale", prefix(words...)), rewrite("inputs.*.description", prefix(words...)), rewrite("steps.*.manual.instructions", prefix(words...)),
		rewrite("contacts.*.name", prefix(words...)), rewrite("kpis.*.metric", prefix(words...)),
	)
}

func rewriteRaw(path, before string) func(specimen) []mutant {
	return func(s specimen) []mutant {
		var all []mutant
		for _, p := range placesOf(s.root, path) {
			start, _ := p.value.Span()
			all = append(all, s.edited(document.Edit{Start: start, End: start, Text: before}, nil))
		}
		return all
	}
}

// named are the maps whose keys are names that the author gives.
var named = regexp.MustCompile(`^(inputs|targets|steps\.\*\.(env|outputs|normal)|defaults\.env|steps\.\*\.manual\.form|runbooks\.\*\.inputs|contacts\.\*\.channels\.\*|hours)$`)

// keysOf calls f with each key of a document that has a meaning, once in each sort of
// place.
func keysOf(s specimen, f func(map[string]bool, string, document.Field)) {
	seen := map[string]bool{}
	var in func(path []string, n *document.Node)
	in = func(path []string, n *document.Node) {
		for _, field := range n.Fields() {
			at := strings.Join(path, ".")
			key := field.Key
			if named.MatchString(at) {
				key = "*"
			} else if !seen[at+"."+key] {
				seen[at+"."+key] = true
				f(seen, at, field)
			}
			in(append(slices.Clone(path), key), field.Value)
		}
		for _, item := range n.Items() {
			in(append(slices.Clone(path), "*"), item)
		}
	}
	in(nil, s.root)
}

// misspelt are the documents with two letters of a key swapped.
func misspelt(s specimen) []mutant {
	var all []mutant
	keysOf(s, func(_ map[string]bool, at string, field document.Field) {
		if at == "" && (field.Key == "kind" || field.Key == "apiVersion") {
			return
		}
		start, end := field.KeySpan()
		n := len(field.Key)
		all = append(all, s.edited(document.Edit{Start: start, End: end, Text: field.Key[:n-1] + "_" + field.Key[n-1:]}, nil))
	})
	return all
}

// twice are the documents with a key that stands there already.
func twice(s specimen) []mutant {
	var all []mutant
	for _, field := range s.root.Fields() {
		all = append(all, mutant{source: fmt.Appendf(slices.Clone(s.Source), "%s: again\n", field.Key)})
	}
	return all
}

// lengths replaces each duration.
func lengths(values ...string) func(specimen) []mutant {
	var ways []func(specimen) []mutant
	for _, path := range []string{
		"schedule.early", "schedule.grace", "sla.start_within", "sla.complete_within", "steps.*.timeout", "steps.*.retry.delay",
		"steps.*.manual.estimate", "steps.*.approval.timeout", "targets.*.complete_within", "supported_by.*.complete_within",
	} {
		ways = append(ways, set(path, values...))
	}
	return either(ways...)
}
