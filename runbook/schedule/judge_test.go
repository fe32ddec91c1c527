package schedule

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// day is an occurrence due at 07:00, open from 06:00 to 18:00, to be started by
// 09:00 and done by 11:00.
func day() Occurrence {
	at := func(hour int) time.Time { return time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC) }
	startBy, completeBy := at(9), at(11)
	return Occurrence{Name: "c/r/n", Due: at(7), Opens: at(6), Closes: at(18), StartBy: &startBy, CompleteBy: &completeBy}
}

// clock is an instant of that day, or of the next; nil for "".
func clock(t testing.TB, text string) *time.Time {
	t.Helper()
	if text == "" {
		return nil
	}
	date := "2026-03-02T"
	if text[0] == '+' {
		date, text = "2026-03-03T", text[1:]
	}
	at, err := time.Parse("2006-01-02T15:04", date+text)
	if err != nil {
		t.Fatal(err)
	}
	return &at
}

func TestJudge(t *testing.T) {
	type run struct{ id, started, ended, outcome string }
	tests := []struct {
		name      string
		runs      []run
		at        string
		want      State
		by        string
		recovered string
	}{
		{"before the window", nil, "05:59", Upcoming, "", ""},
		{"the window opens", nil, "06:00", Due, "", ""},
		{"past the time to start, but open", nil, "17:59", Due, "", ""},
		{"the window closes", nil, "18:00", Missed, "", ""},
		{"on time", []run{{"a", "07:00", "08:00", "done"}}, "12:00", OnTime, "a", ""},
		{"exactly the targets", []run{{"a", "09:00", "11:00", "done"}}, "12:00", OnTime, "a", ""},
		{"early counts", []run{{"a", "06:00", "06:30", "done"}}, "06:30", OnTime, "a", ""},
		{"too early doesn't", []run{{"a", "05:59", "06:30", "done"}}, "07:00", Due, "", ""},
		{"too early doesn't, ever", []run{{"a", "05:59", "06:30", "done"}}, "18:00", Missed, "", ""},
		{"started late", []run{{"a", "09:01", "09:30", "done"}}, "12:00", Late, "a", ""},
		{"done late", []run{{"a", "07:00", "11:01", "done"}}, "12:00", Late, "a", ""},
		{"started in the window, done behind it", []run{{"a", "17:59", "20:00", "done"}}, "21:00", Late, "a", ""},
		{"still running behind it", []run{{"a", "17:59", "20:00", "done"}}, "19:00", Running, "", ""},
		{"started as it closes", []run{{"a", "18:00", "20:00", "done"}}, "19:00", Missed, "", ""},
		{"which recovers it", []run{{"a", "18:00", "20:00", "done"}}, "21:00", Missed, "", "20:00"},
		{"running", []run{{"a", "07:00", "", "open"}}, "08:00", Running, "", ""},
		{"not started yet", []run{{"a", "07:00", "", "open"}}, "06:30", Due, "", ""},
		{"waiting", []run{{"a", "07:00", "", "parked"}}, "08:00", Waiting, "", ""},
		{"running before waiting", []run{{"a", "07:00", "", "parked"}, {"b", "08:00", "", "open"}}, "08:30", Running, "", ""},
		{"an ended one before both", []run{{"a", "07:00", "", "parked"}, {"b", "08:00", "08:10", "failed"}}, "08:30", Failed, "b", ""},
		{"failed", []run{{"a", "07:00", "08:00", "failed"}}, "12:00", Failed, "a", ""},
		{"aborted is failed", []run{{"a", "07:00", "08:00", "aborted"}}, "12:00", Failed, "a", ""},
		{"a later success recovers and changes nothing", []run{{"a", "07:00", "08:00", "failed"}, {"b", "08:30", "09:00", "done"}}, "12:00", Failed, "a", "09:00"},
		{"the first of them", []run{{"a", "07:00", "08:00", "failed"}, {"c", "09:30", "10:00", "done"}, {"b", "08:30", "09:00", "done"}}, "12:00", Failed, "a", "09:00"},
		{"also behind the window", []run{{"a", "07:00", "08:00", "failed"}, {"b", "+02:00", "+03:00", "done"}}, "+04:00", Failed, "a", "+03:00"},
		{"but not before it has happened", []run{{"a", "07:00", "08:00", "failed"}, {"b", "08:30", "09:00", "done"}}, "08:59", Failed, "a", ""},
		{"a run from before the window recovers nothing", []run{{"a", "07:00", "08:00", "failed"}, {"b", "05:00", "09:00", "done"}}, "12:00", Failed, "a", ""},
		{"the first to end decides, not the first to start", []run{{"a", "07:00", "10:00", "failed"}, {"b", "08:00", "09:00", "done"}}, "12:00", OnTime, "b", ""},
		{"a later failure is a duplicate", []run{{"a", "07:00", "08:00", "done"}, {"b", "08:30", "09:00", "failed"}}, "12:00", OnTime, "a", ""},
		{"ends tie: the earlier start", []run{{"b", "07:30", "08:00", "failed"}, {"a", "07:00", "08:00", "done"}}, "12:00", OnTime, "a", ""},
		{"starts tie too: the id", []run{{"b", "07:00", "08:00", "done"}, {"a", "07:00", "08:00", "failed"}}, "12:00", Failed, "a", ""},
		{"no end: not met", []run{{"a", "07:00", "", "done"}}, "+12:00", Unknown, "", ""},
		{"no start: not met", []run{{"a", "", "08:00", "done"}}, "+12:00", Unknown, "", ""},
		{"no start, and the end is before the window", []run{{"a", "", "05:00", "done"}}, "+12:00", Missed, "", ""},
		{"nothing known: not met", []run{{"a", "", "", ""}}, "+12:00", Unknown, "", ""},
		{"while the window is open it is still due", []run{{"a", "", "", "done"}}, "12:00", Due, "", ""},
		{"a clock that ran backwards", []run{{"a", "08:00", "07:00", "done"}}, "+12:00", Unknown, "", ""},
		{"a word that isn't known", []run{{"a", "07:00", "08:00", "splendid"}}, "+12:00", Unknown, "", ""},
		{"one that may have been first", []run{{"a", "07:00", "", "failed"}, {"b", "08:00", "09:00", "done"}}, "12:00", Unknown, "", ""},
		{"a run under way is seen beside it", []run{{"a", "07:00", "", "failed"}, {"b", "08:00", "", "open"}}, "+12:00", Running, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var attempts []Attempt
			for _, r := range tt.runs {
				attempts = append(attempts, Attempt{Run: r.id, Started: clock(t, r.started), Ended: clock(t, r.ended), Outcome: r.outcome})
			}
			state, by, recovered := Judge(day(), attempts, *clock(t, tt.at))
			want := clock(t, tt.recovered)
			if state != tt.want || by != tt.by || (want == nil) != (recovered == nil) || want != nil && !want.Equal(*recovered) {
				t.Errorf("%s by %q, recovered at %v; want %s by %q, %v", state, by, recovered, tt.want, tt.by, want)
			}
		})
	}
}

// TestJudgeClockStarted: a target that counts from the run's own start.
func TestJudgeClockStarted(t *testing.T) {
	o := day()
	o.CompleteBy, o.CompleteWithin = nil, time.Hour
	for ended, want := range map[string]State{"10:00": OnTime, "10:01": Late} {
		state, _, _ := Judge(o, []Attempt{{Run: "a", Started: clock(t, "09:00"), Ended: clock(t, ended), Outcome: "done"}}, *clock(t, "12:00"))
		if state != want {
			t.Errorf("ended %s: %s, want %s", ended, state, want)
		}
	}
}

// TestJudgeProperties: the order of the runs doesn't matter, nothing is met
// without a complete run that was done in time, and a final answer stays, unless a
// run that can't be placed is seen later.
func TestJudgeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minute := func(label string) *time.Time {
			if rapid.IntRange(0, 9).Draw(t, label+" is known") == 0 {
				return nil
			}
			at := day().Opens.Add(time.Duration(rapid.IntRange(-60, 900).Draw(t, label)) * time.Minute)
			return &at
		}
		var attempts []Attempt
		for i := range rapid.IntRange(0, 5).Draw(t, "runs") {
			attempts = append(attempts, Attempt{
				Run: string(rune('a' + i)), Started: minute("started"), Ended: minute("ended"),
				Outcome: rapid.SampledFrom([]string{"done", "done", "failed", "aborted", "open", "parked", "?"}).Draw(t, "outcome"),
			})
		}
		o := day()
		at := o.Opens.Add(time.Duration(rapid.IntRange(-30, 1000).Draw(t, "at")) * time.Minute)
		state, by, recovered := Judge(o, attempts, at)
		shuffled := rapid.Permutation(attempts).Draw(t, "shuffled")
		if s, b, r := Judge(o, shuffled, at); s != state || b != by || (r == nil) != (recovered == nil) || r != nil && !r.Equal(*recovered) {
			t.Fatalf("%s by %s; in another order %s by %s", state, by, s, b)
		}
		if decided := state == OnTime || state == Late || state == Failed; decided != (by != "") {
			t.Fatalf("%s is decided by %q", state, by)
		}
		if recovered != nil && (state != Failed && state != Missed || recovered.After(at)) {
			t.Fatalf("%s recovered at %s", state, recovered)
		}
		if state == OnTime || state == Late {
			i := slices.IndexFunc(attempts, func(a Attempt) bool { return a.Run == by })
			a := attempts[i]
			if a.Outcome != "done" || !o.Holds(*a.Started) || a.Ended.After(at) {
				t.Fatalf("%s by %+v", state, a)
			}
		}
		final := state == OnTime || state == Late || state == Failed || state == Missed
		s, b, _ := Judge(o, attempts, at.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "later"))*time.Minute))
		// A run that says too little takes an answer back when it starts to be seen.
		vague := slices.ContainsFunc(attempts, func(a Attempt) bool { return !a.clear() })
		if final && (s != state || b != by) && (s != Unknown || !vague) {
			t.Fatalf("%s by %s became %s by %s", state, by, s, b)
		}
	})
}
