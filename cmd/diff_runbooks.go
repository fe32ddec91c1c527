package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/revision"
)

func (a *app) diffCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "diff OLD NEW", GroupID: groupWrite, Short: "say in words what changed in meaning between two versions of a runbook",
		Long: `Say what changed in meaning between two versions of a runbook, and which version that
demands. Comments, layout and the order of keys are no change.

OLD and NEW are each one of: a file; the id of a runbook; FILE@REV or ID@REV, as it
was at a revision of git; any unique part of the id of a run, which is what that run
was done by.

A change demands a patch version where only words changed, a minor one where a run
does something else, and a major one where whoever plans, starts or relies on the
runbook has to act. One that loosens control, such as a lower target or a wider
tolerance, is marked.

Exit codes: 0 nothing changed in meaning, 1 something did, 2 it couldn't compare.`,
		Example: "  msp diff runbooks/backup-verify.yaml@main runbooks/backup-verify.yaml\n  msp diff backup-verify@v1.4.0 backup-verify\n  msp diff 7f3a9c backup-verify --json",
		Args:    cobra.ExactArgs(2), ValidArgsFunction: a.completeVersions,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			old, err := a.version(c.Context(), p, args[0])
			if err != nil {
				return err
			}
			now, err := a.version(c.Context(), p, args[1])
			if err != nil {
				return err
			}
			return a.diff(old, now, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) completeVersions(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeRunbooks(c, nil, word)
}

// version loads the version of a runbook that a word names.
func (a *app) version(ctx context.Context, p *place, word string) (*runbook.Runbook, error) {
	if name, rev, ok := cutRevision(word); ok && !isFile(word) {
		return versionAt(ctx, p, name, rev)
	}
	r, err := findRunbook(p, word)
	if err == nil || runbook.IsPath(word) {
		return r, err
	}
	history, unread := a.history(p)
	if unread != nil {
		return nil, unread
	}
	found := history.Find(word)
	if len(found) == 0 {
		return nil, err
	}
	account, err := oneRun(found, word, p.Client)
	if err != nil {
		return nil, err
	}
	return engine.PinnedRunbook(a.store(p, p.Client), account.Start.Body.Runbook, kinds())
}

// cutRevision takes the revision off a word. It may have an @ of its own: main@{1}.
func cutRevision(word string) (name, rev string, ok bool) {
	at := strings.LastIndex(word, "@")
	if at > 0 && strings.HasPrefix(word[at:], "@{") {
		at = strings.LastIndex(word[:at], "@")
	}
	if at <= 0 {
		return word, "", false
	}
	return word[:at], word[at+1:], true
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

// versionAt loads a file, or the file of an id, as it was at a revision. It may have had
// another name then.
func versionAt(ctx context.Context, p *place, name, rev string) (*runbook.Runbook, error) {
	if !runbook.IsPath(name) {
		r, err := findRunbook(p, name)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(r.File, builtinLabel+"/") && !isFile(r.File) {
			return nil, usageError(fmt.Errorf("%s ships with msp, and has no revisions here", name), "name a file: msp diff FILE@"+rev+" "+name)
		}
		name = r.File
	}
	file, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	repository, err := revision.Open(ctx, os.Environ(), filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	tree, err := repository.At(ctx, rev)
	if err != nil {
		return nil, err
	}
	path, err := repository.Path(file)
	if err != nil {
		return nil, err
	}
	found, err := fileAt(ctx, tree, path)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, hint(fmt.Errorf("at %s there was no %s", rev, path), "git log --follow -- %s shows its names and revisions", path)
	}
	r, problems := runbook.Load(labelAt(rev, found.Path), found.Content, kinds())
	return r, problems.Err()
}

// fileAt is a file at a revision, by the name that it has or had; nil for none.
func fileAt(ctx context.Context, tree *revision.Tree, path string) (*revision.File, error) {
	found, err := tree.File(ctx, path)
	if found != nil || err != nil {
		return found, err
	}
	renamed, err := tree.Renamed(ctx)
	if err != nil || renamed[path] == "" {
		return nil, err
	}
	return tree.File(ctx, renamed[path])
}

// labelAt is what people call a file at a revision, as git does.
func labelAt(rev, path string) string { return rev + ":" + path }

// version as a program reads it.
type diffVersion struct {
	File    string `json:"file"`
	ID      string `json:"id"`
	Version string `json:"version"`
}

type diffReport struct {
	V       int           `json:"v"`
	Old     diffVersion   `json:"old"`
	New     diffVersion   `json:"new"`
	Changes []toldChange  `json:"changes"`
	Demands change.Demand `json:"demands"`
	Least   string        `json:"least"`  // the lowest version that is enough
	Enough  bool          `json:"enough"` // the new version is
}

func (a *app) diff(old, now *runbook.Runbook, asJSON bool) error {
	changes := change.Between(old, now)
	demand := change.Demanded(changes)
	switch {
	case asJSON:
		report := diffReport{
			V: 1, Old: diffVersion{old.File, old.ID, old.Version}, New: diffVersion{now.File, now.ID, now.Version},
			Changes: toldChanges(changes), Demands: demand, Least: change.Least(old.Version, demand), Enough: change.Enough(old.Version, now.Version, demand),
		}
		if err := a.printJSON(report); err != nil {
			return err
		}
	case len(changes) == 0:
		fmt.Fprintln(a.Stderr, "nothing changed in meaning")
	default:
		a.printChanges(changes)
		fmt.Fprintf(a.Stdout, "%s\n", demandWords(old.Version, now.Version, demand))
	}
	if len(changes) > 0 {
		return ended(exitNo)
	}
	return nil
}

// demandWords say which version changes demand, and whether it was given.
func demandWords(old, now string, demand change.Demand) string {
	least := change.Least(old, demand)
	text := fmt.Sprintf("this demands a %s version: %s → %s", demand, old, least)
	switch {
	case change.Raised(old, now) == change.Lowered:
		return text + ", and it was lowered to " + now
	case !change.Enough(old, now, demand):
		return text + ", and it is " + now
	case now != least:
		return text + ", and " + now + " is enough"
	default:
		return text
	}
}

// toldChange is a change as a program reads it.
type toldChange struct {
	File    string        `json:"file"`
	Line    int           `json:"line"`
	Column  int           `json:"column"`
	Key     string        `json:"key"`
	Group   change.Group  `json:"group"`
	Words   string        `json:"words"`
	Old     string        `json:"old,omitempty"`
	New     string        `json:"new,omitempty"`
	Demands change.Demand `json:"demands"`
	Loosens bool          `json:"loosens,omitempty"`
}

func toldChanges(changes []change.Change) []toldChange {
	all := []toldChange{}
	for _, c := range changes {
		all = append(all, toldChange{c.File, c.Line, c.Column, c.Key, c.Group, c.Words, c.Old, c.New, c.Demand, c.Loosens})
	}
	return all
}

// mostLines of a long text that changed are shown.
const mostLines = 20

// printChanges prints changes below the part of the runbook that they are about.
func (a *app) printChanges(changes []change.Change) {
	for _, group := range change.Groups() {
		heading := string(group) + "\n"
		for _, c := range changes {
			if c.Group != group {
				continue
			}
			mark := c.Demand.String()
			if c.Loosens {
				mark += ", loosens"
			}
			fmt.Fprintf(a.Stdout, "%s  %-14s  %s\n", heading, mark, terminal.Sanitize(c.Words, false))
			heading = ""
			for _, line := range changedLines(c) {
				fmt.Fprintf(a.Stdout, "%18s%s\n", "", line)
			}
		}
	}
}

// changedLines are the lines by which a text changed that is too long for a sentence.
func changedLines(c change.Change) []string {
	if c.Old == "" || c.New == "" || !c.Long() {
		return nil
	}
	return differences(c.Old, c.New, mostLines)
}
