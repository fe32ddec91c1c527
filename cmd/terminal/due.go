package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// DueRow is one line of what is due.
type DueRow struct {
	record.Pending
	Zone     *time.Location // of its schedule
	For      string         // whom or what it waits for
	Told     string         // who was told of it, and when
	Before   int            // occurrences before it that are overdue
	Unsigned bool           // its plan isn't signed
}

// Due is what is due for all clients, and what comes next.
type Due struct {
	At      time.Time
	Clients int
	Rows    []DueRow // the greatest risk first; of what is upcoming all that is known
	Later   int      // how many more are due within Ahead than the rows say
	Ahead   time.Duration
	Overdue int
	Items   int      // that are open
	Notes   []string // what else is to be known
	All     bool     // show all rows
}

// MostNext is how many rows of what comes are shown.
const MostNext = 5

// mostDue is how many rows of what is late or due are shown.
const mostDue = 40

// PrintDue prints what is due. Without a terminal nothing is folded.
func PrintDue(s Screen, d Due) {
	s = s.ready()
	list := &dueList{screen: s, palette: newPalette(s.Out, s.Color), Due: d}
	_, _ = fmt.Fprintln(s.Out, strings.Join(list.lines(), "\n"))
}

// DueText is a row in one line.
func (s Screen) DueText(r DueRow, at time.Time) string {
	l := &dueList{screen: s.ready(), Due: Due{At: at}}
	return joined(append([]string{flatten(r.Client + " " + r.Runbook), l.due(r)}, l.words(r)...)...)
}

// dueList turns what is due into lines.
type dueList struct {
	Due
	screen  Screen
	palette palette
	later   int // occurrences that are summed up
}

func (l *dueList) width() int { return l.screen.room() }

func (l *dueList) lines() []string {
	rows, more := l.shown()
	out := styled(flowing(l.head(), l.width()), l.palette.strong.Render)
	if l.screen.Accessible {
		out = flowing(spokenJoin(l.head()), l.width())
	}
	out = append(out, l.rows(rows)...)
	if more > 0 {
		out = append(out, l.row("", fmt.Sprintf("and %d more that are late or due: --all, or --client ID", more))...)
	}
	if l.later > 0 {
		out = append(out, l.row("later", fmt.Sprintf("%d more within %s", l.later, runbook.FormatSpan(l.Ahead)))...)
	}
	return append(out, l.foot()...)
}

// shown are the rows that are printed, and how many that are late or due aren't.
func (l *dueList) shown() (rows []DueRow, more int) {
	l.later = l.Later
	now, next := 0, 0
	for _, r := range l.Rows {
		r.Client, r.Runbook = flatten(r.Client), flatten(r.Runbook)
		switch upcoming := r.Risk == record.RiskNext; {
		case upcoming && next >= MostNext && !l.All:
			if r.Due.Before(l.At.Add(l.Ahead)) {
				l.later++
			}
		case !upcoming && now >= mostDue && !l.All:
			more++
		default:
			rows = append(rows, r)
			if upcoming {
				next++
			} else {
				now++
			}
		}
	}
	return rows, more
}

// head is when it is, and what there is.
func (l *dueList) head() string {
	late, now, soon := 0, 0, l.Later
	for _, r := range l.Rows {
		switch {
		case r.Risk == record.RiskLate:
			late++
		case r.Risk == record.RiskNow:
			now++
		case r.Due.Before(l.At.Add(l.Ahead)):
			soon++
		}
	}
	counts := fmt.Sprintf("%d late, %d due, %d more within %s", late, now, soon, runbook.FormatSpan(l.Ahead))
	return joined(l.At.In(l.screen.Local).Format("Monday 2006-01-02 15:04 MST"), plural(l.Clients, "client"), counts)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func (l *dueList) foot() []string {
	var out []string
	say := func(text string) {
		if l.screen.Accessible {
			text = spokenJoin(text)
		}
		out = append(out, flowing(flatten(text), l.width())...)
	}
	if len(l.Rows) == 0 {
		say("nothing is planned")
	}
	if l.Overdue > 0 {
		say(fmt.Sprintf("%d overdue: msp overdue names them", l.Overdue))
	}
	if l.Items > 0 {
		say(plural(l.Items, "open item"))
	}
	for _, note := range l.Notes {
		say(note)
	}
	return out
}

// word is how a row stands.
func (r DueRow) word() string {
	switch {
	case r.Risk == record.RiskNext:
		return "next"
	case r.Risk == record.RiskLate:
		return "late"
	default:
		return spaced(string(r.State))
	}
}

// The columns of a row on a wide screen.
const (
	dueWord  = 9  // "waiting" between two spaces
	dueNames = 24 // a row with a longer name is folded
	dueTime  = 11 // "due 07:00" and two spaces
	dueRoom  = 30 // at least
)

func (l *dueList) rows(rows []DueRow) []string {
	client, name, most := 0, 0, dueNames
	if l.width() == maxWidth {
		most = maxWidth
	}
	for _, r := range rows {
		client, name = max(client, min(cells(r.Client), most)), max(name, min(cells(r.Runbook), most))
	}
	folded := dueWord+client+name+4+dueRoom > l.width()
	var out []string
	for _, r := range rows {
		words := joined(l.words(r)...)
		switch {
		case l.screen.Accessible:
			text := r.word() + ": " + spokenJoin(joined(r.Client, r.Runbook, l.due(r), words))
			out = append(out, flowing(text, l.width())...)
		case folded || cells(r.Client) > client || cells(r.Runbook) > name:
			out = append(out, l.row(r.word(), r.Client+" "+r.Runbook)...)
			out = append(out, hang(pad(3), joined(l.due(r), words), l.width())...)
		default:
			first := pad(dueWord) + padTo(r.Client, client) + "  " + padTo(r.Runbook, name) + "  "
			if due := l.due(r) + "  "; cells(due) <= dueTime {
				first += padTo(due, dueTime)
			} else {
				words = joined(l.due(r), words)
			}
			lines := hang(first, words, l.width())
			lines[0] = l.colored(r.word()) + strings.TrimRight(lines[0][dueWord:], " ")
			out = append(out, lines...)
		}
	}
	return out
}

// row is a line with a word in front.
func (l *dueList) row(word, text string) []string {
	switch {
	case l.screen.Accessible && word != "":
		return flowing(word+": "+text, l.width())
	case l.screen.Accessible:
		return flowing(text, l.width())
	}
	lines := hang(pad(dueWord), text, l.width())
	lines[0] = l.colored(word) + lines[0][dueWord:]
	return lines
}

// colored is the word in its column.
func (l *dueList) colored(word string) string {
	look := l.palette.accent
	switch word {
	case "late":
		look = l.palette.bad
	case "waiting":
		look = l.palette.warning
	case "next", "later":
		look = l.palette.muted
	}
	if word == "" {
		return pad(dueWord)
	}
	return " " + look.Render(word) + pad(dueWord-1-cells(word))
}

// due is when it is due, on the clock of its schedule, and on mine where that
// shows another time.
func (l *dueList) due(r DueRow) string {
	if r.Due.IsZero() {
		return "no plan"
	}
	text := "due " + clock(r.Due, l.At, r.Zone)
	_, there := r.Due.In(r.Zone).Zone()
	if _, here := r.Due.In(l.screen.Local).Zone(); here != there {
		text += " " + zoneName(r.Zone) + " (" + clock(r.Due, l.At, l.screen.Local) + " here)"
	}
	return text
}

// zoneName is the place that a time zone is named after.
func zoneName(zone *time.Location) string {
	name := zone.String()
	return strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
}

// clock is a time of day, with its day unless that is today.
func clock(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	switch days := t.Sub(now).Abs(); {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04")
	case days < 6*24*time.Hour:
		return t.Format("Mon 15:04")
	default:
		return t.Format("2006-01-02 15:04")
	}
}

// words are what there is to say of a row.
func (l *dueList) words(r DueRow) []string {
	var words []string
	switch string(r.State) {
	case "upcoming":
		words = append(words, "in "+minutes(r.Due.Sub(l.At)))
	case "due":
		words = append(words, l.left(r)...)
	default:
		words = append(words, "run "+record.ShortID(r.Run.Run), l.complete(r))
	}
	if r.For != "" {
		words = append(words, "waits for "+flatten(r.For))
	}
	if r.Held != "" {
		words = append(words, "held: "+spaced(r.Held))
	}
	if r.Before > 0 && r.Risk != record.RiskNext {
		words = append(words, fmt.Sprintf("%d overdue before it", r.Before))
	}
	if r.Unsigned {
		words = append(words, "plan not signed")
	}
	if r.Told != "" {
		words = append(words, l.arrow()+flatten(r.Told))
	}
	return words
}

// arrow leads to who was told, on a screen that is looked at.
func (l *dueList) arrow() string {
	if l.screen.Accessible {
		return ""
	}
	return "→ "
}

// left is how much time there is to start and to complete.
func (l *dueList) left(r DueRow) []string {
	var words []string
	switch {
	case r.StartBy != nil && l.At.After(*r.StartBy):
		words = append(words, l.missed("start by", *r.StartBy, r.Zone))
	case l.At.Before(r.Due):
		return []string{"in " + minutes(r.Due.Sub(l.At)) + ", may start now"}
	case r.StartBy != nil:
		return []string{"start within " + minutes(r.StartBy.Sub(l.At))}
	}
	if complete := l.complete(r); complete != "" {
		words = append(words, complete)
	}
	if len(words) == 0 {
		words = append(words, "the window closes in "+minutes(r.Closes.Sub(l.At)))
	}
	return words
}

func (l *dueList) complete(r DueRow) string {
	switch {
	case r.CompleteBy == nil:
		return ""
	case l.At.After(*r.CompleteBy):
		return l.missed("complete by", *r.CompleteBy, r.Zone)
	default:
		return "complete within " + minutes(r.CompleteBy.Sub(l.At))
	}
}

func (l *dueList) missed(what string, by time.Time, zone *time.Location) string {
	return what + " " + clock(by, l.At, zone) + " missed by " + minutes(l.At.Sub(by))
}

// minutes is a length of time without seconds, unless there is nothing else.
func minutes(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return runbook.FormatSpan(d.Truncate(time.Minute))
}
