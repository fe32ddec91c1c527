package cmd

import (
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
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule/timetable"
	"github.com/msp-runbook/msp/steps"
)

// The formats of msp schedule export.
const (
	formatICal    = "ical"
	formatSystemd = "systemd"
	formatCron    = "cron"
)

// longestExport is how many days one calendar may cover.
const longestExport = 3660

type scheduleExport struct {
	format, to string
	from       string
	days       int
}

func (a *app) scheduleExportCommand() *cobra.Command {
	var f scheduleExport
	c := &cobra.Command{
		Use: "export [RUNBOOK...]", Short: "write when runbooks are due for a calendar, for systemd or for cron",
		Long: `Write when runbooks are due in the form of another program: all that the plan in
force asks for, or the runbooks that you name, those by their own schedule if no
plan asks for them.

ical (RFC 5545) has each occurrence as an event of its own, at its instant. It
holds no recurrence rules: a calendar's program would compute them with its own
zones, and knows no shift and no working days. So export it again now and then;
each event keeps its id.

systemd is a service and a timer for each runbook, cron a line, each starting it
in this workspace with --no-input. Both are for runbooks that ask no person, and
whose times they say exactly: what has an rrule, a shift, a calendar, or a time
that the clock skips or shows twice is left out and named. Neither catches up
after the machine was off. Timers belong into ~/.config/systemd/user of whoever's
key signs. CRON_TZ is cronie's: other crons read the line in local time.`,
		Example: "  msp schedule export backup-verify\n  msp schedule export backup-verify --from 2026-12-01 --days 31 > december.ics",
		Args:    cobra.ArbitraryArgs, ValidArgsFunction: a.completeRunbookList,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			if f.format != formatICal && (c.Flags().Changed("from") || c.Flags().Changed("days")) {
				return usageError(fmt.Errorf("--from and --days are a calendar's, and %s has neither beginning nor end", f.format), "leave them out")
			}
			return a.scheduleExport(p, args, f)
		},
	}
	c.Flags().StringVar(&f.format, "format", formatICal, "the `FORMAT`: ical, systemd or cron")
	c.Flags().StringVar(&f.to, "to", "", "write into this `FOLDER` instead of printing")
	c.Flags().StringVar(&f.from, "from", "", "ical: from this `TIME` instead of now")
	c.Flags().IntVar(&f.days, "days", 90, "ical: how many days")
	return c
}

func (a *app) completeRunbookList(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	return offer(a.runbookIDs(), word)
}

func (a *app) scheduleExport(p *place, words []string, f scheduleExport) error {
	now := a.Now()
	from, err := f.check(now)
	if err != nil {
		return err
	}
	books, err := a.dueBooks(p, words, now)
	if err != nil {
		return err
	}
	var files []timetable.File
	switch f.format {
	case formatICal:
		files, err = icalFiles(p.Client, books, from, from.AddDate(0, 0, f.days), now)
	case formatSystemd:
		files, err = a.timerFiles(p, books, func(e timetable.Entry) ([]timetable.File, error) { return timetable.Units(e, now) })
	default:
		files, err = a.timerFiles(p, books, func(e timetable.Entry) ([]timetable.File, error) {
			line, err := timetable.Crontab(e, now)
			return []timetable.File{{Name: "msp-" + p.Client + ".crontab", Text: line}}, err
		})
	}
	if err != nil {
		return err
	}
	if f.to == "" {
		return a.printFiles(files, f.format == formatSystemd)
	}
	if err := a.writeFiles(f.to, files); err != nil || f.format != formatSystemd {
		return err
	}
	return a.nameStale(f.to, p.Client, files)
}

// check reads the flags, and gives the instant from which a calendar begins.
func (f scheduleExport) check(now time.Time) (time.Time, error) {
	if !slices.Contains([]string{formatICal, formatSystemd, formatCron}, f.format) {
		return now, usageError(fmt.Errorf("--format %q is none", f.format), "ical, systemd or cron")
	}
	if f.days < 1 || f.days > longestExport {
		return now, usageError(fmt.Errorf("--days %d: how many is from 1 to %d", f.days, longestExport), "--days 90")
	}
	from, err := instantFlag("--from", f.from)
	if from == nil {
		return now, err
	}
	return *from, err
}

// dueBook is a runbook with its times.
type dueBook struct {
	*runbook.Runbook
	timetable.Entry
	planned bool
}

// dueBooks are the runbooks of the plan in force, or those that are named.
func (a *app) dueBooks(p *place, words []string, now time.Time) ([]dueBook, error) {
	history, err := a.history(p)
	if err != nil {
		return nil, err
	}
	plan := history.PlanAt(now)
	if plan == nil && len(words) == 0 {
		return nil, hint(fmt.Errorf("no plan of %s is signed", p.Client), "msp plan sign FILE, or name the runbooks: msp schedule export backup-verify")
	}
	var all []dueBook
	planned := map[string]bool{}
	if plan != nil {
		if all, err = a.plannedBooks(p, plan.Body, words, now); err != nil {
			return nil, err
		}
		for _, item := range plan.Body.Runbooks {
			planned[item.Runbook.ID] = true
		}
	}
	for _, word := range slices.Compact(slices.Sorted(slices.Values(words))) {
		if planned[word] {
			continue
		}
		book, err := a.ownBook(p, word)
		if err != nil {
			return nil, err
		}
		all = append(all, book)
	}
	return all, nil
}

// plannedBooks are those of a plan that are named, or all, without those that
// are over.
func (a *app) plannedBooks(p *place, plan record.Plan, words []string, now time.Time) ([]dueBook, error) {
	var all []dueBook
	for _, item := range plan.Runbooks {
		if len(words) > 0 && !slices.Contains(words, item.Runbook.ID) {
			continue
		}
		book, err := a.plannedBook(p, plan, item)
		if err != nil {
			return nil, err
		}
		if until := book.Planned.Until; until.IsZero() || until.After(now) {
			all = append(all, book)
		}
	}
	return all, nil
}

// ownBook is a runbook that no plan asks for, with its own schedule.
func (a *app) ownBook(p *place, word string) (dueBook, error) {
	r, err := findRunbook(p, word)
	if err != nil {
		return dueBook{}, err
	}
	known, err := p.promises(p.Client, a.Now())
	if err != nil {
		return dueBook{}, err
	}
	population, err := ownPopulation(r, p.Client, known.Lookup())
	if err != nil {
		return dueBook{}, err
	}
	start := r.ID
	if runbook.IsPath(word) {
		if start, err = filepath.Abs(word); err != nil {
			return dueBook{}, err
		}
	}
	return dueBook{Runbook: r, Entry: timetable.Entry{Title: r.Title, Rationale: r.Rationale, Start: start, Planned: population.Planned}}, nil
}

// plannedBook is a runbook as the plan pinned it.
func (a *app) plannedBook(p *place, plan record.Plan, item record.PlannedRunbook) (dueBook, error) {
	population, err := plan.Population(item, time.Time{})
	if err != nil {
		return dueBook{}, err
	}
	source, err := record.GetBlob(a.store(p, p.Client), item.Runbook.Source)
	if err != nil {
		return dueBook{}, fmt.Errorf("the plan's runbook %s: %w", item.Runbook.ID, err)
	}
	r, problems := runbook.Load(item.Runbook.ID+".yaml", source, steps.Kinds())
	if err := problems.Err(); err != nil {
		return dueBook{}, hint(fmt.Errorf("the plan's runbook %s can't be read by this msp: %w", item.Runbook.ID, err), "msp plan sign FILE signs it as it is now")
	}
	return dueBook{r, timetable.Entry{Title: r.Title, Rationale: r.Rationale, Start: r.ID, Planned: population}, true}, nil
}

func icalFiles(client string, books []dueBook, from, to, now time.Time) ([]timetable.File, error) {
	var entries []timetable.Entry
	for _, b := range books {
		entries = append(entries, b.Entry)
	}
	var text strings.Builder
	_, err := timetable.ICal(&text, entries, from, to, now)
	if tooMany := new(timetable.TooManyError); errors.As(err, &tooMany) {
		err = hint(err, "fewer --days, or name the runbooks")
	}
	return []timetable.File{{Name: "msp-" + client + ".ics", Text: text.String()}}, err
}

// timerFiles are what starts the runbooks that can be started by a timer. The
// others are named.
func (a *app) timerFiles(p *place, books []dueBook, write func(timetable.Entry) ([]timetable.File, error)) ([]timetable.File, error) {
	var files []timetable.File
	for _, b := range books {
		var some []timetable.File
		err := b.unattended()
		if err == nil {
			if b.Command, err = a.startCommand(p, b.Start); err != nil {
				return nil, err
			}
			some, err = write(b.Entry)
		}
		if err != nil {
			fmt.Fprintf(a.Stderr, "msp: %s is left out: %s\n", b.ID, terminal.Sanitize(err.Error(), false))
			continue
		}
		files = append(files, some...)
	}
	if len(files) == 0 {
		return nil, hint(fmt.Errorf("there is no runbook of %s that can be started by a timer", p.Client), "--format ical puts them into people's calendars")
	}
	return files, nil
}

// unattended is nil for a runbook that is done without a person, else why it
// isn't.
func (b dueBook) unattended() error {
	if b.Class == runbook.AdHoc {
		return errors.New("it is ad hoc: it is done when somebody asked for it")
	}
	for _, s := range b.Steps {
		if _, asks := s.Action.(runbook.AsksPerson); asks {
			return fmt.Errorf("its step %s asks a person", s.ID)
		}
	}
	for _, f := range b.Inputs {
		if f.Required && f.Default == nil && !b.planned {
			return fmt.Errorf("it needs the input %s, and no plan gives it", f.Name)
		}
	}
	return nil
}

// startCommand starts a runbook as it would be started here.
func (a *app) startCommand(p *place, word string) (timetable.Command, error) {
	program, err := os.Executable()
	if err != nil {
		return timetable.Command{}, fmt.Errorf("finding out where msp is: %w", err)
	}
	c := timetable.Command{Program: program, Folder: p.Folder, Args: []string{"run", word, "--client", p.Client, "--no-input"}}
	if a.flags.state != "" {
		c.Args = append(c.Args, "--state", p.State)
	}
	return c, nil
}

// printFiles prints what would be written, the units with their names above
// them.
func (a *app) printFiles(files []timetable.File, named bool) error {
	for _, f := range files {
		if named {
			fmt.Fprintf(a.Stdout, "# %s\n", f.Name)
		}
		if _, err := fmt.Fprint(a.Stdout, f.Text); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles puts files into a folder, over those of an earlier export. Those of
// one name are one file.
func (a *app) writeFiles(folder string, files []timetable.File) error {
	var names []string
	texts := map[string]string{}
	for _, f := range files {
		if texts[f.Name] == "" {
			names = append(names, f.Name)
		}
		texts[f.Name] += f.Text
	}
	var all []evidence.File
	for _, name := range names {
		all = append(all, evidence.File{Name: filepath.Join(folder, name), Data: []byte(texts[name])})
	}
	if err := a.Disk.WriteFiles(all...); err != nil {
		return fmt.Errorf("exporting to %s: %w", folder, err)
	}
	for _, f := range all {
		fmt.Fprintln(a.Stdout, f.Name)
	}
	return nil
}

// nameStale says which timers of the client an earlier export has left in a
// folder: they would go on starting what nobody asks for any more.
func (a *app) nameStale(folder, client string, files []timetable.File) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		mine := strings.HasPrefix(name, timetable.UnitName(client, "")) && strings.HasSuffix(name, ".timer")
		if mine && !slices.ContainsFunc(files, func(f timetable.File) bool { return f.Name == name }) {
			fmt.Fprintf(a.Stderr, "msp: %s is of an earlier export and is not written any more; disable it and take it away\n", filepath.Join(folder, terminal.Sanitize(name, false)))
		}
	}
	return nil
}
