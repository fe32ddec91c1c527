package runbook_test

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0s": 0, "1ms": time.Millisecond, "30s": 30 * time.Second, "10m": 10 * time.Minute, "26h": 26 * time.Hour, "2d": 2 * day, "1w": 7 * day,
		"15250w": 15250 * 7 * day, "9223372036854ms": 9223372036854 * time.Millisecond,
		"1h30m": 90 * time.Minute, "1w2d3h4m5s6ms": 9*day + 3*time.Hour + 4*time.Minute + 5*time.Second + 6*time.Millisecond, "\t5m\n": 5 * time.Minute,
	} {
		d, err := runbook.ParseDuration(text)
		if err != nil || d.Span != want || d.Text != strings.TrimSpace(text) || d.IsZero() {
			t.Errorf("%q: %v %v, error %v", text, d.Text, d.Span, err)
		}
	}
	for text, want := range map[string]string{
		"": "empty", "5": "no unit", "h": "doesn't start with a number", "-5s": "doesn't start with a number", "1.5h": "whole numbers", "1,5h": "whole numbers", "5x": "not a unit", "5H": "not a unit", "5 minutes": "a space",
		"1m1h": "from large to small", "1h1h": "from large to small", "1h 30m": "a space", "99999999999999999999s": "too large",
		"9223372036854775807w": "too long", "15250w1d": "", "15251w": "too long", "4 business hours": "calendar", "2business days": "calendar", "5µs": "not a unit", "５s": "doesn't start",
	} {
		_, err := runbook.ParseDuration(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := runbook.ParseDuration("4 business hours"); !errors.Is(err, runbook.ErrBusinessTime) {
		t.Error(err)
	}
}

func TestFormatSpan(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0.0 s": 0, "2.1 s": 2100 * time.Millisecond, "1 m": time.Minute, "1 m 43 s": 103 * time.Second, "1 h 43 m": 103 * time.Minute,
		"47 h 59 m": 48*time.Hour - time.Second, "2 d": 48 * time.Hour, "2 d 3 h": 51 * time.Hour, "-5 m": -5 * time.Minute,
	} {
		if got := runbook.FormatSpan(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestParseValue(t *testing.T) {
	for _, test := range []struct {
		t    runbook.Type
		text string
		want any
		or   string // an error
	}{
		{runbook.String, "a b", "a b", ""},
		{runbook.String, "", "", ""},
		{runbook.String, "a\nb", nil, "control character"},
		{runbook.String, "a\tb", nil, "control character"},
		{runbook.Text, "a\n\tb", "a\n\tb", ""},
		{runbook.Text, "a\x1b[2Jb", nil, "control character"},
		{runbook.Text, "a\u0085b", nil, "control character"},
		{runbook.Text, "\xff", nil, "UTF-8"},
		{runbook.Text, strings.Repeat("x", 64<<10+1), nil, "65537 bytes"},
		{runbook.Number, "1.50", 1.5, ""},
		{runbook.Number, "-3", -3.0, ""},
		{runbook.Number, "1e3", 1000.0, ""},
		{runbook.Number, "NaN", nil, "not a number"},
		{runbook.Number, "Inf", nil, "not a number"},
		{runbook.Number, "1e999", nil, "not a number"},
		{runbook.Number, "", nil, "not a number"},
		{runbook.Number, "1,5", nil, "not a number"},
		{runbook.Number, "1 ", nil, "not a number"},
		{runbook.Integer, "-12", -12, ""},
		{runbook.Integer, "1.0", nil, "not a whole number"},
		{runbook.Integer, "9223372036854775808", nil, "not a whole number"},
		{runbook.Boolean, "true", true, ""},
		{runbook.Boolean, "y", true, ""},
		{runbook.Boolean, "no", false, ""},
		{runbook.Boolean, "1", nil, "not true or false"},
		{runbook.Boolean, "True", nil, "not true or false"},
		{runbook.Span, "26h", 26 * time.Hour, ""},
		{runbook.Span, "26", nil, "no unit"},
		{runbook.Path, "a/../b", "/base/b", ""},
		{runbook.Path, "/x//y/", "/x/y", ""},
		{runbook.Path, "", nil, "empty"},
		{runbook.FilePath, "f", "/base/f", ""},
		{runbook.Enum, "x", "x", ""},
		{runbook.Date, "2026-03-31", "2026-03-31", ""},
		{runbook.Date, "2026-02-30", nil, "not a date"},
		{runbook.Date, "31.3.2026", nil, "not a date"},
		{runbook.List, "a, b,,c", []string{"a", "b", "c"}, ""},
		{runbook.List, "", []string{}, ""},
		{"colour", "red", nil, "unknown type"},
	} {
		v, err := runbook.ParseValue(test.t, test.text, "/base")
		if test.or != "" {
			if err == nil || !strings.Contains(err.Error(), test.or) {
				t.Errorf("%s %.40q: %v, error %v", test.t, test.text, v.Data, err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, v.Data); diff != "" || err != nil || v.Type != test.t {
			t.Errorf("%s %q: error %v (-want +got):\n%s", test.t, test.text, err, diff)
		}
	}
	for _, name := range runbook.Types() {
		typ := runbook.Type(name)
		if personal := typ.Personal(); personal != (typ != runbook.Number && typ != runbook.Integer && typ != runbook.Boolean && typ != runbook.Span) {
			t.Errorf("%s personal: %v", name, personal)
		}
	}
}

func TestConstraint(t *testing.T) {
	for _, test := range []struct {
		constraint, version string
		want                bool
	}{
		{">= 5.1", "5.1.0", true},
		{">= 5.1", "5.0.9", false},
		{"5.1", "5.10", true},
		{"5.1", "5.1", true},
		{"> 5.1", "5.1.0", false},
		{"> 5.1", "5.1.1", true},
		{"< 4", "3.99", true},
		{"< 4", "4.0", false},
		{"<= 4", "4", true},
		{"= 3.2.0", "3.2", true},
		{"=3.2", "3.20", false},
		{">=1.9", "1.10", true},
	} {
		c, err := runbook.ParseConstraint(test.constraint)
		if err != nil || c.Allows(test.version) != test.want {
			t.Errorf("%s allows %s: %v, error %v", test.constraint, test.version, !test.want, err)
		}
	}
	for _, text := range []string{"", ">=", "latest", ">= 1.x", "~> 1", "1.2-rc1", "== 1", "1..2"} {
		if _, err := runbook.ParseConstraint(text); err == nil {
			t.Errorf("%q is no version", text)
		}
	}
	for text, want := range map[string]string{
		"GNU bash, version 5.2.37(1)-release (x86_64-pc-linux-gnu)": "5.2.37", "jq-1.7": "1.7", "git version 2.51.0.windows.1": "2.51.0", "OpenSSL 3.0.15 3 Sep 2024": "3.0.15",
		"less 643 (POSIX)": "643", "none": "", "": "",
	} {
		if got := runbook.FindVersion(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPause(t *testing.T) {
	r := runbook.Retry{Delay: runbook.Duration{Span: time.Second}, Backoff: 3, MaxDelay: runbook.Duration{Span: 10 * time.Second}}
	for n, want := range map[int]time.Duration{2: time.Second, 3: 3 * time.Second, 4: 9 * time.Second, 5: 10 * time.Second, 99: 10 * time.Second} {
		if got := r.Pause(n); got != want {
			t.Errorf("before attempt %d: %v, want %v", n, got, want)
		}
	}
	if got := (runbook.Retry{Delay: runbook.Duration{Span: time.Hour}, Backoff: 1, MaxDelay: runbook.Duration{Span: time.Minute}}).Pause(2); got != time.Minute {
		t.Errorf("the first pause is %v, over the limit", got)
	}
	long := runbook.Retry{Delay: runbook.Duration{Span: time.Hour}, Backoff: 100}
	if got := long.Pause(100); got <= 0 {
		t.Errorf("a pause of %v", got)
	}
}

func TestNormal(t *testing.T) {
	percent := func(n float64) runbook.Tolerance { return runbook.Tolerance{Amount: n, Percent: true} }
	fixed, zero, beyond := 100.0, 0.0, percent(50)
	for name, test := range map[string]struct {
		normal  runbook.Normal
		value   float64
		history []float64
		want    runbook.Standing
		against float64
	}{
		"within":                 {runbook.Normal{Value: &fixed, Within: percent(10)}, 110, nil, runbook.Within, 100},
		"at the edge, in binary": {runbook.Normal{Over: 1, Within: percent(10)}, 112.2, []float64{102}, runbook.Within, 102},
		"just outside":           {runbook.Normal{Value: &fixed, Within: percent(10)}, 110.001, nil, runbook.Outside, 100},
		"below":                  {runbook.Normal{Value: &fixed, Within: percent(10)}, 89, nil, runbook.Outside, 100},
		"beyond":                 {runbook.Normal{Value: &fixed, Within: percent(10), FailBeyond: &beyond}, 151, nil, runbook.Beyond, 100},
		"in its own unit":        {runbook.Normal{Value: &fixed, Within: runbook.Tolerance{Amount: 5}}, 105, nil, runbook.Within, 100},
		"a percentage of zero":   {runbook.Normal{Value: &zero, Within: percent(10)}, 0.1, nil, runbook.Outside, 0},
		"zero":                   {runbook.Normal{Value: &zero, Within: percent(10)}, 0, nil, runbook.Within, 0},
		"no history":             {runbook.Normal{Over: 1, Within: percent(10)}, 1, nil, runbook.NoBaseline, 0},
		"too little history":     {runbook.Normal{Over: 5, Within: percent(10)}, 1, []float64{1, 1}, runbook.NoBaseline, 0},
		"half of it is enough":   {runbook.Normal{Over: 4, Within: percent(10)}, 1, []float64{1, 1}, runbook.Within, 1},
		"only the newest":        {runbook.Normal{Over: 3, Within: percent(10)}, 1, []float64{1, 1, 1, 9, 9, 9, 9}, runbook.Within, 1},
		"the median of two":      {runbook.Normal{Over: 2, Within: percent(10)}, 3, []float64{2, 4}, runbook.Within, 3},
		"under half":             {runbook.Normal{Over: 4, Within: percent(10)}, 1, []float64{1}, runbook.NoBaseline, 0},
		"half of one":            {runbook.Normal{Over: 1, Within: percent(10)}, 1, []float64{1}, runbook.Within, 1},
		"beyond, below":          {runbook.Normal{Value: &fixed, Within: percent(10), FailBeyond: &beyond}, 49, nil, runbook.Beyond, 100},
		"at the far edge":        {runbook.Normal{Value: &fixed, Within: percent(10), FailBeyond: &beyond}, 150, nil, runbook.Outside, 100},
		"negative, outside":      {runbook.Normal{Over: 1, Within: percent(10)}, -12, []float64{-10}, runbook.Outside, -10},
		"no number":              {runbook.Normal{Value: &fixed, Within: percent(10)}, math.NaN(), nil, runbook.Outside, 100},
		"no number at all":       {runbook.Normal{Value: &fixed, Within: percent(10), FailBeyond: &beyond}, math.NaN(), nil, runbook.Beyond, 100},
		"negative values":        {runbook.Normal{Over: 1, Within: percent(10)}, -11, []float64{-10}, runbook.Within, -10},
	} {
		standing, against := test.normal.Judge(test.value, test.history)
		if standing != test.want || against != test.against {
			t.Errorf("%s: %s against %v", name, standing, against)
		}
	}
	for want, values := range map[float64][]float64{3: {9, 1, 3}, 2.5: {4, 1, 2, 3}, -1: {-1}} {
		if got := runbook.Median(values); got != want {
			t.Errorf("the median of %v is %v", values, got)
		}
	}
	if !math.IsNaN(runbook.Median(nil)) {
		t.Error("the median of nothing")
	}
}

func TestOutputs(t *testing.T) {
	r, problems := runbook.Load("outputs.yaml", []byte(`apiVersion: msp/v1
kind: Runbook
id: outputs
version: 1.0.0
title: Outputs
steps:
  - id: a
    title: A
    run: x
    outputs:
      whole: {from: stdout, type: text}
      err: {from: stderr, type: integer}
      deep: {from: stdout, json: a.1.b, type: number}
      first: {from: stdout, json: "0"}
      group: {from: stdout, pattern: 'used (\d+) of (\d+)'}
      all: {from: stdout, pattern: '\d+'}
      line: {from: output}
`), kinds())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, test := range []struct{ name, stdout, want, or string }{
		{"whole", "\n a\n b \n\n", "a\n b", ""},
		{"err", "", "-7", ""},
		{"deep", `{"a": [0, {"b": 1.50}]}`, "1.50", ""},
		{"deep", `{"a": [0, {"b": 12345678901234567890}]}`, "12345678901234567890", ""},
		{"deep", `{"a": [0, {"b": true}]}`, "", "not a number"},
		{"deep", `{"a": [0, {"b": {}}]}`, "", "not a single value"},
		{"deep", `{"a": [0, {"b": null}]}`, "", "null"},
		{"deep", `{"a": [0]}`, "", "no a.1.b"},
		{"deep", `{"a": {"1": {"b": 2}}}`, "2", ""},
		{"deep", `text`, "", "not JSON"},
		{"deep", ``, "", "not JSON"},
		{"first", `["x"]`, "x", ""},
		{"first", `["x\u001b[2J"]`, "", "control character"},
		{"group", "used 3 of 40", "40", ""},
		{"group", "nothing", "", "nothing on stdout matches"},
		{"all", "a 12", "12", ""},
		{"line", "", "", "wrote no line line="},
	} {
		var output runbook.Output
		for _, o := range r.Steps[0].Outputs {
			if o.Name == test.name {
				output = o
			}
		}
		v, err := output.Read(runbook.Streams{Stdout: test.stdout, Stderr: " -7\r\n"})
		if v.Text != test.want || (err == nil) != (test.or == "") || err != nil && !strings.Contains(err.Error(), test.or) {
			t.Errorf("%s of %q: %q, error %v", test.name, test.stdout, v.Text, err)
		}
	}
	lines, err := runbook.ParseOutputLines("line=a=b\r\n\nline=\n", r.Steps[0].Outputs)
	if diff := cmp.Diff(map[string]string{"line": ""}, lines); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	for text, want := range map[string]string{"whole=x": "don't declare", "line": "not name=value", "\tline=x": "don't declare"} {
		if _, err := runbook.ParseOutputLines(text, r.Steps[0].Outputs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFieldLimits(t *testing.T) {
	one, nine := 1.0, 9.0
	ticket := regexp.MustCompile(`^[A-Z]+-\d+$`)
	for _, test := range []struct {
		field    runbook.Field
		text, or string
	}{
		{runbook.Field{Type: runbook.Enum, Enum: []string{"low", "high"}}, "low", ""},
		{runbook.Field{Type: runbook.Enum, Enum: []string{"low", "high"}}, "Low", "not one of low, high"},
		{runbook.Field{Type: runbook.Enum}, "", "not one of"},
		{runbook.Field{Type: runbook.String, Pattern: ticket}, "AB-12", ""},
		{runbook.Field{Type: runbook.String, Pattern: ticket}, "AB-12 ", "doesn't match the pattern"},
		{runbook.Field{Type: runbook.Number, Minimum: &one, Maximum: &nine}, "1", ""},
		{runbook.Field{Type: runbook.Number, Minimum: &one, Maximum: &nine}, "9.0", ""},
		{runbook.Field{Type: runbook.Number, Minimum: &one, Maximum: &nine}, "0.999", "under the minimum of 1"},
		{runbook.Field{Type: runbook.Integer, Minimum: &one, Maximum: &nine}, "10", "over the maximum of 9"},
		{runbook.Field{Type: runbook.Integer, Minimum: &one}, "many", "not a whole number"},
	} {
		_, err := test.field.Parse(test.text, "/base")
		if (err == nil) != (test.or == "") || err != nil && !strings.Contains(err.Error(), test.or) {
			t.Errorf("%s %q: %v", test.field.Type, test.text, err)
		}
	}
}

func TestExpect(t *testing.T) {
	d := document.NewDecoder()
	over3 := expression(t, "outputs.n > 3", d)
	scope := sampleScope().WithResult(map[string]runbook.Type{"n": runbook.Number})
	over3.Check(scope, d)
	if err := d.Problems().Err(); err != nil {
		t.Fatal(err)
	}
	nothing := ""
	values := func(n any) runbook.Values {
		return runbook.Values{Self: &runbook.SelfValues{Outputs: map[string]runbook.Value{"n": {Data: n}}}}
	}
	for name, test := range map[string]struct {
		expect *runbook.Expect
		stdout string
		n      any
		or     string
	}{
		"no expect":     {nil, "x", nil, ""},
		"equals":        {&runbook.Expect{Equals: &nothing}, "\r\n", nil, ""},
		"equals not":    {&runbook.Expect{Equals: &nothing}, strings.Repeat("é", 99), nil, `é…"; expected ""`},
		"contains":      {&runbook.Expect{Contains: "b"}, "abc", nil, ""},
		"contains not":  {&runbook.Expect{Contains: "x"}, "abc", nil, `expected it to contain "x"`},
		"matches":       {&runbook.Expect{Pattern: regexp.MustCompile("^a.c$")}, "abc", nil, ""},
		"matches not":   {&runbook.Expect{Pattern: regexp.MustCompile("^a.c$")}, "abcd", nil, "expected it to match ^a.c$"},
		"holds":         {&runbook.Expect{Expressions: []*runbook.Expression{over3}}, "", 4.0, ""},
		"does not hold": {&runbook.Expect{Expressions: []*runbook.Expression{over3}}, "", 3.0, "it does not hold that outputs.n > 3"},
		"can't be told": {&runbook.Expect{Expressions: []*runbook.Expression{over3}}, "", nil, "outputs.n has no value"},
	} {
		err := test.expect.Check(test.stdout, values(test.n))
		var failure *runbook.Failure
		if (err == nil) != (test.or == "") || err != nil && (!strings.Contains(err.Error(), test.or) || errors.As(err, &failure) == (name == "can't be told")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, test := range map[string]struct {
		expect *runbook.Expect
		exit   runbook.Exit
		or     string
	}{
		"zero":       {nil, runbook.Exit{Code: 0}, ""},
		"not zero":   {nil, runbook.Exit{Code: 1, Words: "exited 1"}, "exited 1; expected exit code 0"},
		"by default": {&runbook.Expect{Contains: "x"}, runbook.Exit{Code: 3, Words: "exited 3"}, "expected exit code 0"},
		"one of two": {&runbook.Expect{ExitCodes: []int{0, 3}}, runbook.Exit{Code: 3}, ""},
		"neither":    {&runbook.Expect{ExitCodes: []int{0, 3}}, runbook.Exit{Code: -1, Words: "ended by SIGSEGV"}, "ended by SIGSEGV; expected exit code 0 or 3"},
	} {
		if err := test.expect.CheckExit(test.exit); (err == nil) != (test.or == "") || err != nil && !strings.Contains(err.Error(), test.or) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if (&runbook.Expect{}).UsesStdout() || !(&runbook.Expect{Equals: &nothing}).UsesStdout() {
		t.Error("UsesStdout is wrong")
	}
}

// FuzzDuration holds that a length of time is never negative, and that what is
// written canonically is read as the same.
func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"1w2d3h4m5s6ms", "0s", "99999999999999999999s", "15250w1d23h", "1m1h", "4 business hours", "５s", "1.5h", " 5m "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := runbook.ParseDuration(text)
		if err != nil {
			return
		}
		if d.Span < 0 || d.Text != strings.TrimSpace(text) {
			t.Fatalf("%q is %v %q", text, d.Span, d.Text)
		}
		ms := strconv.FormatInt(d.Span.Milliseconds(), 10) + "ms"
		if again, err := runbook.ParseDuration(ms); err != nil || again.Span != d.Span {
			t.Fatalf("%q is %v, and %s is %v, error %v", text, d.Span, ms, again.Span, err)
		}
		if runbook.FormatSpan(d.Span) == "" {
			t.Fatalf("%q is not written", text)
		}
	})
}
