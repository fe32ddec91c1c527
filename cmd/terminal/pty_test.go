//go:build !windows

package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
)

// desk is a terminal with somebody at it.
type desk struct {
	t      *testing.T
	tty    *os.File // msp's end
	person *os.File
	mu     sync.Mutex
	seen   bytes.Buffer
	news   chan struct{} // closed and made anew whenever something appears
	read   int           // how far expect has come
}

func newDesk(t *testing.T, columns uint16) *desk {
	t.Helper()
	person, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminal here:", err)
	}
	if err := pty.Setsize(person, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, tty: tty, person: person, news: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.watch()
	}()
	t.Cleanup(func() {
		tty.Close()
		person.Close()
		<-ended
	})
	return d
}

func (d *desk) watch() {
	buffer := make([]byte, 4096)
	for {
		n, err := d.person.Read(buffer)
		d.mu.Lock()
		d.seen.Write(buffer[:n])
		close(d.news)
		d.news = make(chan struct{})
		d.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// expect waits until a text appears behind what was expected before.
func (d *desk) expect(text string) {
	d.t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		d.mu.Lock()
		rest, news := d.seen.String()[d.read:], d.news
		if at := strings.Index(rest, text); at >= 0 {
			d.read += at + len(text)
			d.mu.Unlock()
			return
		}
		d.mu.Unlock()
		select {
		case <-news:
		case <-timeout:
			d.t.Fatalf("%q never appears in %q", text, rest)
		}
	}
}

func (d *desk) types(text string) {
	d.t.Helper()
	if _, err := io.WriteString(d.person, text); err != nil {
		d.t.Fatal(err)
	}
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range append(pairs, "TERM=xterm-256color") {
			if value, found := strings.CutPrefix(pair, name+"="); found {
				return value
			}
		}
		return ""
	}
}

func TestDetect(t *testing.T) {
	type abilities struct {
		Width                   int
		Live, Color, Accessible bool
	}
	d := newDesk(t, 43)
	for name, test := range map[string]struct {
		out         io.Writer
		environment []string
		want        abilities
	}{
		"terminal":            {d.tty, nil, abilities{43, true, true, false}},
		"no colour":           {d.tty, []string{"NO_COLOR=1"}, abilities{43, true, false, false}},
		"no colour, empty":    {d.tty, []string{"NO_COLOR="}, abilities{43, true, true, false}},
		"dumb":                {d.tty, []string{"TERM=dumb"}, abilities{43, false, false, false}},
		"unknown":             {d.tty, []string{"TERM="}, abilities{43, false, false, false}},
		"accessible":          {d.tty, []string{"MSP_ACCESSIBLE=1"}, abilities{43, false, true, true}},
		"accessible to all":   {d.tty, []string{"ACCESSIBLE=1"}, abilities{43, false, true, true}},
		"not accessible":      {d.tty, []string{"ACCESSIBLE=0"}, abilities{43, true, true, false}},
		"columns":             {d.tty, []string{"COLUMNS=100"}, abilities{100, true, true, false}},
		"columns, nonsense":   {d.tty, []string{"COLUMNS=-1"}, abilities{43, true, true, false}},
		"pipe":                {&bytes.Buffer{}, nil, abilities{80, false, false, false}},
		"pipe with columns":   {&bytes.Buffer{}, []string{"COLUMNS=120"}, abilities{120, false, false, false}},
		"pipe, accessible":    {&bytes.Buffer{}, []string{"ACCESSIBLE=1"}, abilities{80, false, false, true}},
		"pipe, narrow beyond": {&bytes.Buffer{}, []string{"COLUMNS=3"}, abilities{20, false, false, false}},
	} {
		s := Detect(test.out, environment(test.environment...))
		got := abilities{s.width(), s.Live, s.Color, s.Accessible}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if d.seen.Len() > 0 {
		t.Errorf("the terminal was asked something: %q", d.seen.String())
	}
	s := Detect(d.tty, environment())
	if err := pty.Setsize(d.person, &pty.Winsize{Rows: 24, Cols: 61}); err != nil {
		t.Fatal(err)
	}
	if s.width() != 61 {
		t.Errorf("width %d after the window was made 61 wide", s.width())
	}
}

// TestTaskAtTerminal does a manual step at 40 columns. Enter was pressed
// before the question came: that confirms nothing.
func TestTaskAtTerminal(t *testing.T) {
	d := newDesk(t, 40)
	screen := Detect(d.tty, environment())
	printer := NewPrinter(screen)
	p := NewPrompter(screen, d.tty, printer)
	defer p.Close()
	task := fullTask(t)
	task.Form = task.Form[:1]
	printer.Print(runbook.Event{Kind: runbook.StepStarted, Step: "explain"})
	d.types("y\nhasty\n\n\n")
	d.expect("\r\nhasty\r\n\r\n\r\n")

	type reply struct {
		answer runbook.Answer
		err    error
	}
	replies := make(chan reply)
	go func() {
		answer, err := p.Do(context.Background(), task)
		replies <- reply{answer, err}
	}()
	d.expect("done? y/n ")
	d.types("y\n")
	d.expect("cause: ")
	d.types("month-endd\x7f exports\n")
	d.expect("console: ")
	d.types("shot.png\n")
	d.expect("taken")
	d.expect("log: ")
	d.types("\n")
	d.expect("> ")
	d.types("\n")
	got := <-replies
	printer.Close()
	if got.err != nil {
		t.Fatal(got.err)
	}
	if a := got.answer; a.Door != "terminal" || a.Values["cause"].Text != "month-end exports" || len(a.Checked) != 1 || a.Ended.Before(a.Started) {
		t.Errorf("%+v", a)
	}
}

func TestCancelAtTerminal(t *testing.T) {
	d := newDesk(t, 80)
	p := NewPrompter(Detect(d.tty, environment()), d.tty, nil)
	defer p.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		_, err := p.Do(ctx, runbook.Task{Step: "look", Title: "Look"})
		ended <- err
	}()
	d.expect("> ")
	d.types("half a li")
	d.expect("half a li")
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the question doesn't end")
	}
	d.types("ne\n") // whatever was typed for that question answers no other
	d.expect("ne\r\n")

	go func() {
		_, err := p.Decide(context.Background(), runbook.Task{Step: "look"}, "doubt")
		ended <- err
	}()
	d.expect("> ")
	d.types("\x04") // the end of the input
	if err := <-ended; !errors.Is(err, runbook.ErrPark) {
		t.Errorf("error %v", err)
	}
}
