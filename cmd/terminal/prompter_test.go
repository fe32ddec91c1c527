package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
)

// asked returns a prompter that reads this input, and what it prints.
func asked(t *testing.T, input string) (*Prompter, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	p := NewPrompter(testScreen(&out, 80), strings.NewReader(input), nil)
	t.Cleanup(p.Close)
	return p, &out
}

func pointer[T any](v T) *T { return &v }

// fullTask asks for everything that a task can ask for.
func fullTask(t *testing.T) runbook.Task {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "shot.png"), make([]byte, 39117), 0o600); err != nil {
		t.Fatal(err)
	}
	return runbook.Task{
		Step: "explain", Title: "Say why the size is unusual", Rationale: "An unusual size has a reason.",
		Instructions: "Look at the backup console.\nWhat changed?\n\n- new machines\n- exports\n",
		Checklist:    []string{"console opened"},
		Form: []runbook.Field{
			{Name: "cause", Type: runbook.Text, Required: true, Description: "What changed"},
			{Name: "ticket", Type: runbook.String, Pattern: regexp.MustCompile(`^[A-Z]+-\d+$`)},
			{Name: "share", Type: runbook.Integer, Minimum: pointer(1.0), Maximum: pointer(100.0), Default: pointer("40")},
			{Name: "kind", Type: runbook.Enum, Enum: []string{"exports", "growth"}, Required: true},
			{Name: "again", Type: runbook.Boolean},
		},
		Evidence:    []runbook.EvidenceRequest{{Name: "console", Description: "A picture of the console", Required: true}, {Name: "log"}},
		Estimate:    5 * time.Minute,
		MinDuration: 0,
		Last:        &runbook.LastAnswer{At: time.Date(2026, 10, 31, 23, 30, 0, 0, time.UTC), Values: map[string]string{"ticket": "OPS-1", "cause": "month-end\nexports"}},
		Folder:      folder,
	}
}

func TestDoEverything(t *testing.T) {
	task := fullTask(t)
	p, out := asked(t, strings.Join([]string{
		"maybe", "y", // the item
		"", `month-end exports\`, "of two clients", // cause
		"ops-1412", "OPS-1412", // ticket
		"0", "", // share
		"9", "1", // kind
		"YES",                          // again
		"", "missing", ".", "shot.png", // console
		"",  // log
		"x", // the menu
		"",
	}, "\n")+"\n")
	answer, err := p.Do(context.Background(), task)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := runbook.Answer{
		Checked: []string{"console opened"},
		Values: map[string]runbook.Value{
			"cause":  {Type: runbook.Text, Text: "month-end exports\nof two clients", Data: "month-end exports\nof two clients"},
			"ticket": {Type: runbook.String, Text: "OPS-1412", Data: "OPS-1412"},
			"share":  {Type: runbook.Integer, Text: "40", Data: 40},
			"kind":   {Type: runbook.Enum, Text: "exports", Data: "exports"},
			"again":  {Type: runbook.Boolean, Text: "yes", Data: true},
		},
		Files: map[string]string{"console": filepath.Join(task.Folder, "shot.png")},
		Door:  "plain", Started: morning, Ended: morning,
	}
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	golden(t, "task-80", bytes.ReplaceAll(out.Bytes(), []byte(task.Folder), []byte("FOLDER")))
}

func TestDoNarrowAndAccessible(t *testing.T) {
	for _, accessible := range []bool{false, true} {
		var out bytes.Buffer
		s := testScreen(&out, 40)
		s.Accessible = accessible
		p := NewPrompter(s, strings.NewReader("y\nexports\n\n\n2\n\nshot.png\n\n?\n\n"), nil)
		defer p.Close()
		if _, err := p.Do(context.Background(), fullTask(t)); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		name := "task-40"
		if accessible {
			name += "-accessible"
		}
		golden(t, name, out.Bytes())
		checkWidth(t, out.String(), 40)
	}
}

// TestDoWays tries the ways out of a task of one question.
func TestDoWays(t *testing.T) {
	field := []runbook.Field{{Name: "cause", Type: runbook.String, Required: true}}
	values := map[string]runbook.Value{"cause": {Type: runbook.String, Text: "x", Data: "x"}}
	long := strings.Repeat("a", maxLine+1)
	for name, test := range map[string]struct {
		input string
		want  runbook.Answer
		err   error
		shows string
	}{
		"done":                  {input: "x\n\n", want: runbook.Answer{Values: values}},
		"done in a word":        {input: "x\r\ndone\r\n", want: runbook.Answer{Values: values}},
		"the last line open":    {input: "x\ndone", want: runbook.Answer{Values: values}},
		"skip":                  {input: "x\ns\n\nno access\n", want: runbook.Answer{Values: values, Skipped: true, Reason: "no access"}, shows: "a reason is needed"},
		"skip at once":          {input: "!skip\nno access\n", want: runbook.Answer{Skipped: true, Reason: "no access"}},
		"skip in one line":      {input: "!skip  no access \n", want: runbook.Answer{Skipped: true, Reason: "no access"}},
		"skip, then not":        {input: "!skip\n!back\nx\n\n", want: runbook.Answer{Values: values}},
		"differently":           {input: "x\nd\nby phone\n\n", want: runbook.Answer{Values: values, Differently: "by phone"}, shows: "noted: by phone"},
		"differently at once":   {input: "!diff by phone\nx\n\n", want: runbook.Answer{Values: values, Differently: "by phone"}},
		"flag":                  {input: "x\nf\nwrong path\n\n", want: runbook.Answer{Values: values, Flag: "wrong path"}},
		"flag, then skip":       {input: "!flag\nwrong path\n!skip can't\n", want: runbook.Answer{Flag: "wrong path", Skipped: true, Reason: "can't"}},
		"park":                  {input: "x\np\n", err: runbook.ErrPark},
		"park at once":          {input: "!park\n", err: runbook.ErrPark},
		"park instead of words": {input: "x\ns\n!park\n", err: runbook.ErrPark},
		"help":                  {input: "?\nx\n\n", want: runbook.Answer{Values: values}, shows: "!skip (not done, with a reason)"},
		"nobody":                {input: "", err: runbook.ErrPark},
		"nobody at the end":     {input: "x\n", err: runbook.ErrPark},
		"a pasted file":         {input: long + "\nx\n\n", want: runbook.Answer{Values: values}, shows: "longer than 64 KiB"},
		"a pasted file, open":   {input: "x\n" + long, err: runbook.ErrPark, shows: "longer than 64 KiB"},
		"not UTF-8":             {input: "caf\xe9\nx\n\n", want: runbook.Answer{Values: values}, shows: "not valid UTF-8"},
		"an arrow key":          {input: "\x1b[A\nx\n\n", want: runbook.Answer{Values: values}, shows: "control characters"},
		"a bang of one's own":   {input: "!important\n\n", want: runbook.Answer{Values: map[string]runbook.Value{"cause": {Type: runbook.String, Text: "!important", Data: "!important"}}}},
		"back from nowhere":     {input: "!back\nx\n\n", want: runbook.Answer{Values: values}},
	} {
		t.Run(name, func(t *testing.T) {
			p, out := asked(t, test.input)
			answer, err := p.Do(context.Background(), runbook.Task{Step: "explain", Title: "Say why", Form: field, Folder: t.TempDir()})
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if test.err == nil {
				test.want.Door, test.want.Started, test.want.Ended = "plain", morning, morning
			}
			if diff := cmp.Diff(test.want, answer); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(got, test.shows) {
				t.Errorf("%q is not shown in\n%s", test.shows, out)
			}
		})
	}
}

func TestChecklistLeftOpen(t *testing.T) {
	task := runbook.Task{Step: "look", Checklist: []string{"one", "two"}}
	p, out := asked(t, "y\nn\n\ny\ny\n\n")
	answer, err := p.Do(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "two"}, answer.Checked); diff != "" {
		t.Errorf("%s\n%s", diff, out)
	}
	if !strings.Contains(out.String(), "1 of 2 items not ticked") {
		t.Errorf("nothing about the open item:\n%s", out)
	}

	p, _ = asked(t, "y\nn\n\n\n") // insists
	if answer, err = p.Do(context.Background(), task); err != nil || len(answer.Checked) != 1 {
		t.Errorf("%v, %v", answer.Checked, err)
	}
}

func TestMinDuration(t *testing.T) {
	now := morning
	var out bytes.Buffer
	s := testScreen(&out, 80)
	s.Now = func() time.Time { now = now.Add(time.Second); return now }
	p := NewPrompter(s, strings.NewReader("\nn\n\ny\n"), nil)
	defer p.Close()
	answer, err := p.Do(context.Background(), runbook.Task{Step: "look", MinDuration: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Ended.Sub(answer.Started); got != 3*time.Second {
		t.Errorf("it took %s", got)
	}
	for _, want := range []string{"at least 1 m; 59.0 s remain", "at least 1 m; 58.0 s remain"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestDecide(t *testing.T) {
	task := runbook.Task{Step: "intact", Title: "Every archive matches"}
	for input, want := range map[string]runbook.Resolution{
		"r\n":                        {Choice: runbook.RunAgain},
		"x\n\nfail\n":                {Choice: runbook.GiveUp},
		"d\n\nseen in the console\n": {Choice: runbook.WasDone, Reason: "seen in the console"},
		"d\n!back\n?\nr\n":           {Choice: runbook.RunAgain},
	} {
		p, out := asked(t, input)
		got, err := p.Decide(context.Background(), task, "msp was cut off \x1b[2J at 07:04")
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", input, got, err)
		}
		if !strings.Contains(out.String(), `msp was cut off \x1b[2J at 07:04`) {
			t.Errorf("the doubt is not told:\n%s", out)
		}
	}
	for _, input := range []string{"", "p\n", "!park\n", "d\n!park\n"} {
		p, _ := asked(t, input)
		if _, err := p.Decide(context.Background(), task, "doubt"); !errors.Is(err, runbook.ErrPark) {
			t.Errorf("%q: %v", input, err)
		}
	}
}

func TestValue(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for _, test := range []struct {
		field       runbook.Field
		input, want string
		err         error
	}{
		{runbook.Field{Name: "age", Type: runbook.Span, Default: pointer("26h")}, "\n", "26h", nil},
		{runbook.Field{Name: "age", Type: runbook.Span, Default: pointer("26h")}, "5\n1h30m\n", "1h30m", nil},
		{runbook.Field{Name: "age", Type: runbook.Span}, "\n", "", nil},
		{runbook.Field{Name: "dir", Type: runbook.Path, Required: true}, "\n'a folder'\n", filepath.Join(here, "a folder"), nil},
		{runbook.Field{Name: "dir", Type: runbook.Path}, "~/x\n", filepath.Join(home, "x"), nil},
		{runbook.Field{Name: "file", Type: runbook.FilePath}, "nothing\nprompter.go\n", filepath.Join(here, "prompter.go"), nil},
		{runbook.Field{Name: "age", Type: runbook.Span}, "", "", runbook.ErrPark},
	} {
		p, out := asked(t, test.input)
		got, err := p.Value(context.Background(), test.field)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s %q: %q, %v\n%s", test.field.Name, test.input, got, err, out)
		}
	}
}

// TestHostileTask puts hostile text into a whole task.
func TestHostileTask(t *testing.T) {
	for _, bad := range badLines {
		var out bytes.Buffer
		p := NewPrompter(testScreen(&out, 80), strings.NewReader("y\nnotanumber\n?\n!skip x\n"), nil)
		t.Cleanup(p.Close)
		_, err := p.Do(context.Background(), runbook.Task{
			Step: bad, Title: bad, Rationale: bad, Checklist: []string{bad},
			Instructions: "# " + bad + "\n\n" + bad + "\n- " + bad + "\n```\n" + bad + strings.Repeat(" ", 60) + "✓ forged\n```\n| " + bad,
			Form:         []runbook.Field{{Name: bad, Type: runbook.Integer, Description: bad, Default: &bad, Enum: []string{bad}}},
			Last:         &runbook.LastAnswer{At: morning, Values: map[string]string{bad: bad}},
		})
		if err != nil {
			t.Fatal(err)
		}
		checkHarmless(t, "prompter", out.String())
		checkWidth(t, out.String(), 80)
	}
}

// TestCancel leaves a question that nobody answers; the line that comes then
// belongs to the next question.
func TestCancel(t *testing.T) {
	in, keyboard := io.Pipe()
	var out bytes.Buffer
	p := NewPrompter(testScreen(&out, 80), in, nil)
	defer p.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		_, err := p.Do(ctx, runbook.Task{Step: "look"})
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	go func() {
		fmt.Fprintln(keyboard, "26h")
		keyboard.Close()
	}()
	field := runbook.Field{Name: "age", Type: runbook.Span}
	if got, err := p.Value(context.Background(), field); got != "26h" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for range 2 { // the end stays the end
		if _, err := p.Value(context.Background(), field); !errors.Is(err, runbook.ErrPark) {
			t.Errorf("error %v", err)
		}
	}
}

// TestOneQuestionAtATime lets a second question wait, and give up waiting.
func TestOneQuestionAtATime(t *testing.T) {
	in, keyboard := io.Pipe()
	var out bytes.Buffer
	p := NewPrompter(testScreen(&out, 80), in, nil)
	defer p.Close()
	p.turn <- struct{}{} // a question is open
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Value(ctx, runbook.Field{Name: "age"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("two questions at once: %q", out.String())
	}
	keyboard.Close()
}

type brokenInput struct{}

func (brokenInput) Read([]byte) (int, error) { return 0, errors.New("input/output error") }

func TestBrokenInput(t *testing.T) {
	p := NewPrompter(testScreen(&bytes.Buffer{}, 80), brokenInput{}, nil)
	_, err := p.Do(context.Background(), runbook.Task{Step: "look"})
	if !errors.Is(err, runbook.ErrPark) || !strings.Contains(err.Error(), "input/output error") {
		t.Errorf("error %v", err)
	}
}

// TestQuietPrinter sees that the printer is quiet exactly while a question is
// open.
func TestQuietPrinter(t *testing.T) {
	var out bytes.Buffer
	now := morning
	live := liveOn(&out, 80, &now)
	defer live.Close()
	live.Print(stream()[0])
	live.Print(runbook.Event{Kind: runbook.StepStarted, Step: "explain"})
	live.tick()
	s := testScreen(&out, 80)
	s.Now = func() time.Time { live.tick(); return now } // would draw
	p := NewPrompter(s, strings.NewReader("\n"), live)
	defer p.Close()
	before := out.Len()
	if _, err := p.Do(context.Background(), runbook.Task{Step: "explain", Title: "Say why"}); err != nil {
		t.Fatal(err)
	}
	said := out.String()[before:]
	if strings.Count(said, eraseLine) != 1 || !strings.HasPrefix(said, eraseLine) {
		t.Errorf("drawn while a question was open: %q", said)
	}
	if !strings.Contains(said, "\n"+pad(16)+"[enter] done") {
		t.Errorf("not under the titles of the list: %q", said)
	}
	live.tick()
	if live.drawn == "" {
		t.Error("still quiet after the question")
	}
}

// TestEndOfInputInATask ends the input in the middle of a task: it is said that
// what was answered so far is not kept.
func TestEndOfInputInATask(t *testing.T) {
	for _, test := range []struct {
		typed string
		said  bool
	}{{"y\n", true}, {"", false}} {
		p, out := asked(t, test.typed)
		_, err := p.Do(context.Background(), runbook.Task{Step: "look", Title: "Look", Checklist: []string{"green", "quiet"}})
		if !errors.Is(err, runbook.ErrPark) {
			t.Errorf("error %v", err)
		}
		if said := strings.Contains(strings.Join(strings.Fields(out.String()), " "), "is not kept"); said != test.said {
			t.Errorf("after %q:\n%s", test.typed, out.String())
		}
	}
}
