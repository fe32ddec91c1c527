package cmd

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/steps"
)

// templateFiles are documents that new ones start from. Their dates stand in 2000,
// whose days are moved to the coming ones.
//
//go:embed templates/*.yaml
var templateFiles embed.FS

// ownTemplates are the runbooks among them, the one that is taken unless another is
// named first, with what each is for.
var ownTemplates = []struct{ name, what string }{
	{"blank", "a step that msp does and one for a person"},
	{"manual", "a checklist for a person"},
	{"script", "a shell script with inputs, an output and what is expected of it"},
}

// template is the runbook that a name stands for: one of msp's own templates, or a
// runbook of the library.
func template(name string) (runbook.File, error) {
	for _, own := range ownTemplates {
		if own.name == name {
			return templateOf(name)
		}
	}
	files, err := builtinFiles()
	if err != nil {
		return runbook.File{}, err
	}
	for _, f := range files {
		if f.Is(runbook.KindRunbook) && strings.TrimSuffix(path.Base(f.Name), ".yaml") == name {
			return f, nil
		}
	}
	what := "msp new --templates lists them"
	if near := document.Nearest(name, templateNames(files)); near != "" {
		what = "did you mean " + near + "? " + what
	}
	return runbook.File{}, usageError(fmt.Errorf("there is no template %q", name), what)
}

func templateOf(name string) (runbook.File, error) {
	source, err := fs.ReadFile(templateFiles, "templates/"+name+".yaml")
	return runbook.File{Name: name + ".yaml", Source: source}, err
}

func templateNames(library []runbook.File) []string {
	var names []string
	for _, own := range ownTemplates {
		names = append(names, own.name)
	}
	for _, f := range library {
		if f.Is(runbook.KindRunbook) {
			names = append(names, strings.TrimSuffix(path.Base(f.Name), ".yaml"))
		}
	}
	return names
}

func (a *app) listTemplates() error {
	library, err := builtinLibrary()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 3, ' ', 0)
	for _, own := range ownTemplates {
		fmt.Fprintf(w, "%s\t%s\n", own.name, own.what)
	}
	books, problems := library.Load()
	for _, r := range books {
		fmt.Fprintf(w, "%s\t%s\n", r.ID, terminal.Sanitize(r.Title, false))
	}
	return errors.Join(w.Flush(), problems.Err())
}

// draft is a document on the way from a template to a first version. Its changes
// keep the rest as it is, comments included.
type draft struct {
	runbook.File
	order document.Order
	err   error
}

func newDraft(f runbook.File) *draft {
	return &draft{File: f, order: runbook.Layout(f, steps.Kinds())}
}

// change makes one edit, unless something failed before.
func (d *draft) change(edit func(root *document.Node) (document.Edit, error)) {
	if d.err != nil {
		return
	}
	e, err := edit(d.root())
	if err == nil {
		d.Source, err = document.Apply(d.Source, []document.Edit{e})
	}
	d.err = err
}

func (d *draft) root() *document.Node {
	root, _ := document.Parse(d.Name, d.Source, document.DefaultLimits)
	return root
}

// has says whether there is a value under these keys.
func (d *draft) has(keys ...string) bool { return d.root().Value(keys...) != nil }

func (d *draft) text(keys ...string) string { return d.root().Value(keys...).Text() }

// set gives a key of the document, or of a map in it, a text.
func (d *draft) set(text string, keys ...string) {
	d.change(func(root *document.Node) (document.Edit, error) {
		if n := root.Value(keys...); n != nil {
			return n.ReplaceText(text)
		}
		last := len(keys) - 1
		return root.Value(keys[:last]...).Insert(keys[last], document.Scalar(text), d.order(keys[:last]))
	})
}

// drop takes a key out, if it is there.
func (d *draft) drop(keys ...string) {
	if last := len(keys) - 1; d.has(keys...) {
		d.change(func(root *document.Node) (document.Edit, error) { return root.Value(keys[:last]...).Delete(keys[last]) })
	}
}

// owner is who answers for the runbook: team/role.
func (d *draft) owner() string {
	return strings.Trim(d.text("owner", "team")+"/"+d.text("owner", "role"), "/")
}

// setOwner gives the runbook to another team, which isn't reached where the one of
// the template is.
func (d *draft) setOwner(owner string) {
	team, role, _ := strings.Cut(owner, "/")
	d.set(team, "owner", "team")
	d.drop("owner", "contact")
	if role == "" {
		d.drop("owner", "role")
	} else {
		d.set(role, "owner", "role")
	}
}

// schedule lets the runbook be due by a cron rule, or never by itself.
func (d *draft) schedule(cron, zone string) {
	if cron == never {
		d.drop("schedule")
		if d.text("sla", "clock") == "scheduled" { // there is no due time to count from
			d.set("started", "sla", "clock")
			d.drop("sla", "start_within")
		}
		return
	}
	if d.has("schedule", "cron") {
		d.set(cron, "schedule", "cron")
		return
	}
	d.drop("schedule")
	d.change(func(root *document.Node) (document.Edit, error) {
		value := fmt.Sprintf("{cron: %s, timezone: %s, on_missed: record}", strconv.Quote(cron), document.Scalar(zone))
		return root.Insert("schedule", value, d.order(nil))
	})
	if d.text("sla", "clock") == "started" {
		d.set("scheduled", "sla", "clock")
		if !d.has("sla", "start_within") {
			d.change(func(root *document.Node) (document.Edit, error) {
				return root.Value("sla").InsertAfter("clock", "start_within", "30m")
			})
		}
	}
}

// move brings the days of 2000 to those that come: its first to today, its first
// Monday to the one of this week, the others to the same day of the next year.
func (d *draft) move(today time.Time) {
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	d.Source = []byte(strings.NewReplacer(
		"2000-01-01", today.Format(time.DateOnly),
		"2000-01-03", monday.Format(time.DateOnly),
		"2000-", strconv.Itoa(today.Year()+1)+"-",
	).Replace(string(d.Source)))
}

// replaceDate puts a date in the place of another.
func (d *draft) replaceDate(day time.Time, key string) {
	if d.has(key) {
		d.change(func(root *document.Node) (document.Edit, error) {
			return root.Value(key).Replace(day.Format(time.DateOnly))
		})
	}
}

// kindNames are the kinds of documents that msp new writes.
var kindNames = []string{runbook.KindRunbook, runbook.KindPlan, runbook.KindAgreement, runbook.KindCalendar, runbook.KindContacts}

// firstOfKind is a first version of a document that is no runbook.
func firstOfKind(kind, id, client, title, zone string, today time.Time) (*draft, error) {
	if !slices.Contains(kindNames, kind) {
		return nil, usageError(fmt.Errorf("there is no kind %q of documents", kind), "one of "+strings.Join(kindNames, ", "))
	}
	file, err := templateOf(strings.ToLower(kind))
	if err != nil {
		return nil, err
	}
	d := newDraft(file)
	d.move(today)
	for key, text := range map[string]string{"title": title, "timezone": zone} {
		if text != "" && !d.has(key) {
			return nil, usageError(fmt.Errorf("--%s means nothing with --kind %s", key, kind), "leave it out")
		}
	}
	for key, text := range map[string]string{"id": id, "client": client, "title": title, "timezone": zone} {
		if text != "" && d.has(key) {
			d.set(text, key)
		}
	}
	return d, d.err
}
