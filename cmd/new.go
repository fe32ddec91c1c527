package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/steps"
)

// newFlags are what msp new is told, and what it asks for otherwise. What nobody
// says is as the template says it.
type newFlags struct {
	template, kind     string
	templates, noInput bool

	title, rationale, owner, cron, timezone, target string
}

func (f *newFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.template, "template", ownTemplates[0].name, "start from this `NAME`: a template, or a runbook of the library")
	c.Flags().BoolVar(&f.templates, "templates", false, "list the templates")
	c.Flags().StringVar(&f.kind, "kind", runbook.KindRunbook, "the `KIND` of document: "+strings.Join(kindNames, ", "))
	c.Flags().StringVar(&f.title, "title", "", "the `TITLE`; the words of the id, unless the template has one")
	c.Flags().StringVar(&f.rationale, "rationale", "", "why it is done: the `TEXT` says what went wrong, or would, without it")
	c.Flags().StringVar(&f.owner, "owner", "", "who answers for it: `TEAM/ROLE`, or the team alone")
	c.Flags().StringVar(&f.cron, "cron", "", "how often: never, daily, weekdays, weekly, monthly, or a cron `RULE`")
	c.Flags().StringVar(&f.timezone, "timezone", "", "the time `ZONE` of the schedule, such as Europe/London")
	c.Flags().StringVar(&f.target, "target", "", "how many runs meet the SLA: a `SHARE` such as 95%")
	c.Flags().BoolVar(&f.noInput, "no-input", false, "ask nobody")
}

func (a *app) newCommand() *cobra.Command {
	var f newFlags
	c := &cobra.Command{
		Use: "new ID", GroupID: groupWrite, Short: "write a first version of a runbook or another document",
		Long: `Write a first version of a document into runbooks/. At a terminal msp asks for what
the flags don't say; enter takes what is offered. A runbook starts from a template:
one of msp's own, or a copy of a runbook of the library with an id of its own, as
version 0.1.0 and without the decisions that were taken for the other.`,
		Example: `  msp new mail-queue
  msp new tenant-backup --template backup-verify --owner backup/backup-technician --cron "30 6 * * *" --timezone Europe/London
  msp new office --kind Calendar
  msp new --templates`,
		Args: func(c *cobra.Command, args []string) error {
			if f.templates {
				return cobra.NoArgs(c, args)
			}
			return cobra.ExactArgs(1)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if f.templates {
				return a.listTemplates()
			}
			return a.new(c, args[0], f)
		},
	}
	f.add(c)
	c.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kindNames, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	c.RegisterFlagCompletionFunc("template", a.completeTemplates)                                               //nolint:errcheck // the flag is there
	return c
}

func (a *app) completeTemplates(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	files, err := builtinFiles()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return offer(templateNames(files), word)
}

func (a *app) new(c *cobra.Command, id string, f newFlags) error {
	p, err := a.place()
	if err != nil {
		return err
	}
	if !runbook.ValidID(id) {
		return usageError(fmt.Errorf("%q can't be the id of a document", id), "lower-case letters, digits and hyphens, such as mail-queue")
	}
	if p.Workspace == "" {
		return hint(errors.New("there is no workspace here"), "msp init starts one")
	}
	path := filepath.Join(p.Workspace, runbooksFolder, id+".yaml")
	if _, err := os.Lstat(path); err == nil {
		return hint(fmt.Errorf("there is a file %s already", fromHere(path)), "choose another id, or edit that one")
	}
	if f.kind = kindOf(f.kind); f.timezone != "" {
		if _, err := runbook.Zone(f.timezone); err != nil {
			return usageError(fmt.Errorf("%s is not a time zone", document.Quote(f.timezone)), "an IANA name, such as Europe/London")
		}
	}
	var d *draft
	if f.kind == runbook.KindRunbook {
		if err := free(p, id); err != nil {
			return err
		}
		d, err = a.firstRunbook(c.Context(), id, f)
	} else if err = onlyRunbooks(c, f.kind); err == nil {
		d, err = firstOfKind(f.kind, id, p.Client, f.title, f.timezone, a.Now())
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	if err := writeNew(path, schemaComment(p.Workspace, path, f.kind)+string(d.Source)); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout, fromHere(path))
	if f.kind == runbook.KindRunbook {
		a.sayTaken(id)
	}
	fmt.Fprintf(a.Stderr, "next: edit it, msp lint, %s\n", nextFor(f.kind, id, fromHere(path)))
	return nil
}

// free refuses an id that a runbook of the workspace has, in whichever file.
func free(p *place, id string) error {
	own, err := workspaceLibrary(p)
	if err != nil {
		return err
	}
	r, err := own.Find(id)
	if errors.Is(err, runbook.ErrUnknownRunbook) {
		return nil
	}
	where := ""
	if r != nil {
		where = " in " + terminal.Sanitize(r.File, false)
	}
	return hint(fmt.Errorf("there is a runbook %s already%s", id, where), "choose another id, or edit that one")
}

// sayTaken says when a runbook takes the place of a shipped one.
func (a *app) sayTaken(id string) {
	shipped, err := builtinLibrary()
	if err != nil {
		return
	}
	if _, err := shipped.Find(id); err == nil {
		fmt.Fprintf(a.Stderr, "msp: here %s is this runbook from now on, and no longer the one that comes with msp\n", id)
	}
}

// kindOf is a kind as documents write it, however it is typed.
func kindOf(word string) string {
	for _, kind := range kindNames {
		if strings.EqualFold(kind, word) {
			return kind
		}
	}
	return word
}

// onlyRunbooks refuses the flags that mean nothing in a document of another kind.
func onlyRunbooks(c *cobra.Command, kind string) error {
	for _, name := range []string{"template", "rationale", "owner", "cron", "target"} {
		if c.Flags().Changed(name) {
			return usageError(fmt.Errorf("--%s goes with a runbook, and not with --kind %s", name, kind), "leave it out, and edit what is written")
		}
	}
	return nil
}

func nextFor(kind, id, path string) string {
	switch kind {
	case runbook.KindPlan:
		return "msp plan sign " + path
	case runbook.KindAgreement:
		return "msp agreement show " + path
	case runbook.KindCalendar:
		return "name it in a schedule: calendar: " + id
	case runbook.KindContacts:
		return "msp who RUNBOOK"
	}
	return "msp run " + id
}

// never is how often a runbook without a schedule is due.
const never = "never"

var oftenWords = map[string]string{
	never: never, "daily": "0 7 * * *", "weekdays": "0 7 * * 1-5", "weekly": "0 7 * * 1", "monthly": "0 7 1 * *",
}

// cronOf is the cron rule that a word stands for, or the rule itself.
func cronOf(text string) (string, error) {
	if rule, ok := oftenWords[strings.TrimSpace(text)]; ok {
		return rule, nil
	}
	if _, err := runbook.ParseCron(text); err != nil {
		return "", fmt.Errorf("%q is not a cron rule: %w", text, err)
	}
	return text, nil
}

// firstRunbook fills a template with what the flags or a person say.
func (a *app) firstRunbook(ctx context.Context, id string, f newFlags) (*draft, error) {
	file, err := template(f.template)
	if err != nil {
		return nil, err
	}
	d := newDraft(file)
	if own := slices.ContainsFunc(ownTemplates, func(o struct{ name, what string }) bool { return o.name == f.template }); own {
		d.set(titleOf(id), "title")
	}
	check := func(f newFlags) error { _, err := d.filled(id, f, a.Now()); return err }
	if err := check(f); err != nil {
		return nil, err
	}
	if !f.noInput && terminal.IsTerminal(a.Stdin) {
		if f, err = a.askForRunbook(ctx, d, f, check); err != nil {
			return nil, err
		}
	}
	if d, err = d.filled(id, f, a.Now()); err == nil && f.timezone != "" && !d.has("schedule") {
		err = usageError(errors.New("--timezone goes with a schedule, and there is none"), "say how often: --cron daily, or leave --timezone out")
	}
	return d, err
}

// filled is the draft with what was said, as a runbook that can be read. The draft
// itself stays as it is.
func (d *draft) filled(id string, f newFlags, today time.Time) (*draft, error) {
	full := *d
	if err := full.fill(id, f, today); err != nil {
		return nil, err
	}
	if _, problems := runbook.Load(id+".yaml", full.Source, steps.Kinds()); len(problems) > 0 {
		return nil, usageError(problems, "nothing was written; say it in another way")
	}
	return &full, nil
}

// titleOf makes a title of the words of an id.
func titleOf(id string) string {
	words := strings.ReplaceAll(id, "-", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// fill makes a template the first version of a runbook.
func (d *draft) fill(id string, f newFlags, today time.Time) error {
	d.set(id, "id")
	d.set("0.1.0", "version")
	d.drop("decisions")
	d.replaceDate(today.AddDate(1, 0, 0), "review_by")
	if f.title != "" {
		d.set(f.title, "title")
	}
	if f.rationale != "" {
		if strings.TrimSpace(f.rationale) == "" {
			return usageError(errors.New("the rationale says nothing"), "say what went wrong, or would, if nobody did this")
		}
		d.set(strings.TrimSpace(f.rationale)+"\n", "rationale")
	}
	if f.owner != "" && f.owner != d.owner() {
		if team, _, _ := strings.Cut(f.owner, "/"); strings.TrimSpace(team) == "" {
			return usageError(fmt.Errorf("%q names no team", f.owner), "TEAM/ROLE, or the team alone")
		}
		d.setOwner(f.owner)
	}
	if f.cron != "" {
		cron, err := cronOf(f.cron)
		if err != nil {
			return usageError(err, "minute hour day-of-month month day-of-week: \"0 7 * * *\"; or never, daily, weekdays, weekly, monthly")
		}
		d.schedule(cron, localZone())
	}
	if f.timezone != "" && d.has("schedule") {
		d.set(f.timezone, "schedule", "timezone")
	}
	if f.target != "" && d.has("sla") {
		d.set(f.target, "sla", "target")
	}
	return d.err
}

// localZone is the time zone of this machine by its IANA name, UTC when it has none
// that a document could say.
func localZone() string {
	name := time.Local.String()
	if link, err := os.Readlink("/etc/localtime"); err == nil && name == "Local" {
		if _, after, found := strings.Cut(filepath.ToSlash(link), "zoneinfo/"); found {
			name = after
		}
	}
	if _, err := runbook.Zone(name); err != nil {
		return "UTC"
	}
	return name
}
