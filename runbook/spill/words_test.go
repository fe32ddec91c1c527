package spill_test

import (
	"bytes"
	"cmp"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/spill"
)

// Rows are in the order of the strings that they begin with, whatever follows.
func TestAppendString(t *testing.T) {
	values := []string{
		"", "\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "a", "a\x00", "a\x00\x00", "a\x00\x01", "a\x00\x02",
		"a\x00\xff", "a\x00\xff\x00", "a\x01", "a\xff", "aa", "ab", "b", "ä", "\xff", "\xff\x00", "\xff\xff",
	}
	for _, a := range values {
		for _, b := range values {
			checkStrings(t, a, b, "", "")
			checkStrings(t, a, b, "\xff", "")
			checkStrings(t, a, b, "", "\xff\x00")
		}
	}
}

func checkStrings(t *testing.T, a, b, afterA, afterB string) {
	t.Helper()
	rowA := append(spill.AppendString([]byte("x"), a), afterA...)
	rowB := append(spill.AppendString([]byte("x"), b), afterB...)
	if want := cmp.Compare(a, b); want != 0 && bytes.Compare(rowA, rowB) != want {
		t.Errorf("%q and %q: the rows are %q and %q", a, b, rowA, rowB)
	}
	if r := spill.Read(rowA[1:]); r.String() != a || r.Err() != nil {
		t.Errorf("%q was read wrongly: %v", a, r.Err())
	}
	if r := spill.Read(rowA[1:]); string(r.Bytes()) != a || r.Err() != nil {
		t.Errorf("%q was read wrongly: %v", a, r.Err())
	}
}

func TestAppendInt(t *testing.T) {
	values := []int64{math.MinInt64, math.MinInt64 + 1, -1 << 32, -257, -256, -1, 0, 1, 255, 256, 1 << 32, math.MaxInt64}
	for _, a := range values {
		for _, b := range values {
			checkInts(t, a, b)
		}
	}
}

func checkInts(t *testing.T, a, b int64) {
	t.Helper()
	rowA, rowB := spill.AppendInt(nil, a), spill.AppendInt(nil, b)
	if bytes.Compare(rowA, rowB) != cmp.Compare(a, b) {
		t.Errorf("%d and %d: the rows are %x and %x", a, b, rowA, rowB)
	}
	if r := spill.Read(rowA); r.Int() != a || r.Err() != nil {
		t.Errorf("%d was read wrongly: %v", a, r.Err())
	}
}

// Times are in the order of the instants, and look as they did.
func TestAppendTime(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("", 0), time.FixedZone("CET", 3600), time.FixedZone("", -12600), time.FixedZone("x", 1172)}
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		zones = append(zones, berlin)
	}
	instants := []time.Time{
		{},
		time.Unix(0, 0), time.Unix(0, 1), time.Unix(-1, 999_999_999), time.Unix(-1, 0), time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC),
		time.Date(-4, 2, 29, 1, 2, 3, 4, time.UTC), time.Date(1969, 7, 20, 20, 17, 40, 5, time.UTC), time.Date(1850, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 12, 0, 0, 999_999_999, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	var values []time.Time
	for _, instant := range instants {
		for _, zone := range zones {
			values = append(values, instant.In(zone))
		}
	}
	for _, a := range values {
		for _, b := range values {
			checkTimes(t, a, b)
		}
	}
	if got := spill.Read(spill.AppendTime(nil, time.Time{})).Time(); got != (time.Time{}) {
		t.Errorf("no time is %#v", got)
	}
}

func checkTimes(t *testing.T, a, b time.Time) {
	t.Helper()
	rowA, rowB := spill.AppendTime(nil, a), spill.AppendTime(nil, b)
	_, east := a.Zone()
	_, eastB := b.Zone()
	if want := cmp.Or(a.Compare(b), cmp.Compare(east, eastB)); bytes.Compare(rowA, rowB) != want {
		t.Errorf("%s and %s: the rows are %x and %x", a, b, rowA, rowB)
	}
	if first := spill.AppendInstant(nil, a); (bytes.Compare(rowB, first) < 0) != b.Before(a) {
		t.Errorf("%s and %s: the row %x and the instant %x", a, b, rowB, first)
	}
	r := spill.Read(rowA)
	got := r.Time()
	if !got.Equal(a) || got.Format(time.RFC3339Nano) != a.Format(time.RFC3339Nano) || r.Err() != nil {
		t.Errorf("%s was read as %s: %v", a, got, r.Err())
	}
}

func TestAppendFloat(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1.5, -1.5, math.Inf(1), math.Inf(-1), math.NaN(), math.SmallestNonzeroFloat64} {
		r := spill.Read(spill.AppendFloat(nil, f))
		if got := r.Float(); math.Float64bits(got) != math.Float64bits(f) || r.Err() != nil {
			t.Errorf("%v was read as %v: %v", f, got, r.Err())
		}
	}
}

// A row of several words is read as it was written; each part of it that is too
// short is an error, after which all is zero.
func TestReader(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 4, time.FixedZone("", 3600))
	row := spill.AppendInt(spill.AppendString(nil, "a\x00b"), -5)
	row = spill.AppendString(spill.AppendFloat(spill.AppendTime(row, at), 2.5), "end")
	read := func(row []byte) (whole bool, err error) {
		r := spill.Read(row)
		whole = r.String() == "a\x00b"
		whole = r.Int() == -5 && whole
		whole = r.Time().Equal(at) && whole
		whole = r.Float() == 2.5 && whole
		whole = string(r.Bytes()) == "end" && whole
		if r.Err() != nil && (r.String() != "" || r.Bytes() != nil || r.Int() != 0 || !r.Time().IsZero() || r.Float() != 0) {
			t.Error("something was read after an error")
		}
		return whole, r.Err()
	}
	for n := range row {
		if whole, err := read(row[:n:n]); whole || err == nil {
			t.Errorf("%d bytes were read without an error", n)
		}
	}
	if whole, err := read(row); !whole || err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "\x00", "a", "a\x00", "a\x00\x02", "a\x00\xff"} {
		if r := spill.Read([]byte(wrong)); r.String() != "" || r.Err() == nil {
			t.Errorf("%q was read as a string", wrong)
		}
	}
	late := append(spill.AppendInt(nil, 0), 0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0)
	if r := spill.Read(late); !r.Time().IsZero() || r.Err() == nil {
		t.Error("a second of more than a second was read")
	}
}

// Comparing a string in a row takes no memory.
func TestBytesAllocates(t *testing.T) {
	row := spill.AppendInt(spill.AppendString(nil, "somebody@example.org"), 5)
	want := []byte("somebody@example.org")
	if n := testing.AllocsPerRun(100, func() {
		r := spill.Read(row)
		if !bytes.Equal(r.Bytes(), want) || r.Int() != 5 {
			t.Fatal("wrong")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// No bytes make a Reader panic, and what it reads without an error is written in
// one way only.
func FuzzRead(f *testing.F) {
	f.Add(uint64(0), spill.AppendString(nil, "a\x00b"))
	f.Add(uint64(1), spill.AppendInt(nil, -1))
	f.Add(uint64(2), spill.AppendTime(nil, time.Time{}))
	f.Add(uint64(3), spill.AppendFloat(nil, 1))
	f.Fuzz(func(t *testing.T, seed uint64, row []byte) {
		r := spill.Read(row)
		var again []byte
		script := rand.New(rand.NewPCG(seed, 0))
		for kind := seed % 4; r.Err() == nil; kind = script.Uint64N(4) {
			before := again
			switch kind {
			case 0:
				again = spill.AppendString(again, r.String())
			case 1:
				again = spill.AppendInt(again, r.Int())
			case 2:
				again = spill.AppendTime(again, r.Time())
			case 3:
				again = spill.AppendFloat(again, r.Float())
			}
			if r.Err() != nil {
				again = before
			}
		}
		if !bytes.HasPrefix(row, again) {
			t.Errorf("%x was read as %x", row, again)
		}
	})
}

// Words compare as their values do.
func FuzzOrder(f *testing.F) {
	f.Add("a", "a\x00", "", "\xff", int64(1), int64(-1), int32(3600))
	f.Add("", "\x00\x01", "\x01", "", int64(math.MinInt64), int64(math.MaxInt64), int32(0))
	f.Fuzz(func(t *testing.T, a, b, afterA, afterB string, m, n int64, offset int32) {
		checkStrings(t, a, b, afterA, afterB)
		checkInts(t, m, n)
		zone := time.FixedZone("", int(offset%86_400))
		instant := func(n int64) time.Time { return time.Unix(n>>24, n&(1<<24-1)).In(zone) }
		checkTimes(t, instant(m), instant(n))
	})
}
